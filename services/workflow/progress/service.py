"""Use cases of progress: the dashboard of a campaign, its targets, what was submitted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.workflow.campaigns.rules import Campaign, Phase
from services.workflow.clocks.rules import day_of
from services.workflow.clocks.service import position_of
from services.workflow.obligations.service import reader_of
from services.workflow.progress import repository, rules
from services.workflow.progress.schemas import (
    Counts,
    OfKind,
    OfMilestone,
    OfOrgan,
    OfPhase,
    OfRegion,
    Progress,
    Targets,
    TargetStanding,
)
from shared.http.pages import decode_cursor, encode_cursor
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row

_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))
_NONE = dict.fromkeys(Counts.model_fields, 0)


async def progress(tx: Transaction, campaign: Campaign) -> Progress:
    """Where a campaign stands now: two statements, however large it is."""
    rows = [dict(row) for row in await repository.progress(tx.connection, campaign.id, tx.now)]
    submitted = {row.phase: row for row in await repository.submissions(tx.connection, campaign.id)}
    of_milestone = {row["milestone_id"]: row for row in rules.group(rows, "milestones")}
    of_phase = {row["phase"]: row for row in rules.group(rows, "phases")}
    organs = rules.group(rows, "organs")
    return Progress(
        campaign_id=campaign.id,
        at=tx.now,
        starts_on=campaign.starts_on,
        due_on=campaign.due_on,
        overdue=campaign.state == "running" and day_of(tx.now) > campaign.due_on,
        total=Counts.model_validate(next(iter(rules.group(rows, "total")), _NONE)),
        milestones=[
            OfMilestone.model_validate(dict(of_milestone.get(each.id, _NONE)) | vars(each))
            for each in campaign.milestones
        ],
        phases=[_phase(each, of_phase.get(each.number, _NONE), submitted) for each in campaign.phases],
        leads=[OfOrgan.model_validate(row) for row in organs if row["leads"]],
        organs=[OfOrgan.model_validate(row) for row in organs if not row["leads"]],
        regions=[OfRegion.model_validate(row) for row in rules.group(rows, "regions")],
        kinds=[OfKind.model_validate(row) for row in rules.group(rows, "kinds") if row["list_kind"]],
    )


async def targets(tx: Transaction, campaign: Campaign) -> Targets:
    """How many lists of each class the region has published, against what there have to be (QX-04)."""
    published = await repository.published(tx.connection, campaign.region_code)
    today = day_of(tx.now)
    found = [rules.standing(target, published) for target in campaign.targets]
    items = [
        TargetStanding(
            list_class=each.target.list_class, title=rules.CLASS_TITLES[each.target.list_class],
            target=each.target.at_least, actual=each.actual, met=each.met, due_on=each.target.due_on,
            overdue=not each.met and today > each.target.due_on, counted=list(each.counted),
        )
        for each in found
    ]  # fmt: skip
    return Targets(region_code=campaign.region_code, items=items)


async def submitted(
    tx: Transaction, principal: Principal, campaign: Campaign, *, late: bool | None, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A page of the adjustments submitted in the course of a campaign, and the cursor of the next.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    after = position_of(decode_cursor(cursor, 2)) if cursor else _BEGINNING
    reader = reader_of(principal)
    found = await repository.submitted(tx.connection, campaign.id, reader, late=late, after=after, limit=limit + 1)
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor([last.submitted_at.isoformat(), str(last.adjustment_id)])


def _phase(phase: Phase, counts: Mapping[str, Any], submitted: Mapping[int | None, Row]) -> OfPhase:
    row = submitted.get(phase.number)
    came = {
        "adjustments": row.adjustments if row else 0,
        "entries": row.entries if row else 0,
        "late_adjustments": row.late if row else 0,
        "late_entries": row.late_entries if row else 0,
    }
    return OfPhase.model_validate(dict(counts) | vars(phase) | came)

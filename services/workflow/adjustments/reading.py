"""Telling everything about an adjustment: changes, steps, findings, cascade, and who waits for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.workflow.adjustments import repository, rules, schemas
from services.workflow.adjustments.history import repository as history
from services.workflow.adjustments.history.rules import TITLES as TITLES_OF_EVENTS
from services.workflow.adjustments.history.rules import timeline
from services.workflow.adjustments.rules import Adjustment, State
from services.workflow.adjustments.viewers import repository as viewers
from services.workflow.adjustments.viewers.rules import viewer_of
from services.workflow.attachments import repository as attachments
from services.workflow.bindings import service as bindings
from services.workflow.candidates import service as candidates
from services.workflow.changes import repository as changes
from services.workflow.clocks.rules import is_overdue
from services.workflow.comments import repository as comments
from services.workflow.disputes import repository as disputes
from services.workflow.justifications import repository as justifications
from services.workflow.procedures import repository as procedures
from services.workflow.procedures.kinds import KIND_TITLES, kind_of, kind_of_change
from services.workflow.procedures.rules import (
    PREPARING,
    ROLE_TITLES,
    ReviewStep,
    StoredTemplate,
    in_working_days,
    limit_data,
)
from services.workflow.procedures.schemas import ReviewStep as StepView
from services.workflow.procedures.templates import repository as templates
from services.workflow.related import repository as related
from services.workflow.submissions import repository as submissions
from shared import problems
from shared.identity.principal import TITLES, Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Enough to see what is going on; the lists themselves are read from the catalog page by page.
MOST_SHOWN = 200
# Who lets an adjustment go on that rests, and who settles a dispute about what was fed back.
RESTING = {State.SUSPENDED: "reviewer", State.HELD: "decider"}
SETTLED_BY = {"consulting": "reviewer", "escalated": "decider"}


async def find(tx: Transaction, principal: Principal, adjustment_id: UUID) -> Adjustment:
    """The adjustment, if the person may read it.

    Raises
    ------
    problems.NotFound
        There is none, or it is another region's: who may not read it does not learn that it exists.
    """
    found = await repository.find(tx.connection, adjustment_id)
    if found is None or not await viewers.sees(tx.connection, viewer_of(principal), adjustment_id):
        raise problems.NotFound("没有这项动态调整，或不在您的权限范围内，请核对标识。", code="adjustment_not_found")
    return found


def summary(adjustment: Adjustment) -> dict[str, Any]:
    """What a list shows of an adjustment."""
    return vars(adjustment) | {"state_title": rules.STATE_TITLES[adjustment.state], "kind": adjustment.kind}


async def document(tx: Transaction, adjustment: Adjustment) -> schemas.Adjustment:
    """Everything about an adjustment, in a fixed number of queries."""
    connection = tx.connection
    steps = await procedures.steps(connection, adjustment.id)
    drafts = await repository.open_drafts(connection, adjustment.id, MOST_SHOWN)
    findings = await repository.open_findings(connection, adjustment.id, MOST_SHOWN)
    cascade = await repository.cascade(connection, adjustment.id)
    charged = [step.organ_id for step in steps if step.organ_id is not None]
    named = [*adjustment.organs, *charged, *(row["lead_organ_id"] for row in [*drafts, *findings])]
    names = await repository.names(connection, named)
    changed = await changes.changes_of(connection, adjustment.id)
    return schemas.Adjustment.model_validate(
        summary(adjustment)
        | await _procedure(tx, adjustment, changed)
        | await _records(tx, adjustment, steps)
        | {
            "organ_names": names,
            "trigger_title": rules.TRIGGERS[adjustment.trigger],
            "allowed": _allowed(adjustment, steps),
            "changes": changed,
            "steps": [step_view(tx, step, names) for step in steps],
            "validation": await repository.validation(connection, adjustment.id),
            "cascade": cascade,
            "drafts": drafts,
            "drafts_waiting": _total(drafts),
            "findings": findings,
            "findings_waiting": _total(findings),
            "waiting": _waiting(tx, adjustment, steps, await disputes.of_adjustment(connection, adjustment.id), names)
            + _lists_waited_for(tx, [*drafts, *findings], names),
            "complete": is_complete(adjustment, cascade, steps, len(drafts) + len(findings)),
        }
    )


async def _records(tx: Transaction, adjustment: Adjustment, steps: Sequence[ReviewStep]) -> dict[str, Any]:
    """What is on record of the way it went: timeline, receipts, justifications, public comment."""
    connection, id_ = tx.connection, adjustment.id
    happened = await history.events(connection, id_, list(TITLES_OF_EVENTS), MOST_SHOWN)
    return {
        "timeline": timeline(happened, {step.code: step.title for step in steps}),
        "receipts": [dict(row) for row in await submissions.of_adjustment(connection, id_)],
        "justifications": [dict(row) for row in await justifications.of_adjustment(connection, id_)],
        # What the cause concerns is looked for until it is decided; afterwards the lists themselves have changed.
        "candidates": await candidates.to_be_answered(tx, adjustment) if adjustment.decided_at is None else [],
        "clocks": await history.clocks(connection, id_, MOST_SHOWN),
        "related_work": await related.of_adjustment(connection, id_),
        "attachments": await attachments.of_adjustment(connection, id_),
        "comment_periods": [dict(row) for row in await comments.of_adjustment(connection, id_)],
    }


async def _forecast(tx: Transaction, adjustment: Adjustment, kind: str) -> StoredTemplate | None:
    """The procedure it would pass if it were submitted now; None where that would be refused."""
    lists = await changes.list_kinds(tx.connection, adjustment.id)
    try:
        return await bindings.procedure_for(tx, adjustment.region_code, kind, lists)
    except problems.Conflict:
        return None


async def _procedure(tx: Transaction, adjustment: Adjustment, changed: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The procedure it passes, or would pass if it were submitted now."""
    operations = sorted({_done(adjustment, change) for change in changed if change["outcome"] in (None, "conflict")})
    kind, template, forecast = adjustment.kind, None, False
    if adjustment.state in rules.EDITABLE and operations != adjustment.operations:
        kind, forecast = kind_of(operations), True
    if forecast and kind is not None:
        template = await _forecast(tx, adjustment, kind)
    elif adjustment.procedure_code is not None:
        wanted = adjustment.procedure_version
        template = await templates.template(tx.connection, adjustment.procedure_code, wanted)
    return {
        "kind": kind,
        "kind_title": KIND_TITLES[kind] if kind else None,
        "procedure_code": template.code if template else None,
        "procedure_version": template.version if template else None,
        "procedure_title": template.title if template else None,
        "procedure_forecast": forecast or adjustment.procedure_code is None,
    }


def _done(adjustment: Adjustment, change: Mapping[str, Any]) -> str:
    before, after = change["base"].get("level"), change["proposed"].get("level")
    heirs = len(change["successors"] or ())
    return kind_of_change(change["operation"], before=before, after=after, trigger=adjustment.trigger, successors=heirs)


def _allowed(adjustment: Adjustment, steps: Sequence[ReviewStep]) -> list[str]:
    bound = PREPARING | {"file"}
    opened = [step.act for step in steps if step.state == "open" and step.act in bound]
    return [*rules.allowed(adjustment.state), *dict.fromkeys(opened)]


def is_complete(
    adjustment: Adjustment, cascade: Sequence[dict[str, Any]], steps: Sequence[ReviewStep], waiting: int
) -> bool:
    """In effect in every list, published and filed as its procedure demands, nothing failed, nobody waited for."""
    failed = any(line["failed"] for line in cascade)
    undone = any(step.state in ("open", "waiting") for step in steps)
    return adjustment.state is State.EFFECTIVE and not failed and not undone and waiting == 0


def step_view(tx: Transaction, step: ReviewStep, names: Mapping[UUID, str]) -> StepView:
    """A step as the API tells it."""
    return StepView.model_validate(
        vars(step)
        | {
            "role_title": ROLE_TITLES.get(step.role, step.role),
            "organ_name": names.get(step.organ_id) if step.organ_id else None,
            "limit": limit_data(step.limit),
            "limit_working_days": in_working_days(step.limit),
            "overdue": step.state == "open" and is_overdue(step.due_at, tx.now),
        }
    )


def _total(rows: Sequence[dict[str, Any]]) -> int:
    return int(rows[0]["total"]) if rows else 0


def _waiting(
    tx: Transaction,
    adjustment: Adjustment,
    steps: Sequence[ReviewStep],
    disputed: Sequence[Row],
    names: dict[UUID, str],
) -> list[dict[str, Any]]:
    """People an adjustment waits for: who lets it go on, who settles a dispute, the open steps, else the compilers."""
    place, since = adjustment.region_code, adjustment.updated_at
    if adjustment.state in RESTING:
        return [_wait(tx, RESTING[adjustment.state], None, names, place, "恢复办理", since, None)]
    settling = {row.id: row for row in disputed if row.state in SETTLED_BY}
    waits = [
        _wait(tx, SETTLED_BY[row.state], None, names, place, f"解决争议：{row.question}", row.opened_at, None)
        for row in settling.values()
    ]
    waits += [
        _wait(tx, step.role, step.organ_id, names, step.region_code, _what(step), step.opened_at, step.due_at)
        for step in steps
        if step.state == "open" and step.id not in settling
    ]
    if adjustment.state in rules.EDITABLE:
        waits.append(_wait(tx, "compiler", adjustment.organ_id, names, place, "编制并提交", since, None))
    elif adjustment.state is State.CONFLICT:
        waits.append(_wait(tx, "decider", None, names, place, "处理冲突", since, None))
    return waits


def _lists_waited_for(
    tx: Transaction, linked: Sequence[dict[str, Any]], names: dict[UUID, str]
) -> list[dict[str, Any]]:
    """The authorities of the lists in which drafts and findings wait for somebody."""
    waits = []
    for row in linked:
        what = row.get("message") or row["reason"]
        waits.append(
            _wait(
                tx,
                "list_authority",
                row["lead_organ_id"],
                names,
                row["region_code"],
                f"{row['rule']}：{what}",
                row["opened_at"],
                row.get("due_at"),
            )
        )
    return waits


def _what(step: ReviewStep) -> str:
    return f"{step.title}：{step.recipient}" if step.recipient else step.title


def _wait(
    tx: Transaction,
    role: str,
    organ_id: UUID | None,
    names: dict[UUID, str],
    region_code: str,
    what: str,
    since: Any,
    due_at: Any,
) -> dict[str, Any]:
    return {
        "for_role": role,
        "for_title": TITLES.get(role) or ROLE_TITLES.get(role, role),
        "organ_id": organ_id,
        "organ_name": names.get(organ_id) if organ_id else None,
        "region_code": region_code,
        "what": what,
        "since": since,
        "due_at": due_at,
        "overdue": is_overdue(due_at, tx.now),
    }

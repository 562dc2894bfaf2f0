"""Use cases of obligations: made when a campaign starts, moved by the log and by papers handed in and filed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.workflow.campaigns.guides import repository as guides
from services.workflow.campaigns.rules import GUIDANCE, Campaign
from services.workflow.clocks import service as clocks
from services.workflow.clocks.service import position_of
from services.workflow.obligations import repository, rules
from services.workflow.obligations.following import repository as following
from services.workflow.obligations.repository import Filters, Reader
from services.workflow.obligations.rules import KIND, Facts, Obligation
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.http.pages import decode_cursor, encode_cursor
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# As many as an event of tasks names.
MOST_IN_EVENT = 1_000
_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


async def make(tx: Transaction, campaign: Campaign) -> list[Obligation]:
    """Make what a campaign obliges whom to, with tasks and clocks, and settle what is done already.

    Raises
    ------
    problems.Invalid
        The plan makes too many, or none at all.
    """
    places = await repository.places(tx.connection, campaign.id)
    rules.refuse_too_many(len(places))
    nodes = rules.nodes_of(await guides.time_nodes(tx.connection, campaign.id))
    by_milestone = {milestone.id: [place for place in places if place.milestone_id == milestone.id]
                    for milestone in campaign.milestones}  # fmt: skip
    led = {milestone.id for milestone in campaign.milestones
           if milestone.unit == "lead" and milestone.subject != GUIDANCE}  # fmt: skip
    units = rules.obliged((place for place in places if place.milestone_id in led), campaign.region_code)
    found = [
        rules.made(milestone, place, campaign.id, new_id(),
                   rules.due_at(milestone.subject, milestone.due_on, place.kind, nodes))
        for milestone in campaign.milestones
        for place in (units if milestone.unit == "obliged" else by_milestone[milestone.id])
    ]  # fmt: skip
    if not found:
        place = problems.FieldError("/milestones", "nobody_obliged", "各节点未涉及任何单位，请核对层级、清单类型和机构")
        raise problems.Invalid("该方案没有产生任何应完成事项。", code="nobody_obliged", errors=[place])
    await repository.insert(tx.connection, found)
    await open_tasks(tx, [vars(each) for each in found])
    await settle_ids(tx, [each.id for each in found if each.subject == "list"])
    return found


async def open_tasks(tx: Transaction, obligations: Iterable[dict[str, Any]]) -> None:
    """A task for each, due on its day; one that was closed opens again."""
    rows = [row for each in obligations for row in rules.tasks(each)]
    await tasks.open_tasks(tx, KIND, rows, [(row, clocks.fixed(row["due_at"])) for row in rows])


async def close_tasks(tx: Transaction, obligations: Sequence[Facts], *, state: str = "done") -> None:
    """They need nobody any more."""
    if obligations:
        subjects = [subject for each in obligations for subject in rules.subjects(each)]
        closed = await stored_tasks.close(tx.connection, KIND, subjects, state=state, actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, KIND, closed)


async def settle_places(tx: Transaction, places: Sequence[tuple[str, str]]) -> None:
    """Lists (region, kind) were enacted or published: their obligations follow."""
    await settle_ids(tx, await following.concerned(tx.connection, places))


async def note_submissions(tx: Transaction, submitted: Sequence[tuple[UUID, datetime]]) -> None:
    """Adjustments were submitted: the campaigns they belong to count them."""
    await _settled(tx, await following.note_submissions(tx.connection, submitted))


async def note_guidance(tx: Transaction, given: Mapping[str, Any], document: Mapping[str, Any]) -> None:
    """An organ guided regions below (see `following.guided`): what it owed them is met (QX-55)."""
    await _settled(tx, await following.guided(tx.connection, given, document))


async def _settled(tx: Transaction, changed: Sequence[Row]) -> None:
    """Close the tasks of those that are done, and say so: one event a campaign."""
    done = [row for row in changed if row.state == "done"]
    await close_tasks(tx, done)
    for campaign_id in dict.fromkeys(row.campaign_id for row in done):
        ids = [str(row.id) for row in done if row.campaign_id == campaign_id]
        for first in range(0, len(ids), MOST_IN_EVENT):
            refs = {"campaign": str(campaign_id), "obligations": ids[first : first + MOST_IN_EVENT]}
            tx.append(NewEvent(type="obligation.completed", refs=refs))


def reader_of(principal: Principal) -> Reader:
    """What somebody may see: the regions of the grants, and the organs he acts for."""
    organs = {principal.organ_id, *(grant.organ_id for grant in principal.grants)} - {None}
    places = {grant.region_code for grant in principal.grants}
    return Reader(tuple(sorted(places)), tuple(sorted(organ for organ in organs if organ)))


async def find(tx: Transaction, principal: Principal, obligation_id: UUID) -> Row:
    """An obligation the caller may see.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, obligation_id, reader_of(principal))
    if found is None:
        raise problems.NotFound("没有这项应完成事项，或不在您的职责范围内。", code="obligation_not_found")
    return found


async def page(
    tx: Transaction, principal: Principal, campaign_id: UUID, filters: Filters, *, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A page of a campaign's obligations, the first due first, and the cursor of the next.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    found = await repository.page(
        tx.connection,
        campaign_id,
        reader_of(principal),
        filters,
        now=tx.now,
        after=position_of(decode_cursor(cursor, 2)) if cursor else _BEGINNING,
        limit=limit + 1,
    )
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor([last.due_at.isoformat(), str(last.id)])


async def redate(tx: Transaction, campaign_id: UUID, due_on: dict[UUID, date]) -> int:
    """Give the open obligations of a campaign the days that its milestones (id -> day) and guides name now.

    Their tasks are closed and opened again, so that the clocks begin anew with the new day. Returns how many moved.
    """
    nodes = rules.nodes_of(await guides.time_nodes(tx.connection, campaign_id))
    waiting = await repository.waiting(tx.connection, campaign_id)
    wanted = [
        (row.id, rules.due_at(row.subject, due_on.get(row.milestone_id, row.due_on), row.list_kind, nodes))
        for row in waiting
    ]
    moved = await repository.redate(tx.connection, wanted)
    await close_tasks(tx, moved, state="void")
    await open_tasks(tx, [dict(row) for row in moved])
    return len(moved)


async def settle_ids(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Something beside the list has come (receipt, document): look at these again."""
    if ids:
        await _settled(tx, await following.settle(tx.connection, ids))


async def settle_campaign(tx: Transaction, campaign_id: UUID) -> None:
    """Look at all open lists of a campaign again, and at what was submitted before it was started."""
    before = await following.submitted_before(tx.connection, campaign_id)
    if before:
        await note_submissions(tx, before)
    waiting = await repository.waiting(tx.connection, campaign_id)
    await settle_ids(tx, [row.id for row in waiting if row.subject == "list" and row.campaign_state == "running"])

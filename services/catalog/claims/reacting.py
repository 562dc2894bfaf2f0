"""What follows from an event for the levels below: offers, claims held against entries, drafts of changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from services.catalog.claims import rules, telling
from services.catalog.claims.following import repository as following
from services.catalog.claims.following.rules import CONCERNS
from services.catalog.claims.offering import repository as offering
from services.catalog.claims.offering.repository import Planned
from services.catalog.claims.settling import repository as settling
from services.catalog.claims.succeeding import repository as succeeding
from services.catalog.linkage import rules as linkage
from services.catalog.linkage import telling as outcomes
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.linkage.tables import rule_set_at
from services.catalog.vertical import service as vertical
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction
from shared.statement import Row

# What says how an entry is handled comes from here as well.
HANDLING = "implementation"
# What of a local entry says which organ lists which matter.
_LISTS = frozenset({"base_code", "implementing_body"})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """React to a batch; where nobody plans to claim anything this is one look, and the checks between levels."""
    planned = await offering.planned(tx.connection)
    settled: set[UUID] = set()
    for event in events:  # bounded: a batch of the consumer
        if event.type == "claim_plan.set":  # also of the last plan there was: what was offered by it ends
            settled |= await _offer_all(tx, event, list_kind=event.list_kind)
        elif event.type == "organ.succeeded":
            await _pass_on(tx, event)
        elif planned:
            settled |= await _one(tx, event, planned)
    await vertical.follow(tx, events, settled)


async def _one(tx: Transaction, event: Event, planned: Planned) -> set[UUID]:
    """React to one event of lists and entries; the local entries of claims it has settled."""
    if event.type == "list.enacted":
        return await _offer_all(tx, event) if event.list_kind in planned.sources else set()
    settled: set[UUID] = set()
    if event.list_kind in planned.sources and _concerns(event):
        settled |= await _from_above(tx, event)
    if event.list_kind in planned.targets or event.list_kind == HANDLING:
        rows = await settling.settle(tx.connection, ids=event.item_ids, actor=_actor(tx, event), now=tx.now)
        settled |= _tell_settled(tx, event, rows)
        if event.list_kind in planned.targets and _lists(event):
            settled |= await _also_listed(tx, event)
        _tell_drafts(tx, event, await following.close_done(tx.connection, event.item_ids, tx.now))
    return settled


def _lists(event: Event) -> bool:
    """Whether an event may say that an organ lists a matter it did not list before."""
    return event.type in ("item.created", "item.imported") or not _LISTS.isdisjoint(event.elements)


async def _also_listed(tx: Transaction, event: Event) -> set[UUID]:
    """Each organ that lists a matter claims it, also the second one."""
    if event.region_code is None:
        return set()
    offered = await offering.offer(tx.connection, region=event.region_code, ids=None, listed=event.item_ids, now=tx.now,
                                   list_kind=event.list_kind, adjustment_id=event.adjustment_id)  # fmt: skip
    _tell(tx, event, offered)
    return await _settle_listed(tx, event, event.list_kind) if offered else set()


async def _pass_on(tx: Transaction, event: Event) -> None:
    """The claims of organs that are no more go to the one that took their place."""
    heirs = event.refs.get("successors", ())
    heir = UUID(str(heirs[0])) if len(heirs) == 1 else None
    organs = [UUID(str(organ)) for organ in event.refs.get("organs", ())]
    _tell(tx, event, await succeeding.pass_on(tx.connection, organs, heir))


def _concerns(event: Event) -> bool:
    """Whether a change may concern the levels below; of states and new entries the type says so."""
    return event.type != "item.updated" or not CONCERNS.isdisjoint(event.elements)


async def _offer_all(tx: Transaction, event: Event, *, list_kind: str | None = None) -> set[UUID]:
    """Everything the region's superiors, or the region itself as one, have in force."""
    if event.region_code is None:
        return set()
    offered = await offering.offer(tx.connection, region=event.region_code, ids=None, list_kind=list_kind, now=tx.now,
                                   adjustment_id=event.adjustment_id)  # fmt: skip
    _tell(tx, event, offered)
    return await _settle_listed(tx, event, list_kind)


async def _from_above(tx: Transaction, event: Event) -> set[UUID]:
    """Entries of what is a superior's list for somebody."""
    if event.region_code is None:
        return set()
    offered = await offering.offer(
        tx.connection, region=event.region_code, ids=event.item_ids, now=tx.now, adjustment_id=event.adjustment_id
    )
    _tell(tx, event, offered)
    settled = await _settle_listed(tx, event, None) if offered else set()
    if event.type == "item.created":
        return settled
    if rules.is_new_specification(event.elements):
        renewed = await settling.respecify(tx.connection, event.item_ids, tx.now)
        if renewed:
            rows = await settling.settle(tx.connection, claims=renewed, actor=tx.actor, now=tx.now)
            settled |= _tell_settled(tx, event, rows)
    version, linked = await rule_set_at(tx, tx.now)
    burdens = [rule.id for rule in linked if rule.relation == "not_stricter"]
    befores = [number - 1 for number in event.versions] or [0] * len(event.item_ids)
    told = await following.open_changes(
        tx.connection, event.item_ids, befores, burdens=burdens, rule_set=version, adjustment_id=event.adjustment_id,
        cause_id=event.id, now=tx.now,
    )  # fmt: skip
    _tell_drafts(tx, event, told)
    await ledger.add_to_ledger(tx.connection, linkage.waiting(told), tx.now)
    return settled


async def _settle_listed(tx: Transaction, event: Event, list_kind: str | None) -> set[UUID]:
    """What was offered to whom lists it already is claimed at once."""
    rows = await settling.settle(
        tx.connection, region=event.region_code, list_kind=list_kind, actor=_actor(tx, event), now=tx.now
    )
    return _tell_settled(tx, event, rows)


def _actor(tx: Transaction, event: Event) -> str:
    return event.actor or tx.actor


def _tell(tx: Transaction, event: Event, rows: Iterable[Row]) -> None:
    for told in telling.of_counts(rows, cause_id=event.id, adjustment_id=event.adjustment_id):
        tx.append(told)


def _tell_settled(tx: Transaction, event: Event, rows: Sequence[Row]) -> set[UUID]:
    _tell(tx, event, rows)
    return {item for row in rows for item in row["items"]}


def _tell_drafts(tx: Transaction, event: Event, rows: Sequence[Row]) -> None:
    for told in outcomes.of_outcomes("draft", rows, item="item_id", cause_id=event.id):
        tx.append(told)

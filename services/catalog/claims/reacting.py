"""What follows from an event for the levels below: offers, claims held against entries, drafts of changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from services.catalog.claims import rules, telling
from services.catalog.claims.following import repository as following
from services.catalog.claims.following.rules import CONCERNS
from services.catalog.claims.offering import repository as offering
from services.catalog.claims.offering.repository import Planned
from services.catalog.claims.settling import repository as settling
from services.catalog.linkage import rules as linkage
from services.catalog.linkage import telling as outcomes
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.linkage.tables import rule_set_at
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction
from shared.statement import Row

# What says how an entry is handled comes from here as well.
HANDLING = "implementation"


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """React to a batch; where nobody plans to claim anything this is one look."""
    planned = await offering.planned(tx.connection)
    if planned is None:
        return
    for event in events:  # bounded: a batch of the consumer
        if event.type == "claim_plan.set":
            await _offer_all(tx, event, list_kind=event.list_kind)
        elif event.type == "list.enacted":
            if event.list_kind in planned.sources:
                await _offer_all(tx, event)
        else:
            await _of_items(tx, event, planned)


async def _of_items(tx: Transaction, event: Event, planned: Planned) -> None:
    if event.list_kind in planned.sources and _concerns(event):
        await _from_above(tx, event)
    if event.list_kind in planned.targets or event.list_kind == HANDLING:
        settled = await settling.settle(tx.connection, ids=event.item_ids, actor=_actor(tx, event), now=tx.now)
        _tell(tx, event, settled)
        _tell_drafts(tx, event, await following.close_done(tx.connection, event.item_ids, tx.now))


def _concerns(event: Event) -> bool:
    """Whether a change may concern the levels below; of states and new entries the type says so."""
    return event.type != "item.updated" or not CONCERNS.isdisjoint(event.elements)


async def _offer_all(tx: Transaction, event: Event, *, list_kind: str | None = None) -> None:
    """Everything the region's superiors, or the region itself as one, have in force."""
    if event.region_code is None:
        return
    offered = await offering.offer(tx.connection, region=event.region_code, ids=None, list_kind=list_kind, now=tx.now,
                                   adjustment_id=event.adjustment_id)  # fmt: skip
    _tell(tx, event, offered)
    await _settle_listed(tx, event, list_kind)


async def _from_above(tx: Transaction, event: Event) -> None:
    """Entries of what is a superior's list for somebody."""
    if event.region_code is None:
        return
    offered = await offering.offer(
        tx.connection, region=event.region_code, ids=event.item_ids, now=tx.now, adjustment_id=event.adjustment_id
    )
    _tell(tx, event, offered)
    if offered:
        await _settle_listed(tx, event, None)
    if event.type == "item.created":
        return
    if rules.is_new_specification(event.elements):
        renewed = await settling.respecify(tx.connection, event.item_ids, tx.now)
        if renewed:
            _tell(tx, event, await settling.settle(tx.connection, claims=renewed, actor=tx.actor, now=tx.now))
    version, linked = await rule_set_at(tx, tx.now)
    burdens = [rule.id for rule in linked if rule.relation == "not_stricter"]
    befores = [number - 1 for number in event.versions] or [0] * len(event.item_ids)
    told = await following.open_changes(
        tx.connection, event.item_ids, befores, burdens=burdens, rule_set=version, adjustment_id=event.adjustment_id,
        cause_id=event.id, now=tx.now,
    )  # fmt: skip
    _tell_drafts(tx, event, told)
    await ledger.add_to_ledger(tx.connection, linkage.waiting(told), tx.now)


async def _settle_listed(tx: Transaction, event: Event, list_kind: str | None) -> None:
    """What was offered to whom lists it already is claimed at once."""
    settled = await settling.settle(
        tx.connection, region=event.region_code, list_kind=list_kind, actor=_actor(tx, event), now=tx.now
    )
    _tell(tx, event, settled)


def _actor(tx: Transaction, event: Event) -> str:
    return event.actor or tx.actor


def _tell(tx: Transaction, event: Event, rows: Iterable[Row]) -> None:
    for told in telling.of_counts(rows, cause_id=event.id, adjustment_id=event.adjustment_id):
        tx.append(told)


def _tell_drafts(tx: Transaction, event: Event, rows: Sequence[Row]) -> None:
    for told in outcomes.of_outcomes("draft", rows, item="item_id", cause_id=event.id):
        tx.append(told)

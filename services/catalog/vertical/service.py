"""Use cases of the levels beside one another: checks that follow changes, labels of what is easier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage import telling
from services.catalog.linkage.tables import rule_set_at
from services.catalog.vertical import rules
from services.catalog.vertical.checks import repository as checks
from services.catalog.vertical.optimisations import repository as optimisations
from shared import clock
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction, begin


async def follow(tx: Transaction, events: Sequence[Event], concerned: Iterable[UUID] = ()) -> None:
    """Hold changed entries, those below them, and the `concerned` against the levels around them."""
    items = [event for event in events if event.type.startswith("item.")]
    ids = {item for event in items if rules.may_concern(event.type, event.elements) for item in event.item_ids}
    await recheck(tx, sorted(ids | set(concerned)), cause_id=events[-1].id)
    eased = sorted({item for event in items if rules.may_ease(event.type, event.elements) for item in event.item_ids})
    if eased:
        _, linkage = await rule_set_at(tx, tx.now)
        kinds = {event.list_kind for event in items}
        for rule in linkage:  # bounded: rules that compare burdens, one as shipped
            if rule.relation == "not_stricter" and kinds & {rule.source_kind, rule.target_kind}:
                await optimisations.settle(tx.connection, rule, eased, tx.now)


async def recheck(tx: Transaction, ids: Sequence[UUID], *, cause_id: UUID | None, **more: Any) -> None:
    """Open and close the findings of the checks between levels."""
    if not ids and not more:
        return
    today = tx.now.astimezone(clock.ZONE).date()
    rows = await checks.settle(tx.connection, ids, today=today, now=tx.now, **more)
    for event in telling.of_outcomes("finding", rows, item="item_id", cause_id=cause_id):
        tx.append(event)


async def recheck_delegations(engine: AsyncEngine) -> None:
    """Delegations begin and expire with the day: what rests on them is looked at again; a scheduled tick."""
    async with begin(engine, service="catalog", actor="system:delegations") as tx:
        await recheck(tx, [], cause_id=None, delegated=True)

"""Use cases of the impact: keep citations, settle findings when entries or documents change or their days come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.documents.citations import citations
from services.catalog.documents.impact import repository
from services.catalog.documents.impact.reading import repository as reading
from services.catalog.linkage import telling
from shared import clock
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction, begin

# As many as one event of an import carries: a statement and the memory for their elements stay small.
CHUNK = 2_000
# Documents a tick settles in one transaction.
_DOCUMENTS = 50
# Elements that never hold a citation: changes of these alone need no look, and they are most changes.
_WITHOUT_CITATION = frozenset({
    "name", "permit_name", "base_code", "implementation_code", "handling_item", "item_type", "level", "audience",
    "implementing_body", "supervising_body", "service_objects", "statutory_limit", "promised_limit", "conditions",
    "visits", "online", "result_name", "handling_place", "handling_hours", "consult_phone", "complaint_phone",
})  # fmt: skip


def concerned(events: Iterable[Event]) -> tuple[list[UUID], list[UUID]]:
    """Entries that events of items name: those to be read anew, and those of which only the state changed."""
    read: dict[UUID, None] = {}
    moved: dict[UUID, None] = {}
    for event in events:
        if event.type in ("item.created", "item.imported") or not event.elements:
            read.update(dict.fromkeys(event.item_ids))
        elif rest := set(event.elements) - _WITHOUT_CITATION:
            (moved if rest == {"state"} else read).update(dict.fromkeys(event.item_ids))
    return sorted(read), sorted(moved.keys() - read.keys())


async def follow_items(tx: Transaction, events: Sequence[Event]) -> None:
    """Entries changed: keep what they cite now, and settle their findings."""
    read, moved = concerned(events)
    cause = events[-1].id
    for start in range(0, len(read), CHUNK):  # bounded: a batch of events carries few chunks
        await settle(tx, await cite(tx, read[start : start + CHUNK]), cause)
    if moved:
        await settle(tx, moved, cause)


async def cite(tx: Transaction, items: Sequence[UUID]) -> list[UUID]:
    """Keep what entries cite as they are in force; the entries there are."""
    rows = await repository.entries(tx.connection, items)
    await repository.remember(tx.connection, {row.id: citations(orjson.loads(row.elements)) for row in rows})
    return [row.id for row in rows]


async def follow_documents(tx: Transaction, events: Sequence[Event]) -> None:
    """Documents changed: settle the findings of every entry of every list that rests on them, or did so before."""
    ids = {UUID(one) for event in events for one in event.refs.get("documents", ())}
    rows = await reading.lock(tx.connection, sorted(ids))
    if rows:
        former = [event.refs["former"] for event in events if "former" in event.refs]
        keys = {row.title_key for row in rows} | {one["title_key"] for one in former}
        numbers = {row.number for row in rows} | {one["number"] for one in former}
        await _settle_documents(tx, [row.id for row in rows], keys, numbers, events[-1].id)


async def settle_days(engine: AsyncEngine) -> None:
    """Documents begin or cease to hold on a day; a tick, which makes up for what it missed."""
    while True:
        async with begin(engine, service="catalog", actor="system:documents") as tx:
            today = tx.now.astimezone(clock.ZONE).date()
            rows = await reading.due(tx.connection, today, _DOCUMENTS)
            keys, numbers = {row.title_key for row in rows}, {row.number for row in rows}
            await _settle_documents(tx, [row.id for row in rows], keys, numbers, None)
        if len(rows) < _DOCUMENTS:
            return


async def _settle_documents(
    tx: Transaction, ids: Sequence[UUID], keys: Collection[str], numbers: Collection[str | None], cause: UUID | None
) -> None:
    if not ids:
        return
    items = await reading.resting_on(tx.connection, sorted(keys), sorted(number for number in numbers if number))
    for start in range(0, len(items), CHUNK):  # bounded: by the entries that rest on them
        await settle(tx, items[start : start + CHUNK], cause)
    await reading.settled(tx.connection, ids, tx.now.astimezone(clock.ZONE).date())


async def settle(tx: Transaction, items: Sequence[UUID], cause: UUID | None, *, opening: bool = False) -> int:
    """Make the findings of entries agree with what they cite; how many opened. `opening`: V04 as well."""
    today = tx.now.astimezone(clock.ZONE).date()
    rows = await repository.settle_basis(tx.connection, items, today, tx.now)
    rows += await repository.settle_temporary(tx.connection, items, today, tx.now)
    rows += await repository.settle_legality(tx.connection, items, tx.now, opening=opening)
    for event in telling.of_outcomes("finding", rows, item="item_id", cause_id=cause):
        tx.append(event)
    return sum(row.change == "opened" for row in rows)

"""Use cases of keeping the search rows: of entries that changed, of those around an organ or region, of all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from services.catalog.search import repository
from shared.ledger.transaction import Transaction
from shared.search.terms import Facts, Phrase, row_of
from shared.statement import Row

# Entries a statement writes: its parameters are encoded in some milliseconds, and others of this process wait for that.
CHUNK = 250
# Rows are made in the process that carries decisions to their lists: it gets its turn every two milliseconds.
TURN = 25


async def index(tx: Transaction, items: Sequence[UUID]) -> None:
    """Make the search rows of entries from their current versions."""
    for start in range(0, len(items), CHUNK):
        await _write(tx, await repository.entries(tx.connection, items[start : start + CHUNK]))


async def index_around(tx: Transaction, organs: Sequence[UUID], regions: Sequence[str]) -> None:
    """Make the rows of all entries of organs, or of regions and those below, anew."""
    after: UUID | None = None
    while found := await repository.concerned(tx.connection, organs=organs, regions=regions, after=after, count=CHUNK):
        await index(tx, found)
        after = found[-1]


async def fill_chunk(tx: Transaction) -> bool:
    """Take in the next entries that were there before search was; whether there may be more."""
    place = await repository.fill_place(tx.connection)
    if place is None:
        return False
    items = await repository.next_items(tx.connection, place.after_item, CHUNK)
    await index(tx, items)
    done = len(items) < CHUNK
    await repository.filled_to(tx.connection, items[-1] if items else None, done=done)
    return not done


async def _write(tx: Transaction, read: Sequence[Row]) -> None:
    rows: list[dict[str, Any]] = []
    phrases: list[Phrase] = []
    for number, entry in enumerate(read):
        if number % TURN == 0:
            await asyncio.sleep(0)
        facts = Facts(
            item_id=entry.item_id,
            kind=entry.kind,
            list_id=str(entry.list_id),
            regions=[entry.region_code, *entry.ancestors],
            state=entry.state,
            organ_id=str(entry.organ_id) if entry.organ_id else None,
            organ_name=entry.organ_name,
            codes=entry.codes,
        )
        made = row_of(orjson.loads(entry.elements), facts)
        phrases += made.phrases
        rows.append({**entry, "name": made.name, "terms": made.terms})
    await repository.TABLES.write(tx.connection, rows, phrases)

"""Use cases of keeping the search rows: of entries that changed, of those around an organ or region, of all."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson

from services.catalog.search import repository
from shared.ledger.transaction import Transaction
from shared.search import writing
from shared.search.terms import Facts, SearchRow, row_of
from shared.search.writing import READ
from shared.statement import Row


async def index(tx: Transaction, items: Sequence[UUID]) -> None:
    """Make the search rows of entries from their current versions."""
    for start in range(0, len(items), READ):
        read = await repository.entries(tx.connection, items[start : start + READ])
        await writing.write(repository.TABLES, tx.connection, read, _made)


async def index_around(tx: Transaction, organs: Sequence[UUID], regions: Sequence[str]) -> None:
    """Make the rows of all entries of organs, or of regions and those below, anew."""
    after: UUID | None = None
    while found := await repository.concerned(tx.connection, organs=organs, regions=regions, after=after, count=READ):
        await index(tx, found)
        after = found[-1]


async def fill_chunk(tx: Transaction) -> bool:
    """Take in the next entries that were there before search was; whether there may be more."""
    place = await repository.fill_place(tx.connection)
    if place is None:
        return False
    items = await repository.next_items(tx.connection, place.after_item, READ)
    await index(tx, items)
    done = len(items) < READ
    await repository.filled_to(tx.connection, items[-1] if items else None, done=done)
    return not done


def _made(entry: Row) -> SearchRow:
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
    return row_of(orjson.loads(entry.elements), facts)

"""Making and putting search rows, alike for both sides: what differs is how an entry is read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.search.repository import SearchTables
from shared.search.terms import SearchRow
from shared.statement import Row

# Entries read at once: some megabytes, and of a first filling so many are a transaction.
READ = 1_000
# Entries a statement writes: its parameters are encoded in some milliseconds, and others of this process wait for that.
CHUNK = 250
# Rows are made in the process that carries decisions to their lists: it gets its turn every two milliseconds.
TURN = 25


async def write(
    tables: SearchTables, connection: AsyncConnection, entries: Sequence[Row], made: Callable[[Row], SearchRow]
) -> None:
    """Make the rows of entries (with the columns of the table but name and terms) and put them."""
    for start in range(0, len(entries), CHUNK):
        rows, phrases = [], []
        for number, entry in enumerate(entries[start : start + CHUNK]):
            if number % TURN == 0:
                await asyncio.sleep(0)
            row = made(entry)
            phrases += row.phrases
            rows.append({**entry, "name": row.name, "terms": row.terms})
        await tables.write(connection, rows, phrases)

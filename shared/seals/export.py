"""The log as a file that can be verified without us: the events of a range, and the seals that cover it."""

from __future__ import annotations

from typing import BinaryIO

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.seals import repository, rules

CHUNK = 500


async def write(engine: AsyncEngine, out: BinaryIO, first: int, last: int) -> tuple[int, int]:
    """Write whole seals and their events, as one reading of the log; the number of seals and of events."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return await write_from(connection, out, first, last)


async def write_from(connection: AsyncConnection, out: BinaryIO, first: int, last: int) -> tuple[int, int]:
    """Write whole seals and their events, one JSON document a line: a seal, then its events, then the next seal.

    Seals that cover only part of the range are written whole, because half of one cannot be verified. What is sealed
    never changes, so any isolation will do. Returns the number of seals and of events.
    """
    count = 0
    seals = await repository.covering(connection, first, last)
    for seal in seals:
        signed = rules.document(seal) | {"signature": seal.signature.hex()}
        out.write(orjson.dumps({"seal": signed}, option=orjson.OPT_SORT_KEYS) + b"\n")
        for start in range(seal.from_position, seal.to_position + 1, CHUNK):
            end = min(start + CHUNK - 1, seal.to_position)
            for event in await repository.events(connection, start, end):
                out.write(rules.line(dict(event)) + b"\n")
                count += 1
    return len(seals), count

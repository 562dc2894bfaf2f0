"""SQL of the seals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.ledger.reading import COLUMNS
from shared.seals.rules import Seal
from shared.statement import Row, Statement

_SEAL = "number, epoch, from_position, to_position, hash, previous, sealed_at, key_id, signature"

# One sealer at a time; another finds the work done at its next tick.
_ONLY_SEALER = Statement("SELECT pg_try_advisory_xact_lock(hashtextextended('publish/sealer', 0))")
_LAST = Statement(f"SELECT {_SEAL} FROM qingdan.seal ORDER BY number DESC LIMIT 1")
_HEAD = Statement("SELECT position, epoch FROM qingdan.log_head WHERE id = 1")
_EVENTS = Statement(
    f"SELECT {', '.join(COLUMNS)} FROM qingdan.event WHERE position >= :first AND position <= :last ORDER BY position"
)
_ADD = Statement(
    f"""
    INSERT INTO qingdan.seal ({_SEAL})
    VALUES (:number, :epoch, :from_position, :to_position, :hash, :previous, :sealed_at, :key_id, :signature)
    """
)
_COVERING = Statement(
    f"SELECT {_SEAL} FROM qingdan.seal WHERE to_position >= :first AND from_position <= :last ORDER BY number"
)


async def become_only_sealer(connection: AsyncConnection) -> bool:
    """Whether nobody else is sealing; held until the transaction ends."""
    return bool(await _ONLY_SEALER.value(connection))


async def last(connection: AsyncConnection) -> Seal | None:
    """The newest seal."""
    row = await _LAST.row(connection)
    return None if row is None else as_seal(row)


async def head(connection: AsyncConnection) -> tuple[int, UUID]:
    """The last position of the log and its epoch: everything up to there is committed and stays as it is."""
    (row,) = await _HEAD.rows(connection)
    return int(row.position), row.epoch


async def events(connection: AsyncConnection, first: int, last_: int) -> Sequence[Row]:
    """Events by position, both ends included."""
    return await _EVENTS.rows(connection, {"first": first, "last": last_})


async def add(connection: AsyncConnection, seal: Seal) -> None:
    """Store a seal."""
    await _ADD.rows(connection, vars(seal))


async def covering(connection: AsyncConnection, first: int, last_: int) -> list[Seal]:
    """The seals that seal any of these positions, in order."""
    return [as_seal(row) for row in await _COVERING.rows(connection, {"first": first, "last": last_})]


def as_seal(row: Any) -> Seal:
    """A row of the table as the seal it holds."""
    return Seal(**dict(row))

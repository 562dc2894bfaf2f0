"""SQL of the public seals."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.seals.repository import as_seal
from shared.seals.rules import Seal
from shared.statement import Statement

_COLUMNS = "s.number, s.epoch, s.from_position, s.to_position, s.hash, s.previous, s.sealed_at, s.key_id, s.signature"

# One look-up in the index of instants a day, however many seals a day has.
_DAYS = Statement(
    f"""
    SELECT {_COLUMNS}
    FROM generate_series(CAST(:newest AS date), CAST(:oldest AS date), interval '-1 day') AS d(day)
    CROSS JOIN LATERAL (
        SELECT * FROM qingdan.seal AS n
        WHERE n.sealed_at >= (d.day AT TIME ZONE 'Asia/Shanghai')
          AND n.sealed_at < ((d.day + interval '1 day') AT TIME ZONE 'Asia/Shanghai')
        ORDER BY n.sealed_at DESC, n.number DESC LIMIT 1
    ) AS s
    ORDER BY s.number DESC
    """
)
_OLDER = Statement(
    "SELECT EXISTS (SELECT FROM qingdan.seal"
    " WHERE sealed_at < (CAST(CAST(:day AS date) AS timestamp) AT TIME ZONE 'Asia/Shanghai'))"
)
_ONE = Statement(f"SELECT {_COLUMNS} FROM qingdan.seal AS s WHERE s.number = :number")


async def of_days(connection: AsyncConnection, newest: date, oldest: date) -> list[Seal]:
    """The last seal of each day of a span in which anything was sealed, newest first."""
    return [as_seal(row) for row in await _DAYS.rows(connection, {"newest": newest, "oldest": oldest})]


async def is_older(connection: AsyncConnection, day: date) -> bool:
    """Whether anything was sealed before a day."""
    return bool(await _OLDER.value(connection, {"day": day}))


async def find(connection: AsyncConnection, number: int) -> Seal | None:
    """A seal by its number."""
    row = await _ONE.row(connection, {"number": number})
    return None if row is None else as_seal(row)

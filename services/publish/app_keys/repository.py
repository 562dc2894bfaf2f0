"""SQL of appKeys and of the nonces they have used."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.publish import app_key
from shared.statement import Row, Statement

_SHOWN = """SELECT k.id, k.code, k.client_id, c.name AS client_name, c.region_code, p.code AS peer_code, k.algorithm,
           k.per_minute, k.created_by, k.created_at, k.ended_at
    FROM qingdan.app_key AS k
    LEFT JOIN qingdan.catalog_client_v1 AS c ON c.id = k.client_id
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code
    LEFT JOIN qingdan.peer AS p ON p.id = k.peer_id"""
_FIND = Statement(f"{_SHOWN} WHERE k.code = :code")
_PAGE = Statement(
    f"""{_SHOWN}
    WHERE k.code > :after AND (CAST(:within AS text[]) IS NULL OR c.region_code = ANY (CAST(:within AS text[]))
                               OR r.ancestors && CAST(:within AS text[]))
    ORDER BY k.code LIMIT :limit"""
)
_END = Statement("UPDATE qingdan.app_key SET ended_at = :now WHERE code = :code AND ended_at IS NULL")
_CLIENT = Statement(
    """
    SELECT c.id, c.name, c.region_code, c.scopes, c.active,
           array_prepend(c.region_code, coalesce(r.ancestors, '{}')) AS chain
    FROM qingdan.catalog_client_v1 AS c LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = c.region_code
    WHERE c.id = :client
    """
)
# Only keys that open the door: not ended, of a client that is let in.
_OPENS = Statement(
    """
    SELECT k.id, k.code, k.client_id, k.peer_id, k.algorithm, k.key_id, k.ciphertext, c.name, c.scopes
    FROM qingdan.app_key AS k JOIN qingdan.catalog_client_v1 AS c ON c.id = k.client_id AND c.active
    WHERE k.code = :code AND k.ended_at IS NULL
    """
)
# One statement: the request is counted, its nonce is kept unless it is there, and what has expired is swept by whoever
# comes by, of all keys - so the table holds what two tolerances of requests leave and needs nobody to clean it.
_SPEND = Statement(
    """
    WITH counted AS (
        UPDATE qingdan.app_key AS k
        SET minute_began_at = CASE WHEN k.minute_began_at > CAST(:now AS timestamptz) - interval '1 minute'
                                   THEN k.minute_began_at ELSE :now END,
            minute_requests = CASE WHEN k.minute_began_at > CAST(:now AS timestamptz) - interval '1 minute'
                                   THEN k.minute_requests + 1 ELSE 1 END
        WHERE k.id = :key
        RETURNING k.id, k.minute_began_at, k.minute_requests > k.per_minute AS throttled
    ), swept AS (
        DELETE FROM qingdan.app_key_nonce WHERE ctid = ANY (ARRAY(
            SELECT n.ctid FROM qingdan.app_key_nonce AS n WHERE n.expires_at < :now
            ORDER BY n.expires_at LIMIT 50 FOR UPDATE SKIP LOCKED))
    ), kept AS (
        INSERT INTO qingdan.app_key_nonce (app_key_id, nonce, expires_at)
        SELECT c.id, :nonce, :expires FROM counted AS c WHERE NOT c.throttled
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT c.throttled, EXISTS (SELECT FROM kept) AS fresh,
           CAST(ceil(extract(epoch FROM c.minute_began_at + interval '1 minute' - :now)) AS integer) AS seconds
    FROM counted AS c
    """
)


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Register a key."""
    await connection.execute(insert(app_key).values(**values))


async def find(connection: AsyncConnection, code: str) -> Row | None:
    """A key with its client, without its secret."""
    return await _FIND.row(connection, {"code": code})


async def page(connection: AsyncConnection, *, within: list[str] | None, after: str, limit: int) -> list[Row]:
    """Keys by their code; `within`: only of clients of these regions and those below."""
    return await _PAGE.rows(connection, {"within": within, "after": after, "limit": limit})


async def end(connection: AsyncConnection, code: str, now: datetime) -> None:
    """From now on the key opens nothing."""
    await _END.rows(connection, {"code": code, "now": now})


async def client(connection: AsyncConnection, client_id: UUID) -> Row | None:
    """A service client with its region and those above."""
    return await _CLIENT.row(connection, {"client": client_id})


async def opening(connection: AsyncConnection, code: str) -> Row | None:
    """A key that is good, with its secret as it is stored."""
    return await _OPENS.row(connection, {"code": code})


async def spend(connection: AsyncConnection, key: UUID, nonce: str, *, expires: datetime, now: datetime) -> Row:
    """Count a request and use up its nonce: (throttled, fresh, seconds until the minute is over)."""
    (row,) = await _SPEND.rows(connection, {"key": key, "nonce": nonce, "expires": expires, "now": now})
    return row

"""SQL of the contacts of organs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_READ = Statement(
    """
    SELECT c.duty, c.name, c.account_id, c.phone, c.note FROM qingdan.organ_contact AS c
    WHERE c.organ_id = :organ_id ORDER BY c.number
    """
)
_STATE = Statement("SELECT s.version FROM qingdan.organ_contact_state AS s WHERE s.organ_id = :organ_id")
_LOCK = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('workflow/organ_contact/' || CAST(:organ_id AS text), 0))"
)
_UNKNOWN = Statement(
    """
    SELECT w.id FROM unnest(CAST(:ids AS uuid[])) AS w (id)
    WHERE NOT EXISTS (SELECT FROM qingdan.catalog_account_v1 AS a WHERE a.id = w.id AND a.active)
    """
)
_CLEAR = Statement("DELETE FROM qingdan.organ_contact WHERE organ_id = :organ_id")
_SET = Statement(
    """
    WITH written AS (
        INSERT INTO qingdan.organ_contact (id, organ_id, duty, name, account_id, phone, note, number)
        SELECT gen_random_uuid(), CAST(:organ_id AS uuid), g.duty, g.name, g.account_id, g.phone, g.note, g.number
        FROM jsonb_to_recordset(CAST(:contacts AS jsonb)) AS g(
            duty text, name text, account_id uuid, phone text, note text, number int)
    )
    INSERT INTO qingdan.organ_contact_state AS s (organ_id, version, set_by, set_at)
    VALUES (CAST(:organ_id AS uuid), 1, :set_by, :now)
    ON CONFLICT (organ_id) DO UPDATE
    SET version = s.version + 1, set_by = excluded.set_by, set_at = excluded.set_at
    RETURNING s.version
    """
)


async def read(connection: AsyncConnection, organ_id: UUID) -> list[Row]:
    """The contacts of an organ, in their order."""
    return await _READ.rows(connection, {"organ_id": organ_id})


async def version(connection: AsyncConnection, organ_id: UUID) -> int:
    """The version of an organ's contacts; 0: never set."""
    return int(await _STATE.value(connection, {"organ_id": organ_id}) or 0)


async def lock(connection: AsyncConnection, organ_id: UUID) -> None:
    """Changes of one organ's contacts come one after another."""
    await _LOCK.rows(connection, {"organ_id": str(organ_id)})


async def unknown(connection: AsyncConnection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are no active accounts."""
    return set(await _UNKNOWN.values(connection, {"ids": list(ids)}))


async def replace(
    connection: AsyncConnection, organ_id: UUID, contacts: Sequence[dict[str, Any]], *, set_by: str, now: datetime
) -> int:
    """Replace the contacts of an organ; returns the version."""
    rows = [contact | {"number": number} for number, contact in enumerate(contacts, start=1)]
    given = {"contacts": orjson.dumps(rows, default=str).decode(), "organ_id": organ_id, "set_by": set_by, "now": now}
    await _CLEAR.rows(connection, given)
    return int(await _SET.value(connection, given))

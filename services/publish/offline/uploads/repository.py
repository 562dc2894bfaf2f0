"""SQL of packages that wait for the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# An operation that was cancelled before it began never came to drop its own.
_ADD = Statement(
    """
    WITH idle AS (
        UPDATE qingdan.offline_upload AS u SET content = NULL
        FROM qingdan.operation AS o
        WHERE o.id = u.operation_id AND u.content IS NOT NULL AND o.state NOT IN ('queued', 'running')
    )
    INSERT INTO qingdan.offline_upload (operation_id, partner_id, content) VALUES (:operation, :partner, :content)
    """
)
_FIND = Statement(
    """
    SELECT u.content, u.result, p.code
    FROM qingdan.offline_upload AS u JOIN qingdan.offline_partner AS p ON p.id = u.partner_id
    WHERE u.operation_id = :operation
    """
)
_SETTLE = Statement(
    "UPDATE qingdan.offline_upload SET content = NULL, result = CAST(:result AS jsonb) WHERE operation_id = :operation"
)


async def add(connection: AsyncConnection, operation_id: UUID, partner_id: UUID, content: bytes) -> None:
    """Keep a package until the worker takes it."""
    await _ADD.rows(connection, {"operation": operation_id, "partner": partner_id, "content": content})


async def find(connection: AsyncConnection, operation_id: UUID) -> Row | None:
    """Its bytes, or what came of it, and the partner's code."""
    return await _FIND.row(connection, {"operation": operation_id})


async def settle(connection: AsyncConnection, operation_id: UUID, result: Mapping[str, Any] | None) -> None:
    """Drop the bytes; the result is None when nothing was taken."""
    told = None if result is None else orjson.dumps(dict(result)).decode()
    await _SETTLE.rows(connection, {"operation": operation_id, "result": told})

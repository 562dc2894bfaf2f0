"""SQL of preparing steps: what was handed over, by its digest."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

_CONTENT_HASH = Statement(
    "SELECT content_hash FROM qingdan.submission WHERE adjustment_id = :adjustment_id AND number = :number"
)


async def content_hash(connection: AsyncConnection, adjustment_id: UUID, submission: int) -> str | None:
    """SHA-256 of the content of a submission; None for one made before receipts were given."""
    found: str | None = await _CONTENT_HASH.value(connection, {"adjustment_id": adjustment_id, "number": submission})
    return found

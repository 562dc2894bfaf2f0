"""What must hold before a service may take work."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def revision(connection: AsyncConnection) -> str | None:
    """The migration the database stands at."""
    found = await connection.execute(text("SELECT version_num FROM qingdan.alembic_version LIMIT 1"))
    return found.scalar_one_or_none()


async def check(connection: AsyncConnection) -> dict[str, Any]:
    """State of the database: migrations present, and commits as durable as promise 1 needs."""
    row = (
        await connection.execute(
            text(
                "SELECT current_setting('synchronous_commit') AS durable,"
                " (SELECT position FROM qingdan.log_head) AS head,"
                " (SELECT version_num FROM qingdan.alembic_version LIMIT 1) AS migration"
            )
        )
    ).one()
    warnings = [] if row.durable != "off" else ["synchronous_commit is off: acknowledged changes can be lost"]
    status = "ready" if row.migration and not warnings else "not_ready"
    return {"status": status, "migration": row.migration, "head": row.head, "warnings": warnings}

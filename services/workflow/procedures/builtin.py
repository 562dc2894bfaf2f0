"""The procedures the product ships, brought in by `qingdan migrate`."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.procedures import repository, rules


async def install_builtin_procedures(connection: AsyncConnection) -> int:
    """Bring in the built-in templates that are not there yet; safe to repeat. Returns how many were new."""
    return await repository.install(connection, rules.BUILT_IN)

"""The deadline rules the product ships, brought in by `qingdan migrate`; an administrator switches them on."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.deadlines import repository, rules
from shared import clock


async def install_builtin_deadlines(connection: AsyncConnection) -> None:
    """Bring in the built-in rules that are not there yet; safe to repeat."""
    await repository.install(connection, rules.BUILT_IN, clock.now())

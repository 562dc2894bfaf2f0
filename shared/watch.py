"""A child whose supervisor was killed must not go on unseen."""

from __future__ import annotations

import asyncio
import os


async def until_orphaned() -> None:
    """Return once the process that started us (QINGDAN_SUPERVISOR_PID) is gone; never when none is named."""
    supervisor = int(os.environ.get("QINGDAN_SUPERVISOR_PID", "0"))
    while supervisor == 0 or os.getppid() == supervisor:  # noqa: ASYNC110 - the kernel tells nobody portably
        await asyncio.sleep(1)

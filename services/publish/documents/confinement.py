"""Whether templates of administrations can be cut off from the network here: told when the service starts."""

from __future__ import annotations

import asyncio

from shared import telemetry
from shared.paper import lockdown

log = telemetry.get_logger(__name__)


async def warn_where_missing(*, required: bool) -> None:
    """Warn where they cannot; `required` : then none is run, and the shipped form is printed in their place."""
    if not await asyncio.to_thread(lockdown.available):
        log.warning("templates are not confined", seccomp=False, templates="not run" if required else "run")

"""Long work of the catalog, started and waited for over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

from benchmarks.line import Line
from benchmarks.stage import Stage

PATIENCE = 600.0
LOOK_SECONDS = 0.05


async def ended(stage: Stage, line: Line, location: str) -> dict[str, Any]:
    """The operation when it is over.

    Raises
    ------
    RuntimeError
        It failed or was cancelled.
    """
    async with asyncio.timeout(PATIENCE):
        while True:
            found: dict[str, Any] = (await line.get(location)).expect(200).json()
            if found["state"] == "succeeded":
                return found
            if found["state"] in ("failed", "cancelled"):
                raise RuntimeError(f"operation {found['state']}: {found['error']}\n{stage.system.tail('catalog-arq')}")
            await asyncio.sleep(LOOK_SECONDS)

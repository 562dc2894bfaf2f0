"""Annexes that take longer than a request: written in the background, kept for some days, then removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.annexes import service, spool
from services.catalog.annexes.rules import Wish
from services.catalog.annexes.service import Content
from shared import child_writer, clock, settings, telemetry
from shared.annex.response import WRITER
from shared.ledger.operations import OperationKind, Running

KIND = "annex"
# Long enough to fetch a file after a holiday.
KEPT = timedelta(days=10)
SWEEP_SECONDS = 3600.0
# No annex is written for so long: what is left of it was left by a killed worker.
UNFINISHED = timedelta(days=1)
# Nobody waits for so long for a file.
WAITED_FOR = timedelta(hours=1)


def wish_of(parameters: Mapping[str, Any]) -> tuple[UUID, Wish]:
    """List and wish from the parameters of an operation."""
    given = parameters["wish"]
    as_of = datetime.fromisoformat(given["as_of"]) if given["as_of"] else None
    return UUID(parameters["list_id"]), Wish(**{**given, "as_of": as_of})


def path_of(state_dir: Path, operation_id: UUID, suffix: str) -> Path:
    """Where the result of an operation is."""
    return spool.folder(state_dir) / f"{operation_id}.{suffix}"


async def write_annex(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Write the file; begun anew when its worker died, since half a file is no annex.

    Raises
    ------
    Cancelled
        Somebody stopped it; nothing of the file is left.
    problems.NotFound
        List, edition or unit is gone.
    """
    list_id, wish = wish_of(running.parameters)
    async with engine.connect() as connection:
        of = await service.content(connection, list_id, wish, wish.as_of or clock.now())
    await running.step(0, len(of.order))
    final = path_of(settings.load().state_dir, running.id, wish.suffix)
    # Writers put parts and rows beside their file: all of an attempt goes with its folder.
    place = final.with_name(f"{running.id}.{running.attempt}")
    part = place / final.name
    await asyncio.to_thread(place.mkdir, parents=True, exist_ok=True)
    try:
        await child_writer.write(part, WRITER, of.task, _counted(engine, of, running))
        telemetry.crash_point("annex-written")
        await running.stop_if_cancelled()
        size, digest = await asyncio.to_thread(spool.settle, part, final)
    finally:
        await asyncio.to_thread(spool.drop, place)
    return {"file": f"/catalog/v1/annexes/{running.id}/file", "name": of.name, "entries": len(of.order), "bytes": size,
            "sha256": digest, "revision": of.source.revision, "list_hash": of.hash,
            "kept_until": (clock.now() + KEPT).isoformat()}  # fmt: skip


async def _counted(engine: AsyncEngine, of: Content, running: Running) -> AsyncIterator[bytes]:
    """The pages; between two of them the operation says how far it is and hears whether to stop."""

    async def progress(done: int) -> None:
        await running.step(done)

    async for page in service.pages(engine, of, progress):
        yield page


async def clear_away(engine: AsyncEngine) -> None:
    """Remove result files whose time is over, and what killed processes left."""
    state_dir, now = settings.load().state_dir, clock.now()
    kept, unfinished = (now - KEPT).timestamp(), (now - UNFINISHED).timestamp()
    await asyncio.to_thread(spool.remove_older, state_dir, kept, unfinished=unfinished)
    await asyncio.to_thread(child_writer.remove_older, state_dir, (now - WAITED_FOR).timestamp())


OPERATIONS = [OperationKind(kind=KIND, run=write_annex)]

"""Bundles at work: made part by part, gone on with where a killed worker stopped, removed when their time is over."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.documents.annexes import service as annexes
from services.publish.documents.bundles import repository, rules, service
from services.publish.documents.bundles.rules import KEPT, KIND, PART, Wish
from shared import child_writer, clock, telemetry
from shared.annex.response import WRITER
from shared.ledger.operations import Cancelled, OperationKind, Running
from shared.tick import Ticker

SWEEP_SECONDS = 3600.0
# A long annex lies in the database in pieces of this size.
_PIECE = 4 * 2**20


async def make(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Make a bundle; what an earlier attempt has finished stays.

    Raises
    ------
    Cancelled
        Somebody stopped it; nothing of it is left.
    """
    wish = Wish.of(running.parameters)
    try:
        return await (_annex if wish.what == "annex" else _documents)(engine, running, wish)
    except Cancelled:
        async with engine.begin() as connection:
            await repository.drop(connection, running.id)
        raise


async def _documents(engine: AsyncEngine, running: Running, wish: Wish) -> Mapping[str, Any]:
    place = service.place_of(wish)
    async with engine.connect() as connection:
        total = await repository.count(connection, place)
        made = await repository.made(connection, running.id)
    after, number = made.through or UUID(int=0), made.parts
    await running.step(int(made.files), total)
    while True:
        async with engine.connect() as connection:
            ids = await repository.following(connection, place, after=after, limit=PART)
            found = await service.documents_of(connection, wish, ids) if ids else {}
        if not ids:
            break
        entries, content = await service.files(found, wish.format)
        async with engine.begin() as connection:
            await repository.keep(connection, running.id, number, through=ids[-1], entries=entries, content=content,
                                  now=clock.now())  # fmt: skip
        telemetry.crash_point("documents-part")
        after, number = ids[-1], number + 1
        await running.step(min(number * PART, total))
    return await _result(engine, running, f"{wish.what}.zip")


async def _annex(engine: AsyncEngine, running: Running, wish: Wish) -> Mapping[str, Any]:
    assert wish.list_id is not None
    async with engine.connect() as connection:
        of = await annexes.content(
            connection, wish.list_id, wish.format, revision=wish.revision, edition=wish.edition)  # fmt: skip
    await running.step(0, len(of.order))

    async def progress(done: int) -> None:
        await running.step(done)

    with tempfile.TemporaryDirectory(prefix="annex-") as folder:
        path = Path(folder) / f"annex.{wish.format}"
        await child_writer.write(path, WRITER, of.task, annexes.pages(engine, of, progress))
        await running.stop_if_cancelled()
        content = await asyncio.to_thread(path.read_bytes)
    entry = {"name": of.name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(),
             "purged": of.purged, "revision": of.mark.revision, "list_hash": of.mark.hash}  # fmt: skip
    async with engine.begin() as connection:
        await repository.drop(connection, running.id)
        # bounded: pieces of four megabytes, some dozens for the longest list
        for number, begin in enumerate(range(0, len(content), _PIECE)):
            await repository.keep(
                connection, running.id, number, through=wish.list_id, entries=[entry] if number == 0 else [],
                content=content[begin : begin + _PIECE], now=clock.now())  # fmt: skip
    return {**await _result(engine, running, of.name), "sha256": entry["sha256"], "revision": of.mark.revision}


async def _result(engine: AsyncEngine, running: Running, name: str) -> dict[str, Any]:
    async with engine.connect() as connection:
        made = await repository.made(connection, running.id)
    return {"file": f"/publish/v1/documents/{running.id}/file", "name": name, "documents": int(made.files),
            "bytes": int(made.bytes), "kept_until": (clock.now() + KEPT).isoformat()}  # fmt: skip


async def clear_away(engine: AsyncEngine) -> None:
    """Remove bundles whose time is over."""
    async with engine.begin() as connection:
        await repository.clear(connection, clock.now() - rules.KEPT)


OPERATIONS = [OperationKind(kind=KIND, run=make)]
TICKER = Ticker(
    name="documents_cleared", service="publish", every_seconds=SWEEP_SECONDS, tick=clear_away, leisurely=True
)

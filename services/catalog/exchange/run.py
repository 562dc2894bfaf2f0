"""Carrying out an import: stage the file, decide every row, apply what differs in chunks.

Each step commits on its own and can be done again: a worker that dies leaves staged rows (read again when they are
not complete), outcomes (decided again unless applied) and applied chunks (never applied twice).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.catalog.exchange import applying, repository, spool, subprocess_reader, verdicts
from services.catalog.exchange import profile as profiles
from services.catalog.exchange.profile import MappingProfile
from services.catalog.exchange.registry import repository as registry
from services.catalog.spreadsheets import repository as sheets
from services.catalog.spreadsheets.rules import organ_keys
from shared import clock, problems, settings, telemetry
from shared.ledger.operations import Running
from shared.ledger.transaction import begin

SERVICE = "catalog"
# Rows a transaction: the locks on items and the append of events stay well under a second.
CHUNK = 2_000
# Differences shown in the result; the rest is a page of the diff away.
SHOWN = 50


async def run_import(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Carry out (or go on with) an import; the result document tells counts and the first differences.

    Raises
    ------
    problems.Invalid
        The file is not the table the profile describes.
    problems.Conflict
        A list was enacted meanwhile; what was applied stays.
    Cancelled
        Somebody stopped it; what was applied stays, and importing the file again goes on.
    """
    async with engine.connect() as connection:
        run = await repository.find_run(connection, running.id)
        if run is None:
            raise problems.NotFound("导入记录不存在。", code="import_not_found")
        stored = await registry.find(connection, run.profile, run.profile_version)
        assert stored is not None  # versions of profiles are never removed
        staged = run.rows is not None and await repository.count_staged(connection, running.id) == run.rows
        over = run.decided_at is not None and not await repository.is_pending(connection, running.id)
    if not over:
        if not staged:
            await _stage(engine, running, run, stored.document)
        telemetry.crash_point("import-staged")
        await _decide(engine, run, profiles.parse({**stored.document, "version": stored.version}))
        await _keep_rejected(engine, run, stored.document)
        await running.stop_if_cancelled()
        if not run.dry_run:
            await _apply(engine, running, run)
    result = await _result(engine, running.id)
    await _tidy(engine, run)
    return result


async def _stage(engine: AsyncEngine, running: Running, run: Row[Any], document: Mapping[str, Any]) -> None:
    async with engine.begin() as connection:
        await repository.clear_staged(connection, running.id)
        task = {
            "path": _path(run),
            "operation": str(running.id),
            "profile": document,
            "aggregate": "aggregate" in document,
            "region_chain": await repository.place(connection, run.region_code),
            "internet_facing": settings.load().internet_facing,
            "on": clock.now().astimezone(clock.ZONE).date().isoformat(),
            "vocabularies": await _vocabularies(connection, run, document),
            "element_profiles": await repository.element_profiles(connection, run.list_kind),
        }
    facts: dict[str, Any] = {}
    async with subprocess_reader.reading(task) as frames:
        async for frame in frames:
            if "fatal" in frame:
                raise problems.Invalid(frame["fatal"]["message"], code=frame["fatal"]["code"])
            if "header" in frame:
                facts = {name: frame[name] for name in ("header", "encoding", "absent")}
            elif "rows" in frame:
                async with engine.begin() as connection:
                    await repository.stage(connection, frame["rows"])
                await running.step(0)
            else:
                facts["rows"] = frame["done"]["rows"]
    async with engine.begin() as connection:
        await repository.update_run(connection, running.id, **facts)


async def _vocabularies(
    connection: AsyncConnection, run: Row[Any], document: Mapping[str, Any]
) -> Mapping[str, Mapping[str, str]]:
    """What the reader translates with; for spreadsheets the organs as people write them, too."""
    known = await registry.vocabularies(connection, document["source"])
    if not any(column["transform"] == "sheet" for column in document["columns"]):
        return known
    organs = await sheets.organs_around(connection, run.region_code)
    by_id, by_code = organ_keys(organs, as_code=False), organ_keys(organs, as_code=True)
    return known | {"organ": dict(by_id), "organ_code": dict(by_code)}


async def _decide(engine: AsyncEngine, run: Row[Any], profile: MappingProfile) -> None:
    async with begin(engine, service=SERVICE, actor=run.created_by) as tx:
        await repository.forget_undone(tx.connection, run.operation_id)
        await repository.decide(tx.connection, run, profile.target, verdicts.blamed(profile))
        await repository.update_run(tx.connection, run.operation_id, decided_at=tx.now)


async def _keep_rejected(engine: AsyncEngine, run: Row[Any], document: Mapping[str, Any]) -> None:
    """Fetch the cells of rows that only the database could refuse: staging all cells would double its size."""
    async with engine.connect() as connection:
        rows = await repository.rejected_without_source(connection, run.operation_id)
    if not rows:
        return
    task = {"path": _path(run), "only": rows, "profile": document, "aggregate": "aggregate" in document,
            "vocabularies": {}}  # fmt: skip
    async with subprocess_reader.reading(task) as frames:
        async for frame in frames:
            if "cells" in frame:
                async with engine.begin() as connection:
                    await repository.keep_sources(connection, run.operation_id, frame["cells"])


def _path(run: Row[Any]) -> str:
    return str(spool.folder(settings.load().state_dir) / run.spool)


async def _apply(engine: AsyncEngine, running: Running, run: Row[Any]) -> None:
    async with engine.connect() as connection:
        counted = await repository.counts(connection, running.id)
    done = counted["unchanged"] + counted["rejected"] + counted["applied"]
    await running.progress(done, counted["rows"])
    after = 0
    while True:
        async with begin(engine, service=SERVICE, actor=run.created_by) as tx:
            chunk = await applying.apply_chunk(tx, run, after, CHUNK)
            if chunk is not None:
                telemetry.crash_point("import-chunk")
            # This small commit takes the chunk's megabytes of log to the disk as well. Left to the chunk's own commit,
            # they would get there while it holds the head of the event log, and every decision would wait.
            await running.progress(done)
        if chunk is None:
            return
        done, after = done + chunk.count, chunk.last
        await running.step(done)


async def _result(engine: AsyncEngine, operation_id: UUID) -> dict[str, Any]:
    async with engine.connect() as connection:
        run = await repository.find_run(connection, operation_id)
        assert run is not None
        first = await repository.outcomes(connection, operation_id, ["added", "changed"], after=0, size=SHOWN)
        return {
            "counts": await repository.counts(connection, operation_id),
            "lists": await repository.lists_touched(connection, operation_id),
            "changed_elements": await repository.changed_elements(connection, operation_id),
            "absent_elements": list(run.absent or ()),
            "encoding": run.encoding,
            "dry_run": run.dry_run,
            "differences": [_difference(row) for row in first],
            "rejects": f"/catalog/v1/imports/{operation_id}/rejects.{'xlsx' if run.encoding == 'xlsx' else 'csv'}",
            "diff": f"/catalog/v1/imports/{operation_id}/diff",
        }


def _difference(row: Row[Any]) -> dict[str, Any]:
    return {
        "row": row.row,
        "outcome": row.outcome,
        "name": row.name,
        "list_id": str(row.list_id),
        "item_id": str(row.item_id) if row.item_id else None,
        "changes": row.changes,
    }


async def _tidy(engine: AsyncEngine, run: Row[Any]) -> None:
    async with engine.begin() as connection:
        await repository.clear_staged(connection, run.operation_id)
    spool.remove(settings.load().state_dir, run.spool)

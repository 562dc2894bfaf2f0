"""Carrying out an import: stage the file, decide every row, apply what differs in chunks.

Each step commits on its own and can be done again: a worker that dies leaves staged rows (read again when they are
not complete), outcomes (decided again unless applied) and applied chunks (never applied twice).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.exchange import profile as profiles
from services.catalog.exchange import repository, spool, subprocess_reader, verdicts
from services.catalog.exchange.profile import MappingProfile
from services.catalog.exchange.registry import repository as registry
from services.catalog.items import repository as items
from shared import clock, problems, settings, telemetry
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.operations import Running
from shared.ledger.transaction import Transaction, begin

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
        await _keep_rejected(engine, run)
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
            "profile": document,
            "region_chain": await repository.place(connection, run.region_code),
            "on": clock.now().astimezone(clock.ZONE).date().isoformat(),
            "vocabularies": await registry.vocabularies(connection, document["source"]),
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
                    await repository.stage(connection, running.id, frame["rows"])
                await running.progress(0)
                await running.stop_if_cancelled()
            else:
                facts["rows"] = frame["done"]["rows"]
    async with engine.begin() as connection:
        await repository.update_run(connection, running.id, **facts)


async def _decide(engine: AsyncEngine, run: Row[Any], profile: MappingProfile) -> None:
    async with begin(engine, service=SERVICE, actor=run.created_by) as tx:
        await repository.forget_undone(tx.connection, run.operation_id)
        await repository.decide(tx.connection, run, profile.target, verdicts.blamed(profile))
        await repository.update_run(tx.connection, run.operation_id, decided_at=tx.now)


async def _keep_rejected(engine: AsyncEngine, run: Row[Any]) -> None:
    """Fetch the cells of rows that only the database could refuse: staging all cells would double its size."""
    async with engine.connect() as connection:
        rows = await repository.rejected_without_source(connection, run.operation_id)
    if not rows:
        return
    async with subprocess_reader.reading({"path": _path(run), "only": rows}) as frames:
        async for frame in frames:
            if "rows" in frame:
                async with engine.begin() as connection:
                    await repository.keep_sources(connection, run.operation_id, frame["rows"])


def _path(run: Row[Any]) -> str:
    return str(spool.folder(settings.load().state_dir) / run.spool)


async def _apply(engine: AsyncEngine, running: Running, run: Row[Any]) -> None:
    async with engine.connect() as connection:
        counted = await repository.counts(connection, running.id)
    done = counted["unchanged"] + counted["rejected"] + counted["applied"]
    await running.progress(done, counted["rows"])
    async with aclosing(_chunks(engine, running.id)) as chunks:
        async for chunk in chunks:
            async with begin(engine, service=SERVICE, actor=run.created_by) as tx:
                await apply_chunk(tx, run, chunk)
                telemetry.crash_point("import-chunk")
            done += len(chunk)
            await running.progress(done)
            await running.stop_if_cancelled()


async def _chunks(engine: AsyncEngine, operation_id: UUID) -> AsyncGenerator[Sequence[Row[Any]]]:
    """What is to be applied, in file order; the next chunk is fetched while the one before is written."""

    async def fetch(after: int) -> Sequence[Row[Any]]:
        async with engine.connect() as connection:
            return await repository.next_chunk(connection, operation_id, after=after, size=CHUNK)

    chunk = await fetch(0)
    while chunk:
        coming = asyncio.create_task(fetch(chunk[-1].row))
        try:
            yield chunk
            chunk = await coming
        finally:
            coming.cancel()


async def apply_chunk(tx: Transaction, run: Row[Any], chunk: Sequence[Row[Any]]) -> None:
    """Write a chunk into its lists, note it, and tell of it: one event a list.

    Raises
    ------
    problems.Conflict
        A list among them is no longer compiling, or a code was given away meanwhile.
    """
    lists = {row.id: row for row in await repository.lock_compiling(tx.connection, sorted({r.list_id for r in chunk}))}
    if len(lists) < len({row.list_id for row in chunk}):
        raise problems.Conflict("清单在导入期间已生效，其余各行未导入；请通过调整程序修改。", code="list_in_force")
    ids = [row.item_id or new_id() for row in chunk]
    written = await _write(tx, run.operation_id, chunk, ids)
    await repository.mark_applied(tx.connection, run.operation_id, [row.row for row in chunk], ids)
    for list_id, in_list in lists.items():
        mine = [entry for entry in written if entry.list_id == list_id]
        if mine:
            tx.append(
                NewEvent(
                    type="item.imported",
                    region_code=in_list.region_code,
                    list_kind=in_list.kind,
                    list_id=list_id,
                    item_ids=[entry.item_id for entry in mine],
                    versions=[entry.version for entry in mine],
                    elements=sorted({name for entry in mine for name in entry.changed}),
                    adjustment_id=run.operation_id,
                    effective_at=tx.now,
                    reason=run.reason,
                    legal_basis=run.legal_basis,
                    refs={"operation": str(run.operation_id), "file": run.file_name},
                )
            )


async def _write(
    tx: Transaction, operation_id: UUID, chunk: Sequence[Row[Any]], ids: Sequence[UUID]
) -> list[items.Written]:
    """Create what is new and give new versions to what differs."""
    written: list[items.Written] = []
    added = [(row, id_) for row, id_ in zip(chunk, ids, strict=True) if row.outcome == "added"]
    changed = [(row, id_) for row, id_ in zip(chunk, ids, strict=True) if row.outcome == "changed"]
    if added:
        entries = items.Entries(
            item_ids=[id_ for _, id_ in added],
            list_ids=[row.list_id for row, _ in added],
            elements=[row.document for row, _ in added],
            effective_ats=[tx.now] * len(added),
            adjustment_ids=[operation_id] * len(added),
            operation="import",
        )
        written += await items.create_items(tx.connection, entries)
    if changed:
        patches = items.Patches(
            item_ids=[id_ for _, id_ in changed],
            patch=[row.document for row, _ in changed],
            effective_ats=[tx.now] * len(changed),
            adjustment_ids=[operation_id] * len(changed),
            operation="import",
        )
        written += await items.write_versions(tx.connection, patches)
    return written


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
            "rejects": f"/catalog/v1/imports/{operation_id}/rejects.csv",
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

"""Registering an index of documents: an operation that reads a stored file and says which rows it refused."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.documents import repository as documents
from services.catalog.documents.index import repository
from services.catalog.documents.index.rules import Rejected, header, read_row
from services.catalog.exchange import spool
from shared import clock, problems, settings
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.operations import Cancelled, OperationKind, Running, Superseded
from shared.ledger.transaction import begin

KIND = "document_import"
# A chunk is a transaction: a stop loses none that is done, and a repetition finds it registered.
CHUNK = 500
MOST_REJECTS = 1_000
# An upload whose request is still being answered has no operation yet.
GRACE = timedelta(hours=1)
_STOPPED = "导入已停止：此前已登记{added}份文件，予以保留；再次提交同一目录，将从未登记的文件继续"
_ENCODINGS = ("utf-8-sig", "gb18030")

Row = tuple[int, dict[str, Any]]


def place() -> Path:
    """Where stored indexes wait, apart from imports of entries."""
    return settings.load().state_dir / spool.DOCUMENTS


async def run_import(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Register what the index names; the result has counts and the rows that were refused, with column and reason."""
    asked = running.parameters
    raw = await asyncio.to_thread((spool.folder(place()) / asked["spool"]).read_bytes)
    try:
        rows, rejects = read(_decoded(raw), kind=asked.get("kind"))
    except problems.Problem:
        await asyncio.to_thread(spool.remove, place(), asked["spool"])
        raise
    counts = {"added": 0, "unchanged": 0}
    try:
        for start in range(0, len(rows), CHUNK):
            await running.step(start, len(rows))
            await _register(engine, running, rows[start : start + CHUNK], counts, rejects)
    except Superseded:
        raise  # who has taken over reads the file
    except Cancelled:
        await asyncio.to_thread(spool.remove, place(), asked["spool"])
        raise Cancelled(_told(counts, rejects) | {"message": _STOPPED.format(**counts)}) from None
    await running.progress(len(rows), len(rows))
    await asyncio.to_thread(spool.remove, place(), asked["spool"])
    return _told(counts, rejects)


def _told(counts: Mapping[str, int], rejects: list[dict[str, Any]]) -> dict[str, Any]:
    rejects.sort(key=lambda one: one["row"])
    return {**counts, "rejected": len(rejects), "rejects": rejects[:MOST_REJECTS]}


async def clear_away(engine: AsyncEngine) -> None:
    """Remove files of imports that failed or were cancelled before they began; a scheduled tick."""
    async with engine.begin() as connection:
        needed = await repository.spools_in_use(connection, KIND)
    await asyncio.to_thread(spool.remove_older, place(), (clock.now() - GRACE).timestamp(), needed)


def read(text: str, *, kind: str | None) -> tuple[list[Row], list[dict[str, Any]]]:
    """Rows by their line, and those that were refused.

    Raises
    ------
    problems.Invalid
        There is no header with a title.
    """
    lines: Iterator[list[str]] = iter(csv.reader(io.StringIO(text), strict=False))
    try:
        columns = header(next(lines, []))
    except Rejected as refused:
        raise problems.Invalid(f"目录无法读取：{refused.reason}。", code="index_header") from None
    rows: list[Row] = []
    rejects: list[dict[str, Any]] = []
    for number, cells in _numbered(lines):
        if not any(cells):
            continue
        try:
            rows.append((number, read_row(columns, cells, kind=kind)))
        except Rejected as refused:
            rejects.append(_reject(number, refused, cells))
    return rows, rejects


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with their line. Raises Invalid where the table itself breaks off."""
    try:
        yield from enumerate(lines, start=2)
    except csv.Error as error:
        raise problems.Invalid("目录不是完整的 CSV，请检查引号和单元格长度。", code="index_broken") from error


def _reject(number: int, refused: Rejected, cells: Sequence[str]) -> dict[str, Any]:
    shown = [cell.replace("\0", "")[:200] for cell in cells[:20]]
    return {"row": number, "column": refused.column, "reason": refused.reason, "values": shown}


def _decoded(raw: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise problems.Invalid("文件编码应为 UTF-8 或 GB18030。", code="index_encoding")


async def _register(
    engine: AsyncEngine, running: Running, rows: Sequence[Row], counts: dict[str, int], rejects: list[dict[str, Any]]
) -> None:
    async with begin(engine, service="catalog", actor=running.actor) as tx:
        areas = sorted({row["area"] for _, row in rows if row["area"]})
        home = running.parameters.get("region_code")
        known = await repository.regions_of(tx.connection, areas, within=home)
        given = []
        for number, row in rows:
            area, region = row["area"], known.get(row["area"], home)
            if area and area not in known:
                reason = f"地区“{area[:30]}”未登记" + ("，或不在本次导入的区划及其下级" if home else "")
                rejects.append(_reject(number, Rejected("area", reason), [row["title"], area]))
                continue
            plain = {name: value for name, value in row.items() if name != "area"}
            given.append({**plain, "id": new_id(), "region_code": region})
        added = await repository.add(
            tx.connection, given, actor=running.actor, reason=running.parameters.get("reason"), now=tx.now
        )
        counts["added"] += len(added)
        counts["unchanged"] += len(given) - len(added)
        if added:
            await documents.resolve_relations(tx.connection, added)
            tx.append(
                NewEvent(type="document.imported", reason=running.parameters.get("reason"),
                         refs={"documents": [str(one) for one in added], "operation": str(running.id)})
            )  # fmt: skip


OPERATIONS = [OperationKind(kind=KIND, run=run_import)]

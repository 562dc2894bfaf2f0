"""Long and scheduled work of the quality check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.quality.checks import repository
from services.catalog.quality.checks.rules import Tally
from services.catalog.quality.checks.service import Page, Standard, settle
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import begin
from shared.statement import Row
from shared.tick import Ticker

CHECK = "quality_check"
# Entries read, judged and settled together.
PAGE = 2_000
_FIRST = UUID(int=0)


async def run_check(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Judge every entry of a list, or of all lists of a region; a page is one transaction.

    The result: {"lists": [{"list_id", "title", "entries", "opened", "closed", "rules": {rule: {severity: entries}}}],
    "entries", "opened", "closed"}.
    """
    asked = running.parameters
    list_id = UUID(asked["list_id"]) if asked.get("list_id") else None
    async with begin(engine, service="catalog", actor=running.actor) as tx:
        rows = await repository.lists(tx.connection, list_id=list_id, region=asked.get("region_code"))
    total, done = sum(row.entries for row in rows), 0
    told = []
    for row in rows:
        report = await _check_list(engine, running, row, done, total)
        done += report["entries"]
        told.append(report)
    return {"lists": told} | {name: sum(one[name] for one in told) for name in ("entries", "opened", "closed")}


async def _check_list(engine: AsyncEngine, running: Running, row: Row, before: int, total: int) -> dict[str, Any]:
    tally, counts, after, done = Tally(), [0, 0], _FIRST, 0
    record, warnings = running.parameters.get("record", True), running.parameters.get("warnings", False)
    async with engine.connect() as connection:
        standard = await Standard.of(connection, row)
    while True:
        async with engine.connect() as connection:
            page = await Page.of(connection, await repository.entries(connection, row.id, after=after, size=PAGE))
        told = await page.judge(standard, tally, warnings=warnings)
        last = len(page.rows) < PAGE
        if record:
            async with begin(engine, service="catalog", actor=running.actor) as tx:
                opened, closed = await settle(tx, page.rows, told, opens=True)
                counts = [counts[0] + opened, counts[1] + closed]
                if last:
                    await repository.measure(tx.connection, row.id, tally.measures, tx.now)
        done += len(page.rows)
        await running.step(before + done, total)
        if last:
            return _told(row, tally, done, counts)
        after = page.rows[-1].id


def _told(row: Row, tally: Tally, entries: int, counts: Sequence[int]) -> dict[str, Any]:
    rules: dict[str, dict[str, int]] = {}
    for (rule, severity), number in sorted(tally.rules.items()):
        rules.setdefault(rule, {})[severity] = number
    return {"list_id": str(row.id), "title": row.title, "entries": entries, "opened": counts[0], "closed": counts[1],
            "rules": rules}  # fmt: skip


async def look_again(engine: AsyncEngine) -> None:
    """Judge entries anew that were changed since a finding was opened on them; a scheduled tick.

    Findings close when an entry is put right; new kinds of faults are opened by the next check.
    """
    while True:
        async with engine.connect() as connection:
            rows = await repository.changed(connection, PAGE)
        await _judge_anew(engine, rows)
        if len(rows) < PAGE:
            return


async def _judge_anew(engine: AsyncEngine, rows: Sequence[Row]) -> None:
    by_list: dict[UUID, list[Row]] = {}
    for row in rows:
        by_list.setdefault(row.list_id, []).append(row)
    async with engine.connect() as connection:
        lists = await repository.lists_of(connection, sorted(by_list)) if by_list else []
        judged = [(await Standard.of(connection, one), await Page.of(connection, by_list[one.id])) for one in lists]
    for standard, page in judged:
        told = await page.judge(standard, Tally(), warnings=True)
        async with begin(engine, service="catalog", actor="system:quality") as tx:
            await settle(tx, page.rows, told, opens=False)


OPERATIONS = [OperationKind(kind=CHECK, run=run_check)]
# Whoever puts an entry right sees its finding closed while still at it.
TICKERS = [Ticker(name="quality", service="catalog", every_seconds=60, tick=look_again)]

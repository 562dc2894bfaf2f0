"""Long and scheduled work of the linkage: the check of everything, the end of waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage import compilation
from services.catalog.linkage.checks import repository as checks
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.tables import rule_set_at
from services.catalog.quality.service import expire_waivers
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import begin
from shared.tick import Ticker

CHECK = "linkage_check"
# Pairs of a rule whose elements are shown one by one; all are counted.
MOST_PAIRS = 1_000
# A million entries take seconds a rule; ten times that means the database is busy with something else.
MOST_SECONDS = 600


async def run_check(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Compare every linked pair, rule by rule; a rule is one transaction, so that a stop loses nothing.

    The result: {"rule_set", "counts", "mismatches", "open", "settled", "opened_drafts", "opened_findings"}.
    """
    async with begin(engine, service="catalog", actor=running.actor) as tx:
        version, linkage = await rule_set_at(tx, tx.now)
    return await compare(engine, running, version, linkage)


async def compare(engine: AsyncEngine, running: Running, version: int, linkage: Sequence[Rule]) -> Mapping[str, Any]:
    """The result of holding all entries against some rules, those of one list when the operation names one."""
    list_id = UUID(running.parameters["list_id"]) if running.parameters.get("list_id") else None
    look = Look(everything=True, one_list=list_id is not None)
    given = {"list_id": list_id} if list_id else {}
    result: dict[str, Any] = {"counts": [], "mismatches": [], "opened_drafts": 0, "opened_findings": 0}
    for number, rule in enumerate(linkage):
        await running.stop_if_cancelled()
        async with begin(engine, service="catalog", actor=running.actor) as tx:
            await checks.allow_long(tx.connection, MOST_SECONDS)
            parts = [Part(rule, look)]
            since = await checks.compute(tx.connection, parts, given)
            counts, rows = await checks.mismatches(tx.connection, limit=MOST_PAIRS)
            if running.parameters.get("record", True):
                opened = await compilation.settle(
                    tx, version, parts, given, adjustment_id=None, cause_id=None, since=since
                )
                result["opened_drafts"] += opened[0]
                result["opened_findings"] += opened[1]
        result["counts"] += counts
        result["mismatches"] += rows
        await running.progress(number + 1, len(linkage))
    settled = sum(row["settled"] for row in result["counts"])
    found = sum(row["pairs"] for row in result["counts"]) - settled
    return result | {"rule_set": version, "open": found, "settled": settled}


OPERATIONS = [OperationKind(kind=CHECK, run=run_check)]
# Once an hour is often enough for dates.
TICKERS = [Ticker(name="waivers", service="catalog", every_seconds=3600, tick=expire_waivers)]

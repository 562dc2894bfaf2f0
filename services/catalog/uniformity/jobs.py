"""One matter has one name in all lists of its region (V22), permits are those in force (K29): a check, once a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage import compilation
from services.catalog.linkage.checks import repository as checks
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.tables import rule_set_at
from services.catalog.uniformity import repository
from services.catalog.uniformity.rules import K29, V22
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import Transaction, begin

UNIFORMITY = "uniformity_check"
MOST_SECONDS = 600
# Differences shown in the result; all of them are counted and become findings.
MOST_PAIRS = 1_000


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Compare all lists of all regions, one statement a rule; findings open and close by what it says.

    The result: {"pairs", "opened", "mismatches"}, mismatches as those of the check of the linkage.
    """
    result: dict[str, Any] = {"pairs": 0, "opened": 0, "mismatches": []}
    for number, rule in enumerate((V22, K29), start=1):
        await running.stop_if_cancelled()
        async with begin(engine, service="catalog", actor=running.actor) as tx:
            await checks.allow_long(tx.connection, MOST_SECONDS)
            version, linkage = await rule_set_at(tx, tx.now)
            since = await _compute(tx, rule, linkage)
            counts, rows = await checks.mismatches(tx.connection, limit=MOST_PAIRS)
            parts = [Part(rule, Look(everything=True))]
            _, opened = await compilation.settle(tx, version, parts, {}, adjustment_id=None, cause_id=None, since=since)
        result["pairs"] += sum(row["pairs"] for row in counts)
        result["opened"] += opened
        result["mismatches"] += rows
        await running.progress(number, 2)
    return result


async def _compute(tx: Transaction, rule: Rule, linkage: Sequence[Rule]) -> int:
    if rule is V22:
        return await repository.two_names(tx.connection)
    reported = {one.target_kind for one in linkage if one.source_kind == "permit" and one.orphan is not None}
    return await repository.unresolved(tx.connection, sorted(reported))


OPERATIONS = [OperationKind(kind=UNIFORMITY, run=run)]

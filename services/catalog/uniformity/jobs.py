"""The check that one matter has one name in all lists of its region (V22), as long work and once a day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage import compilation
from services.catalog.linkage.checks import repository as checks
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.tables import rule_set_at
from services.catalog.uniformity import repository
from services.catalog.uniformity.rules import V22
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import begin

UNIFORMITY = "uniformity_check"
MOST_SECONDS = 600
# Differences shown in the result; all of them are counted and become findings.
MOST_PAIRS = 1_000


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Compare all lists of all regions in one statement; findings open and close by what it says.

    The result: {"pairs", "opened", "mismatches"}, mismatches as those of the check of the linkage.
    """
    async with begin(engine, service="catalog", actor=running.actor) as tx:
        await checks.allow_long(tx.connection, MOST_SECONDS)
        version, _ = await rule_set_at(tx, tx.now)
        since = await repository.two_names(tx.connection)
        counts, rows = await checks.mismatches(tx.connection, limit=MOST_PAIRS)
        parts = [Part(V22, Look(everything=True))]
        _, opened = await compilation.settle(tx, version, parts, {}, adjustment_id=None, cause_id=None, since=since)
    await running.progress(1, 1)
    return {"pairs": sum(row["pairs"] for row in counts), "opened": opened, "mismatches": rows}


OPERATIONS = [OperationKind(kind=UNIFORMITY, run=run)]

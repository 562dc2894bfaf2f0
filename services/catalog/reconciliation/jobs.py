"""The reconciliation as long work, every night by itself, and its metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from prometheus_client import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage.checks.repository import allow_long
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.tables import rule_set_at
from services.catalog.reconciliation import repository, service
from services.catalog.uniformity.jobs import UNIFORMITY
from shared import clock
from shared.ledger import operations
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import begin
from shared.tick import Ticker

RECONCILE = "reconciliation"
COLUMNS = "columns"
# As for the check: ten times what a million entries take.
MOST_SECONDS = 600
# When hardly anybody decides: what looks through all lists takes the processors that a cascade would need.
NIGHT = time(2, 0, tzinfo=clock.ZONE)
NIGHTLY: Mapping[str, Mapping[str, Any]] = {RECONCILE: {"list_id": None, "repair": False}, UNIFORMITY: {}}

DRIFT = Gauge(
    "qingdan_linkage_drift", "Derived entries that do not say what their rule writes, at the last look", ["rule"]
)
OLDEST = Gauge("qingdan_reconciliation_age_seconds", "Age of the oldest result of the reconciliation")


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Compare by hash, rule by rule, a transaction each; repair what drifted where that was asked for.

    The result: {"rule_set", "lists", "pairs", "drifted", "repaired", "by_rule": [{"rule", "lists", "pairs", "drifted",
    "repaired"}]}; `drifted` is what was found before the repair.
    """
    list_id = UUID(running.parameters["list_id"]) if running.parameters.get("list_id") else None
    async with begin(engine, service="catalog", actor=running.actor) as tx:
        version, linkage = await rule_set_at(tx, tx.now)
    rules = [rule for rule in linkage if repository.synced(rule)]
    result: list[dict[str, Any]] = []
    # The columns first: what the rules compare rests on them.
    for number, rule in enumerate([None, *rules]):
        await running.stop_if_cancelled()
        found = await _look(engine, running, rule, version, list_id)
        if found["drifted"] and running.parameters.get("repair"):
            found["repaired"] = await _repair(engine, running, rule, list_id)
            await _look(engine, running, rule, version, list_id)
        result.append(found)
        await running.progress(number + 1, len(rules) + 1)
    if list_id is None:
        async with begin(engine, service="catalog", actor=running.actor) as tx:
            await repository.forget_others(tx.connection, [COLUMNS, *(rule.id for rule in rules)])
    totals = {name: sum(row[name] for row in result) for name in ("pairs", "drifted", "repaired")}
    return totals | {"rule_set": version, "lists": max((row["lists"] for row in result), default=0), "by_rule": result}


async def _look(
    engine: AsyncEngine, running: Running, rule: Rule | None, version: int, list_id: UUID | None
) -> dict[str, Any]:
    async with begin(engine, service="catalog", actor=running.actor) as tx:
        await allow_long(tx.connection, MOST_SECONDS)
        name = rule.id if rule else COLUMNS
        if rule is None:
            rows = await repository.column_hashes(tx.connection, list_id)
        else:
            rows = await repository.hashes(tx.connection, rule, list_id)
        await repository.store(tx.connection, name, version, rows, list_id=list_id, at=tx.now)
    totals = {what: sum(row[what] for row in rows) for what in ("pairs", "drifted")}
    return {"rule": name, "lists": len(rows), "repaired": 0, **totals}


async def _repair(engine: AsyncEngine, running: Running, rule: Rule | None, list_id: UUID | None) -> int:
    """A chunk a transaction; how many entries were put right."""
    repaired, after, reason = 0, None, str(running.parameters.get("reason") or "")
    while True:
        await running.stop_if_cancelled()
        async with begin(engine, service="catalog", actor=running.actor) as tx:
            await allow_long(tx.connection, MOST_SECONDS)
            done = await service.repair(tx, rule, list_id, after=after, root=running.id, reason=reason)
        repaired += done.repaired
        if done.last is None:
            return repaired
        after = done.last


def last_night(now: datetime) -> datetime:
    """The last instant at which the night's work was to begin."""
    begins = datetime.combine(now.astimezone(clock.ZONE).date(), NIGHT)
    return begins if begins <= now else begins - timedelta(days=1)


async def tick(engine: AsyncEngine) -> None:
    """Show what stands as metrics; start what looks through all lists and was not done since last night, one by one."""
    async with begin(engine, service="catalog", actor="system:reconciliation") as tx:
        rows = await repository.standing(tx.connection)
        for kind, parameters in NIGHTLY.items():  # bounded: two
            if await repository.is_due(tx.connection, kind, last_night(tx.now), list(NIGHTLY)):
                await operations.create(tx, kind=kind, parameters=parameters)
    DRIFT.clear()
    for row in rows:
        DRIFT.labels(row.rule).set(row.drifted)
    oldest = min((row.checked_at for row in rows), default=None)
    OLDEST.set((clock.now() - oldest).total_seconds() if oldest else 0)


OPERATIONS = [OperationKind(kind=RECONCILE, run=run)]
TICKERS = [Ticker(name="reconciliation", service="catalog", every_seconds=60, tick=tick)]

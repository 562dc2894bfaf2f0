"""Drafting duties from the powers of an organ (HB-41), set-based and as often as anybody likes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage import compilation
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.tables import rule_set_at
from services.catalog.lists import service as lists
from services.catalog.responsibility import repository, rules
from services.catalog.responsibility.service import DRAFTING
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import begin

# Powers drafted between two commits: well below a second, and within what one event carries.
CHUNK = 500


async def run_drafting(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """One draft for each power that has no duty; a power whose duty is there, drafted or objected to gets none.

    The result: {"powers", "opened_drafts"}.
    """
    list_id, organ_id = UUID(running.parameters["list_id"]), UUID(running.parameters["organ_id"])
    after, powers, opened = UUID(int=0), 0, 0
    while True:
        await running.stop_if_cancelled()
        async with begin(engine, service="catalog", actor=running.actor) as tx:
            row = await lists.get(tx.connection, list_id)
            ids = await repository.powers(tx.connection, row["region_code"], [organ_id], after=after, limit=CHUNK)
            if not ids:
                return {"powers": powers, "opened_drafts": opened}
            version, linkage = await rule_set_at(tx, tx.now, entries=len(ids))
            parts = [Part(rule, Look(from_source=True)) for rule in rules.drafting(linkage)]
            if parts:
                given = {"ids": ids, "moved": [], "moved_from": []}
                drafted, _ = await compilation.settle(tx, version, parts, given, adjustment_id=None, cause_id=None)
                opened += drafted
        after, powers = ids[-1], powers + len(ids)
        await running.progress(powers)


OPERATIONS = [OperationKind(kind=DRAFTING, run=run_drafting)]

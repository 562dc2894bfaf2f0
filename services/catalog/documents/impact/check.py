"""The check of what entries rest on in a region: legality of what is there, and a repair of what was kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.documents.impact import service
from services.catalog.documents.impact.reading import repository
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import begin

KIND = "basis_check"


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """Read the citations of all entries of a region and below anew and settle their findings, chunk by chunk."""
    region = running.parameters["region_code"]
    counts = {"looked_at": 0, "opened": 0}
    after: UUID | None = None
    while True:
        await running.step(counts["looked_at"])
        async with begin(engine, service="catalog", actor=running.actor) as tx:
            ids = await repository.entries_of(tx.connection, region, after=after, limit=service.CHUNK)
            counts["opened"] += await service.settle(tx, await service.cite(tx, ids), None, opening=True)
        counts["looked_at"] += len(ids)
        if len(ids) < service.CHUNK:
            return counts
        after = ids[-1]


OPERATIONS = [OperationKind(kind=KIND, run=run)]

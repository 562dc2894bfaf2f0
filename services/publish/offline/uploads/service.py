"""Taking large packages in: an operation of the worker, which a killed process neither loses nor does twice.

All of a package is one transaction, as in a request: a worker that dies has taken nothing, and whoever resumes begins
with the same bytes. What came of it is written in that transaction too, so that one which was taken, but not yet told,
is only told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.offline import receiving, repository
from services.publish.offline.repository import Record
from services.publish.offline.uploads import repository as uploads
from shared import problems
from shared.ledger import operations
from shared.ledger.operations import Cancelled, Running
from shared.ledger.transaction import Transaction, begin

KIND = "offline_import"


async def start(tx: Transaction, partner: Record, content: bytes) -> UUID | None:
    """Let the worker take a large package; None when it is small, or was taken before: then `receiving.take` tells.

    Raises
    ------
    BadPackage, problems.Conflict
        As `receiving.take`, as far as the manifest tells: nobody waits for what cannot be taken.
    """
    rows = await receiving.looked_at(tx, partner, content)
    if rows is None:
        return None
    parameters = {"partner": partner["code"]}
    operation_id = await operations.create(tx, kind=KIND, parameters=parameters, total=rows)
    await uploads.add(tx.connection, operation_id, partner["id"], content)
    return operation_id


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """The operation; its result is what a request would have answered."""
    try:
        async with begin(engine, service="publish", actor=running.actor) as tx:
            found = await uploads.find(tx.connection, running.id)
            if found is not None and found.result is not None:
                return dict(found.result)
            partner = None if found is None else await repository.find(tx.connection, found.code)
            if found is None or found.content is None or partner is None:
                raise problems.Gone("该包的内容已不在，请重新提交。", code="package_gone")
            result = await receiving.take(tx, partner, bytes(found.content), told=running.step)
            await running.step(result["rows"])  # also those that no list here mirrors
            await uploads.settle(tx.connection, running.id, result)
    except (problems.Problem, Cancelled) as ended:
        if not isinstance(ended, (problems.Unavailable, operations.Superseded)):
            async with begin(engine, service="publish", actor=running.actor) as tx:
                await uploads.settle(tx.connection, running.id, None)
        raise
    return result

"""Operations of the worker: packages are made by it alone, since it has the key that signs, and large ones taken in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.offline import making, receiving, repository, rules
from services.publish.offline.uploads import service as uploads
from shared import problems, settings
from shared.ledger.operations import OperationKind, Running
from shared.ledger.transaction import begin

OPERATOR = "operator"


async def _run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    return await making.run(engine, running, settings.load().secrets)


OPERATIONS = [OperationKind(kind=making.KIND, run=_run), OperationKind(kind=uploads.KIND, run=uploads.run)]


async def export(
    engine: AsyncEngine, code: str, *, kind: rules.Kind, everything: bool
) -> tuple[bytes, dict[str, Any]]:  # fmt: skip
    """For the command line: make the next package; its bytes, and what is told of it. Raises as `making.make`."""
    secrets = settings.load().secrets
    made, more = await making.make(engine, code, kind=kind, everything=everything, actor=OPERATOR, secrets=secrets)
    async with engine.connect() as connection:
        partner = await repository.find(connection, code)
        found = await repository.content(connection, partner["id"], made.serial) if partner else None
    if found is None or found.content is None or found.withdrawn:
        raise problems.Conflict("同时有人导出了更新的包，或其中有内容刚改为不公开，请重试。", code="package_outdated")
    return bytes(found.content), rules.result(made, more=more)


async def take(engine: AsyncEngine, code: str, content: bytes) -> dict[str, Any]:
    """For the command line: take a package in. Raises as `receiving.take`."""
    async with begin(engine, service="publish", actor=OPERATOR) as tx:
        partner = await repository.find(tx.connection, code)
        if partner is None:
            raise problems.NotFound("没有这个离线交换对象，请核对代码。", code="offline_partner_not_found")
        return await receiving.take(tx, partner, content)

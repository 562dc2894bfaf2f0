"""The operation of a full push: queue everything, then watch until it is answered.

Killed anywhere, it is begun again by another worker and passes over what it has queued. What goes out is the exchange's
to send: the operation only shows how far that is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.pushes import repository
from shared import problems, telemetry
from shared.ledger import operations
from shared.ledger.operations import Running
from shared.ledger.transaction import Transaction, begin

KIND = "platform_full_push"
# Items one transaction queues.
STRETCH = 2_000
LOOK_SECONDS = 0.5
# The platform has answered nothing for so long: the rows wait and go on by themselves, nobody need watch them.
PATIENCE_SECONDS = 600.0


async def start(tx: Transaction, partner: Partner) -> UUID:
    """Begin a full push; the operation's id."""
    given = {"peer_id": str(partner.id), "peer": partner.code, "started": tx.now.isoformat()}
    return await operations.create(tx, kind=KIND, parameters=given)


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """The operation; its result says how many items there are, were rejected, and wait still.

    Raises
    ------
    problems.NotFound
        The peer is gone.
    """
    async with engine.connect() as connection:
        row = await peers.by_id(connection, UUID(running.parameters["peer_id"]))
    if row is None:
        raise problems.NotFound("该平台已不存在。", code="peer_not_found")
    partner, started = Partner.of(row), datetime.fromisoformat(running.parameters["started"])
    async with engine.connect() as connection:
        total = await repository.count(connection, kinds=partner.kinds, regions=partner.regions, mirror=partner.mirror)
    await running.step(0, total)
    await _queue(engine, running, partner, started)
    left = await _watch(engine, running, partner, total)
    async with engine.connect() as connection:
        rejected = await repository.rejected(connection, partner.id, started)
    return {"items": total, "rejected": rejected, "waiting": left}


async def _queue(engine: AsyncEngine, running: Running, partner: Partner, started: datetime) -> None:
    after = UUID(int=0)
    while True:
        async with begin(engine, service="publish", actor=running.actor) as tx:
            await peers.wait_for_progress(tx.connection, partner.id)
            found = await repository.queue(
                tx.connection, partner.id, kinds=partner.kinds, regions=partner.regions, mirror=partner.mirror,
                after=after, limit=STRETCH, started=started, now=tx.now,
            )  # fmt: skip
        telemetry.crash_point("full-push-queued")
        if found.seen < STRETCH:
            return
        after = found.last
        await running.step(0)


async def _watch(engine: AsyncEngine, running: Running, partner: Partner, total: int) -> int:
    """Show how far it is until nothing is left, or nothing has moved for long; how much is left."""
    loop = asyncio.get_running_loop()
    least, moved = total, loop.time()
    while True:
        async with engine.connect() as connection:
            left = await repository.left(connection, partner.id)
        await running.step(max(0, total - left))
        if left < least:
            least, moved = left, loop.time()
        if left == 0 or loop.time() - moved > PATIENCE_SECONDS:
            return left
        await asyncio.sleep(LOOK_SECONDS)

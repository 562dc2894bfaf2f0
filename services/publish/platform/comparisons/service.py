"""Comparing everything a platform holds with everything published here, stretch by stretch, and repairing it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.platform import telling
from services.publish.platform.comparisons import repository, rules
from services.publish.platform.comparisons.rules import Held, Ours, Repair, Report
from services.publish.platform.links import service as links
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.rows import repository as rows
from services.publish.platform.rules import BadAnswer, published_hash
from services.publish.platform.transports.contract import Capability, PeerFailure, Transport
from shared import clock, problems, settings
from shared.ledger import operations
from shared.ledger.operations import Running
from shared.ledger.transaction import Transaction, begin

KIND = "platform_comparison"
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
# Bodies read and mapped at a time: bounds memory.
STRETCH = 1_000


async def start(tx: Transaction, partner: Partner, *, repair: bool, include_rejected: bool) -> UUID:
    """Begin a comparison; the operation's id."""
    given = {"peer_id": str(partner.id), "peer": partner.code, "repair": repair, "include_rejected": include_rejected}
    return await operations.create(tx, kind=KIND, parameters=given)


async def run(engine: AsyncEngine, running: Running) -> Mapping[str, Any]:
    """The operation; its result is `Report.result`.

    Raises
    ------
    problems.NotFound, problems.Conflict
        The peer is gone, or the platform cannot be reached: started again once it can.
    """
    configured = settings.load()
    async with engine.connect() as connection:
        row = await peers.by_id(connection, UUID(running.parameters["peer_id"]))
    if row is None:
        raise problems.NotFound("该平台已不存在。", code="peer_not_found")
    partner, report = Partner.of(row), Report()
    work = Comparison(engine, running, partner, report)
    try:
        async with partner.way(
            configured.secrets, configured.peer_seconds, configured.peer_allowed_networks
        ) as platform:
            if Capability.INVENTORY not in platform.capabilities:
                raise problems.Conflict(
                    f"“{row['name']}”的传输方式不能清点，无法比对。", code="comparison_not_supported"
                )
            async for page in _inventory(platform):
                await work.take(page)
                await running.step(report.compared)
    except (PeerFailure, BadAnswer) as error:
        raise problems.Conflict(f"与“{row['name']}”的比对中断：{error}", code="peer_unavailable") from error
    async with begin(engine, service="publish", actor=running.actor) as tx:
        await peers.wait_for_progress(tx.connection, partner.id)
        await peers.move(tx.connection, partner.id, unkept=report.unkept)
    return report.result()


async def by_clock(engine: AsyncEngine, partner: Partner) -> int:
    """Begin a comparison with repair where it is time; how many acknowledged rows the last one has missed."""
    async with begin(engine, service="publish", actor=f"system:platform:{partner.code}") as tx:
        if await peers.next_comparison(tx.connection, partner.id, partner.compare_hours, tx.now):
            await start(tx, partner, repair=True, include_rejected=False)
        return await peers.unkept(tx.connection, partner.id)


@dataclass(frozen=True)
class _Page:
    """A page of the inventory: it speaks for all ids up to `until`."""

    held: list[Held]
    until: UUID
    last_batch: str | None
    asked_at: datetime


async def _inventory(platform: Transport) -> AsyncIterator[_Page]:
    cursor, last = "", ""
    while True:
        asked_at = clock.now()
        found = await platform.inventory(cursor)
        held, following, batch = found.held, found.cursor, found.last_batch
        stuck = following and (not held or following == cursor)
        if stuck or (held and last and held[0].task_guid <= last):
            raise BadAnswer("清点的翻页没有向前推进")
        if not following:
            yield _Page(held, LAST, batch, asked_at)
            return
        last, cursor = held[-1].task_guid, following
        yield _Page(held, _bound(last), batch, asked_at)


def _bound(guid: str) -> UUID:
    try:
        return UUID(guid)
    except ValueError as error:
        raise BadAnswer("清点页的最后一个 TASK_GUID 不是 UUID，无法继续比对") from error


@dataclass
class Comparison:
    """A comparison at work; `after` is the id up to which everything is compared."""

    engine: AsyncEngine
    running: Running
    partner: Partner
    report: Report
    after: UUID = FIRST

    async def take(self, page: _Page) -> None:
        """Compare one page with what is published between its bounds, in pieces of bounded size."""
        while self.after < page.until:
            async with begin(self.engine, service="publish", actor=self.running.actor) as tx:
                self.after = await self._piece(tx, page)

    async def _piece(self, tx: Transaction, page: _Page) -> UUID:
        partner, asked = self.partner, self.running.parameters
        found = await repository.ours(
            tx.connection, partner.id, kinds=partner.kinds, regions=partner.regions, mirror=partner.mirror,
            after=self.after, until=page.until, limit=STRETCH, asked_at=page.asked_at,
        )  # fmt: skip
        end = found[-1].item_id if len(found) == STRETCH else page.until
        theirs = [one for one in page.held if end == page.until or one.task_guid <= str(end)]
        del page.held[: len(theirs)]
        linked = await links.of_items(tx.connection, [row.item_id for row in found], partner.mapping)
        mine = [_ours(partner, row, linked.get(row.item_id, {})) for row in found]
        differences = rules.compare(theirs, mine, self.report, include_rejected=bool(asked["include_rejected"]))
        if asked["repair"]:
            wanted = [one.repair for one in differences if one.repair is not None]
            await self._repair(tx, wanted, page.last_batch)
        return end

    async def _repair(self, tx: Transaction, wanted: list[Repair], last_batch: str | None) -> None:
        """Queue what differs, under the peer's lock."""
        partner = self.partner
        progress = await peers.wait_for_progress(tx.connection, partner.id)
        if last_batch is not None and (progress.last_batch is None or progress.last_batch < last_batch):
            # Numbers used before a restore: a batch under one of them would be answered as that one was.
            await peers.move(tx.connection, partner.id, last_batch=last_batch)
        if not wanted:
            return
        queued = await rows.enqueue(tx.connection, partner.id, wanted, sequence=progress.position)
        self.report.repaired += len(queued)
        for event in telling.of_repairs(partner, queued):
            tx.append(event)


def _ours(partner: Partner, row: Any, linked: links.Linked) -> Ours:
    body = orjson.loads(row.body) | {"linked": linked} if row.published else None
    expected = published_hash(body, partner.mapping) if body is not None else None
    return Ours(row.item_id, row.list_id, expected, row.published, row.state, row.task_version)

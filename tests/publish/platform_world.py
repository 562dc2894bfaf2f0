"""A published list and a platform to push it to: what the tests of the exchange stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy.simulator.running import SOURCE, Simulator
from services.catalog.mirrors.consumers import REJECTIONS
from services.publish.platform import rules, service
from services.publish.platform.comparisons import service as comparisons
from services.publish.platform.mapping import built_in
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.service import Conversation
from services.publish.platform.transports import registry
from services.publish.platform.transports.contract import PeerFailure
from services.workflow.worker import CONSUMERS as WORKFLOW
from shared.codes import credit_code
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.ledger import consume, operations, position
from shared.ledger.transaction import begin
from shared.webhook.addresses import networks
from tests.publish.world import REGION, World

LOOPBACK = networks("127.0.0.0/8")
SECONDS = 5.0
ADMINISTRATOR = Principal(new_id(), "tester", "测试人员", None, (Grant("administrator", "0" * 12),))


@dataclass
class Exchange:
    """One peer, registered, and the conversation with it."""

    world: World
    simulator: Simulator
    partner: Partner
    talk: Conversation

    async def drain(self) -> None:
        """Push until nothing is left to do; failures are tried again at once."""
        for _ in range(400):
            try:
                if not await service.push(self.talk):
                    return
            except (PeerFailure, rules.BadAnswer):
                continue
        raise AssertionError("the push does not come to rest")

    async def ask(self) -> None:
        """Take feedback and catalogue to their ends."""
        while await service.take_feedback(self.talk) or await service.pull_catalogue(self.talk):
            pass

    async def rows(self, state: str | None = None) -> list[Any]:
        """The rows of the peer."""
        return await self.world.run(
            "SELECT * FROM qingdan.peer_row WHERE peer_id = :peer AND (CAST(:state AS text) IS NULL OR state = :state)"
            " ORDER BY item_id, task_version",
            peer=self.partner.id,
            state=state,
        )

    async def compare(self, *, repair: bool = False, include_rejected: bool = False) -> dict[str, Any]:
        """A comparison from beginning to end; its result."""
        async with begin(self.world.engine, service="publish", actor="account:test") as tx:
            started = await comparisons.start(tx, self.partner, repair=repair, include_rejected=include_rejected)
        kinds = {comparisons.KIND: operations.OperationKind(kind=comparisons.KIND, run=comparisons.run)}
        await operations.execute(self.world.engine, "publish", kinds, started)
        (row,) = await self.world.run("SELECT state, result, error FROM qingdan.operation WHERE id = :id", id=started)
        assert row["state"] == "succeeded", row["error"]
        return dict(row["result"])

    async def assert_equal(self) -> None:
        """Both sides hold the same items with the same content."""
        found = await self.compare()
        assert (found["differences"], found["in_transit"]) == (0, 0), found


async def sound_codes(world: World) -> str:
    """Give the world's organ a credit code with sound check characters; returns it."""
    code = credit_code.generate(
        authority="1", category="1", region=REGION[:6], organisation_body=world.organ.hex[-8:].upper()
        .translate(str.maketrans("IOSVZ", "AAAAA")),
    ).value  # fmt: skip
    await world.run("UPDATE qingdan.organ SET credit_code = :code WHERE id = :id", code=code, id=world.organ)
    return code


async def published(world: World, count: int, *, hidden: Sequence[str] = (), **more: Any) -> tuple[UUID, list[UUID]]:
    """A published list whose entries a platform accepts."""
    code = await sound_codes(world)
    list_id = await world.new_list(hidden=hidden)
    entries = []
    for number in range(count):
        base = f"0001161{number // 100:02d}{number % 100:03d}"
        entries.append(world.elements(number, base_code=base, implementation_code=f"{code}3{base}", **more))
    items = await world.add(list_id, entries)
    await world.enact(list_id)
    await world.publish()
    return list_id, items


async def exchange(
    world: Any, simulator: Any, *kinds: str, batch_size: int = 500, mirror: UUID | None = None,
    secret: Path | None = None, region: str = REGION, transport: str = registry.DEFAULT,
    options: dict[str, Any] | None = None,
) -> Exchange:  # fmt: skip
    """Register the simulator as a peer that takes some kinds of list."""
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        peer_id = new_id()
        row = await peers.add(
            tx.connection,
            {
                "id": peer_id, "code": f"peer-{peer_id.hex[-12:]}", "name": "广东省政务服务平台",
                "base_url": simulator.url if simulator else "", "source_code": SOURCE, "region_codes": [region],
                "list_kinds": list(kinds), "transport": transport, "options": options or {},
                "mapping": built_in(registry.kind_of(transport).mapping).model_dump(mode="json"),
                "credential": secret.name if secret else None, "mirror_list_id": mirror,
                "batch_size": batch_size, "created_by": "account:test",
            },
        )  # fmt: skip
    assert row is not None
    partner = Partner.of(row)
    platform = partner.way(secret.parent if secret else Path(), SECONDS, LOOPBACK)
    return Exchange(world, simulator, partner, Conversation(world.engine, partner, platform, SECONDS, batch_size))


async def eventually(holds: Any, seconds: float = 60.0) -> Any:
    """Ask again and again until the answer is true; the answer."""
    end = asyncio.get_running_loop().time() + seconds
    while not (answer := await holds()):
        assert asyncio.get_running_loop().time() < end, "it does not come about"
        await asyncio.sleep(0.05)
    return answer


async def begun(world: World, platform: Simulator, count: int = 3, **more: int) -> tuple[Exchange, list[UUID]]:
    """A published list, pushed."""
    list_id, items = await published(world, count)
    talk = await exchange(world, platform, world.lists[list_id], **more)
    await talk.drain()
    return talk, items


async def digest(world: World) -> None:
    """Let catalog and workflow take what the exchange has told."""
    async with world.engine.begin() as connection:
        await position.register(connection, [REJECTIONS.name], "catalog")
        await position.register(connection, [consumer.name for consumer in WORKFLOW], "workflow")
    for consumer in (REJECTIONS, *WORKFLOW):
        while await consume.step(world.engine, consumer):
            pass


async def findings(world: World, item: UUID) -> list[Any]:
    return await world.run("SELECT * FROM qingdan.finding WHERE item_id = :item ORDER BY opened_at", item=item)


async def tasks(world: World, finding: UUID) -> list[Any]:
    return await world.run("SELECT * FROM qingdan.task WHERE subject = :subject", subject=f"finding/{finding}")

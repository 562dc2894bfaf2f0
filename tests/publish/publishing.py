"""Steps that tests of publications share: people who decide, several lists that change at once, what is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import orjson

from services.catalog.withdrawals.consumers import WITHDRAWALS
from services.publish.publications.consumers import OUTCOMES
from services.publish.units.consumers import UNITS
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer
from shared.ledger import consume, position
from shared.ledger.consume import Consumer
from shared.ledger.envelope import NewEvent
from shared.settings import Settings
from tests.publish.world import BORN, REGION, World

API = "/publish/v1"


def decider(configured: Settings, *, region: str = REGION, role: str = "decider") -> dict[str, str]:
    """Headers of somebody who may put lists in force."""
    person = Principal(new_id(), role, role, None, (Grant(role, region, None),))
    return {"Authorization": f"Bearer {TokenIssuer(configured.secrets, minutes=15).issue(person)}"}


async def take(world: World, consumer: Consumer) -> None:
    """Let a consumer take everything."""
    async with world.engine.begin() as connection:
        await position.register(connection, [consumer.name], consumer.service)
    while await consume.step(world.engine, consumer):
        pass


async def settled(world: World) -> None:
    """Everything that follows from a withdrawal, and the parts of units."""
    for consumer in (WITHDRAWALS, OUTCOMES, UNITS):
        await take(world, consumer)
    await world.publish()
    await take(world, UNITS)


async def adjusted(world: World, changes: Sequence[tuple[Sequence[UUID], dict[str, Any]]], *, trigger: str) -> UUID:
    """An adjustment that is decided, changes entries of several lists, and is published."""
    adjustment = new_id()
    await world.run(
        """
        INSERT INTO qingdan.adjustment (id, number, title, region_code, organ_id, trigger, trigger_reference,
            legal_basis, reason, transitional_rule, state, submission, decision, decided_at, created_by)
        VALUES (:id, :number, '内部标题', :region, :organ, :trigger, '依据', '依据', '原因', '按原版本办结',
                'effective', 1, CAST(:decision AS jsonb), :at, 'account:x')
        """,
        id=adjustment, number=f"T-{adjustment.hex[-12:]}", region=REGION, organ=world.organ, trigger=trigger, at=BORN,
        decision=orjson.dumps({"meeting": "常务会议", "date": "2026-03-01", "number": "穗府〔2026〕3号"}).decode(),
    )  # fmt: skip
    for number, (state, act) in enumerate([("passed", "review"), ("passed", "decide"), ("void", "hear")], start=1):
        await world.run(
            """
            INSERT INTO qingdan.review_step (id, adjustment_id, submission, number, code, title, act, role, region_code,
                organ_id, state, opinion, decided_by, decided_at)
            VALUES (:id, :adjustment, 1, :number, :act, :title, :act, 'reviewer', :region, :organ, :state, '内部意见',
                    'account:张三', :at)
            """,
            id=new_id(), adjustment=adjustment, number=number, act=act, title=f"环节{number}", region=REGION,
            organ=world.organ, state=state, at=BORN,
        )  # fmt: skip
    told: list[NewEvent] = []
    for items, patch in changes:
        await world.change(items, adjustment=adjustment, **patch)
        told.append(world.event("item.updated", items, adjustment_id=adjustment))
    await world.tell(*told)
    await world.publish()
    return adjustment


async def publication_of(portal: httpx.AsyncClient, adjustment: UUID) -> dict[str, Any]:
    """The one publication of an adjustment."""
    answer = await portal.get(f"{API}/publications", params={"adjustment": str(adjustment)})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["items"]
    return dict(found)


async def publication(portal: httpx.AsyncClient, number: str) -> dict[str, Any]:
    """A publication as anybody reads it."""
    answer = await portal.get(f"{API}/publications/{number}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())

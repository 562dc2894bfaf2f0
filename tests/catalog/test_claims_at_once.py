"""Claims when people, the superior and the log act at once, and what was read is no longer what is there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.catalog.claims import service
from services.catalog.claims.consumers import CLAIMS
from services.catalog.claims.schemas import Chosen, NewContact
from shared import clock, problems
from tests.catalog.claims_world import claim, claims, master, offered, prepare, settle, somebody
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import COUNTY, PROVINCE, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

TAXI = "000118103000"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


async def suspended(world: World, upper: UUID) -> None:
    await world.decide([("suspend", upper, {"state": "in_use"}, {"state": "suspended"})], region=PROVINCE)
    await world.drain()


async def waiting(world: World) -> bool:
    """Whether somebody waits for a lock on a claim."""
    found = await world.rows(
        "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%qingdan.claim%'"
        " AND datname = current_database()"
    )
    return bool(found)


@pytest.mark.req("ZZ-10")
async def test_who_claims_while_the_superior_suspends_the_matter_has_claimed_it(world: World) -> None:
    upper, food = await offered(world)
    await suspended(world, upper)
    async with world.transaction() as tx:
        done, _, _ = await service.claim(tx, somebody("reviewer"), Chosen(claim_ids=[food]))
        assert done == 1
        reading = asyncio.create_task(world.drain(CLAIMS))
        async with asyncio.timeout(20):
            while not await waiting(world):  # noqa: ASYNC110 - the database rings for nobody who waits for a lock
                await asyncio.sleep(0.02)
    await reading
    [row] = await claims(world)
    assert row["state"] == "claimed", "what somebody has answered is not taken from him"


async def test_of_two_who_claim_at_once_one_has_it_and_the_other_is_told(world: World) -> None:
    _, food = await offered(world)
    here = world.organs[COUNTY]

    async def one() -> Any:
        async with world.transaction() as tx:
            return await service.claim(tx, somebody("compiler", COUNTY, here), Chosen(claim_ids=[food]))

    answers = await asyncio.gather(one(), one())
    assert sorted(done for done, _, _ in answers) == [0, 1]
    assert [code for _, refused, _ in answers for _, code, _ in refused] == ["illegal_transition"]


async def test_what_a_consumer_did_before_it_was_killed_is_not_done_twice(world: World) -> None:
    await offered(world)
    await world.enter("base_catalogue", PROVINCE, [master("出租汽车经营许可", TAXI)])
    [before] = await world.rows("SELECT position FROM qingdan.consumer WHERE name = 'claims'")

    async def dies(*_: Any) -> None:
        raise ConnectionError("killed before the commit")

    real = replace(CLAIMS, effect=_then(CLAIMS.effect, dies))
    with pytest.raises(ConnectionError):
        await world.drain(real)
    [after] = await world.rows("SELECT position FROM qingdan.consumer WHERE name = 'claims'")
    assert (after, len(await claims(world))) == (before, 1), "effect and position are one transaction"
    await settle(world)
    assert [row["name"] for row in await claims(world)] == ["出租汽车经营许可", "食品经营许可"]


def _then(effect: Any, more: Any) -> Any:
    async def both(tx: Any, events: Any) -> None:
        await effect(tx, events)
        await more(tx, events)

    return both


@pytest.mark.req("ZZ-15")
async def test_who_claims_late_follows_the_specification_as_it_is_by_then(world: World) -> None:
    upper, food = await offered(world)
    [before] = await claims(world)
    await world.decide([("modify", upper, {}, {"conditions": "符合条件"})], region=PROVINCE)
    await settle(world)
    await claim(world, [food], world.organs[COUNTY])
    [row] = await claims(world)
    assert (row["superior_version"], row["confirmed_version"], row["due_at"]) == (2, 2, before["due_at"])


@pytest.mark.req("ZZ-15")
async def test_a_confirmation_is_of_the_specification_that_was_read(world: World) -> None:
    upper, food = await offered(world)
    await claim(world, [food], world.organs[COUNTY])
    [seen] = await claims(world)
    await world.decide([("modify", upper, {}, {"conditions": "符合新的条件"})], region=PROVINCE)
    await settle(world)
    said = NewContact(counterpart="省局", contacted_on=clock.now().date(), note="已更新指南")
    async with world.transaction() as tx:
        with pytest.raises(problems.PreconditionFailed):
            await service.confirm(tx, somebody("reviewer"), food, said, f'"{seen["version"]}"')
    async with world.transaction() as tx:
        row = await service.confirm(tx, somebody("reviewer"), food, said)
    assert row.confirmed_version == row.superior_version

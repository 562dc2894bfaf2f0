"""Concealment (瞒报) by claims: matters of superiors that were claimed, or should have been, and are held back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from services.catalog.claims import service
from services.catalog.claims.schemas import DisputeDecision, Exclusion, NewDispute
from services.catalog.coverage import service as coverage
from services.catalog.coverage.schemas import OrganFailures
from shared import clock
from tests.catalog.claims_world import claim, claims, master, permit, plan, prepare, settle, somebody
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import COUNTY, PROVINCE, World
from tests.statements import counted

__all__ = ["world"]
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.req("ZL-55")]

FOOD, TAXI = "000116102000", "000118103000"
AFTER_IT_WAS_DUE = timedelta(days=31)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


async def offered(world: World) -> Mapping[str, UUID]:
    """The province lists two matters for all levels, the county is to claim them within 30 days: claims by name."""
    await world.enter("base_catalogue", PROVINCE, [master("出租汽车经营许可", TAXI), master("食品经营许可", FOOD)])
    await world.list_of("permit", COUNTY, state="compiling")
    await plan(world, COUNTY)
    await settle(world)
    return {row["name"]: row["id"] for row in await claims(world)}


async def told(world: World, *, later: timedelta = timedelta()) -> OrganFailures | None:
    """What is said of the county's organ, now or later."""
    async with world.transaction() as tx:
        tx.now += later
        with counted(world.engine) as sent:
            found = await coverage.failures(tx, COUNTY)
        assert len(sent) <= 5, sent
    return next((one for one in found.organs if one.organ_id == world.organs[COUNTY]), None)


async def exclude(world: World, claim_id: UUID) -> None:
    async with world.transaction() as tx:
        chosen = Exclusion(claim_ids=[claim_id], reason="本区不涉及")
        await service.exclude(tx, somebody("compiler", COUNTY, world.organs[COUNTY]), chosen)


async def test_a_matter_that_was_claimed_and_stands_in_no_list_when_it_is_due_is_held_back(world: World) -> None:
    food = (await offered(world))["食品经营许可"]
    await claim(world, [food], world.organs[COUNTY])
    assert await told(world) is None
    late = await told(world, later=AFTER_IT_WAS_DUE)
    assert late is not None
    assert (late.concealment, late.claims, late.drafts) == (1, [food], [])
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    await settle(world)
    listed = await told(world, later=AFTER_IT_WAS_DUE)
    assert listed is None or listed.concealment == 0


async def test_saying_that_a_matter_does_not_apply_is_held_against_the_other_lists_of_the_region(world: World) -> None:
    ids = await offered(world)
    for name in ids:
        await exclude(world, ids[name])
    assert await told(world, later=AFTER_IT_WAS_DUE) is None
    await world.enter("power", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    denied = await told(world)
    assert denied is not None
    assert (denied.concealment, denied.claims) == (1, [ids["食品经营许可"]])
    await world.run("UPDATE qingdan.item SET state = 'cancelled' WHERE kind = 'power' AND base_code = :code", code=FOOD)
    gone = await told(world)
    assert gone is None or gone.concealment == 0


async def test_an_offer_left_unanswered_counts_once_it_is_due_and_only_where_the_matter_is_done_here(
    world: World,
) -> None:
    ids = await offered(world)
    await world.enter("power", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    early = await told(world)
    assert early is None or early.concealment == 0
    late = await told(world, later=AFTER_IT_WAS_DUE)
    assert late is not None
    assert (late.concealment, late.claims) == (1, [ids["食品经营许可"]])


async def test_what_the_government_has_decided_or_the_superior_has_cancelled_is_concealed_by_nobody(
    world: World,
) -> None:
    ids = await offered(world)
    await world.enter("power", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    await world.enter("power", COUNTY, [permit(world, COUNTY, "出租汽车经营许可", TAXI)])
    organ = world.organs[COUNTY]
    decision = {"meeting": "区政府常务会议", "date": clock.now().date().isoformat(), "number": "〔2026〕1号"}
    async with world.transaction() as tx:
        await service.dispute(
            tx, somebody("compiler", COUNTY, organ), ids["食品经营许可"], NewDispute(opinion="应由市级承担")
        )
    async with world.transaction() as tx:
        made = DisputeDecision.model_validate(
            {"outcome": "not_applicable", "decision": decision, "reason": "由市级实施"}
        )
        await service.decide(tx, somebody("decider"), ids["食品经营许可"], made)
    late = await told(world, later=AFTER_IT_WAS_DUE)
    assert late is not None
    assert (late.concealment, late.claims) == (1, [ids["出租汽车经营许可"]])
    await world.run(
        "UPDATE qingdan.item SET state = 'cancelled' WHERE kind = 'base_catalogue' AND base_code = :code", code=TAXI
    )
    left = await told(world, later=AFTER_IT_WAS_DUE)
    assert left is None or left.concealment == 0

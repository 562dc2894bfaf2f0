"""A superior's change opens work below, level by level, with the difference filled in and a day by which it is due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from services.catalog.claims import service
from services.catalog.claims.schemas import NewContact
from services.catalog.linkage.drafts import service as drafts
from shared import clock
from tests.catalog.claims_world import (
    BASIS,
    COMPLETE,
    TOWN,
    claims,
    late,
    master,
    permit,
    plan,
    prepare,
    settle,
    somebody,
)
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, accept, authority

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

FOOD = "000116102000"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


async def changes(world: World) -> list[Mapping[str, Any]]:
    """Open drafts of superiors' changes."""
    return [row for row in await world.open_drafts() if row["rule"] == "K20_CHANGE"]


async def a_permit_at_every_level(world: World, **more: Any) -> dict[str, UUID]:
    """Province, city, county and township list the same permit, each claimed from the level above."""
    made = {}
    for region in (PROVINCE, CITY, COUNTY, TOWN):
        levels = {"level": "2,3,4,5"} if region == PROVINCE else {"level": "3,4,5"} if region == CITY else {}
        levels = {"level": "4,5"} if region == COUNTY else levels
        entry = permit(world, region, "食品经营许可", FOOD, **levels, **(COMPLETE | more))
        [made[region]] = await world.enter("permit", region, [entry])
    await plan(world, PROVINCE, kinds=("permit",))
    await settle(world)
    return made


@pytest.mark.req("ZZ-34", "TH-03")
async def test_what_the_province_cancels_comes_down_to_city_county_and_township_one_after_another(world: World) -> None:
    made = await a_permit_at_every_level(world)
    assert [len(await claims(world, region)) for region in (CITY, COUNTY, TOWN)] == [1, 1, 1]
    adjustment = await world.decide([("cancel", made[PROVINCE], {"state": "in_use"}, {})], region=PROVINCE)
    for region in (CITY, COUNTY, TOWN):
        await settle(world)
        [draft] = await changes(world)
        assert (draft["region_code"], draft["item_id"], draft["elements"]) == (
            region, made[region], {"state": "cancelled"},
        )  # fmt: skip
        assert draft["adjustment_id"] == adjustment
        due = draft["due_at"].astimezone(clock.ZONE)
        assert due.date() - draft["opened_at"].astimezone(clock.ZONE).date() == timedelta(days=30)
        assert due.time() == time(23, 59, 59), "an organ that acts on the day is in time"
        await accept(world, [draft["id"]])
        assert (await world.entry(made[region]))["state"] == "cancelled"
    await settle(world)
    assert await changes(world) == []


@pytest.mark.req("ZZ-34")
async def test_a_rename_and_a_new_basis_above_are_filled_in_below(world: World) -> None:
    [upper] = await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD)])
    [lower] = await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    await plan(world, COUNTY, due_days=10)
    await settle(world)
    basis = [BASIS[0] | {"article": "第三十六条"}]
    await world.decide(
        [("modify", upper, {"name": "食品经营许可", "basis": BASIS}, {"name": "食品生产经营许可", "basis": basis})],
        region=PROVINCE,
    )
    await settle(world)
    [draft] = await changes(world)
    assert draft["elements"] == {"name": "食品生产经营许可", "basis": basis}
    assert "上级已变更" in draft["reason"]
    first_due = draft["due_at"]
    await world.decide([("modify", upper, {"name": "食品生产经营许可"}, {"name": "食品经营（新）"})], region=PROVINCE)
    await settle(world)
    [draft] = await changes(world)
    assert (draft["elements"]["name"], draft["due_at"]) == ("食品经营（新）", first_due)
    await world.decide([("modify", lower, {"name": "食品经营许可", "basis": BASIS},
                         {"name": "食品经营（新）", "basis": basis})], region=COUNTY)  # fmt: skip
    await settle(world)
    assert await changes(world) == []


@pytest.mark.req("ZZ-34", "ZZ-15")
async def test_a_new_specification_is_filled_in_below_and_leaves_what_is_easier_there(world: World) -> None:
    asked = [{"name": "申请表"}, {"name": "承诺书"}]
    made = await a_permit_at_every_level(world, materials=asked, conditions=["有固定场所"])
    await world.run("UPDATE qingdan.item SET state = 'cancelled' WHERE id = ANY(:ids)", ids=[made[COUNTY], made[TOWN]])
    after = {"materials": [{"name": "申请表"}, {"name": "平面图"}], "conditions": ["有固定的经营场所"]}
    before = {"materials": asked, "conditions": ["有固定场所"]}
    await world.decide([("modify", made[PROVINCE], before, after)], region=PROVINCE)
    await settle(world)
    [draft] = await changes(world)
    assert draft["elements"] == {"materials": [{"name": "申请表"}], "conditions": ["有固定的经营场所"]}
    [row] = await claims(world, CITY)
    assert (row["missing"], row["closed_at"]) == (["confirmation"], None)
    said = NewContact(counterpart="省市场监管局", contacted_on=clock.now().date(), note="指南已更新")
    async with world.transaction() as tx:
        done = await service.confirm(tx, somebody("compiler", CITY, world.organs[CITY]), row["id"], said)
        assert (list(done.missing), done.closed_at is not None) == ([], True)
        assert done.confirmed_version == done.superior_version


@pytest.mark.req("TH-03", "ZZ-34")
async def test_an_entry_that_stays_in_use_after_its_day_is_a_violation_even_if_people_objected(world: World) -> None:
    [upper] = await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD)])
    [lower] = await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    await plan(world, COUNTY, due_days=5)
    await settle(world)
    await world.decide([("suspend", upper, {"state": "in_use"}, {})], region=PROVINCE)
    await settle(world)
    [draft] = await changes(world)
    await late(world)
    about = "SELECT * FROM qingdan.finding WHERE rule = 'K20_LATE' AND state <> 'closed'"
    assert await world.rows(about) == []
    async with world.transaction() as tx:
        await drafts.object_to(tx, authority(), [draft["id"]], "本区仍有需要")
    instant = clock.now() + timedelta(days=6)
    clock.use(lambda: instant)
    await late(world)
    [finding] = await world.rows(about)
    assert (finding["item_id"], finding["severity"], finding["element"]) == (lower, "block", "state")
    assert (finding["actual"], finding["expected"], finding["source_item_id"]) == ("in_use", "suspended", upper)
    assert finding["message"].startswith("逾期未落实上级变更：上级已暂停“食品经营许可”")
    clock.use(lambda: instant)
    await late(world)
    assert len(await world.rows(about)) == 1
    await world.decide([("suspend", lower, {"state": "in_use"}, {})], region=COUNTY)
    await settle(world)
    await late(world)
    assert await world.rows(about) == []


async def test_what_nobody_claimed_is_nobodys_work(world: World) -> None:
    [upper] = await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD)])
    await plan(world, COUNTY)
    await settle(world)
    await world.decide([("modify", upper, {"name": "食品经营许可"}, {"name": "新名称"})], region=PROVINCE)
    await settle(world)
    assert await changes(world) == []

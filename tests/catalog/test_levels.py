"""Lists of all levels beside one another: findings of the checks, the vertical check, the county's list downwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import pytest_asyncio

from services.catalog.vertical import repository
from services.catalog.vertical.optimisations import repository as optimisations
from tests.catalog.claims_world import BASIS, TOWN, ZONE, claims, master, permit, plan, prepare, settle
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

FOOD, TAXI = "000116102000", "000118103000"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


async def findings(world: World, rule: str) -> list[Mapping[str, Any]]:
    return [row for row in await world.open_findings() if row["rule"] == rule]


@pytest.mark.req("TH-04")
async def test_what_city_and_county_may_both_do_ungraded_is_found_at_the_city(world: World) -> None:
    await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD, "3,4"), master("甲", TAXI, "3,4,7")])
    held = [permit(world, CITY, "食品经营许可", FOOD), permit(world, CITY, "甲", TAXI)]
    item, _ = await world.enter("permit", CITY, held)
    await settle(world)
    [finding] = await findings(world, "V23")
    assert (finding["item_id"], finding["element"], finding["expected"]) == (item, "level", "4")
    assert "应由县级实施" in finding["message"]
    await world.decide([("cancel", item, {"state": "in_use"}, {})])
    await settle(world)
    assert await findings(world, "V23") == []


@pytest.mark.req("TH-04")
async def test_what_is_graded_by_the_citys_own_word_or_the_catalogues_may_stay_at_the_city(world: World) -> None:
    graded = master("甲", TAXI, "3,4") | {"graded": True}
    await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD, "3,4"), graded])
    held = [permit(world, CITY, "食品经营许可", FOOD) | {"graded": True}, permit(world, CITY, "甲", TAXI)]
    item, _ = await world.enter("permit", CITY, held)
    await settle(world)
    assert await findings(world, "V23") == []
    await world.decide([("modify", item, {"graded": True}, {"graded": False})])
    await settle(world)
    assert [row["item_id"] for row in await findings(world, "V23")] == [item]


@pytest.mark.req("TH-09")
async def test_a_permit_that_was_taken_over_needs_a_window_of_the_hall_or_a_reason(world: World) -> None:
    await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD), master("甲", TAXI)])
    entries = [permit(world, COUNTY, "食品经营许可", FOOD), permit(world, COUNTY, "甲", TAXI)]
    food, other = await world.enter("permit", COUNTY, entries)
    await settle(world)
    assert await findings(world, "V24") == []  # nobody has taken them over
    await plan(world, COUNTY)
    await settle(world)
    assert {row["item_id"] for row in await findings(world, "V24")} == {food, other}
    windows = [{"name": "综合窗口"}]
    await world.decide([("modify", food, {}, {"in_hall": True, "windows": windows}),
                        ("modify", other, {}, {"in_hall": False, "not_in_hall_reason": "涉及现场检测"})],
                       region=COUNTY)  # fmt: skip
    await settle(world)
    assert await findings(world, "V24") == []
    await world.decide([("modify", food, {"windows": windows}, {"windows": None})], region=COUNTY)
    await settle(world)
    assert {row["item_id"] for row in await findings(world, "V24")} == {food}


@pytest.mark.req("TH-09")
async def test_a_window_that_the_implementation_list_names_counts_as_soon_as_it_is_named(world: World) -> None:
    await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD)])
    entry = permit(world, COUNTY, "食品经营许可", FOOD)
    [food] = await world.enter("permit", COUNTY, [entry])
    [handling] = await world.enter("implementation", COUNTY, [entry])
    await plan(world, COUNTY)
    await settle(world)
    assert {row["item_id"] for row in await findings(world, "V24")} == {food}
    named = {"in_hall": True, "acceptance_window": "3号窗口"}
    await world.decide([("modify", handling, {}, named)], region=COUNTY)
    await settle(world)
    assert await findings(world, "V24") == []
    await world.decide([("modify", handling, {"in_hall": True}, {"in_hall": False})], region=COUNTY)
    await settle(world)
    assert {row["item_id"] for row in await findings(world, "V24")} == {food}


@pytest.mark.req("ZZ-12")
async def test_a_township_permit_that_the_county_list_lacks_is_found_until_the_county_lists_it(world: World) -> None:
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    [item] = await world.enter("permit", TOWN, [permit(world, TOWN, "宅基地审批", TAXI)])
    await settle(world)
    [finding] = await findings(world, "K20_TOWN")
    assert (finding["item_id"], finding["severity"]) == (item, "error")
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "宅基地审批", TAXI, level="4,5")])
    await settle(world)
    assert await findings(world, "K20_TOWN") == []


@pytest.mark.req("ZZ-12")
async def test_the_list_of_a_county_shows_its_own_entries_and_those_of_its_townships(world: World) -> None:
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD)])
    await world.enter("permit", TOWN, [permit(world, TOWN, "宅基地审批", TAXI)])
    await world.enter("permit", ZONE, [permit(world, ZONE, "食品经营许可", FOOD, handling_item="01")])
    await world.enter("permit", CITY, [permit(world, CITY, "市级许可", "000118104000")])
    list_id = await world.list_of("permit", COUNTY)

    async def shown(townships: bool, zones: bool) -> set[tuple[str, str]]:
        async with world.transaction() as tx:
            rows = await repository.covered(
                tx.connection, list_id, townships=townships, zones=zones, state=None, organ_id=None, after=None,
                limit=10,
            )  # fmt: skip
        return {(row.region_code, row.name) for row in rows}

    own = {(COUNTY, "食品经营许可")}
    assert await shown(False, False) == own
    assert await shown(True, False) == own | {(TOWN, "宅基地审批")}
    assert await shown(True, True) == own | {(TOWN, "宅基地审批"), (ZONE, "食品经营许可")}


@pytest.mark.req("QX-57", "ZL-50")
async def test_the_vertical_check_reports_orphans_differences_and_what_nobody_claimed(world: World) -> None:
    other = [BASIS[0] | {"article": "第一条"}]
    above = [
        master("食品经营许可", FOOD), master("出租汽车经营许可", TAXI), master("采砂许可", "000119101000"),
        master("取水许可", "000119102000"), master("省级许可", "000119103000", "2"),
    ]  # fmt: skip
    await world.enter("base_catalogue", PROVINCE, above)
    below = [
        permit(world, COUNTY, "食品经营许可证核发", FOOD), permit(world, COUNTY, "出租汽车经营许可", TAXI, basis=other),
        permit(world, COUNTY, "（采砂 许可）", "000119101000"), permit(world, COUNTY, "自设许可", "000119199000"),
    ]  # fmt: skip
    await world.enter("permit", COUNTY, below)

    async def page(after: Any = None, **more: Any) -> list[Any]:
        async with world.transaction() as tx:
            asked = {"region": COUNTY, "below": False, "kind": "permit", "problem": None, "limit": 10} | more
            return await repository.problems(tx.connection, after=after, **asked)

    rows = await page()
    assert [(row.problem, row.name, row.superior_name) for row in rows] == [
        ("basis", "出租汽车经营许可", "出租汽车经营许可"),
        ("name", "食品经营许可证核发", "食品经营许可"),
        ("orphan", "自设许可", None),
        ("unclaimed", None, "取水许可"),
    ]
    first = (await page(limit=2))[-1]
    following = await page(after=(first.region_code, first.problem, first.key))
    assert [row.problem for row in following] == ["orphan", "unclaimed"]
    assert [row.problem for row in await page(problem="orphan", region=PROVINCE, below=True)] == ["orphan"]


@pytest.mark.req("ZZ-24", "ZZ-15")
async def test_what_is_easier_than_the_superior_is_labelled_and_the_label_goes_with_it(world: World) -> None:
    asked = [{"name": "申请表"}, {"name": "承诺书"}]
    limit = {"amount": 20, "unit": "working_day"}
    above = {"materials": asked, "statutory_limit": limit, "visits": 1, "conditions": ["有场所"]}
    [upper] = await world.enter("permit", PROVINCE, [permit(world, PROVINCE, "食品经营许可", FOOD, **above)])
    [item] = await world.enter("permit", CITY, [permit(world, CITY, "食品经营许可", FOOD, **above)])
    await settle(world)

    async def labels() -> dict[str, str]:
        async with world.transaction() as tx:
            rows = await optimisations.page(tx.connection, {"item_id": item}, within=PROVINCE, after=None, limit=10)
        return {row["element"]: row["message"] for row in rows}

    assert await labels() == {}
    easier = {"materials": asked[:1], "statutory_limit": limit | {"amount": 5}, "visits": 0}
    before = {name: above[name] for name in easier}
    await world.decide([("modify", item, before, easier)])
    await settle(world)
    assert await labels() == {
        "materials": "本地优化：申请材料减少：承诺书",
        "statutory_limit": "本地优化：法定办结时限缩短：5个工作日，上级为20个工作日",
        "visits": "本地优化：到现场次数减少：0次，上级为1次",
    }
    await world.decide([("modify", upper, {"materials": asked}, {"materials": asked[:1]})], region=PROVINCE)
    await settle(world)
    assert set(await labels()) == {"statutory_limit", "visits"}
    await world.decide([("modify", item, easier, before)])
    await settle(world)
    assert await labels() == {}
    assert await claims(world) == []

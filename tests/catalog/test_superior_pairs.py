"""Entries beside the superior's rows: the only one, the one of the same name, or all those people have to choose of."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from services.catalog.vertical.pairs import repository
from tests.catalog.claims_world import ZONE, permit, prepare, settle
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

FOOD, TAXI = "000116102000", "000118103000"
TWENTY, THIRTY = {"amount": 20, "unit": "working_day"}, {"amount": 30, "unit": "natural_day"}


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh(world: World) -> None:
    await prepare(world)


async def pairs(world: World, region: str = CITY, **more: Any) -> list[Any]:
    given = {"region": region, "below": False, "kind": "permit", "pairing": None, "limit_differs": None}
    page = {"after": more.pop("after", None), "limit": more.pop("limit", 10)}
    async with world.transaction() as tx:
        return await repository.page(tx.connection, given | more, **page)


def ways(world: World, region: str, *names: str, code: str = FOOD, **more: Any) -> list[dict[str, Any]]:
    """Several ways of handling one matter, each with a serial."""
    whole = permit(world, region, "", code)["implementation_code"]
    return [
        permit(world, region, name, code, handling_item=f"0{nth}", implementation_code=f"{whole}0{nth}", **more)
        for nth, name in enumerate(names, 1)
    ]


@pytest.mark.req("QX-57")
async def test_of_several_ways_above_without_the_name_none_is_chosen_and_nothing_is_accused(world: World) -> None:
    above = await world.enter("permit", PROVINCE, ways(world, PROVINCE, "新设", "延续", statutory_limit=THIRTY))
    more = {"statutory_limit": {"amount": 60, "unit": "working_day"}}
    made = await world.enter("permit", CITY, ways(world, CITY, "（延 续）", "注销", **more))
    await settle(world)
    named, open_ = await pairs(world)
    assert (named.item_id, named.pairing) == (made[0], "name")
    assert [row["item_id"] for row in named.superiors] == [str(above[1])]
    assert (open_.item_id, open_.pairing) == (made[1], "to_map")
    assert [row["name"] for row in open_.superiors] == ["新设", "延续"]
    assert {row["item_id"] for row in await world.open_findings() if row["rule"] == "K22"} == {made[0]}
    assert [row.item_id for row in await pairs(world, pairing="to_map")] == [made[1]]


async def test_limits_are_compared_in_working_days_and_shown_as_they_are(world: World) -> None:
    limits = [(TWENTY, TWENTY, False), ({"amount": 30, "unit": "working_day"}, THIRTY, True), (TWENTY, None, None)]
    codes = [f"0001161{number:02d}000" for number in range(len(limits))]
    for region, side in ((PROVINCE, 1), (CITY, 0)):
        rows = [permit(world, region, code, code, statutory_limit=limits[nth][side]) for nth, code in enumerate(codes)]
        await world.enter("permit", region, rows)
    shown = await pairs(world)
    assert [(row.pairing, row.limit_differs) for row in shown] == [("only", expected) for *_, expected in limits]
    [differing] = await pairs(world, limit_differs=True)
    assert differing.statutory_limit == {"amount": 30, "unit": "working_day"}
    assert [row["statutory_limit"] for row in differing.superiors] == [THIRTY]
    assert [row.base_code for row in await pairs(world, limit_differs=False)] == codes[:1]


async def test_the_nearest_superior_counts_and_cancelled_entries_do_not(world: World) -> None:
    await world.enter("permit", PROVINCE, [permit(world, PROVINCE, "食品经营许可", FOOD)])
    [city] = await world.enter("permit", CITY, [permit(world, CITY, "食品经营许可", FOOD)])
    await world.enter("permit", COUNTY, [permit(world, COUNTY, "食品经营许可", FOOD),
                                         permit(world, COUNTY, "出租汽车经营许可", TAXI)])  # fmt: skip
    [row] = await pairs(world, COUNTY)
    assert [one["region_code"] for one in row.superiors] == [CITY]
    await world.decide([("cancel", city, {"state": "in_use"}, {})])
    await settle(world)
    [row] = await pairs(world, COUNTY)
    assert [one["region_code"] for one in row.superiors] == [PROVINCE]
    assert await pairs(world, CITY) == []


async def test_pages_hold_the_regions_below_but_no_zones_unless_asked(world: World) -> None:
    for region in (PROVINCE, CITY, COUNTY, ZONE):
        await world.enter("permit", region, [permit(world, region, "食品经营许可", FOOD)])
    first = await pairs(world, PROVINCE, below=True, limit=1)
    rest = await pairs(world, PROVINCE, below=True, after=first[-1].item_id)
    assert [row.region_code for row in (*first, *rest)] == [CITY, COUNTY]
    assert [row.region_code for row in await pairs(world, ZONE)] == [ZONE]

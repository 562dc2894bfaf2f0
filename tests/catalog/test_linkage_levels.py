"""How severe a region takes what compares entries of several lists and levels: its findings and its submissions."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import validated
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, check

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")
EXTRA = {"materials": [{"name": "公众参与说明"}]}
STRICTER = {
    CITY: {"conditions": ["有固定场所", "有资金证明"]} | EXTRA,
    COUNTY: {"conditions": ["有固定场所"], "materials": [*EXTRA["materials"], {"name": "资金证明"}]},
}


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def without_levels(world: World) -> AsyncIterator[None]:
    yield
    await world.run("DELETE FROM qingdan.validation_level")


async def set_level(world: World, region: str, validator: str, severity: str) -> None:
    await world.run(
        "INSERT INTO qingdan.validation_level (region_code, rule, code, severity, set_by)"
        " VALUES (:region, :rule, '', :severity, 'system:test')"
        " ON CONFLICT (region_code, rule, code) DO UPDATE SET severity = excluded.severity",
        region=region, rule=validator, severity=severity,
    )  # fmt: skip


async def test_a_city_takes_additions_as_errors_and_its_county_conditions_not_at_all(world: World) -> None:
    permit = world.permit(PROVINCE, "排污许可", conditions=["有固定场所"], materials=[{"name": "申请表"}])
    await world.enter("permit", PROVINCE, [permit])
    shared = {"base_code": permit["base_code"], "handling_item": ""}
    for region in (CITY, COUNTY):
        await world.enter("permit", region, [world.permit(region, "排污许可", **shared, **STRICTER[region])])
    await world.drain()
    await check(world)
    assert {row["severity"] for row in await world.open_findings() if row["rule"] == "K22"} == {"block"}
    await set_level(world, CITY, "V13", "error")
    await set_level(world, COUNTY, "V32", "off")
    await check(world)
    held = {
        (row["region_code"], row["element"]): row["severity"]
        for row in await world.open_findings()
        if row["rule"] == "K22"
    }
    assert held == {(CITY, "materials"): "error", (CITY, "conditions"): "block", (COUNTY, "materials"): "error"}


@pytest.mark.parametrize(("severity", "expected"), [("warn", ["warn"]), ("error", ["error"]), ("off", [])])
async def test_a_submission_is_judged_as_its_region_takes_the_validator(
    world: World, severity: str, expected: list[str]
) -> None:
    permit = world.permit(PROVINCE, "取水许可", materials=[{"name": "申请表"}])
    await world.enter("permit", PROVINCE, [permit])
    own = world.permit(CITY, "取水许可", base_code=permit["base_code"], materials=permit["materials"])
    [lower] = await world.enter("permit", CITY, [own])
    await world.drain()
    await set_level(world, PROVINCE, "V13", severity)
    answer = await validated(world, [("modify", lower, {"materials": permit["materials"]}, EXTRA)])
    assert [one["severity"] for one in answer["findings"] if one["rule"] == "K22"] == expected


async def test_an_orphan_is_as_grave_as_its_rule_says(world: World) -> None:
    permit = world.permit(CITY, "动物防疫条件合格证核发")
    await world.list_of("catalogue", CITY)
    await world.enter("implementation", CITY, [permit])
    await world.drain()
    found = [(row["rule"], row["severity"]) for row in await world.open_findings() if row["rule"] == "K04"]
    assert found == [("K04", "error")]

"""Rules between superiors and the lists below, and the validation of submissions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.catalog.quality import service as quality
from services.catalog.quality.burdens import repository as burdens
from services.catalog.quality.burdens.routes import change_of
from shared import clock
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import validated
from tests.catalog.linkage_world import CITY, PROVINCE, World, authority

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

ASKED = [{"name": "环评报告表", "necessity": "required"}, {"name": "申请表", "necessity": "required"}]


async def the_same_permit_at_both_levels(
    world: World, **more: Any
) -> tuple[dict[str, Any], UUID, dict[str, Any], UUID]:
    above = world.permit(PROVINCE, "建设项目环境影响报告表审批", materials=ASKED) | more
    below = world.permit(CITY, above["name"], base_code=above["base_code"], materials=ASKED) | more
    [upper] = await world.enter("permit", PROVINCE, [above])
    [lower] = await world.enter("permit", CITY, [below])
    await world.drain()
    return above, upper, below, lower


async def test_a_city_that_adds_a_material_is_refused_with_the_superior_row(world: World) -> None:
    _, upper, _, lower = await the_same_permit_at_both_levels(world)
    more = [*ASKED, {"name": "公众参与说明", "necessity": "required"}]
    answer = await validated(world, [("modify", lower, {"materials": ASKED}, {"materials": more})])
    blocking = [verdict for verdict in answer["findings"] if verdict["rule"] == "K22"]
    assert [(v["validator"], v["severity"], v["element"], v["source_item_id"]) for v in blocking] == [
        ("V13", "block", "materials", str(upper))
    ]
    assert blocking[0]["message"] == "疑似增加申请材料：公众参与说明（上级：广东省“建设项目环境影响报告表审批”）"
    fewer = await validated(world, [("modify", lower, {"materials": ASKED}, {"materials": ASKED[:1]})])
    assert not [verdict for verdict in fewer["findings"] if verdict["rule"] == "K22"]


@pytest.mark.req("ZZ-17", "TH-23")
async def test_conditions_may_neither_be_added_nor_removed_nor_reworded(world: World) -> None:
    _, _, _, lower = await the_same_permit_at_both_levels(world, conditions=["有固定场所", "有专业人员"])
    for conditions in (["有固定场所"], ["有固定场所", "有专业人员", "有资金证明"], ["有固定场所", "有3名专业人员"]):
        answer = await validated(world, [("modify", lower, {}, {"conditions": conditions})])
        verdicts = [v for v in answer["findings"] if v["element"] == "conditions"]
        assert [(v["validator"], v["severity"]) for v in verdicts] == [("V32", "block")]
    same = await validated(world, [("modify", lower, {}, {"conditions": ["有 固定场所", "有专业人员。"]})])
    assert not [v for v in same["findings"] if v["element"] == "conditions"]


async def test_time_limits_are_compared_through_the_working_day_calendar(world: World) -> None:
    limit = {"amount": 30, "unit": "natural_day"}
    _, _, _, lower = await the_same_permit_at_both_levels(world, statutory_limit=limit)
    longer = await validated(world, [("modify", lower, {}, {"statutory_limit": {"amount": 30, "unit": "working_day"}})])
    assert [v["element"] for v in longer["findings"] if v["rule"] == "K22"] == ["statutory_limit"]
    shorter = await validated(
        world, [("modify", lower, {}, {"statutory_limit": {"amount": 20, "unit": "working_day"}})]
    )
    assert not [v for v in shorter["findings"] if v["rule"] == "K22"]


async def test_an_excess_that_was_there_before_never_holds_up_an_unrelated_change(world: World) -> None:
    above = world.permit(PROVINCE, "取水许可", materials=ASKED[:1])
    await world.enter("permit", PROVINCE, [above])
    [lower] = await world.enter(
        "permit", CITY, [world.permit(CITY, "取水许可", base_code=above["base_code"], materials=ASKED)]
    )
    await world.drain()
    answer = await validated(world, [("modify", lower, {"name": "取水许可"}, {"name": "取水审批"})])
    assert [v["severity"] for v in answer["findings"] if v["rule"] == "K22"] == ["warn"]


async def test_a_superior_that_asks_less_opens_findings_below_and_one_that_asks_more_closes_them(world: World) -> None:
    _, upper, _, lower = await the_same_permit_at_both_levels(world)
    adjustment = await world.decide(
        [("modify", upper, {"materials": ASKED}, {"materials": ASKED[:1]})], region=PROVINCE
    )
    await world.drain()
    findings = [row for row in await world.open_findings() if row["item_id"] == lower]
    assert [(row["rule"], row["element"], row["adjustment_id"]) for row in findings] == [
        ("K22", "materials", adjustment)
    ]
    assert findings[0]["due_at"] is not None
    assert findings[0]["source_item_id"] == upper
    await world.decide([("modify", upper, {"materials": ASKED[:1]}, {"materials": ASKED})], region=PROVINCE)
    await world.drain()
    assert not [row for row in await world.open_findings() if row["item_id"] == lower]
    ledger = await world.rows(
        "SELECT sum(waiting) AS n FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment
    )
    assert ledger[0]["n"] == 0


async def test_a_waived_finding_stays_waived_until_it_says_something_else_or_its_day_is_over(world: World) -> None:
    _, upper, _, lower = await the_same_permit_at_both_levels(world)
    await world.decide([("modify", upper, {"materials": ASKED}, {"materials": ASKED[:1]})], region=PROVINCE)
    await world.drain()
    [finding] = [row for row in await world.open_findings() if row["item_id"] == lower]
    async with world.transaction() as tx:
        day = clock.now().date() + timedelta(days=30)
        await quality.waive(tx, authority(), finding["id"], reason="年底前统一", expires_on=day)
    await world.decide([("modify", lower, {"name": "建设项目环境影响报告表审批"}, {"name": "环评报告表审批"})])
    await world.drain()
    state = "SELECT state FROM qingdan.finding WHERE id = :id"
    assert (await world.rows(state, id=finding["id"]))[0]["state"] == "waived"
    more = [*ASKED, {"name": "公众参与说明", "necessity": "required"}]
    await world.decide([("modify", lower, {"materials": ASKED}, {"materials": more})])
    await world.drain()
    assert (await world.rows(state, id=finding["id"]))[0]["state"] == "open"
    await world.run(
        "UPDATE qingdan.finding SET state = 'waived', waiver = jsonb_build_object('expires_on', '2020-01-01')"
        " WHERE id = :id", id=finding["id"],
    )  # fmt: skip
    await quality.expire_waivers(world.engine)
    assert (await world.rows(state, id=finding["id"]))[0]["state"] == "open"
    await world.decide([("modify", upper, {"materials": ASKED[:1]}, {"materials": more})], region=PROVINCE)
    await world.drain()


async def test_a_permit_resolves_to_the_main_item_of_the_superior_whose_levels_contain_its_own(world: World) -> None:
    catalogue = {"item_type": "01", "state": "in_use"}
    master = [
        {"name": "甲", "base_code": "440188001002", "level": "2,3"} | catalogue,
        {"name": "乙", "base_code": "440188002002", "level": "2"} | catalogue,
    ]
    await world.enter("base_catalogue", PROVINCE, master)
    entries = [
        world.permit(CITY, "甲", base_code="440188001003"),
        world.permit(CITY, "乙", base_code="440188002002"),
        world.permit(CITY, "丙", base_code="440188003002"),
    ]
    ids = await world.enter("permit", CITY, entries)
    await world.drain()
    findings = {row["item_id"]: row for row in await world.open_findings() if row["rule"] == "K20"}
    assert {ids.index(item): row["element"] for item, row in findings.items() if item in ids} == {
        1: "level",
        2: "base_code",
    }
    await world.enter(
        "base_catalogue", PROVINCE, [{"name": "丙", "base_code": "440188003001", "level": "3"} | catalogue]
    )
    await world.drain()
    still = {row["item_id"] for row in await world.open_findings() if row["rule"] == "K20"}
    assert still & set(ids) == {ids[1]}


@pytest.mark.req("ZL-28")
async def test_the_burden_of_what_is_proposed_is_told_before_it_is_applied_and_the_same_afterwards(
    world: World,
) -> None:
    other = world.permit(CITY, "另一许可", base_code="000116102000", implementation_code=None, visits=2)
    kept, gone = await world.enter("permit", CITY, [world.permit(CITY, visits=3), other])
    lists = await world.rows("SELECT list_id FROM qingdan.item WHERE id = :id", id=kept)
    adjustment = await world.decide(
        [("modify", kept, {"visits": 3}, {"visits": 1}), ("cancel", gone, {"state": "in_use"}, {})],
        list_id=lists[0]["list_id"],
    )

    async def told() -> dict[UUID, tuple[Any, Any]]:
        async with world.transaction() as tx:
            rows = await burdens.of_adjustment(tx.connection, adjustment, after=UUID(int=0), size=10)
        changes = [change_of(row) for row in rows]
        return {one.item_id: (one.difference.get("visits"), one.after) for one in changes}

    proposed = await told()
    assert (proposed[kept][0], proposed[gone]) == (-2, (None, None))
    await world.drain()
    await world.run("UPDATE qingdan.change SET outcome = 'applied'")
    applied = await told()
    assert (applied[kept][0], applied[gone]) == (-2, (None, None))

"""Enforcement, inspection by lot, proofs, prohibited industries, construction: K16, K17, K18, K24, K30."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.builtin.enforcement import ENFORCEMENT_TYPES
from services.catalog.linkage.rules import applicable
from tests.catalog.linkage_entries import BASIS, about, reference
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear, flagged, permit_in_lists, proposals, rename, settle
from tests.catalog.linkage_world import CITY, COUNTY, World, accept, check

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.req("QX-19")
async def test_k16_enforcement_is_the_powers_of_certain_types_and_follows_them(world: World) -> None:
    await clear(world)
    await world.list_of("enforcement", CITY)
    kinds = {"02": "罚款", "06": "检查", "07": "确认"}
    ids = {}
    for item_type, name in kinds.items():
        power = world.permit(CITY, name, item_type=item_type, accountability=["不作为"])
        [ids[item_type]] = await world.enter("power", CITY, [power])
    await world.drain()
    missing = {row["source_item_id"]: row["elements"] for row in await world.open_drafts() if row["rule"] == "K16"}
    assert set(missing) == {ids["02"], ids["06"]}
    assert "07" not in ENFORCEMENT_TYPES
    assert missing[ids["02"]]["accountability"] == ["不作为"]
    await accept(world, [row["id"] for row in await world.open_drafts() if row["rule"] == "K16"])
    await world.drain()
    await rename(world, ids["02"], "罚款", "罚款处罚")
    await world.decide([("cancel", ids["06"], {}, {})])
    await world.drain()
    entries = await world.rows("SELECT name, state FROM qingdan.item WHERE kind = 'enforcement'")
    names = {row["name"]: row["state"] for row in entries}
    assert (names["罚款处罚"], names["检查"]) == ("in_use", "cancelled")


@pytest.mark.req("QX-19")
async def test_k16_which_types_are_enforcement_is_the_rule_sets_business(world: World) -> None:
    k16 = BUILTIN.rule("K16")
    assert k16 is not None
    assert k16.missing is not None
    wider = k16.missing.model_copy(update={"when": {"item_type": (*ENFORCEMENT_TYPES, "07")}})
    changed = [k16.model_copy(update={"missing": wider}) if rule.id == "K16" else rule for rule in BUILTIN.rules]
    await clear(world)
    await world.list_of("enforcement", CITY)
    [power] = await world.enter("power", CITY, [world.permit(CITY, "确认事项", item_type="07")])
    await world.drain()
    assert not await proposals(world, "K16")
    document = BUILTIN.model_copy(update={"rules": tuple(changed)}).model_dump_json()
    await world.run("UPDATE qingdan.rule_set SET rules = CAST(:rules AS jsonb)", rules=document)
    try:
        await check(world)
        drafts = [row for row in await world.open_drafts() if row["rule"] == "K16"]
        assert [row["source_item_id"] for row in drafts] == [power]
    finally:
        await world.run("UPDATE qingdan.rule_set SET rules = CAST(:rules AS jsonb)", rules=BUILTIN.model_dump_json())


def inspection(power: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    asked = {"inspection_object": "企业", "inspection_ratio": "5", "inspection_frequency": "每年1次",
             "inspection_methods": ["on_site"]}  # fmt: skip
    return about(power, name, item_type="06") | asked | more


@pytest.mark.req("QX-20")
async def test_k17_a_random_inspection_is_a_power_to_inspect_and_a_check_list_of_supervision(world: World) -> None:
    await clear(world)
    check_power = world.permit(CITY, "质量检查", item_type="06")
    penalty = world.permit(CITY, "质量处罚", item_type="02")
    [power, _] = await world.enter("power", CITY, [check_power, penalty])
    await world.enter("enforcement", CITY, [check_power])
    supervised = world.permit(CITY, "生产许可")
    sub_items = [{"code": "S1", "name": "抽查", "check_list_code": "JC001"}]
    supervision = reference(supervised, name="对生产的监管", sub_items=sub_items) | {"supervising_body": None}
    [is_item] = await world.enter("internet_supervision", CITY, [supervision])
    entries = [
        inspection(check_power, "产品质量抽查", check_list_code="JC001"),
        inspection(penalty, "不是检查", check_list_code="JC001"),
        inspection(world.permit(CITY, "没有的"), "没有权力", check_list_code="JC009"),
    ]
    ids = await world.enter("random_inspection", CITY, entries)
    await world.drain()
    assert await flagged(world, "K17") == {ids[1]: "item_type", ids[2]: "base_code"}
    assert await flagged(world, "K17_EN") == {ids[1]: "base_code", ids[2]: "base_code"}
    assert await flagged(world, "K17_IS") == {ids[2]: "check_list_code"}
    await rename(world, power, "质量检查", "产品质量检查")
    assert (await world.entry(ids[0]))["permit_name"] == "产品质量检查"
    await world.decide([("cancel", power, {}, {})])
    await world.drain()
    assert (ids[0], {"state": "cancelled"}) in await proposals(world, "K17")
    moved = [{"code": "S1", "name": "抽查", "check_list_code": "JC009"}]
    await world.decide([("modify", is_item, {"sub_items": sub_items}, {"sub_items": moved})])
    await world.drain()
    await check(world)
    assert await flagged(world, "K17_IS") == {ids[0]: "check_list_code", ids[1]: "check_list_code"}


@pytest.mark.req("QX-22")
@pytest.mark.req("ZL-28")
async def test_k18_a_proof_that_is_cancelled_is_a_material_no_more(world: World) -> None:
    materials = [{"name": "申请表", "necessity": "required"}, {"name": "无犯罪记录证明", "necessity": "required"}]
    permit, made = await permit_in_lists(world, "保安员许可", materials=materials)
    [proof] = await world.enter("proof", CITY, [about(permit, "无犯罪记录证明", issued_by="公安机关")])
    [unasked] = await world.enter("proof", CITY, [about(permit, "居住证明", issued_by="社区")])
    [stray] = await world.enter("proof", CITY, [about(world.permit(CITY, "无"), "婚姻证明", issued_by="民政局")])
    await world.drain()
    assert await flagged(world, "K18") == {stray: "base_code"}
    assert await flagged(world, "K18_SI") == {made["implementation"]: "materials"}
    assert await proposals(world, "K18_SI") == []
    await rename(world, made["permit"], "保安员许可", "保安员证核发")
    assert (await world.entry(proof))["permit_name"] == "保安员证核发"
    await world.decide([("cancel", proof, {}, {}), ("cancel", unasked, {}, {})])
    await world.drain()
    fewer = {"materials": materials[:1]}
    assert await proposals(world, "K18_SI") == [(made["implementation"], fewer)]
    assert await proposals(world, "K18_P") == [(made["permit"], fewer)]
    assert await flagged(world, "K18_SI") == {}
    await settle(world)
    assert (await world.entry(made["implementation"]))["materials"] == materials[:1]
    assert (await world.entry(made["permit"]))["materials"] == materials[:1]


@pytest.mark.req("QX-12")
async def test_k24_a_prohibited_industry_has_no_way_in(world: World) -> None:
    permit, _ = await permit_in_lists(world, "项目核准")
    [prohibited] = await world.enter(
        "prohibited_investment", CITY,
        [{"name": "炼油", "industry_code": "C251", "prohibition": "禁止新建", "basis": BASIS}],
    )  # fmt: skip
    measure = reference(permit, name="准入", category="licensed", measure_name="措施", measure_code="CS1")
    no_entry = measure | {"name": "禁止", "category": "prohibited", "industry_code": "C2511"}
    measures = [measure | {"industry_code": "C2511"}, no_entry, measure | {"industry_code": "C26"}]
    ids = await world.enter("market_access_negative", CITY, measures)
    [approval] = await world.enter("investment_approval", CITY, [permit | {"industry_code": "2511"}])
    await world.drain()
    assert await flagged(world, "K24") == {ids[0]: "industry_code"}
    assert await flagged(world, "K24_IV") == {approval: "industry_code"}
    [finding] = [row for row in await world.open_findings() if row["rule"] == "K24"]
    assert "炼油（C251）" in finding["message"]
    await world.decide([("modify", prohibited, {"industry_code": "C251"}, {"industry_code": "C26"})])
    await world.drain()
    assert await flagged(world, "K24") == {ids[2]: "industry_code"}
    assert await flagged(world, "K24_IV") == {}
    await world.decide([("cancel", prohibited, {}, {})])
    await world.drain()
    assert await flagged(world, "K24") == {}


@pytest.mark.req("ZZ-38")
@pytest.mark.req("ZZ-39")
async def test_k30_investment_and_construction_lists_agree_on_the_same_permit(world: World) -> None:
    permit, _ = await permit_in_lists(world, "规划许可", investment=True)
    same = {key: permit[key] for key in ("implementation_code", "level")}
    construction = reference(permit, name="工程规划", standard_item_code="BZ-1", project_stage="2") | same
    await world.enter("investment_approval", CITY, [permit])
    other = construction | {"implementing_body": str(world.organs[COUNTY]), "level": "2"}
    ids = await world.enter("construction_approval", CITY, [construction, construction | {"level": "2"}, other])
    alone = world.permit(CITY, "不在投资清单的")
    await world.enter("construction_approval", CITY, [construction | {"base_code": alone["base_code"]}])
    await world.drain()
    assert await flagged(world, "K30") == {ids[1]: "level", ids[2]: "implementing_body"}
    result = await check(world, record=False)
    assert {(row["item_id"], row["element"]) for row in result["mismatches"] if row["rule"] == "K30"} == {
        (str(ids[1]), "level"), (str(ids[2]), "implementing_body"),
    }  # fmt: skip


async def test_lists_that_are_not_kept_cost_a_permit_nothing(world: World) -> None:
    seven = {"permit", "power", "catalogue", "implementation", "follow_up_supervision", "internet_supervision",
             "investment_approval"}  # fmt: skip
    kept = {rule.id for rule in applicable(BUILTIN.rules, seven)}
    assert kept == {"K01", "K02", "K04", "K09", "K10", "K12", "K20", "K22", "K27"}

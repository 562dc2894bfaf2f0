"""Intermediary services, charges, enforcement, inspection by lot, proofs, prohibited industries: K08 to K30."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.builtin.enforcement import ENFORCEMENT_TYPES
from services.catalog.linkage.rules import applicable
from tests.catalog.foretold import foretold
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, accept, check
from tests.catalog.test_linkage_special_lists import clear, reference

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

BASIS = [{"document": "价格法", "kind": "set", "article": "第四十七条", "document_kind": "law"}]


def about(matter: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    """An entry of another list about a matter."""
    return reference(matter, name=name, implementation_code=matter["implementation_code"], basis=BASIS) | more


async def everywhere(world: World, name: str, **more: Any) -> tuple[dict[str, Any], dict[str, UUID]]:
    """A permit with what its lists say of it, in a region where nothing else is open."""
    await clear(world)
    permit = world.permit(CITY, name, **more)
    master = {"name": name, "base_code": permit["base_code"], "item_type": "01", "level": "2,3,4"}
    await world.enter("base_catalogue", PROVINCE, [master])
    found = {}
    for kind in ("permit", "power", "catalogue", "implementation"):
        [found[kind]] = await world.enter(kind, CITY, [permit])
    return permit, found


async def settle(world: World) -> None:
    """Let consumers work, and people accept what is proposed."""
    await world.drain()
    drafts = await world.open_drafts()
    if drafts:
        await accept(world, [row["id"] for row in drafts])
        await world.drain()


async def rename(world: World, item: UUID, before: str, after: str) -> UUID:
    adjustment = await world.decide([("modify", item, {"name": before}, {"name": after})])
    await world.drain()
    return adjustment


async def drafts_of(world: World, rule: str) -> list[tuple[UUID, Any]]:
    return [(row["item_id"], row["elements"]) for row in await world.open_drafts() if row["rule"] == rule]


async def flagged(world: World, rule: str) -> dict[UUID, str]:
    return {row["item_id"]: row["element"] for row in await world.open_findings() if row["rule"] == rule}


@pytest.mark.req("QX-10")
async def test_k08_an_intermediary_service_follows_its_permit_and_is_cancelled_with_it(world: World) -> None:
    permit, made = await everywhere(world, "采矿许可")
    [service] = await world.enter("intermediary_service", CITY, [about(permit, "储量报告编制")])
    stray = about(world.permit(CITY, "无此许可"), "多余的评估")
    [other] = await world.enter("intermediary_service", CITY, [stray])
    await world.drain()
    assert await flagged(world, "K08") == {other: "base_code"}, "a service without its permit is found (V11)"
    await rename(world, made["permit"], "采矿许可", "采矿权许可")
    assert (await world.entry(service))["permit_name"] == "采矿权许可"
    await world.decide([("cancel", made["permit"], {}, {})])
    await world.drain()
    assert (await world.entry(service))["state"] == "in_use", "people cancel it"
    assert await drafts_of(world, "K08") == [(service, {"state": "cancelled"})]
    await settle(world)
    assert (await world.entry(service))["state"] == "cancelled"


@pytest.mark.req("QX-13")
async def test_k15_a_charge_rests_on_a_power_that_may_be_charged_for(world: World) -> None:
    permit, made = await everywhere(world, "占用道路许可")
    [charge] = await world.enter("charge", CITY, [about(permit, "占道费", item_type="01", standard="5元")])
    [wrong] = await world.enter("charge", CITY, [about(permit, "处罚款", item_type="02", standard="50元")])
    [stray] = await world.enter("charge", CITY, [about(world.permit(CITY, "无"), "无据收费", item_type="01")])
    await world.drain()
    findings = {(row["item_id"], row["element"]) for row in await world.open_findings() if row["rule"] == "K15"}
    assert findings == {(wrong, "item_type"), (stray, "base_code")}
    await rename(world, made["permit"], "占用道路许可", "占道许可")
    assert (await world.entry(charge))["permit_name"] == "占道许可"
    assert (await world.entry(charge))["name"] == "占道费"


@pytest.mark.req("QX-13")
async def test_k15_the_list_of_charges_is_the_authority_for_the_fees_of_the_implementation_list(world: World) -> None:
    permit, made = await everywhere(world, "挖掘道路许可", fees=[{"name": "旧收费", "standard": "1元"}])
    await world.drain()
    [charge] = await world.enter(
        "charge", CITY, [about(permit, "道路修复费", item_type="01", standard="每平方米80元", reducible=False)]
    )
    await world.drain()
    fee = {"name": "道路修复费", "standard": "每平方米80元", "basis": "《价格法》第四十七条", "reducible": False}
    assert await drafts_of(world, "K15_SI") == [(made["implementation"], {"fees": [fee]})]
    await settle(world)
    assert (await world.entry(made["implementation"]))["fees"] == [fee]
    [second] = await world.enter("charge", CITY, [about(permit, "占用费", item_type="01", standard="2元")])
    await settle(world)
    assert [row["name"] for row in (await world.entry(made["implementation"]))["fees"]] == ["道路修复费", "占用费"]
    await world.decide([("modify", charge, {"standard": "每平方米80元"}, {"standard": "每平方米60元"})])
    await world.drain()
    [(_, proposed)] = await drafts_of(world, "K15_SI")
    assert [row["standard"] for row in proposed["fees"]] == ["每平方米60元", "2元"]
    await world.decide([("modify", charge, {"standard": "每平方米60元"}, {"standard": "每平方米80元"})])
    await world.drain()
    assert await drafts_of(world, "K15_SI") == [], "what is right again is proposed no more"
    await world.decide([("cancel", second, {}, {})])
    await settle(world)
    assert (await world.entry(made["implementation"]))["fees"] == [fee]
    raised = [fee | {"standard": "每平方米99元"}]
    await world.decide([("modify", made["implementation"], {"fees": [fee]}, {"fees": raised})])
    await world.drain()
    assert await drafts_of(world, "K15_SI") == [(made["implementation"], {"fees": [fee]})]


@pytest.mark.req("QX-13")
async def test_k15_a_fee_that_no_list_of_charges_knows_is_found(world: World) -> None:
    _, made = await everywhere(world, "排水许可", fees=[{"name": "手续费", "standard": "10元"}])
    await world.list_of("charge", CITY)
    await world.drain()
    await check(world)
    assert await flagged(world, "K15_SI") == {made["implementation"]: "fees"}
    await world.decide([("modify", made["implementation"], {"fees": [{"name": "手续费", "standard": "10元"}]},
                         {"fees": []})])  # fmt: skip
    await world.drain()
    assert await flagged(world, "K15_SI") == {}


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
    assert not await drafts_of(world, "K16")
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
    assert (ids[0], {"state": "cancelled"}) in await drafts_of(world, "K17")
    moved = [{"code": "S1", "name": "抽查", "check_list_code": "JC009"}]
    await world.decide([("modify", is_item, {"sub_items": sub_items}, {"sub_items": moved})])
    await world.drain()
    await check(world)
    assert await flagged(world, "K17_IS") == {ids[0]: "check_list_code", ids[1]: "check_list_code"}


@pytest.mark.req("QX-22")
@pytest.mark.req("ZL-28")
async def test_k18_a_proof_that_is_cancelled_is_a_material_no_more(world: World) -> None:
    materials = [{"name": "申请表", "necessity": "required"}, {"name": "无犯罪记录证明", "necessity": "required"}]
    permit, made = await everywhere(world, "保安员许可", materials=materials)
    [proof] = await world.enter("proof", CITY, [about(permit, "无犯罪记录证明", issued_by="公安机关")])
    [unasked] = await world.enter("proof", CITY, [about(permit, "居住证明", issued_by="社区")])
    [stray] = await world.enter("proof", CITY, [about(world.permit(CITY, "无"), "婚姻证明", issued_by="民政局")])
    await world.drain()
    assert await flagged(world, "K18") == {stray: "base_code"}
    assert await flagged(world, "K18_SI") == {made["implementation"]: "materials"}
    assert await drafts_of(world, "K18_SI") == []
    await rename(world, made["permit"], "保安员许可", "保安员证核发")
    assert (await world.entry(proof))["permit_name"] == "保安员证核发"
    await world.decide([("cancel", proof, {}, {}), ("cancel", unasked, {}, {})])
    await world.drain()
    fewer = {"materials": materials[:1]}
    assert await drafts_of(world, "K18_SI") == [(made["implementation"], fewer)]
    assert await drafts_of(world, "K18_P") == [(made["permit"], fewer)]
    assert await flagged(world, "K18_SI") == {}
    await settle(world)
    assert (await world.entry(made["implementation"]))["materials"] == materials[:1]
    assert (await world.entry(made["permit"]))["materials"] == materials[:1]


@pytest.mark.req("QX-12")
async def test_k24_a_prohibited_industry_has_no_way_in(world: World) -> None:
    permit, _ = await everywhere(world, "项目核准")
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


async def test_k28_what_rests_on_an_intermediary_service_goes_with_it(world: World) -> None:
    resting = {
        "materials": [{"name": "申请书", "necessity": "required"}, {"name": "环评报告", "necessity": "required"}],
        "process_steps": [{"name": "受理"}, {"name": "技术评审"}],
        "fees": [{"name": "评审费"}],
        "intermediary_services": [{"name": "环评报告编制"}, {"name": "监测"}],
    }
    permit, made = await everywhere(world, "环评审批", **resting)
    service = about(permit, "环评报告编制", resulting_materials=["环评报告"], served_steps=["技术评审"],
                    served_fees=["评审费"])  # fmt: skip
    [item] = await world.enter("intermediary_service", CITY, [service])
    await world.drain()
    assert not await drafts_of(world, "K28"), "a service in use changes nothing"
    await world.decide([("cancel", item, {}, {})])
    await world.drain()
    left = {"materials": resting["materials"][:1], "process_steps": [{"name": "受理"}], "fees": [],
            "intermediary_services": [{"name": "监测"}]}  # fmt: skip
    assert await drafts_of(world, "K28") == [(made["permit"], left)]
    implementation = await drafts_of(world, "K28_SI")
    assert [(one, elements["materials"], elements["fees"]) for one, elements in implementation] == [
        (made["implementation"], left["materials"], left["fees"])
    ]
    await settle(world)
    assert (await world.entry(made["permit"]))["process_steps"] == [{"name": "受理"}]
    assert (await world.entry(made["implementation"]))["intermediary_services"] == [{"name": "监测"}]


@pytest.mark.req("ZZ-38")
@pytest.mark.req("ZZ-39")
async def test_k30_investment_and_construction_lists_agree_on_the_same_permit(world: World) -> None:
    permit, _ = await everywhere(world, "规划许可", investment=True)
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


@pytest.mark.parametrize("seed", range(4))
async def test_the_preview_is_what_the_cascade_does_with_rows(world: World, seed: int) -> None:
    resting = {"materials": [{"name": "证明甲"}, {"name": "表"}], "fees": [{"name": "评审费"}]}
    permit, made = await everywhere(world, f"行项目{seed}", **resting)
    service = about(permit, "中介", resulting_materials=["表"], served_fees=["评审费"])
    kinds = {
        "intermediary_service": service,
        "charge": about(permit, "评审费", item_type="01", standard="1元"),
        "proof": about(permit, "证明甲", issued_by="社区"),
        "prohibited_investment": {"name": "炼油", "industry_code": "C251", "prohibition": "x"},
        "investment_approval": permit | {"industry_code": "2512"},
    }
    for kind, entry in kinds.items():
        [made[kind]] = await world.enter(kind, CITY, [entry])
    await settle(world)
    change = [
        ("cancel", made["intermediary_service"], {}, {}),
        ("modify", made["charge"], {"standard": "1元", "name": "评审费"}, {"standard": "2元", "name": "评审收费"}),
        ("cancel", made["proof"], {}, {}),
        ("modify", made["permit"], {"base_code": permit["base_code"]}, {"base_code": f"44019999900{seed}"}),
    ][seed]
    kind = next(kind for kind, item in made.items() if item == change[1])
    await foretold(world, [change], {change[1]: world.lists[kind, CITY]}, list_id=world.lists[kind, CITY])


async def test_lists_that_are_not_kept_cost_a_permit_nothing(world: World) -> None:
    seven = {"permit", "power", "catalogue", "implementation", "follow_up_supervision", "internet_supervision",
             "investment_approval"}  # fmt: skip
    kept = {rule.id for rule in applicable(BUILTIN.rules, seven)}
    assert kept == {"K01", "K02", "K04", "K09", "K10", "K12", "K20", "K22", "K27"}

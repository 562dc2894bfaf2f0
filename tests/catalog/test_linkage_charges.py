"""K08, K15, K28: intermediary services and charges, and what permits and their implementation say of them."""

from __future__ import annotations

import pytest

from tests.catalog.foretold import foretold
from tests.catalog.linkage_entries import about
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import flagged, permit_in_lists, proposals, rename, settle
from tests.catalog.linkage_world import CITY, World, check

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.req("QX-10")
async def test_k08_an_intermediary_service_follows_its_permit_and_is_cancelled_with_it(world: World) -> None:
    permit, made = await permit_in_lists(world, "采矿许可")
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
    assert await proposals(world, "K08") == [(service, {"state": "cancelled"})]
    await settle(world)
    assert (await world.entry(service))["state"] == "cancelled"


@pytest.mark.req("QX-13")
async def test_k15_a_charge_rests_on_a_power_that_may_be_charged_for(world: World) -> None:
    permit, made = await permit_in_lists(world, "占用道路许可")
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
    permit, made = await permit_in_lists(world, "挖掘道路许可", fees=[{"name": "旧收费", "standard": "1元"}])
    await world.drain()
    [charge] = await world.enter(
        "charge", CITY, [about(permit, "道路修复费", item_type="01", standard="每平方米80元", reducible=False)]
    )
    await world.drain()
    fee = {"name": "道路修复费", "standard": "每平方米80元", "basis": "《价格法》第四十七条", "reducible": False}
    assert await proposals(world, "K15_SI") == [(made["implementation"], {"fees": [fee]})]
    await settle(world)
    assert (await world.entry(made["implementation"]))["fees"] == [fee]
    [second] = await world.enter("charge", CITY, [about(permit, "占用费", item_type="01", standard="2元")])
    await settle(world)
    assert [row["name"] for row in (await world.entry(made["implementation"]))["fees"]] == ["道路修复费", "占用费"]
    await world.decide([("modify", charge, {"standard": "每平方米80元"}, {"standard": "每平方米60元"})])
    await world.drain()
    [(_, proposed)] = await proposals(world, "K15_SI")
    assert [row["standard"] for row in proposed["fees"]] == ["每平方米60元", "2元"]
    await world.decide([("modify", charge, {"standard": "每平方米60元"}, {"standard": "每平方米80元"})])
    await world.drain()
    assert await proposals(world, "K15_SI") == [], "what is right again is proposed no more"
    await world.decide([("cancel", second, {}, {})])
    await settle(world)
    assert (await world.entry(made["implementation"]))["fees"] == [fee]
    raised = [fee | {"standard": "每平方米99元"}]
    await world.decide([("modify", made["implementation"], {"fees": [fee]}, {"fees": raised})])
    await world.drain()
    assert await proposals(world, "K15_SI") == [(made["implementation"], {"fees": [fee]})]


@pytest.mark.req("QX-13")
async def test_k15_a_fee_that_no_list_of_charges_knows_is_found(world: World) -> None:
    _, made = await permit_in_lists(world, "排水许可", fees=[{"name": "手续费", "standard": "10元"}])
    await world.list_of("charge", CITY)
    await world.drain()
    await check(world)
    assert await flagged(world, "K15_SI") == {made["implementation"]: "fees"}
    await world.decide([("modify", made["implementation"], {"fees": [{"name": "手续费", "standard": "10元"}]},
                         {"fees": []})])  # fmt: skip
    await world.drain()
    assert await flagged(world, "K15_SI") == {}


@pytest.mark.req("QX-15")
async def test_k28_what_rests_on_an_intermediary_service_goes_with_it(world: World) -> None:
    resting = {
        "materials": [{"name": "申请书", "necessity": "required"}, {"name": "环评报告", "necessity": "required"}],
        "process_steps": [{"name": "受理"}, {"name": "技术评审"}],
        "fees": [{"name": "评审费"}],
        "intermediary_services": [{"name": "环评报告编制"}, {"name": "监测"}],
    }
    permit, made = await permit_in_lists(world, "环评审批", **resting)
    service = about(permit, "环评报告编制", resulting_materials=["环评报告"], served_steps=["技术评审"],
                    served_fees=["评审费"])  # fmt: skip
    [item] = await world.enter("intermediary_service", CITY, [service])
    await world.drain()
    assert not await proposals(world, "K28"), "a service in use changes nothing"
    await world.decide([("cancel", item, {}, {})])
    await world.drain()
    left = {"materials": resting["materials"][:1], "process_steps": [{"name": "受理"}], "fees": [],
            "intermediary_services": [{"name": "监测"}]}  # fmt: skip
    assert await proposals(world, "K28") == [(made["permit"], left)]
    implementation = await proposals(world, "K28_SI")
    assert [(one, elements["materials"], elements["fees"]) for one, elements in implementation] == [
        (made["implementation"], left["materials"], left["fees"])
    ]
    await settle(world)
    assert (await world.entry(made["permit"]))["process_steps"] == [{"name": "受理"}]
    assert (await world.entry(made["implementation"]))["intermediary_services"] == [{"name": "监测"}]


@pytest.mark.parametrize("seed", range(4))
async def test_the_preview_is_what_the_cascade_does_with_rows(world: World, seed: int) -> None:
    resting = {"materials": [{"name": "证明甲"}, {"name": "表"}], "fees": [{"name": "评审费"}]}
    permit, made = await permit_in_lists(world, f"行项目{seed}", **resting)
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

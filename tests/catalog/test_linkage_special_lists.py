"""The lists that only refer to permits: negative list, construction approvals, the catalogue of the one-seal reform."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from services.catalog.linkage.builtin import BUILTIN, SINCE, install_builtin_rules
from services.catalog.linkage.rulesets.repository import SHIPPED
from shared.identifiers import new_id
from tests.catalog.foretold import foretold
from tests.catalog.linkage_entries import reference
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, accept, check, events
from tests.statements import counted

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

SPECIAL = ("market_access_negative", "catalogue", "internet_supervision", "investment_approval",
           "construction_approval", "one_seal_transfer")  # fmt: skip


def negative(permit: dict[str, Any]) -> dict[str, Any]:
    return reference(permit, name="未获得许可，不得从事", category="licensed", measure_name="措施", measure_code="CS1")


def construction(permit: dict[str, Any], **more: Any) -> dict[str, Any]:
    same = {key: permit[key] for key in ("implementation_code", "level")}
    return reference(permit, name="工程审批", standard_item_code="BZ-0001", project_stage="1", item_version=3,
                     process_item_version=3) | same | more  # fmt: skip


def moved(permit: dict[str, Any], source: UUID, **more: Any) -> dict[str, Any]:
    same = {key: permit[key] for key in ("implementation_code", "level")}
    body = str(source)
    return reference(permit, name="划转事项", transfer_from=body, supervising_body=body) | same | more


async def everywhere(world: World, permit: dict[str, Any]) -> dict[str, UUID]:
    """A permit of the superior's master list and its entry in every list that follows it or refers to it."""
    master = {"name": permit["name"], "base_code": permit["base_code"], "item_type": "01", "level": "2,3,4"}
    await world.enter("base_catalogue", PROVINCE, [master])
    found = await world.linked(permit, CITY)
    [found["market_access_negative"]] = await world.enter("market_access_negative", CITY, [negative(permit)])
    [found["construction_approval"]] = await world.enter("construction_approval", CITY, [construction(permit)])
    [found["one_seal_transfer"]] = await world.enter("one_seal_transfer", CITY, [moved(permit, world.organs[COUNTY])])
    await world.drain()
    await accept(world, [row["id"] for row in await world.open_drafts()])
    await world.drain()
    return found


@pytest.mark.req("ZZ-41")
@pytest.mark.req("ZZ-35")
@pytest.mark.req("ZZ-39")
@pytest.mark.req("ZZ-40")
async def test_the_six_special_lists_agree_with_the_permit_list_in_name_code_body_and_level(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "建筑工程施工许可", investment=True)
    entries = await everywhere(world, permit)
    result = await check(world, record=False)
    assert result["open"] == 0, result["mismatches"]
    for kind, element, value in (
        ("market_access_negative", "permit_name", "施工许可"),
        ("catalogue", "name", "施工许可"),
        ("internet_supervision", "permit_name", "施工许可"),
        ("investment_approval", "level", "4"),
        ("construction_approval", "level", "4"),
        ("one_seal_transfer", "implementation_code", "11440100MB2C93184J3440199999999"),
    ):
        before = (await world.rows(f"SELECT {element} AS x FROM qingdan.item WHERE id = :id", id=entries[kind]))[0]["x"]
        await world.run(f"UPDATE qingdan.item SET {element} = :value WHERE id = :id", value=value, id=entries[kind])
        seen = {(row["item_id"], row["element"]) for row in (await check(world, record=False))["mismatches"]}
        assert (str(entries[kind]), element) in seen, kind
        await world.run(f"UPDATE qingdan.item SET {element} = :value WHERE id = :id", value=before, id=entries[kind])
    for kind in ("market_access_negative", "construction_approval", "one_seal_transfer"):
        await world.run("UPDATE qingdan.item SET base_code = '440199999777' WHERE id = :id", id=entries[kind])
        found = (await check(world, record=False))["mismatches"]
        orphans = [row for row in found if row["item_id"] == str(entries[kind]) and row["element"] == "base_code"]
        assert orphans, f"{kind} refers to a code no permit has"
        await world.run("UPDATE qingdan.item SET base_code = :code WHERE id = :id", code=permit["base_code"],
                        id=entries[kind])  # fmt: skip
    await world.run("UPDATE qingdan.item SET state = 'cancelled' WHERE kind = 'base_catalogue'")
    found = (await check(world, record=False))["mismatches"]
    assert [(row["item_id"], row["rule"]) for row in found] == [(str(entries["permit"]), "K20")]


@pytest.mark.req("ZZ-42")
async def test_a_cancelled_permit_reaches_all_six_special_lists(world: World) -> None:
    await clear(world)
    entries = await everywhere(world, world.permit(CITY, "临时占用绿地审批", investment=True))
    adjustment = await world.decide([("cancel", entries["permit"], {}, {})])
    await world.drain()
    assert (await world.entry(entries["catalogue"]))["state"] == "cancelled"
    proposed = {row["item_id"]: row["elements"] for row in await world.open_drafts()}
    for kind in SPECIAL:
        if kind != "catalogue":
            assert proposed[entries[kind]] == {"state": "cancelled"}, kind
    told = await world.rows(
        "SELECT list_kind, count(*) AS times FROM qingdan.event WHERE adjustment_id = :id"
        " AND type IN ('item.cancelled', 'draft.opened') GROUP BY list_kind", id=adjustment,
    )  # fmt: skip
    assert {row["list_kind"]: row["times"] for row in told}.items() >= dict.fromkeys(SPECIAL, 1).items()
    await accept(world, [row["id"] for row in await world.open_drafts()])
    await world.drain()
    for kind in SPECIAL:
        assert (await world.entry(entries[kind]))["state"] == "cancelled", kind
    assert (await check(world, record=False))["open"] == 0


@pytest.mark.req("ZZ-39")
async def test_a_construction_entry_that_follows_rises_in_version_and_its_process_is_to_be_checked(
    world: World,
) -> None:
    await clear(world)
    permit = world.permit(CITY, "夜间施工审批")
    entries = await everywhere(world, permit)
    outside = await world.enter(
        "construction_approval", CITY, [construction(permit, name="无流程事项", item_version=0)]
    )
    await world.run(
        "UPDATE qingdan.item_version SET elements = elements - 'process_item_version' - 'item_version'"
        " WHERE item_id = :id", id=outside[0],
    )  # fmt: skip
    adjustment = await world.decide([("modify", entries["permit"], {"name": permit["name"]}, {"name": "夜间作业审批"})])
    await world.drain()
    entry = await world.entry(entries["construction_approval"])
    assert (entry["permit_name"], entry["name"], entry["item_version"]) == ("夜间作业审批", "工程审批", 4)
    assert entry["standard_item_code"] == "BZ-0001"
    assert (await world.entry(outside[0]))["item_version"] == 2, "what had no version stood at its first"
    [finding] = [row for row in await world.open_findings() if row["rule"] == "K13_PROCESS"]
    assert (finding["item_id"], finding["element"]) == (entries["construction_approval"], "process_item_version")
    assert (finding["actual"], finding["expected"], finding["adjustment_id"]) == (3, 4, adjustment)
    again = await world.decide([("modify", entries["permit"], {"name": "夜间作业审批"}, {"name": "夜间作业审批"})])
    await world.drain()
    assert (await world.entry(entries["construction_approval"]))["item_version"] == 4
    assert (await events(world, "adjustment.applied", again))[0]["refs"]["conflicts"] == 0
    confirmed = {"process_item_version": 4}
    await world.decide([("modify", entries["construction_approval"], {"process_item_version": 3}, confirmed)])
    await world.drain()
    assert not [row for row in await world.open_findings() if row["rule"] == "K13_PROCESS"]


@pytest.mark.req("ZZ-40")
async def test_the_organ_a_matter_was_taken_from_goes_on_supervising_it(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "户外广告设置审批")
    entries = await everywhere(world, permit)
    supervised = await world.entry(entries["internet_supervision"])
    assert supervised["supervising_body"] == str(world.organs[COUNTY]), "K14 decides where the matter was moved"
    new = {"implementing_body": str(world.organs[PROVINCE]), "implementation_code": "11440100MB2C93184K3440100100002"}
    await world.decide([("modify", entries["permit"], {key: permit[key] for key in new}, new)])
    await world.drain()
    for kind in ("one_seal_transfer", "implementation", "internet_supervision"):
        assert (await world.entry(entries[kind]))["implementing_body"] == new["implementing_body"], kind
    assert not await world.open_drafts(), "nobody proposes that the approving organ supervises"
    assert {row["rule"] for row in await world.open_findings()} == {"K13_PROCESS"}
    turned = {"supervising_body": new["implementing_body"]}
    base = {"supervising_body": str(world.organs[COUNTY])}
    await world.decide([("modify", entries["one_seal_transfer"], base, turned)])
    await world.drain()
    found = {row["rule"]: row["element"] for row in await world.open_findings()}
    assert found == {"K13_PROCESS": "process_item_version", "K14_BODY": "supervising_body"}


@pytest.mark.req("ZZ-40")
async def test_a_moved_matter_that_nobody_handles_there_is_found_and_settled_when_it_comes(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "生产建设项目水土保持方案审批")
    [_] = await world.enter("permit", CITY, [permit])
    [item] = await world.enter("one_seal_transfer", CITY, [moved(permit, world.organs[COUNTY])])
    await world.list_of("implementation", CITY)
    await world.drain()
    found = {row["rule"]: row for row in await world.open_findings() if row["item_id"] == item}
    assert (set(found), found["K14_SI"]["severity"]) == ({"K14_SI"}, "error")
    adjustment = await world.decide([("add", new_id(), {}, permit)], list_id=world.lists["implementation", CITY])
    await world.drain()
    assert not [row for row in await world.open_findings() if row["item_id"] == item]
    assert await events(world, "finding.closed", adjustment) or await world.rows(
        "SELECT 1 FROM qingdan.event WHERE type = 'finding.closed' AND item_ids @> ARRAY[CAST(:id AS uuid)]", id=item
    )


@pytest.mark.parametrize("seed", range(8))
async def test_the_preview_is_what_the_cascade_does_in_all_lists(world: World, seed: int) -> None:
    await clear(world)
    chance = random.Random(seed)
    permits = [world.permit(CITY, f"专项{seed}-{number}", investment=bool(number % 2)) for number in range(3)]
    entries = [await everywhere(world, permit) for permit in permits]
    changes = []
    for permit, made in zip(permits, entries, strict=True):
        code = f"4401{chance.randint(10, 98)}{chance.randint(100, 999)}{chance.randint(100, 999)}"
        body = str(world.organs[chance.choice([PROVINCE, COUNTY])])
        changes.append(
            chance.choice(
                [
                    ("modify", made["permit"], {"name": permit["name"]}, {"name": permit["name"] + "新"}),
                    ("modify", made["permit"], {"base_code": permit["base_code"]}, {"base_code": code}),
                    ("modify", made["permit"], {"implementing_body": permit["implementing_body"]},
                     {"implementing_body": body}),
                    ("suspend", made["permit"], {}, {}),
                    ("modify", made["construction_approval"], {"level": permit["level"]}, {"level": "2"}),
                    ("modify", made["one_seal_transfer"], {"transfer_from": str(world.organs[COUNTY])},
                     {"transfer_from": str(world.organs[PROVINCE])}),
                    ("modify", made["market_access_negative"], {"permit_name": permit["name"]}, {"permit_name": "改"}),
                ]
            )
        )  # fmt: skip
    kinds = {made[kind]: kind for made in entries for kind in made}
    lists = {item: world.lists[kinds[item], CITY] for _, item, _, _ in changes}
    await foretold(world, changes, lists, list_id=world.lists["permit", CITY])


async def test_lists_a_region_does_not_keep_cost_a_change_nothing(world: World) -> None:
    await clear(world)
    permit = world.permit(PROVINCE, "无专项清单许可")
    ids = {kind: (await world.enter(kind, PROVINCE, [permit]))[0] for kind in ("permit", "power")}
    await world.drain()
    await world.decide([("modify", ids["permit"], {"name": permit["name"]}, {"name": "改名一"})], region=PROVINCE)
    with counted(world.engine) as sent:
        await world.drain()
    looked = [query for query in sent if "difference" in query and "k01_pair" in query]
    assert looked
    assert not [query for query in sent if "k11_pair" in query or "k13_pair" in query or "k14_pair" in query]


async def test_an_installation_in_use_gets_new_shipped_rules_from_now_on_unless_it_has_its_own(world: World) -> None:
    async def sets() -> list[tuple[int, str, bool]]:
        rows = await world.rows("SELECT version, state, effective_from FROM qingdan.rule_set ORDER BY version")
        return [(row["version"], row["state"], row["effective_from"] == SINCE) for row in rows]

    assert await sets() == [(1, "adopted", True)]
    await world.run("UPDATE qingdan.rule_set SET rules = jsonb_set(rules, '{rules}', (rules -> 'rules') - 0)")
    for _ in range(2):
        async with world.engine.begin() as connection:
            await install_builtin_rules(connection)
    assert await sets() == [(1, "adopted", True), (2, "adopted", False)]
    await world.run(
        "INSERT INTO qingdan.rule_set (version, rules, state, effective_from, created_by)"
        " SELECT 3, jsonb_set(rules, '{rules}', (rules -> 'rules') - 1), 'adopted', now(), 'account:x'"
        " FROM qingdan.rule_set WHERE version = 2"
    )
    await world.run("UPDATE qingdan.rule_set SET rules = '{}' WHERE created_by = :by", by=SHIPPED)
    async with world.engine.begin() as connection:
        await install_builtin_rules(connection)
    assert (await sets())[-1] == (4, "saved", False)
    [row] = await world.rows("SELECT rules FROM qingdan.rule_set WHERE version = 4")
    assert row["rules"] == BUILTIN.model_dump(mode="json")

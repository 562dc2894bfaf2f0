"""The cascade on a real database: one change in one list, and every list that shows the same matter follows."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.linkage import service as linkage
from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.drafts import service
from services.catalog.linkage.ruleset import ElementGroup, Pair, Rule, RuleSet
from shared.identifiers import new_id
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import (
    CITY,
    FOLLOWING,
    PERMIT_KINDS,
    PROVINCE,
    World,
    accept,
    authority,
    check,
    events,
)

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


def rename(permit: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"name": permit["name"]}, {"name": name}


@pytest.mark.req("QX-29")
@pytest.mark.req("ZZ-36")
@pytest.mark.req("ZZ-37")
@pytest.mark.req("ZZ-38")
@pytest.mark.req("QX-11")
async def test_a_renamed_permit_takes_every_linked_list_with_it_and_none_stays_stale(world: World) -> None:
    permit = world.permit(CITY)
    entries = await world.linked(permit)
    await world.drain()
    assert not await world.open_drafts()
    adjustment = await world.decide([("modify", entries["permit"], *rename(permit, "生态环境影响报告表审批"))])
    await world.drain()
    for kind in PERMIT_KINDS:
        shown = "permit_name" if kind.endswith("supervision") else "name"
        assert (await world.entry(entries[kind]))[shown] == "生态环境影响报告表审批", kind
    ledger = await world.rows("SELECT * FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment)
    assert {row["list_id"] for row in ledger} >= {world.lists[kind, CITY] for kind in FOLLOWING}
    assert sum(row["waiting"] + row["failed"] for row in ledger) == 0
    assert not await world.open_findings()


async def test_a_renamed_code_and_body_are_followed_from_the_old_keys(world: World) -> None:
    permit = world.permit(CITY, "排污许可")
    entries = await world.linked(permit)
    new = {"base_code": "440199999009", "implementation_code": "11440100MB2C93184J3440199999009",
           "implementing_body": str(world.organs[PROVINCE])}  # fmt: skip
    base = {key: permit[key] for key in new}
    await world.decide([("modify", entries["permit"], base, new)])
    await world.drain()
    for kind in FOLLOWING:
        entry = await world.entry(entries[kind])
        assert entry["base_code"] == new["base_code"], kind
        assert entry["implementing_body"] == new["implementing_body"], kind
    drafts = await world.open_drafts()
    assert [(row["rule"], row["item_id"]) for row in drafts] == [("K10", entries["internet_supervision"])]
    assert drafts[0]["elements"] == {"supervising_body": new["implementing_body"]}
    await world.run("UPDATE qingdan.draft SET state = 'superseded' WHERE state = 'open'")


@pytest.mark.req("ZZ-42")
async def test_a_cancelled_permit_cancels_its_mirrors_and_asks_the_people_of_the_other_lists(world: World) -> None:
    permit = world.permit(CITY, "拆船许可")
    entries = await world.linked(permit)
    adjustment = await world.decide([("cancel", entries["permit"], {}, {})])
    await world.drain()
    for kind in ("permit", "power", "catalogue", "implementation"):
        assert (await world.entry(entries[kind]))["state"] == "cancelled", kind
    drafts = {row["rule"]: row for row in await world.open_drafts()}
    assert {rule: row["elements"] for rule, row in drafts.items()} == {
        "K09": {"permit_state": "cancelled"},
        "K10": {"state": "cancelled"},
        "K12": {"state": "cancelled"},
    }
    assert (await world.entry(entries["follow_up_supervision"]))["state"] == "in_use"
    ledger = await world.rows("SELECT * FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment)
    assert sum(row["waiting"] for row in ledger) == 3
    told = await world.rows(
        "SELECT list_kind, count(*) AS times FROM qingdan.event WHERE adjustment_id = :id"
        " AND type IN ('item.cancelled', 'draft.opened') GROUP BY list_kind", id=adjustment,
    )  # fmt: skip
    assert {row["list_kind"]: row["times"] for row in told} == dict.fromkeys(PERMIT_KINDS, 1)
    await accept(world, [row["id"] for row in drafts.values()])
    await world.drain()
    assert not await world.open_drafts()
    ledger = await world.rows("SELECT * FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment)
    assert sum(row["waiting"] for row in ledger) == 0
    assert (await world.entry(entries["internet_supervision"]))["state"] == "cancelled"


async def test_the_same_change_again_writes_nothing(world: World) -> None:
    permit = world.permit(CITY, "采矿许可")
    entries = await world.linked(permit)
    await world.decide([("modify", entries["permit"], *rename(permit, "矿产开采许可"))])
    await world.drain()
    before = await world.rows("SELECT count(*) AS n FROM qingdan.item_version")
    again = await world.decide([("modify", entries["permit"], *rename(permit, "矿产开采许可"))])
    await world.drain()
    assert await world.rows("SELECT count(*) AS n FROM qingdan.item_version") == before
    [applied] = await events(world, "adjustment.applied", again)
    assert (applied["refs"]["applied"], applied["refs"]["conflicts"]) == (1, 0)


async def test_a_change_of_something_changed_meanwhile_is_a_conflict_and_nothing_of_it_applies(world: World) -> None:
    permit = world.permit(CITY, "取水许可")
    entries = await world.linked(permit)
    await world.decide([("modify", entries["permit"], *rename(permit, "取水审批"))])
    await world.drain()
    late = await world.decide(
        [("modify", entries["permit"], {"name": "取水许可", "level": "3"}, {"name": "取用水许可", "level": "2"})]
    )
    await world.drain()
    entry = await world.entry(entries["permit"])
    assert (entry["name"], entry["level"]) == ("取水审批", "3")
    [conflict] = await events(world, "adjustment.conflicted", late)
    assert conflict["refs"]["conflicts"] == {str(entries["permit"]): ["name"]}
    [applied] = await events(world, "adjustment.applied", late)
    assert applied["refs"]["conflicts"] == 1


async def test_two_adjustments_of_one_item_in_a_batch_follow_one_another(world: World) -> None:
    permit = world.permit(CITY, "道路运输许可")
    entries = await world.linked(permit)
    await world.decide([("modify", entries["permit"], *rename(permit, "道路货运许可"))])
    await world.decide([("modify", entries["permit"], {"name": "道路货运许可"}, {"name": "道路客货运输许可"})])
    await world.drain()
    for kind in ("permit", "power", "catalogue", "implementation"):
        entry = await world.entry(entries[kind])
        assert (entry["name"], entry["version"]) == ("道路客货运输许可", 3)


async def test_a_new_permit_becomes_drafts_and_what_is_accepted_goes_on_to_the_next_lists(world: World) -> None:
    permit = world.permit(CITY, "人防工程审批", investment=True)
    item_id = new_id()
    adjustment = await world.decide([("add", item_id, {}, permit)], list_id=world.lists["permit", CITY])
    await world.drain()
    drafts = await world.open_drafts()
    assert sorted(row["rule"] for row in drafts) == ["K01", "K09", "K10", "K12"]
    supervision = next(row for row in drafts if row["rule"] == "K10")["elements"]
    assert supervision["permit_name"] == "人防工程审批"
    assert supervision["name"] == "对人防工程审批的监管"
    assert supervision["supervising_body"] == permit["implementing_body"]
    for expected in (4, 1, 1, 0):
        drafts = await world.open_drafts()
        assert len(drafts) == expected
        if drafts:
            await accept(world, [row["id"] for row in drafts])
        await world.drain()
    made = await world.rows("SELECT kind FROM qingdan.item WHERE base_code = :code", code=permit["base_code"])
    assert sorted(row["kind"] for row in made) == sorted(PERMIT_KINDS)
    ledger = await world.rows("SELECT * FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment)
    assert sum(row["waiting"] for row in ledger) == 0
    assert sum(row["touched"] for row in ledger) == 7


async def test_a_check_between_an_accepted_entry_and_its_cascade_leaves_the_drafts_their_adjustment(
    world: World,
) -> None:
    permit = world.permit(CITY, "城市建筑垃圾处置核准")

    async def drafts() -> dict[str, Any]:
        mine = [row for row in await world.open_drafts() if row["elements"].get("base_code") == permit["base_code"]]
        return {row["rule"]: row["adjustment_id"] for row in mine}

    adjustment = await world.decide([("add", new_id(), {}, permit)], list_id=world.lists["permit", CITY])
    await world.drain()
    await accept(world, [row["id"] for row in await world.open_drafts()])
    await check(world)
    early = await drafts()
    assert early
    assert set(early.values()) == {None}
    await world.drain()
    assert await drafts() == dict.fromkeys(early, adjustment)
    [ledger] = await world.rows(
        "SELECT sum(waiting) AS waiting FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment
    )
    assert ledger["waiting"] == len(early)
    # What the check found of the tests before is not what those after look for.
    await world.run("UPDATE qingdan.draft SET state = 'superseded' WHERE state = 'open'")
    await world.run("UPDATE qingdan.finding SET state = 'closed' WHERE state <> 'closed'")


async def test_a_permit_that_is_no_investment_matter_implies_no_investment_entry(world: World) -> None:
    await world.enter("permit", CITY, [world.permit(CITY, "医师执业注册")])
    await world.drain()
    drafts = await world.open_drafts()
    assert sorted(row["rule"] for row in drafts) == ["K01", "K09", "K10"]
    await world.run("UPDATE qingdan.draft SET state = 'superseded' WHERE state = 'open'")


async def test_what_the_people_of_a_list_objected_to_is_not_proposed_again(world: World) -> None:
    permit = world.permit(CITY, "野生动物驯养繁殖许可")
    entries = await world.linked(permit)
    await world.decide([("suspend", entries["permit"], {}, {})])
    await world.drain()
    drafts = await world.open_drafts()
    async with world.transaction() as tx:
        for row in drafts:
            await service.object_to(tx, authority(), [row["id"]], "由省级统一监管")
    await world.decide([("modify", entries["permit"], {"level": "3"}, {"level": "2"})])
    await world.drain()
    assert len(drafts) == 3
    assert not await world.open_drafts()


async def test_a_failing_rule_leaves_its_entries_failed_and_the_others_go_on(world: World) -> None:
    broken = Rule(
        id="K99", title="坏规则", source_kind="permit", target_kind="power",
        match=BUILTIN.rules[0].match, condition={"item_type": ("01",)},
        groups=(ElementGroup(action="sync", pairs=(Pair(source="name", target="implementing_body"),)),),
    )  # fmt: skip
    permit = world.permit(CITY, "危险废物经营许可")
    entries = await world.linked(permit)
    document = RuleSet(rules=(*BUILTIN.rules, broken)).model_dump_json()
    await world.run(
        "INSERT INTO qingdan.rule_set (version, rules, state, effective_from, created_by)"
        " VALUES (90, CAST(:rules AS jsonb), 'adopted', now() - interval '1 minute', 'test')", rules=document,
    )  # fmt: skip
    try:
        adjustment = await world.decide([("modify", entries["permit"], *rename(permit, "危废经营许可"))])
        await world.drain()
    finally:
        await world.run("DELETE FROM qingdan.rule_set WHERE version = 90")
    assert (await world.entry(entries["power"]))["name"] == "危废经营许可"
    assert (await world.entry(entries["follow_up_supervision"]))["permit_name"] == "危废经营许可"
    ledger = await world.rows("SELECT * FROM qingdan.cascade_ledger WHERE adjustment_id = :id", id=adjustment)
    failed = [row for row in ledger if row["failed"]]
    assert [(row["rule"], row["list_id"]) for row in failed] == [("K99", world.lists["power", CITY])]
    assert failed[0]["error"]


async def test_an_element_that_followed_answers_why(world: World) -> None:
    permit = world.permit(CITY, "林木采伐许可")
    entries = await world.linked(permit)
    adjustment = await world.decide([("modify", entries["permit"], *rename(permit, "林木采伐许可证核发"))])
    await world.drain()
    async with world.transaction() as tx:
        answer = await linkage.why(tx, entries["implementation"], "name")
        own = await linkage.why(tx, entries["permit"], "name")
    assert (answer.rule, answer.rule_set, answer.adjustment_id) == ("K04", 1, adjustment)
    assert answer.source is not None
    assert (answer.source.item_id, answer.source.version, answer.source.element) == (entries["catalogue"], 2, "name")
    assert answer.source.value == answer.value == "林木采伐许可证核发"
    assert (own.source, own.operation, own.adjustment_id) == (None, "modify", adjustment)

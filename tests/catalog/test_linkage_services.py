"""Lists of services and the permit list: K02, K27, K29, and the guide that follows both (K05)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.catalog.guides import service as guides
from services.catalog.linkage.consumers import VALIDATION
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear
from tests.catalog.linkage_world import CITY, World, accept, check

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

MATERIALS = [{"name": "申请表", "necessity": "required"}]
STEPS = [{"name": "受理", "basis": "条例第一条", "limit": {"amount": 1, "unit": "working_day"}}]


async def the_same_everywhere(world: World, **more: Any) -> tuple[dict[str, Any], dict[str, UUID]]:
    """A permit and the entries of all lists about it."""
    await clear(world)
    permit = world.permit(CITY, "食品经营许可", materials=MATERIALS) | more
    entries = await world.linked(permit)
    await world.drain()
    assert not await world.open_drafts()
    return permit, entries


@pytest.mark.req("QX-21", "QX-32")
async def test_k27_a_changed_specification_proposes_the_handling_to_the_implementation_list(world: World) -> None:
    _, entries = await the_same_everywhere(world)
    more = [*MATERIALS, {"name": "场地证明", "necessity": "required"}]
    adjustment = await world.decide(
        [("modify", entries["permit"], {"materials": MATERIALS}, {"materials": more, "process_steps": STEPS})]
    )
    await world.drain()
    assert (await world.entry(entries["implementation"]))["materials"] == MATERIALS, "people accept it"
    [draft] = [row for row in await world.open_drafts() if row["rule"] == "K27"]
    assert (draft["item_id"], draft["adjustment_id"]) == (entries["implementation"], adjustment)
    assert draft["elements"] == {"materials": more, "process_steps": STEPS}
    await accept(world, [draft["id"]])
    await world.drain()
    entry = await world.entry(entries["implementation"])
    assert (entry["materials"], entry["process_steps"]) == (more, STEPS)
    assert not [row for row in (await check(world, record=False))["mismatches"] if row["rule"] == "K27"]


async def test_k27_what_the_specification_does_not_say_is_left_to_the_office(world: World) -> None:
    _, entries = await the_same_everywhere(world)
    own = {"process_steps": STEPS, "promised_limit": {"amount": 3, "unit": "working_day"}}
    await world.decide([("modify", entries["implementation"], {}, own)])
    await world.drain()
    assert not [row for row in await world.open_drafts() if row["rule"] == "K27"]


@pytest.mark.req("ZL-18")
@pytest.mark.parametrize("element", ["name", "base_code", "basis", "implementing_body", "item_type"])
async def test_k02_a_service_that_differs_from_its_power_blocks_the_submission(world: World, element: str) -> None:
    permit, entries = await the_same_everywhere(world)
    wrong = {
        "name": "食品许可", "base_code": "440199999002", "item_type": "07",
        "basis": [{"document": "另一部法", "kind": "set", "document_kind": "law", "article": "1"}],
        "implementing_body": str(world.organs["440000000000"]),
    }  # fmt: skip
    base = {element: permit[element]}
    adjustment = await world.decide(
        [("modify", entries["catalogue"], base, {element: wrong[element]})], event="adjustment.submitted"
    )
    await world.drain(VALIDATION)
    [answer] = await world.rows("SELECT * FROM qingdan.validation WHERE adjustment_id = :id", id=adjustment)
    blocking = [one for one in answer["findings"] if one["rule"] == "K02" and one["severity"] == "block"]
    assert blocking, answer["findings"]


@pytest.mark.req("ZL-18")
async def test_k02_a_service_of_a_power_type_without_its_power_is_found_a_public_service_is_not(world: World) -> None:
    await clear(world)
    await world.list_of("power", CITY)
    stray = world.permit(CITY, "无权力事项", item_type="04")
    public = world.permit(CITY, "公共服务", item_type="20")
    ids = await world.enter("catalogue", CITY, [stray, public])
    await world.drain()
    found = [(row["rule"], row["severity"], row["item_id"]) for row in await world.open_findings()]
    assert found == [("K02", "block", ids[0])]


@pytest.mark.req("QX-31")
@pytest.mark.parametrize(
    ("kind", "rule"),
    [("power", "K01"), ("follow_up_supervision", "K09"), ("internet_supervision", "K10"),
     ("market_access_negative", "K11"), ("investment_approval", "K12"), ("construction_approval", "K13"),
     ("one_seal_transfer", "K14")],
)  # fmt: skip
async def test_k29_an_entry_about_a_permit_the_edition_in_force_does_not_have_is_a_blocking_finding(
    world: World, kind: str, rule: str
) -> None:
    permit, _ = await the_same_everywhere(world)
    about = {key: permit[key] for key in ("implementing_body", "handling_item", "item_type", "state")}
    missing = about | {"name": "对应不存在的许可", "permit_name": "不存在", "base_code": "440177777002"}
    [stray] = await world.enter(kind, CITY, [missing])
    await world.drain()
    found = [(row["rule"], row["severity"]) for row in await world.open_findings() if row["item_id"] == stray]
    assert (rule, "block") in found
    mended = await world.decide([("modify", stray, {"base_code": "440177777002"}, {"base_code": permit["base_code"]})])
    await world.drain()
    left = [row["rule"] for row in await world.open_findings() if row["item_id"] == stray and row["rule"] == rule]
    assert left == [], mended


@pytest.mark.req("QX-31")
async def test_k29_follow_up_supervision_of_a_cancelled_permit_is_no_stray(world: World) -> None:
    _, entries = await the_same_everywhere(world)
    await world.decide([("cancel", entries["permit"], {}, {})])
    await world.drain()
    assert not [row for row in await world.open_findings() if row["item_id"] == entries["follow_up_supervision"]]


@pytest.mark.req("ZL-27", "QX-32")
async def test_k05_the_guide_follows_the_implementation_list_and_the_permit_at_once(world: World) -> None:
    permit, entries = await the_same_everywhere(world, statutory_limit={"amount": 20, "unit": "working_day"})
    before = await read_guide(world, entries["implementation"])
    assert before["materials"] == ("申请表", "implementation")
    assert before["promised_limit"] == ("20个工作日", "implementation")
    more = [*MATERIALS, {"name": "场地证明", "necessity": "required"}]
    await world.decide([("modify", entries["implementation"], {"materials": MATERIALS}, {"materials": more})])
    place = {"handling_place": "政务大厅3号窗口"}
    await world.decide([("modify", entries["permit"], {"name": permit["name"]}, {"name": "食品许可"} | place)])
    await world.drain()
    after = await read_guide(world, entries["implementation"])
    assert after["materials"] == ("申请表；场地证明", "implementation")
    assert after["handling_place"] == ("政务大厅3号窗口", "permit")
    assert after["name"] == ("食品许可", "implementation"), "the list follows the permit, the guide the list"


async def read_guide(world: World, item: UUID) -> dict[str, tuple[str, str | None]]:
    async with world.transaction() as tx:
        made = await guides.of_item(tx.connection, item)
    return {one.key: (one.text, one.source) for one in made.elements}

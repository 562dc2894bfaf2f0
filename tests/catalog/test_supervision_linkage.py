"""Supervision in motion: lists follow who was found to supervise, and submissions answer for what they leave out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.catalog.linkage.consumers import VALIDATION
from shared.identifiers import new_id
from tests.catalog.linkage_entries import reference
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear, validated
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, accept

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.req("ZZ-50")
async def test_k10_the_supervision_list_follows_who_was_found_to_supervise_else_who_permits(world: World) -> None:
    await clear(world)
    bureau, market = str(world.organs[CITY]), str(world.organs[COUNTY])
    found = world.permit(CITY, "已确定监管主体", supervising_body=market)
    silent = world.permit(CITY, "未确定监管主体")
    await world.list_of("internet_supervision", CITY)
    await world.list_of("follow_up_supervision", CITY)
    [permit, other] = await world.enter("permit", CITY, [found, silent])
    await world.drain()
    drafts = [row for row in await world.open_drafts() if row["rule"] in ("K09", "K10")]
    proposed = {(row["rule"], row["source_item_id"]): row["elements"]["supervising_body"] for row in drafts}
    bodies = {permit: market, other: bureau}
    assert proposed == {(rule, item): body for rule in ("K09", "K10") for item, body in bodies.items()}
    await accept(world, [row["id"] for row in drafts if row["rule"] == "K10"])
    await world.drain()
    assert not [row for row in await world.open_drafts() if row["rule"] == "K10"]
    turned = {"supervising_body": str(world.organs[PROVINCE])}
    await world.decide([("modify", permit, {"supervising_body": market}, turned)])
    await world.drain()
    [draft] = [row for row in await world.open_drafts() if row["rule"] == "K10"]
    assert (draft["source_item_id"], draft["elements"]) == (permit, turned)


def of(answer: dict[str, Any], rule: str) -> set[tuple[str, str]]:
    return {(one["element"], one["severity"]) for one in answer["findings"] if one["rule"] == rule}


@pytest.mark.req("ZZ-49")
async def test_a_new_permit_without_supervision_is_not_published_where_the_gate_is_shut(world: World) -> None:
    await clear(world)
    await world.list_of("internet_supervision", CITY)
    adding = [("add", new_id(), {}, world.permit(CITY, "新设许可"))]
    list_id = await world.list_of("permit", CITY)

    async def asked(changes: list[Any]) -> dict[str, Any]:
        adjustment = await world.decide(changes, list_id=list_id, event="adjustment.submitted")
        await world.drain(VALIDATION)
        [row] = await world.rows("SELECT * FROM qingdan.validation WHERE adjustment_id = :id", id=adjustment)
        return dict(row)

    assert of(await asked(adding), "V17") == set()
    await world.run(
        "INSERT INTO qingdan.supervision_gate (region_code, mode, set_by, set_at)"
        " VALUES (:region, 'block', 'x', now())",
        region=PROVINCE,
    )
    try:
        missing = of(await asked(adding), "V17")
        assert missing == {
            ("supervising_body", "block"), ("supervision_items", "block"), ("supervision_measures", "block"),
        }  # fmt: skip
        [item] = await world.enter("permit", CITY, [world.permit(CITY, "旧有许可")])
        unrelated = of(await asked([("modify", item, {"name": "旧有许可"}, {"name": "更名许可"})]), "V17")
        assert {severity for _, severity in unrelated} == {"warn"}, "what was missing before holds up no other change"
    finally:
        await world.run("DELETE FROM qingdan.supervision_gate")


@pytest.mark.req("ZZ-51")
async def test_a_submission_that_touches_what_is_in_dispute_is_blocked_with_the_dispute(world: World) -> None:
    await clear(world)
    [item] = await world.enter("permit", CITY, [world.permit(CITY, "争议许可")])
    dispute: UUID = new_id()
    await world.run(
        "INSERT INTO qingdan.supervision_dispute (id, item_id, region_code, organ_ids, question, opened_by, opened_at)"
        " VALUES (:id, :item, :region, '{}', '油烟由谁监管', 'x', now())",
        id=dispute, item=item, region=CITY,
    )  # fmt: skip
    touching = {"supervising_body": str(world.organs[COUNTY])}
    answer = await validated(world, [("modify", item, {}, touching)])
    [verdict] = [one for one in answer["findings"] if one["severity"] == "block" and one["rule"] == "V17"]
    assert (verdict["element"], verdict["dispute_id"]) == ("supervising_body", str(dispute))
    assert "油烟由谁监管" in verdict["message"]
    assert not of(await validated(world, [("modify", item, {}, {"visits": 0})]), "V17")


async def test_what_is_locked_stays_out_of_the_way_of_drafts_for_other_elements(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "有争议的")
    [item] = await world.enter("permit", CITY, [permit])
    supervision = reference(permit, name="监管", supervising_body=str(world.organs[COUNTY]))
    await world.enter("internet_supervision", CITY, [supervision])
    await world.drain()
    await world.run(
        "INSERT INTO qingdan.supervision_dispute (id, item_id, region_code, organ_ids, question, opened_by, opened_at)"
        " VALUES (:id, :item, :region, '{}', '由谁监管', 'x', now())", id=new_id(), item=item, region=CITY,
    )  # fmt: skip
    [draft] = [row for row in await world.open_drafts() if row["rule"] == "K10"]
    await accept(world, [draft["id"]])

"""K25: what was cancelled is supervised on, by whom the follow-up list or the permit says."""

from __future__ import annotations

import pytest

from shared.identifiers import new_id
from tests.catalog.linkage_entries import power
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear, drafts_of, entered, findings_of
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World, accept, check
from tests.catalog.responsibility_entries import duty, supervision

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.req("TH-33")
@pytest.mark.req("HB-17")
async def test_k25_a_cancelled_power_without_a_supervision_record_is_an_error_until_there_is_one(world: World) -> None:
    await clear(world)
    matter = power(world, "小餐饮检查")
    item = await entered(world, "power", matter)
    await entered(world, "responsibility", duty(matter))
    await world.drain()
    adjustment = await world.decide([("cancel", item, {}, {})])
    await world.drain()
    [found] = await findings_of(world, "K25")
    assert (found["item_id"], found["severity"], found["adjustment_id"]) == (item, "error", adjustment)
    assert "没有在用的对应事项" in found["message"]
    record = supervision(matter, disposition="devolved")
    await world.decide([("add", new_id(), {}, record)], list_id=world.lists["responsibility", CITY])
    await world.drain()
    assert not await findings_of(world, "K25")
    assert not await drafts_of(world, "K25"), "devolved is a way of being cancelled here"
    assert not [row for row in (await check(world, record=False))["mismatches"] if row["rule"] == "K25"]


@pytest.mark.req("TH-15")
async def test_k25_body_and_measures_come_from_the_follow_up_list_else_from_the_permit(world: World) -> None:
    await clear(world)
    permit = world.permit(CITY, "危险化学品经营许可", supervision_measures=["许可措施"])
    permit["supervising_body"] = str(world.organs[COUNTY])
    ids = {kind: await entered(world, kind, permit) for kind in ("permit", "power")}
    record = await entered(
        world, "responsibility", supervision(permit, disposition="retained", supervision_measures=["自拟措施"])
    )
    await world.drain()
    proposed = {row["rule"]: row["elements"] for row in await world.open_drafts() if row["item_id"] == record}
    assert proposed == {"K25_P": {"supervising_body": str(world.organs[COUNTY]), "supervision_measures": ["许可措施"]}}
    followed = {key: permit[key] for key in ("base_code", "implementing_body", "handling_item")} | {
        "name": "后续监管", "permit_name": permit["name"], "permit_state": "in_use",
        "supervising_body": str(world.organs[PROVINCE]), "supervision_measures": ["后续措施"],
    }  # fmt: skip
    await entered(world, "follow_up_supervision", followed)
    await check(world)
    proposed = {row["rule"]: row["elements"] for row in await world.open_drafts() if row["item_id"] == record}
    assert proposed == {
        "K25_FS": {"supervising_body": str(world.organs[PROVINCE]), "supervision_measures": ["后续措施"]}
    }
    await accept(world, [row["id"] for row in await world.open_drafts() if row["item_id"] == record])
    await world.drain()
    await world.decide([("modify", ids["permit"], {"supervision_measures": ["许可措施"]},
                         {"supervision_measures": ["又一措施"]})])  # fmt: skip
    await world.drain()
    assert not [row for row in await world.open_drafts() if row["item_id"] == record], "the follow-up list decides"


async def test_k25_is_a_different_supervising_body_in_the_internet_supervision_list_is_flagged(world: World) -> None:
    await clear(world)
    matter = power(world, "特种设备检查")
    await entered(world, "power", matter)
    record = await entered(world, "responsibility", supervision(matter))
    shown = {key: matter[key] for key in ("base_code", "implementing_body", "handling_item")}
    supervised = shown | {"name": "监管事项", "permit_name": matter["name"]}
    await entered(world, "internet_supervision", supervised | {"supervising_body": str(world.organs[PROVINCE])})
    await world.drain()
    [found] = await findings_of(world, "K25_IS")
    assert (found["item_id"], found["element"], found["severity"]) == (record, "supervising_body", "warn")

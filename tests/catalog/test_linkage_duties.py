"""K06: powers have duties that follow them, and no submission takes the last duty of a power."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.catalog.linkage import service
from services.catalog.linkage.schemas import NewPreview, ProposedChange
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.catalog.linkage_entries import power
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_steps import clear, drafts_of, entered, findings_of
from tests.catalog.linkage_world import CITY, COUNTY, World, accept, check, events
from tests.catalog.responsibility_entries import duty, supervision

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.req("HB-02")
@pytest.mark.req("TH-12")
async def test_k06_a_power_without_a_duty_gets_one_drafted_and_an_accepted_duty_follows_it(world: World) -> None:
    await clear(world)
    await world.list_of("responsibility", CITY)
    matter = power(world, "消防监督检查", responsibilities=["制定检查计划", "公布结果"])
    item = await entered(world, "power", matter)
    await world.drain()
    [draft] = await drafts_of(world, "K06")
    proposed = draft["elements"]
    assert (proposed["section"], proposed["name"], proposed["power_name"]) == ("duty", matter["name"], matter["name"])
    assert proposed["duty_content"] == ["制定检查计划", "公布结果"]
    await accept(world, [draft["id"]])
    await world.drain()
    assert not await drafts_of(world, "K06")
    [row] = await world.rows("SELECT id, section FROM qingdan.item WHERE kind = 'responsibility' AND state = 'in_use'")
    assert row["section"] == "duty"
    changed = {"name": "消防监督抽查", "implementing_body": str(world.organs[COUNTY])}
    await world.decide([("modify", item, {key: matter[key] for key in changed}, changed)])
    await world.drain()
    entry = await world.entry(row["id"])
    assert (entry["power_name"], entry["implementing_body"]) == tuple(changed.values())
    assert entry["name"] == matter["name"], "the duty has a name of its own"
    assert (await check(world, record=False))["open"] == 0


async def test_k06_the_end_of_a_power_ends_its_duty_when_people_say_so_and_keeps_its_supervision(world: World) -> None:
    await clear(world)
    matter = power(world, "占道经营检查")
    ids = {"power": await entered(world, "power", matter), "duty": await entered(world, "responsibility", duty(matter))}
    ids["record"] = await entered(world, "responsibility", supervision(matter))
    await world.drain()
    assert not await world.open_drafts(), [dict(row) for row in await world.open_drafts()]
    adjustment = await world.decide([("cancel", ids["power"], {}, {})])
    await world.drain()
    proposed = {row["item_id"]: (row["rule"], row["elements"]) for row in await world.open_drafts()}
    assert proposed == {
        ids["duty"]: ("K06", {"state": "cancelled"}),
        ids["record"]: ("K25", {"disposition": "cancelled"}),
    }
    assert await events(world, "draft.opened", adjustment)
    await accept(world, [row["id"] for row in await world.open_drafts()])
    await world.drain()
    assert (await world.entry(ids["duty"]))["state"] == "cancelled"
    record = await world.entry(ids["record"])
    assert (record["state"], record["disposition"]) == ("in_use", "cancelled")
    assert not await world.open_findings()
    assert (await check(world, record=False))["open"] == 0


async def test_k06_a_duty_that_ends_by_itself_is_not_called_back_but_the_power_is_found_uncovered(world: World) -> None:
    await clear(world)
    matter = power(world, "无证经营查处")
    item = await entered(world, "power", matter)
    first, second = await world.enter("responsibility", CITY, [duty(matter), duty(matter, name="另一责任")])
    await world.drain()
    await world.decide([("cancel", first, {}, {})])
    await world.drain()
    assert not await world.open_drafts()
    assert not await world.open_findings(), "another duty of the power is in use"
    await world.decide([("cancel", second, {}, {})])
    await world.drain()
    [found] = await findings_of(world, "K06")
    assert (found["item_id"], found["element"], found["severity"]) == (item, "counterpart", "block")
    await world.decide([("resume", second, {"state": "cancelled"}, {})])
    await world.run("UPDATE qingdan.item SET state = 'in_use' WHERE id = :id", id=second)
    await check(world)
    assert not await findings_of(world, "K06")


async def test_k06_a_duty_of_a_power_nobody_has_is_found(world: World) -> None:
    await clear(world)
    matter = power(world, "并不存在的权力")
    item = await entered(world, "responsibility", duty(matter))
    await world.drain()
    [found] = await findings_of(world, "K06")
    assert (found["item_id"], found["element"]) == (item, "base_code")
    await entered(world, "power", matter)
    await world.drain()
    assert not await findings_of(world, "K06")


@pytest.mark.req("TH-12")
async def test_a_duty_may_cover_several_powers_and_a_power_have_several_duties(world: World) -> None:
    await clear(world)
    matter, other = power(world, "行政检查一"), power(world, "行政检查二")
    await entered(world, "power", matter)
    second = await entered(world, "power", other)
    duties = await world.enter("responsibility", CITY, [duty(matter), duty(matter, name="又一责任")])
    await world.drain()
    assert [row["source_item_id"] for row in await drafts_of(world, "K06")] == [second]
    link = new_id()
    await _link(world, link, duties[0], second)
    assert not await drafts_of(world, "K06"), "the link says that the duty covers the second power as well"
    assert (await check(world, record=False))["open"] == 0
    await world.decide([("cancel", duties[0], {}, {})])
    await world.drain()
    assert [row["source_item_id"] for row in await drafts_of(world, "K06")] == [second]


async def _link(world: World, link: UUID, source: UUID, target: UUID) -> None:
    async with world.transaction() as tx:
        await world.run(
            "INSERT INTO qingdan.item_link (id, from_item_id, to_item_id, type, created_by)"
            " VALUES (:id, :source, :target, 'duty_of', 'system:test')", id=link, source=source, target=target,
        )  # fmt: skip
        tx.append(NewEvent(type="link.created", list_kind="responsibility", region_code=CITY, item_ids=[source],
                           list_id=world.lists["responsibility", CITY],
                           refs={"link": str(link), "type": "duty_of", "to": str(target)}))  # fmt: skip
    await world.drain()


@pytest.mark.req("ZL-06")
async def test_a_submission_that_takes_the_last_duty_of_a_power_is_refused(world: World) -> None:
    await clear(world)
    matter = power(world, "唯一责任的权力")
    item = await entered(world, "power", matter)
    only = await entered(world, "responsibility", duty(matter))
    await world.drain()
    asked = [ProposedChange(operation="cancel", item_id=only, list_id=world.lists["responsibility", CITY], elements={})]
    async with world.transaction() as tx:
        seen = await service.preview_of(tx, NewPreview(changes=asked))
    [verdict] = [row for row in seen.verdicts if row["rule"] == "K06"]
    assert (verdict["severity"], verdict["item_id"]) == ("block", str(item))

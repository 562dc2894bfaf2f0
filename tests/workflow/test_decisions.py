"""Decisions against a catalog that moves: conflicts at decision and at effect, and the schedule."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from shared import clock
from shared.ledger.envelope import NewEvent
from tests.shared.room import until
from tests.workflow.world import BASE, DECISION, World, modify


async def test_an_unchanged_element_applies_although_another_one_moved(world: World) -> None:
    item = await world.item("环评审批", visits=2)
    opened = await world.until("reviewed", modify(item, name="新名称"))
    await world.new_version(item, {"visits": 0})
    assert (await world.act("县政府", opened["id"], "decide", {"decision": DECISION})).status_code == 200


async def test_a_value_somebody_else_put_in_place_already_is_no_change(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.until("reviewed", modify(item, name="新名称"))
    await world.new_version(item, {"name": "新名称"})
    assert (await world.act("县政府", opened["id"], "decide", {"decision": DECISION})).status_code == 200
    refs = {"applied": 0, "conflicts": 0}
    await world.tell(NewEvent(type="adjustment.applied", adjustment_id=UUID(opened["id"]), refs=refs))
    told = await world.read(opened["id"])
    assert (told["state"], told["changes"][0]["outcome"]) == ("effective", "no_change")


async def test_a_conflict_at_decision_is_kept_with_its_three_values_and_lies_in_the_deciders_inbox(
    world: World,
) -> None:
    first, second = await world.items(["环评审批", "排污许可"])
    opened = await world.until("reviewed", modify(first, name="我们的名称"), modify(second, name="另一名称"))
    await world.new_version(first, {"name": "别人的名称"})
    answer = await world.call(
        "县政府", "POST", f"{BASE}/{opened['id']}/decide", {"decision": DECISION}, **{"Idempotency-Key": "once"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "adjustment_conflict")
    values = {"base": "环评审批", "proposed": "我们的名称", "current": "别人的名称"}
    assert answer.json()["conflicts"] == [{"item_id": str(first), "element": "name"} | values]
    told = await world.read(opened["id"])
    assert told["state"] == "conflict"
    assert told["changes"][0]["conflict"] == {"name": values}
    assert told["changes"][1]["outcome"] is None
    assert told["decision"] is None
    again = await world.call(
        "县政府", "POST", f"{BASE}/{opened['id']}/decide", {"decision": DECISION}, **{"Idempotency-Key": "once"}
    )
    assert (again.status_code, again.json()) == (409, answer.json())
    tasks = await world.call("县政府", "GET", f"/workflow/v1/tasks?adjustment_id={opened['id']}")
    assert [task["kind"] for task in tasks.json()["items"]] == ["conflict"]
    await world.drain()
    types = [event["type"] for event in await world.events(opened["id"])]
    assert types[-1] == "adjustment.conflicted"
    assert "adjustment.decided" not in types


async def test_a_rebase_takes_the_present_values_and_the_procedure_begins_again(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.until("reviewed", modify(item, name="我们的名称"))
    await world.new_version(item, {"name": "别人的名称"})
    await world.act("县政府", opened["id"], "decide", {"decision": DECISION})
    rebased = await world.act("环保编制", opened["id"], "rebase")
    assert rebased.json()["state"] == "draft"
    change = (await world.read(opened["id"]))["changes"][0]
    assert (change["base"], change["base_version"], change["outcome"], change["conflict"]) == (
        {"name": "别人的名称"},
        2,
        None,
        None,
    )
    tasks = await world.call("县政府", "GET", f"/workflow/v1/tasks?adjustment_id={opened['id']}")
    assert tasks.json()["items"] == []
    await world.act("环保编制", opened["id"], "submit")
    await world.validated(opened["id"], submission=2)
    await world.sign("环保局长", opened["id"])
    await world.act("审改办", opened["id"], "review", {"outcome": "pass"})
    decided = await world.act("县政府", opened["id"], "decide", {"decision": DECISION})
    assert decided.json()["state"] == "decided"


async def test_of_two_decisions_on_one_element_the_second_is_a_conflict_however_far_the_cascade_got(
    world: World,
) -> None:
    item = await world.item("环评审批")
    first = await world.until("reviewed", modify(item, name="甲"))
    second = await world.until("reviewed", modify(item, name="乙"), confirm_overlap=True)
    answers = await asyncio.gather(
        *(world.act("县政府", each["id"], "decide", {"decision": DECISION}) for each in (first, second))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_the_catalog_refuses_at_effect_is_a_conflict_and_the_rest_stays_applied(world: World) -> None:
    good, bad = await world.items(["一", "二"])
    opened = await world.until("decided", modify(good, name="新一"), modify(bad, name="新二"))
    id_ = UUID(opened["id"])
    await world.new_version(good, {"name": "新一"}, id_)
    await world.new_version(bad, {"name": "别人的"})
    names = {str(bad): ["name"]}
    await world.tell(
        NewEvent(type="adjustment.applied", adjustment_id=id_, refs={"applied": 1, "conflicts": 1}),
        NewEvent(type="adjustment.conflicted", adjustment_id=id_, item_ids=[bad], refs={"conflicts": names}),
    )
    told = await world.read(opened["id"])
    assert told["state"] == "conflict"
    assert told["complete"] is False
    assert [change["outcome"] for change in told["changes"]] == ["applied", "conflict"]
    assert told["changes"][1]["conflict"]["name"] == {"base": "二", "proposed": "新二", "current": "别人的"}
    await world.act("环保编制", opened["id"], "rebase")
    left = await world.run(
        "SELECT item_id FROM qingdan.workflow_change_v1 WHERE adjustment_id = CAST(:id AS uuid)", id=opened["id"]
    )
    assert [row["item_id"] for row in left] == [bad]


async def test_an_added_entry_in_conflict_is_open_again_after_a_rebase_and_applied_in_the_end(world: World) -> None:
    new = {"operation": "add", "list_id": str(world.lists["permit"]), "elements": {"name": "新许可", "level": "4"}}
    opened = await world.until("decided", new)
    id_ = opened["id"]
    (before,) = (await world.read(id_))["changes"]
    await world.conflicted(id_, before["item_id"])
    assert [change["outcome"] for change in (await world.read(id_))["changes"]] == ["conflict"]
    assert (await world.act("环保编制", id_, "rebase")).json()["state"] == "draft"
    assert (await world.read(id_))["changes"] == [before], "as it was before the conflict"
    await world.act("环保编制", id_, "submit")
    await world.validated(id_, submission=2)
    await world.sign("环保局长", id_)
    await world.act("审改办", id_, "review", {"outcome": "pass"})
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).json()["state"] == "decided"
    await world.applied(id_)
    told = await world.read(id_)
    assert (told["state"], [change["outcome"] for change in told["changes"]]) == ("effective", ["applied"])


async def test_conflict_and_application_told_apart_end_the_same(world: World) -> None:
    item = await world.item("一")
    opened = await world.until("decided", modify(item, name="新"))
    id_ = UUID(opened["id"])
    await world.new_version(item, {"name": "别人的"})
    refs = {"applied": 0, "conflicts": 1}
    await world.tell(NewEvent(type="adjustment.applied", adjustment_id=id_, refs=refs))
    await world.tell(NewEvent(type="adjustment.conflicted", adjustment_id=id_, item_ids=[item], refs={"conflicts": {}}))
    told = await world.read(opened["id"])
    assert (told["state"], told["changes"][0]["outcome"]) == ("conflict", "conflict")


async def test_a_scheduled_adjustment_waits_for_its_instant_and_is_announced_once(world: World) -> None:
    instant = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    opened = await world.until("decided", modify(await world.item("一"), name="新"), effective_at=instant.isoformat())
    id_ = opened["id"]
    assert (await world.read(id_))["state"] == "scheduled"
    await world.fall_due()
    assert "adjustment.effective" not in [event["type"] for event in await world.events(id_)]
    clock.use(lambda: instant + timedelta(hours=9))
    await asyncio.gather(*(world.fall_due() for _ in range(4)))
    await world.fall_due()
    effective = [event for event in await world.events(id_) if event["type"] == "adjustment.effective"]
    assert [event["effective_at"] for event in effective] == [instant]
    assert (await world.read(id_))["state"] == "decided"
    await world.applied(id_)
    assert (await world.read(id_))["state"] == "effective"


async def test_what_fell_due_during_an_outage_follows_in_the_order_of_its_instants(world: World) -> None:
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    ids = {}
    for hours in (5, 1, 3, 2, 4):
        instant = (start + timedelta(hours=hours)).isoformat()
        opened = await world.until("decided", modify(await world.item("一"), name="新"), effective_at=instant)
        ids[hours] = opened["id"]
    clock.use(lambda: start + timedelta(days=1))
    await world.fall_due()
    positions = {}
    for hours, id_ in ids.items():
        found = [event["position"] for event in await world.events(id_) if event["type"] == "adjustment.effective"]
        assert len(found) == 1
        positions[hours] = found[0]
    assert sorted(positions, key=lambda hours: positions[hours]) == [1, 2, 3, 4, 5]


async def test_an_effect_whose_adjustment_somebody_is_at_is_waited_for_and_not_overtaken(world: World) -> None:
    start, item = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1), await world.item("一")
    ids = []
    for hours, element in ((1, {"name": "新"}), (2, {"level": "4"})):
        instant = (start + timedelta(hours=hours)).isoformat()
        opened = await world.until("decided", modify(item, **element), effective_at=instant)
        ids.append(opened["id"])
    clock.use(lambda: start + timedelta(days=1))
    waiting = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%adjustment%'"
        " AND datname = current_database()"
    )
    async with world.owner.connect() as somebody, somebody.begin():
        lock = text("SELECT id FROM qingdan.adjustment WHERE id = CAST(:id AS uuid) FOR UPDATE")
        await somebody.execute(lock, {"id": ids[0]})
        looking = asyncio.create_task(world.fall_due())
        await until(lambda: _either(looking, world, waiting))
    await looking
    await world.fall_due()
    positions = [
        event["position"] for id_ in ids for event in await world.events(id_) if event["type"] == "adjustment.effective"
    ]
    assert len(positions) == 2
    assert positions == sorted(positions)


async def _either(looking: asyncio.Task[None], world: World, waiting: str) -> bool:
    return looking.done() or bool(await world.run(waiting))


async def test_an_instant_that_passes_during_the_procedure_means_with_the_decision(world: World) -> None:
    instant = datetime.now(UTC) + timedelta(hours=1)
    opened = await world.until("reviewed", modify(await world.item("一"), name="新"), effective_at=instant.isoformat())
    later = instant + timedelta(hours=3)
    clock.use(lambda: later)
    decided = await world.act("县政府", opened["id"], "decide", {"decision": DECISION})
    assert decided.json()["state"] == "decided"
    effective = [event for event in await world.events(opened["id"]) if event["type"] == "adjustment.effective"]
    assert effective[0]["effective_at"] == later


async def test_the_government_may_send_back_instead_of_approving(world: World) -> None:
    opened = await world.until("reviewed", modify(await world.item("一"), name="新"))
    body = {"decision": DECISION, "outcome": "returned"}
    assert (await world.act("县政府", opened["id"], "decide", body)).status_code == 422
    answer = await world.act("县政府", opened["id"], "decide", body | {"opinion": "再论证"})
    assert answer.json()["state"] == "returned"


async def test_a_thousand_items_are_decided_and_noted_set_based(world: World) -> None:
    items = await world.items([f"许可{number}" for number in range(1000)])
    opened = await world.until("decided", *(modify(item, visits=1) for item in items))
    effective = [event for event in await world.events(opened["id"]) if event["type"] == "adjustment.effective"]
    assert list(effective[0]["item_ids"]) == items


async def test_an_entry_cancelled_meanwhile_is_a_conflict_whatever_element_was_to_change(world: World) -> None:
    item = await world.item("环评审批", visits=2)
    opened = await world.until("reviewed", modify(item, visits=1))
    await world.new_version(item, {"state": "cancelled"})
    answer = await world.act("县政府", opened["id"], "decide", {"decision": DECISION})
    assert answer.status_code == 409
    assert answer.json()["conflicts"] == [
        {"item_id": str(item), "element": "state", "base": "in_use", "proposed": "in_use", "current": "cancelled"}
    ]
    assert (await world.read(opened["id"]))["changes"][0]["outcome"] == "conflict"


async def test_what_the_catalog_cannot_apply_at_all_lies_in_the_inbox_with_its_reason(world: World) -> None:
    item = await world.item("一")
    opened = await world.until("decided", modify(item, name="新"))
    refused = NewEvent(
        type="adjustment.conflicted",
        adjustment_id=UUID(opened["id"]),
        item_ids=[item],
        reason="联动未能完成",
        refs={"conflicts": {str(item): ["name"]}},
    )
    await world.tell(refused)
    told = await world.read(opened["id"])
    assert (told["state"], told["changes"][0]["conflict"]["name"]["current"]) == ("conflict", "一")
    tasks = await world.call("县政府", "GET", f"/workflow/v1/tasks?adjustment_id={opened['id']}")
    assert tasks.json()["items"][0]["title"].startswith("联动未能完成：")

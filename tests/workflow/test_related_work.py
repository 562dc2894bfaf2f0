"""What departments put right once a list that keeps their matters no more is public, and the page that shows it all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from shared.ledger.envelope import NewEvent
from tests.statements import counted
from tests.workflow.files import attached, pdf
from tests.workflow.world import BASE, DECISION, World, modify


async def tasks(world: World, who: str, id_: str, state: str = "open") -> Any:
    answer = await world.call(who, "GET", f"/workflow/v1/tasks?adjustment_id={id_}&state={state}")
    return [task for task in answer.json()["items"] if task["kind"] == "related_work"]


async def report(world: World, who: str, id_: str, organ: str, said: str = "已停止受理并撤下指南", **more: Any) -> Any:
    body = {"organ_id": str(world.organs[organ]), "report": said} | more
    return await world.call(who, "POST", f"{BASE}/{id_}/related-work", body)


async def cancelled(world: World, id_: str, item: UUID, *, conflicts: int) -> None:
    """The catalog cancels an entry, and what it did is published."""
    held = await world.run("SELECT state FROM qingdan.item WHERE id = :id", id=item)
    if held[0]["state"] != "cancelled":
        await world.new_version(item, {"state": "cancelled"}, UUID(id_))
        await world.run("UPDATE qingdan.item SET state = 'cancelled' WHERE id = :id", id=item)
    refs = {"applied": 1, "conflicts": conflicts, "lists": {}}
    await world.tell(NewEvent(type="adjustment.applied", adjustment_id=UUID(id_), refs=refs))
    await world.published(id_, "permit")


@pytest.mark.req("TH-56")
async def test_after_the_publication_each_department_has_its_work_to_put_right_against_the_list(world: World) -> None:
    ours = await world.item("环评审批")
    opened = await world.until("decided", {"operation": "cancel", "item_id": str(ours)})
    id_ = opened["id"]
    early = await report(world, "环保编制", id_, "环保局")
    assert (early.status_code, early.json()["code"]) == (404, "related_work_not_found")
    await world.applied(id_)
    assert await tasks(world, "环保编制", id_) == [], "nothing is public yet"
    for _ in range(2):
        await world.published(id_, "permit")
    [task] = await tasks(world, "环保编制", id_)
    assert task["title"] == "对照公布的清单调整相关工作：规范事项名称"
    assert task["organ_id"] == str(world.organs["环保局"])
    opened_events = await world.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'task.opened' AND refs->'tasks' ? :id", id=task["id"]
    )
    assert opened_events[0]["n"] == 1
    assert (await report(world, "外单位编制", id_, "环保局")).status_code in (403, 404)
    assert (await report(world, "审改办", id_, "环保局")).status_code == 403
    wrong = await report(world, "环保编制", id_, "环保局", "\0")
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/report")
    for _ in range(2):
        done = await report(world, "环保编制", id_, "环保局")
        assert done.status_code == 200, done.text
    assert (await report(world, "环保编制", id_, "环保局", "别的")).json()["code"] == "already_reported"
    assert await tasks(world, "环保编制", id_) == []
    [shown] = (await world.read(id_))["related_work"]
    assert (shown["organ_name"], shown["report"]) == ("环保局", "已停止受理并撤下指南")
    assert [event["type"] for event in await world.events(id_)].count("related_work.reported") == 1


async def test_what_is_in_conflict_leaves_nothing_to_put_right_before_it_is_public(world: World) -> None:
    ours, theirs = await world.item("环评审批"), await world.item("施工许可", body="住建局")
    await world.run(
        "INSERT INTO qingdan.list_member (list_id, organ_id) VALUES (:list, :organ) ON CONFLICT DO NOTHING",
        list=world.lists["permit"], organ=world.organs["住建局"],
    )  # fmt: skip
    opened = await world.open({"operation": "cancel", "item_id": str(ours)}, participants=[str(world.organs["住建局"])])
    id_ = opened["id"]
    more = {"changes": [{"operation": "cancel", "item_id": str(theirs)}]}
    added = await world.call("住建编制", "POST", f"{BASE}/{id_}/changes", more)
    assert added.status_code == 201, added.text
    await world.act("环保编制", id_, "submit")
    await world.validated(id_)
    for who in ("环保局长", "住建局长"):
        assert (await world.sign(who, id_)).status_code == 200
    await world.act("审改办", id_, "review", {"outcome": "pass"})
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    await world.conflicted(id_, str(theirs))
    await world.new_version(ours, {"state": "cancelled"}, UUID(id_))
    refs = {"applied": 1, "conflicts": 1, "lists": {}}
    await world.tell(NewEvent(type="adjustment.applied", adjustment_id=UUID(id_), refs=refs))
    await world.published(id_, "permit")
    assert [each["organ_name"] for each in (await world.read(id_))["related_work"]] == ["环保局"]
    assert await tasks(world, "住建编制", id_) == []


async def test_what_becomes_public_later_is_to_be_put_right_by_who_has_reported_already(world: World) -> None:
    items = [await world.item("环评审批"), await world.item("排污许可")]
    id_ = (await world.until("decided", *({"operation": "cancel", "item_id": str(item)} for item in items)))["id"]
    await world.conflicted(id_, str(items[1]))
    await cancelled(world, id_, items[0], conflicts=1)
    assert (await report(world, "环保编制", id_, "环保局", "已停止受理环评审批")).status_code == 200
    assert (await world.act("环保编制", id_, "rebase")).status_code == 200
    await world.act("环保编制", id_, "submit")
    await world.validated(id_, submission=2)
    assert (await world.sign("环保局长", id_)).status_code == 200
    await world.act("审改办", id_, "review", {"outcome": "pass"})
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    for _ in range(2):
        await cancelled(world, id_, items[1], conflicts=0)
    [task] = await tasks(world, "环保编制", id_)
    assert task["organ_id"] == str(world.organs["环保局"])
    again = await report(world, "环保编制", id_, "环保局", "已停止受理排污许可")
    assert again.status_code == 200, again.text
    [told] = again.json()["items"]
    assert (told["report"], [each["report"] for each in told["earlier"]]) == (
        "已停止受理排污许可",
        ["已停止受理环评审批"],
    )
    assert await tasks(world, "环保编制", id_) == []


async def test_where_only_elements_were_corrected_there_is_nothing_to_put_right(world: World) -> None:
    opened = await world.until("decided", modify(await world.item("环评审批"), name="新名称"))
    await world.applied(opened["id"])
    await world.published(opened["id"], "permit")
    assert (await world.read(opened["id"]))["related_work"] == []
    await world.tell(NewEvent(type="adjustment.published", refs={"lists": []}))


@pytest.mark.req("ZL-37")
async def test_the_page_is_one_call_of_as_many_queries_however_much_it_carries(world: World) -> None:
    await world.bind("full", "modify")
    first = await world.open(modify(await world.item("环评审批"), name="新名称"))
    with counted(world.engine) as little:
        await world.read(first["id"])
    id_ = first["id"]
    await world.act("环保编制", id_, "submit")
    await world.validated(id_)
    for number in range(12):
        scan = await attached(world, "环保局长", id_, f"附件{number}.pdf", pdf(b"/N %d" % number))
    assert (await world.act("环保局长", id_, "sign", {"seal": {"attachment_id": scan["id"]}})).status_code == 200
    with counted(world.engine) as much:
        told = await world.read(id_)
    assert len(told["attachments"]) == 12
    assert {each["step_title"] for each in told["attachments"]} == {"部门编制、负责人签署"}
    assert [each["state"] for each in told["clocks"]] == ["stopped", "running"]
    assert told["clocks"][1]["due_at"] == told["waiting"][0]["due_at"]
    assert {"timeline", "waiting", "cascade", "attachments", "comment_periods", "clocks", "candidates"} <= told.keys()
    assert len(much) <= len(little) <= 27, (len(little), len(much))

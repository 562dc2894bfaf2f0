"""Tasks: who has to act on what, opened by what the cascade leaves and closed when it is done."""

from typing import Any
from uuid import UUID

import pytest

from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.workflow.county import BORN, COUNTY
from tests.workflow.world import World, modify

TASKS = "/workflow/v1/tasks"


async def linked_drafts(world: World, source: UUID, lists: list[str], adjustment: str | None) -> list[UUID]:
    """Drafts as the cascade leaves them: one a list."""
    ids = [new_id() for _ in lists]
    for id_, name in zip(ids, lists, strict=True):
        await world.run(
            "INSERT INTO qingdan.draft (id, rule, rule_set, list_id, list_kind, region_code, source_item_id,"
            "  source_version, elements, reason, adjustment_id)"
            " VALUES (:id, 'K10', 1, :list, :kind, :region, :source, 1, '{}', '许可取消，关联事项须处理',"
            "  CAST(:adjustment AS uuid))",
            id=id_,
            list=world.lists[name],
            kind=f"{name}_{world.suffix}",
            region=COUNTY,
            source=source,
            adjustment=adjustment,
        )
    return ids


async def tasks_of(world: World, who: str, query: str = "") -> list[Any]:
    answer = await world.call(who, "GET", f"{TASKS}?limit=200{query}")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


@pytest.mark.req("ZZ-42", "TH-56")
async def test_a_cancelled_permit_leaves_a_task_in_every_linked_list_exactly_once(world: World) -> None:
    names = [f"linked{number}" for number in range(6)]
    for name in names:
        await world.new_list(name, f"关联清单{name}", members=("环保局",))
    item = await world.item("环评审批")
    opened = await world.until("decided", {"operation": "cancel", "item_id": str(item)})
    id_ = opened["id"]
    drafts = await linked_drafts(world, item, names, id_)
    told = NewEvent(
        type="draft.opened", item_ids=[item], adjustment_id=UUID(id_), refs={"drafts": [str(id_) for id_ in drafts]}
    )
    await world.tell(told)
    await world.applied(id_)
    await world.tell(NewEvent(type=told.type, item_ids=told.item_ids, adjustment_id=UUID(id_), refs=told.refs))
    tasks = await tasks_of(world, "牵头单位", f"&adjustment_id={id_}")
    assert sorted(task["list_id"] for task in tasks) == sorted(str(world.lists[name]) for name in names)
    assert {task["kind"] for task in tasks} == {"linkage_draft"}
    assert {task["organ_id"] for task in tasks} == {str(world.organs["环保局"])}
    read = await world.read(id_)
    assert (read["state"], read["complete"], read["drafts_waiting"]) == ("effective", False, 6)
    assert {wait["for_role"] for wait in read["waiting"]} == {"list_authority"}
    opened_tasks = await world.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'task.opened' AND refs->'tasks' ? :one",
        one=str(drafts[0]),
    )
    assert opened_tasks[0]["n"] == 1
    await world.run("UPDATE qingdan.draft SET state = 'accepted' WHERE id = ANY(CAST(:ids AS uuid[]))", ids=drafts)
    await world.tell(NewEvent(type="draft.accepted", actor="account:x", refs={"drafts": [str(id_) for id_ in drafts]}))
    assert await tasks_of(world, "牵头单位", f"&adjustment_id={id_}") == []
    assert {task["state"] for task in await tasks_of(world, "牵头单位", f"&adjustment_id={id_}&state=done")} == {"done"}
    assert (await world.read(id_))["complete"] is True


async def test_a_draft_opened_and_closed_in_one_batch_leaves_no_task(world: World) -> None:
    item = await world.item("环评审批")
    drafts = await linked_drafts(world, item, ["power"], None)
    await world.run("UPDATE qingdan.draft SET state = 'superseded' WHERE id = :id", id=drafts[0])
    refs = {"drafts": [str(drafts[0])]}
    await world.tell(NewEvent(type="draft.opened", refs=refs), NewEvent(type="draft.closed", refs=refs))
    assert await tasks_of(world, "牵头单位") == []


async def test_a_finding_is_a_task_until_it_is_closed_or_waived_and_a_warning_is_none(world: World) -> None:
    item = await world.item("环评审批")
    ids = {severity: new_id() for severity in ("block", "error", "warn")}
    for severity, id_ in ids.items():
        await world.run(
            "INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element,"
            "  message, due_at) VALUES (:id, 'K22', :severity, :list, 'permit', :region, :item, :element,"
            "  '疑似增加申请材料', :due)",
            id=id_,
            severity=severity,
            list=world.lists["permit"],
            region=COUNTY,
            item=item,
            element=f"materials_{severity}",
            due=BORN,
        )
    await world.tell(NewEvent(type="finding.opened", refs={"findings": [str(id_) for id_ in ids.values()]}))
    tasks = await tasks_of(world, "牵头单位", "&kind=finding")
    assert {task["id"] for task in tasks} == {str(ids["block"]), str(ids["error"])}
    assert all(task["overdue"] and "疑似增加申请材料" in task["title"] for task in tasks)
    await world.tell(
        NewEvent(type="finding.waived", refs={"findings": [str(ids["block"])]}),
        NewEvent(type="finding.closed", refs={"findings": [str(ids["error"])]}),
    )
    assert await tasks_of(world, "牵头单位", "&kind=finding") == []


async def test_thousands_of_drafts_in_one_event_become_tasks_at_once(world: World) -> None:
    items = await world.items([f"许可{number}" for number in range(3000)])
    rows = await world.run(
        "INSERT INTO qingdan.draft (id, rule, rule_set, list_id, list_kind, region_code, source_item_id,"
        "  source_version, elements, reason)"
        " SELECT gen_random_uuid(), 'K01', 1, :list, 'power', :region, i, 1, '{}', '缺少对应事项'"
        " FROM unnest(CAST(:items AS uuid[])) AS i RETURNING id",
        list=world.lists["power"],
        region=COUNTY,
        items=items,
    )
    await world.tell(NewEvent(type="draft.opened", refs={"drafts": [str(row["id"]) for row in rows]}))
    first = await world.call("牵头单位", "GET", f"{TASKS}?limit=200")
    second = await world.call("牵头单位", "GET", f"{TASKS}?limit=200&cursor={first.json()['next']}")
    seen = {task["id"] for page in (first, second) for task in page.json()["items"]}
    assert len(seen) == 400
    count = await world.run("SELECT count(*) AS n FROM qingdan.task WHERE list_id = :list", list=world.lists["power"])
    assert count[0]["n"] == 3000


async def test_each_step_lies_with_whoever_has_to_act_and_with_nobody_else(world: World) -> None:
    opened = await world.until("signing", modify(await world.item("环评审批"), name="新"))
    query = f"&adjustment_id={opened['id']}"
    assert [task["kind"] for task in await tasks_of(world, "环保局长", query)] == ["review"]
    for other in ("住建局长", "审改办", "县政府", "环保编制"):
        assert await tasks_of(world, other, query) == [], other
    await world.sign("环保局长", opened["id"])
    assert await tasks_of(world, "环保局长", query) == []
    assert [task["due_at"] is not None for task in await tasks_of(world, "审改办", query)] == [True]
    await world.act("审改办", opened["id"], "review", {"outcome": "pass"})
    assert len(await tasks_of(world, "县政府", query)) == 1
    assert await tasks_of(world, "外县政府", query) == []


async def test_bad_references_are_parked_and_the_rest_goes_on(world: World) -> None:
    item = await world.item("环评审批")
    drafts = await linked_drafts(world, item, ["power"], None)
    await world.tell(
        NewEvent(type="draft.opened", refs={"drafts": ["not-a-uuid"]}),
        NewEvent(type="draft.opened", refs={"drafts": [str(drafts[0])]}),
    )
    assert len(await tasks_of(world, "牵头单位")) == 1
    parked = await world.run("SELECT error_code FROM qingdan.parked WHERE consumer = 'workflow'")
    assert [row["error_code"] for row in parked] == ["ValueError"]

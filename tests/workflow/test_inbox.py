"""The inbox: what lies with whom, counted, handed from one to another, and what happened to it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from tests.statements import counted
from tests.workflow.county import COUNTY, OTHER_COUNTY
from tests.workflow.test_tasks import linked_drafts, tasks_of
from tests.workflow.world import World, modify

TASKS = "/workflow/v1/tasks"


async def account(world: World, name: str, role: str, region: str = COUNTY, organ: str | None = None) -> Principal:
    """Somebody the catalog knows as well, with one role."""
    person = world.person(name, (role, region, organ))
    await world.run(
        "INSERT INTO qingdan.account (id, login, name, password_hash) VALUES (:id, :login, :name, '-')",
        id=person.account_id,
        login=f"{name}-{world.suffix}",
        name=name,
    )
    await world.run(
        "INSERT INTO qingdan.account_role (id, account_id, role, region_code, organ_id)"
        " VALUES (gen_random_uuid(), :id, :role, :region, :organ)",
        id=person.account_id,
        role=role,
        region=region,
        organ=world.organs[organ] if organ else None,
    )
    return person


async def review(world: World) -> str:
    """The task of the reviewers of an adjustment; its id."""
    opened = await world.until("in_review", modify(await world.item("环评审批"), name="新名称"))
    (task,) = await tasks_of(world, "审改办", f"&adjustment_id={opened['id']}")
    id_: str = task["id"]
    return id_


async def post(world: World, who: str, task: str, act: str, body: Any = None, **headers: str) -> Any:
    return await world.call(who, "POST", f"{TASKS}/{task}/{act}", body, **headers)


# -- unhappy ways --


async def test_a_task_of_others_is_not_found_and_nothing_can_be_done_with_it(world: World) -> None:
    task = await review(world)
    for who in ("环保编制", "住建局长", "外县政府"):
        for method, path, body in (
            ("GET", "", None),
            ("GET", "/history", None),
            ("POST", "/take", None),
            ("POST", "/give-back", {}),
            ("POST", "/assign", {"account_id": str(uuid4())}),
            ("POST", "/complete", {"note": "x"}),
        ):
            answer = await world.call(who, method, f"{TASKS}/{task}{path}", body)
            assert answer.status_code == 404, (who, path, answer.text)
    assert (await world.call(None, "GET", f"{TASKS}/{task}")).status_code == 401
    assert (await world.call("审改办", "GET", f"{TASKS}/nonsense")).status_code == 422
    assert (await world.call("审改办", "GET", f"{TASKS}/{uuid4()}")).status_code == 404


async def test_a_task_is_given_only_to_an_account_that_could_do_it(world: World) -> None:
    task = await review(world)
    others = [
        (await account(world, "会计", "auditor"), "cannot_act"),
        (await account(world, "外县审改办", "reviewer", OTHER_COUNTY), "cannot_act"),
        (await account(world, "局内审改", "reviewer", COUNTY, "住建局"), "cannot_act"),
    ]
    blocked = await account(world, "离职人员", "reviewer")
    await world.run("UPDATE qingdan.account SET active = false WHERE id = :id", id=blocked.account_id)
    compiler = await account(world, "编制兼审核", "reviewer")
    await world.run(
        "UPDATE qingdan.adjustment SET compiled_by = compiled_by || jsonb_build_array(CAST(:account AS text))"
        " WHERE id = (SELECT adjustment_id FROM qingdan.task WHERE id = CAST(:task AS uuid))",
        account=str(compiler.account_id),
        task=task,
    )
    wanted = [*others, (blocked, "account_inactive"), (compiler, "own_compilation")]
    for person, code in wanted:
        answer = await post(world, "审改办", task, "assign", {"account_id": str(person.account_id)})
        assert (answer.status_code, answer.json()["code"]) == (422, code), person.name
    answer = await post(world, "审改办", task, "assign", {"account_id": str(uuid4())})
    assert answer.json()["errors"][0] | {"message": ""} == {
        "pointer": "/account_id",
        "code": "account_not_found",
        "message": "",
    }
    assert (await post(world, "编制兼审核", task, "take")).status_code == 403
    assert (await post(world, "管理员", task, "take")).status_code == 403


async def test_what_has_been_taken_is_not_taken_again_and_a_closed_task_stays(world: World) -> None:
    task = await review(world)
    await account(world, "审核甲", "reviewer")
    await account(world, "审核乙", "reviewer")
    assert (await post(world, "审核甲", task, "give-back", {})).status_code == 409, "nobody has it"
    assert (await post(world, "审核甲", task, "take")).status_code == 200
    again = await post(world, "审核乙", task, "take")
    assert (again.status_code, again.json()["code"]) == (409, "task_taken")
    stale = await post(world, "审核甲", task, "give-back", {}, **{"If-Match": '"1"'})
    assert stale.status_code == 412
    complete = await post(world, "审核甲", task, "complete", {"note": "x"})
    assert (complete.status_code, complete.json()["code"]) == (409, "closes_by_itself")
    adjustment = (await world.call("审核甲", "GET", f"{TASKS}/{task}")).json()["adjustment_id"]
    assert (await world.act("审核乙", adjustment, "review", {"outcome": "pass"})).status_code == 200
    for act in ("take", "give-back"):
        assert (await post(world, "审核甲", task, act, {} if act == "give-back" else None)).status_code == 409


@pytest.mark.parametrize(
    "query",
    [
        "assignee=somebody",
        "organ=x",
        "due_before=yesterday",
        "due_before=0001-01-01T00:00:00%2B14:00",
        "overdue=perhaps",
        "kind=other",
    ],
)
async def test_a_filter_that_makes_no_sense_is_named(world: World, query: str) -> None:
    for path in (TASKS, f"{TASKS}/summary"):
        assert (await world.call("审改办", "GET", f"{path}?{query}")).status_code == 422


# -- as it should be --


async def test_a_task_goes_from_hand_to_hand_and_its_history_tells_of_it(world: World) -> None:
    task = await review(world)
    first, second = await account(world, "审核甲", "reviewer"), await account(world, "审核乙", "reviewer")
    taken = await post(world, "审核甲", task, "take")
    assert (taken.json()["assignee_id"], taken.headers["etag"]) == (str(first.account_id), '"2"')
    given = {"account_id": str(second.account_id), "reason": "熟悉该事项"}
    assert (await post(world, "管理员", task, "assign", given, **{"If-Match": '"2"'})).status_code == 200
    assert [one["id"] for one in await tasks_of(world, "审核乙", "&assignee=me&kind=review")] == [task]
    assert task not in [one["id"] for one in await tasks_of(world, "审核甲", "&assignee=me")]
    assert task not in [one["id"] for one in await tasks_of(world, "审核甲", "&assignee=nobody")]
    assert (await post(world, "审核乙", task, "give-back", {"reason": "外出"})).status_code == 200
    assert task in [one["id"] for one in await tasks_of(world, "审核甲", "&assignee=nobody")]
    history = (await world.call("审改办", "GET", f"{TASKS}/{task}/history")).json()["items"]
    assert [(act["act"], act["to"], act["reason"]) for act in history] == [
        ("opened", None, None),
        ("taken", str(first.account_id), None),
        ("assigned", str(second.account_id), "熟悉该事项"),
        ("released", None, "外出"),
    ]
    events = await world.run(
        "SELECT type, actor, reason FROM qingdan.event WHERE refs->'tasks' ? :task AND type <> 'task.opened'"
        " ORDER BY position",
        task=task,
    )
    assert [row.type for row in events] == ["task.taken", "task.assigned", "task.released"]
    assert events[0].actor == first.actor


async def test_the_summary_counts_by_kind_in_one_statement(world: World) -> None:
    await review(world)
    item = await world.item("环评审批")
    drafts = await linked_drafts(world, item, ["power"], None)
    await world.tell(NewEvent(type="draft.opened", refs={"drafts": [str(id_) for id_ in drafts]}))
    await world.run("UPDATE qingdan.task SET due_at = now() - interval '1 day' WHERE id = :id", id=drafts[0])
    world.person("双岗", ("reviewer", COUNTY, None), ("list_authority", COUNTY, "环保局"))
    with counted(world.engine) as sent:
        answer = await world.call("双岗", "GET", f"{TASKS}/summary?organ={world.organs['环保局']}")
    assert len(sent) == 1
    assert answer.json()["kinds"] == [
        {
            "kind": "linkage_draft", "open": 1, "overdue": 1, "mine": 0, "unassigned": 1,
            "next_due_at": answer.json()["kinds"][0]["next_due_at"],
        }
    ]  # fmt: skip
    whole = (await world.call("双岗", "GET", f"{TASKS}/summary")).json()
    counts = {kind["kind"]: kind["open"] for kind in whole["kinds"]}
    assert counts["linkage_draft"] == 1
    assert counts["review"] >= 1
    assert whole["open"] == sum(counts.values())
    (late,) = await tasks_of(world, "牵头单位", f"&overdue=true&organ={world.organs['环保局']}")
    assert (late["id"], late["href"]) == (str(drafts[0]), f"/catalog/v1/drafts/{drafts[0]}")
    assert await tasks_of(world, "牵头单位", f"&overdue=true&list_id={world.lists['permit']}") == []
    assert [one["id"] for one in await tasks_of(world, "牵头单位", "&due_before=2999-01-01T00:00:00Z")] == [late["id"]]


async def test_each_task_says_where_to_read_what_it_is_about(world: World) -> None:
    task = await review(world)
    one = (await world.call("审改办", "GET", f"{TASKS}/{task}")).json()
    assert one["href"] == f"/workflow/v1/adjustments/{one['adjustment_id']}"
    read = await world.call("审改办", "GET", one["href"])
    assert read.status_code == 200
    assert UUID(one["id"])


async def test_a_conflict_that_comes_back_is_the_same_task_with_its_history(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.until("decided", modify(item, name="新名称"))
    told = NewEvent(type="adjustment.conflicted", adjustment_id=UUID(opened["id"]), item_ids=[item])
    await world.tell(told)
    (task,) = await tasks_of(world, "县政府", f"&kind=conflict&adjustment_id={opened['id']}")
    decider = await account(world, "审定秘书", "decider")
    assert (await post(world, "审定秘书", task["id"], "take")).status_code == 200
    await world.run(
        "UPDATE qingdan.task SET state = 'done', closed_at = now() WHERE id = CAST(:id AS uuid)", id=task["id"]
    )
    await world.run("UPDATE qingdan.adjustment SET state = 'decided' WHERE id = CAST(:id AS uuid)", id=opened["id"])
    await world.tell(NewEvent(type=told.type, adjustment_id=told.adjustment_id, item_ids=[item]))
    again = (await world.call("县政府", "GET", f"{TASKS}/{task['id']}")).json()
    assert (again["state"], again["assignee_id"]) == ("open", None)
    history = (await world.call("县政府", "GET", f"{TASKS}/{task['id']}/history")).json()["items"]
    assert [act["act"] for act in history if act["act"] != "opened"] == ["taken", "reopened"]
    assert decider.actor in {act["by"] for act in history}

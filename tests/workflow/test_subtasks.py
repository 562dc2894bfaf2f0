"""Parts of tasks: broken down to organs and persons, counted by who has how much, with lead and joint organs."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.identifiers import new_id
from tests.workflow.campaigning import CAMPAIGNS, at, enact, kind, milestone, owed, plan, settle_in, started
from tests.workflow.county import CITY, COUNTY, OTHER_COUNTY
from tests.workflow.messaging import begin, gather, told
from tests.workflow.test_inbox import account, post, review
from tests.workflow.test_tasks import tasks_of
from tests.workflow.timing import BEGIN, set_time
from tests.workflow.world import World

TASKS = "/workflow/v1/tasks"


async def deadline(world: World, organ: str | None = "环保局", due_at: datetime | None = None) -> str:
    """Something with a deadline for the region's reviewer, or an organ of the county that leads it."""
    id_ = new_id()
    await world.run(
        "INSERT INTO qingdan.task (id, kind, region_code, organ_id, role, title, subject, due_at)"
        " VALUES (:id, 'deadline', :region, :organ, :role, '编制并公开本级清单', :subject, :due)",
        id=id_,
        region=COUNTY,
        organ=world.organs[organ] if organ else None,
        role="principal" if organ else "reviewer",
        subject=f"deadline/{id_}",
        due=due_at,
    )
    return str(id_)


async def divide(world: World, who: str, task: str, **body: Any) -> Any:
    return await world.call(who, "POST", f"{TASKS}/{task}/subtasks", {"title": "梳理权力事项"} | body)


# -- unhappy ways --


async def test_a_task_is_divided_by_who_has_a_say_in_it_and_into_what_makes_sense(world: World) -> None:
    set_time(BEGIN)
    due = BEGIN + timedelta(days=20)
    task = await deadline(world, due_at=due)
    assert (await divide(world, "住建局长", task)).status_code == 404
    assert (await divide(world, "审改办", task)).status_code == 403
    far = new_id()
    await world.run(
        "INSERT INTO qingdan.organ (id, name, kind, region_code) VALUES (:id, '外县局', 'department', :region)",
        id=far,
        region=OTHER_COUNTY,
    )
    outsider = await account(world, "住建经办", "compiler", COUNTY, "住建局")
    for body, code in (
        ({"organ_id": str(far)}, "elsewhere"),
        ({"organ_id": str(uuid4())}, "unknown_organ"),
        ({"due_on": str(date(2026, 3, 1))}, "in_the_past"),
        ({"due_on": "9999-12-31"}, "too_far"),
        ({"due_on": str((due + timedelta(days=1)).date())}, "later_than_parent"),
        ({"organ_id": str(world.organs["环保局"]), "account_id": str(outsider.account_id)}, "cannot_act"),
        ({"organ_id": str(world.organs["环保局"]), "account_id": str(uuid4())}, "account_not_found"),
    ):
        answer = await divide(world, "环保局长", task, **body)
        assert answer.status_code == 422, (code, answer.text)
        assert code in (answer.json()["code"], *(error["code"] for error in answer.json()["errors"]))
    for body in ({"title": ""}, {"title": "\0"}, {"role": "auditor"}, {"due_on": "soon"}, {"more": 1}):
        assert (await divide(world, "环保局长", task, **body)).status_code == 422, body
    part = (await divide(world, "环保局长", task)).json()
    deeper = await divide(world, "环保局长", part["id"])
    assert (deeper.status_code, deeper.json()["code"]) == (409, "no_deeper")


@pytest.mark.req("QX-52")
async def test_a_part_for_an_organ_below_lies_where_its_people_see_it(world: World) -> None:
    set_time(BEGIN)
    world.person("市编办", ("reviewer", CITY, None))
    id_ = new_id()
    await world.run(
        "INSERT INTO qingdan.task (id, kind, region_code, role, title, subject)"
        " VALUES (:id, 'deadline', :region, 'reviewer', '全市编制清单', :subject)",
        id=id_, region=CITY, subject=f"deadline/{id_}",
    )  # fmt: skip
    part = await divide(world, "市编办", str(id_), organ_id=str(world.organs["环保局"]))
    assert part.status_code == 201, part.text
    assert part.json()["id"] in [task["id"] for task in await tasks_of(world, "环保编制", "&kind=subtask")]
    done = await world.call("环保编制", "POST", f"{TASKS}/{part.json()['id']}/complete", {"note": "已梳理"})
    assert done.status_code == 200, done.text
    helping = {"organ_ids": [str(world.organs["环保局"])], "reason": "涉及该单位职责"}
    refused = await world.call("市编办", "PUT", f"{TASKS}/{id_}/joint-organs", helping)
    assert (refused.status_code, refused.json()["code"]) == (422, "elsewhere"), "they would not see it"


async def test_an_act_of_one_organ_is_not_shared(world: World) -> None:
    task = await review(world)
    body = {"organ_ids": [str(world.organs["住建局"])], "reason": "涉及职责"}
    answer = await world.call("审改办", "PUT", f"{TASKS}/{task}/joint-organs", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "act_of_one_organ")
    mine = await deadline(world)
    for organs, code in (
        ([world.organs["环保局"]], "organ_twice"),
        ([world.organs["住建局"]] * 2, "organ_twice"),
        ([uuid4()], "unknown_organ"),
    ):
        wrong = {"organ_ids": [str(organ) for organ in organs], "reason": "涉及职责"}
        answer = await world.call("环保局长", "PUT", f"{TASKS}/{mine}/joint-organs", wrong)
        assert answer.status_code == 422
        assert code in (answer.json()["code"], *(error["code"] for error in answer.json()["errors"]))


async def test_the_workload_is_for_who_answers_for_the_region_or_the_organ(world: World) -> None:
    path = f"/workflow/v1/workload?region_code={COUNTY}"
    assert (await world.call("环保局长", "GET", path)).status_code == 403
    assert (await world.call("外县政府", "GET", path)).status_code == 403
    assert (await world.call("环保局长", "GET", f"{path}&organ={world.organs['住建局']}")).status_code == 403
    assert (await world.call("环保局长", "GET", f"{path}&organ={world.organs['环保局']}")).status_code == 200
    assert (await world.call("审改办", "GET", "/workflow/v1/workload?region_code=990000")).status_code == 404
    assert (await world.call("审改办", "GET", "/workflow/v1/workload")).status_code == 422


# -- as it should be --


@pytest.mark.req("QX-52", "HB-32")
async def test_a_task_is_broken_down_to_organs_and_persons_and_the_workload_shows_who_has_what(world: World) -> None:
    set_time(BEGIN)
    await begin(world)
    operator = await account(world, "环保经办", "compiler", COUNTY, "环保局")
    await account(world, "住建经办", "compiler", COUNTY, "住建局")
    task = await deadline(world, due_at=BEGIN + timedelta(days=20))
    mine = await divide(
        world, "环保局长", task, organ_id=str(world.organs["环保局"]), account_id=str(operator.account_id),
        due_on="2026-03-10",
    )  # fmt: skip
    assert mine.status_code == 201, mine.text
    theirs = await divide(world, "环保局长", task, organ_id=str(world.organs["住建局"]))
    assert (mine.json()["parent_id"], mine.json()["assignee_id"]) == (task, str(operator.account_id))
    assert theirs.json()["due_at"] is not None, "that of the whole"
    await gather(world)
    assert [message["act"] for message in await told(world, "环保经办")] == ["assigned"]
    assert [message["act"] for message in await told(world, "住建经办")] == ["opened"]
    assert [one["id"] for one in await tasks_of(world, "住建经办", "&kind=subtask")] == [theirs.json()["id"]]
    set_time(BEGIN + timedelta(days=9))
    path = f"/workflow/v1/workload?region_code={COUNTY}"
    load = (await world.call("审改办", "GET", f"{path}&organ={world.organs['环保局']}")).json()
    (person,) = [line for line in load["items"] if line["assignee_id"] == str(operator.account_id)]
    assert (person["name"], person["open"], person["overdue"]) == ("环保经办", 1, 1)
    assert load["overdue"] == 1
    done = await post(world, "环保经办", mine.json()["id"], "complete", {"note": "已梳理"})
    assert done.status_code == 200, done.text
    parts = (await world.call("环保局长", "GET", f"{TASKS}/{task}/subtasks")).json()
    assert (parts["open"], parts["done"]) == (1, 1)
    history = (await world.call("环保局长", "GET", f"{TASKS}/{task}/history")).json()["items"]
    assert [act["act"] for act in history].count("divided") == 2
    assert (await post(world, "环保局长", task, "complete", {"note": "已完成"})).status_code == 200
    await gather(world)
    parts = (await world.call("环保局长", "GET", f"{TASKS}/{task}/subtasks")).json()
    assert {part["id"]: part["state"] for part in parts["items"]} == {
        mine.json()["id"]: "done",
        theirs.json()["id"]: "void",
    }


async def test_the_parts_of_a_task_stay_when_it_is_given_another_day(world: World) -> None:
    set_time(at(2017, 6, 25))
    await settle_in(world)
    await begin(world)
    power = await kind(world, "parts", "行政权力清单")
    body = plan(milestone(1, "list", "lead", date(2017, 9, 30), kinds=[power]))
    campaign = await started(world, body)
    (task,) = [one["id"] for one in await owed(world, campaign, "subject=list")]
    part = await divide(world, "牵头单位", task)
    assert part.status_code == 201, part.text
    move = {"due_on": "2017-10-15", "reason": "任务重"}
    moved = await world.call("放管服组", "POST", f"{CAMPAIGNS}/{campaign['id']}/milestones/1/move", move)
    assert moved.status_code == 200, moved.text
    await gather(world)
    path = f"{TASKS}/{task}/subtasks"
    assert [one["state"] for one in (await world.call("牵头单位", "GET", path)).json()["items"]] == ["open"]
    await enact(world, "parts", at(2017, 9, 1))
    await gather(world)
    assert [one["state"] for one in (await world.call("牵头单位", "GET", path)).json()["items"]] == ["void"]


@pytest.mark.req("TH-05")
async def test_a_task_names_a_leading_and_joint_organs_and_the_joint_ones_may_do_it(world: World) -> None:
    task = await deadline(world)
    assert task not in [one["id"] for one in await tasks_of(world, "住建局长")]
    body = {"organ_ids": [str(world.organs["住建局"])], "reason": "涉及该单位职责"}
    before = await world.call("环保局长", "GET", f"{TASKS}/{task}")
    stale = await world.call("环保局长", "PUT", f"{TASKS}/{task}/joint-organs", body, **{"If-Match": '"9"'})
    assert stale.status_code == 412
    shared = await world.call(
        "环保局长", "PUT", f"{TASKS}/{task}/joint-organs", body, **{"If-Match": before.headers["etag"]}
    )
    assert shared.status_code == 200, shared.text
    assert (shared.json()["organ_id"], shared.json()["joint_organ_ids"]) == (
        str(world.organs["环保局"]),
        [str(world.organs["住建局"])],
    )
    assert task in [one["id"] for one in await tasks_of(world, "住建局长")]
    assert (await post(world, "住建局长", task, "complete", {"note": "已配合完成"})).status_code == 200

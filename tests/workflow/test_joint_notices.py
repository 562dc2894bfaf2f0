"""Parallel approval: the lead of a joint matter asks the others, who answer in time or are told to be silent."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.workflow.county import COUNTY
from tests.workflow.full_chain import tasks_of
from tests.workflow.preparing import later
from tests.workflow.world import BASE, HEADER, World, modify

NOTICES = "/workflow/v1/joint-notices"
ASK = {"content": "请就材料合并提出意见", "limit_days": 5}


async def joint(world: World, *others: str) -> str:
    """An adjustment of several departments, still with its compilers."""
    taking_part = [str(world.organs[name]) for name in others or ("住建局",)]
    opened = await world.open(modify(await world.item("环评审批"), name="甲"), participants=taking_part)
    return str(opened["id"])


async def asked(world: World, id_: str, **more: Any) -> Any:
    answer = await world.act("环保编制", id_, "joint-notices", ASK | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"][-1]


async def reply(world: World, who: str, notice: str, **body: Any) -> httpx.Response:
    return await world.call(who, "POST", f"{NOTICES}/{notice}/replies", {"outcome": "agreed"} | body)


async def test_only_the_lead_asks_and_only_those_who_take_part_are_asked(world: World) -> None:
    id_ = await joint(world)
    for who in ("住建编制", "审改办", "县政府"):
        assert (await world.act(who, id_, "joint-notices", ASK)).status_code == 403, who
    for more, pointer in (
        ({"limit_days": 0}, "/limit_days"),
        ({"limit_days": 61}, "/limit_days"),
        ({"content": "a\0"}, "/content"),
        ({"organ_ids": [str(world.organs["外单位"])]}, "/organ_ids/0"),
        ({"organ_ids": [str(world.organs["环保局"])]}, "/organ_ids/0"),
    ):
        answer = await world.act("环保编制", id_, "joint-notices", ASK | more)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    alone = await world.open(modify(await world.item("二"), name="乙"))
    answer = await world.act("环保编制", alone["id"], "joint-notices", ASK)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_joint")


@pytest.mark.req("TH-18")
async def test_the_lead_submits_when_the_others_have_answered_within_their_limit(world: World) -> None:
    id_ = await joint(world)
    notice = await asked(world, id_)
    [task] = await tasks_of(world, "住建编制", id_)
    assert (task["kind"], task["due_at"]) == ("reply", notice["replies"][0]["due_at"])
    early = await world.act("环保编制", id_, "submit")
    assert (early.status_code, early.json()["code"]) == (409, "replies_waiting"), early.text
    assert early.json()["organs"] == [str(world.organs["住建局"])]
    for who in ("环保编制", "外单位编制", "审改办"):
        refused = await reply(world, who, notice["id"])
        assert (refused.status_code, refused.json()["code"]) == (403, "not_asked"), who
    assert (await reply(world, "住建编制", notice["id"], outcome="objected")).status_code == 422
    assert (await reply(world, "住建编制", "0197f3a0-0000-7000-8000-000000000999")).status_code == 404
    answer = await reply(world, "住建局长", notice["id"], outcome="objected", opinion="应保留场地证明")
    [told] = answer.json()["items"][0]["replies"]
    assert (told["state"], told["opinion"], told["late"]) == ("objected", "应保留场地证明", False), answer.text
    again = await reply(world, "住建编制", notice["id"])
    assert (again.status_code, again.json()["code"]) == (409, "already_replied")
    assert await tasks_of(world, "住建编制", id_) == []
    assert (await world.act("环保编制", id_, "submit")).status_code == 200
    seen = await world.call("审改办", "GET", f"{BASE}/{id_}/joint-notices")
    assert seen.json()["items"][0]["replies"][0]["state_title"] == "不同意"
    assert (await world.call("外县政府", "GET", f"{BASE}/{id_}/joint-notices")).status_code == 404


@pytest.mark.req("TH-18")
async def test_who_lets_the_day_pass_is_silent_on_record_and_a_late_answer_is_called_late(world: World) -> None:
    id_ = await joint(world, "住建局", "外单位")
    notice = await asked(world, id_)
    later(days=20)
    [told] = (await world.call("环保编制", "GET", f"{BASE}/{id_}/joint-notices")).json()["items"]
    assert [one["state"] for one in told["replies"]] == ["silent", "silent"]
    answer = await reply(world, "住建编制", notice["id"])
    states = {one["organ_id"]: (one["state"], one["late"]) for one in answer.json()["items"][0]["replies"]}
    assert states[str(world.organs["住建局"])] == ("agreed", True)
    assert (await world.act("环保编制", id_, "submit")).status_code == 200, "nobody waits for the other any more"
    after = await reply(world, "外单位编制", notice["id"])
    assert (after.status_code, after.json()["code"]) == (409, "illegal_transition")
    types = [row["type"] for row in await world.events(id_)]
    assert [types.count(one) for one in ("joint_notice.given", "joint_notice.answered")] == [1, 1]


@pytest.mark.parametrize("act", ["submit", "submit-minor"])
async def test_who_kept_silent_has_no_task_left_when_the_lead_submits(world: World, act: str) -> None:
    body = {"region_code": COUNTY, "elements": ["consult_phone"], "source": "县政府文件"}
    freed = await world.call("管理员", "POST", "/workflow/v1/minor-elements", body)
    assert freed.status_code == 201, freed.text
    item, others = await world.item("环评审批"), [str(world.organs["住建局"])]
    id_ = (await world.open(modify(item, consult_phone="0317-4020000"), participants=others))["id"]
    await asked(world, id_)
    later(days=20)
    [task] = await tasks_of(world, "住建编制", id_)
    answer = await world.act("环保编制", id_, act)
    assert answer.status_code == 200, answer.text
    assert await tasks_of(world, "住建编制", id_) == []
    assert [one["id"] for one in await tasks_of(world, "住建编制", id_, "void")] == [task["id"]]
    clock = await world.call("住建编制", "GET", f"/workflow/v1/clocks/{task['id']}")
    assert clock.json()["state"] == "stopped"


async def test_an_organ_that_takes_part_no_more_owes_no_reply_and_the_others_do(world: World) -> None:
    id_ = await joint(world, "住建局", "外单位")
    await asked(world, id_)
    match = {"If-Match": f'"{(await world.read(id_))["version"]}"'}
    header = HEADER | {"participants": [str(world.organs["外单位"])]}
    edited = await world.call("环保编制", "PUT", f"{BASE}/{id_}", header, **match)
    assert edited.status_code == 200, edited.text
    assert await tasks_of(world, "住建编制", id_) == []
    assert [task["kind"] for task in await tasks_of(world, "外单位编制", id_)] == ["reply"]


async def test_who_is_not_to_take_part_any_more_is_not_waited_for_and_a_withdrawal_ends_the_tasks(world: World) -> None:
    id_ = await joint(world, "住建局", "外单位")
    await asked(world, id_)
    assert (await world.act("环保编制", id_, "withdraw", {"reason": "不再调整"})).status_code == 200
    assert await tasks_of(world, "住建编制", id_) == []

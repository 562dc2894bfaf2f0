"""One-time correction: a reviewer names everything at once, and asks for nothing late that was to be seen before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared import clock
from tests.workflow.full_chain import of_act, tasks_of
from tests.workflow.preparing import later
from tests.workflow.world import BASE, World, modify


def wrong(item: Any, *elements: str, **more: Any) -> dict[str, Any]:
    named = [{"item_id": str(item), "element": element, "opinion": "请改正"} for element in elements]
    return {"outcome": "return", "opinion": "请按所列意见修改", "element_opinions": named} | more


async def send_back(world: World, id_: str, body: dict[str, Any]) -> httpx.Response:
    return await world.act("审改办", id_, "review", body)


async def again(world: World, id_: str, submission: int, **elements: Any) -> None:
    """The compilers change some elements and hand it in again, and it is signed again."""
    if elements:
        told = await world.read(id_)
        [change], matched = told["changes"], {"If-Match": f'"{told["version"]}"'}
        body = {"operation": "modify", "elements": change["proposed"] | elements}
        answer = await world.call("环保编制", "PUT", f"{BASE}/{id_}/changes/{change['id']}", body, **matched)
        assert answer.status_code == 200, answer.text
    assert (await world.act("环保编制", id_, "submit")).status_code == 200
    await world.validated(id_, submission=submission)
    assert (await world.sign("环保局长", id_)).status_code == 200


async def returned_once(world: World, *elements: str, **more: Any) -> tuple[str, Any]:
    item = await world.item("环评审批")
    opened = await world.until("in_review", modify(item, name="甲", statutory_limit=20))
    answer = await send_back(world, opened["id"], wrong(item, *elements, **more))
    assert (answer.status_code, answer.json()["state"]) == (200, "returned"), answer.text
    return opened["id"], item


@pytest.mark.req("ZL-48")
async def test_what_was_to_be_seen_the_first_time_is_not_asked_for_the_second_time(world: World) -> None:
    id_, item = await returned_once(world, "name")
    await again(world, id_, 2, name="乙")
    late = await send_back(world, id_, wrong(item, "name", "statutory_limit", "fees"))
    assert (late.status_code, late.json()["code"]) == (409, "visible_before"), late.text
    assert [error["pointer"] for error in late.json()["errors"]] == ["/element_opinions/1", "/element_opinions/2"]
    assert (await world.read(id_))["state"] == "in_review", "nothing happened"
    bare = await send_back(world, id_, {"outcome": "return", "opinion": "还有问题"})
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/element_opinions")
    assert (await send_back(world, id_, wrong(item, "name"))).status_code == 200, "what was changed may be wrong again"


async def test_what_is_asked_for_late_all_the_same_is_told_with_its_reason(world: World) -> None:
    id_, item = await returned_once(world, "name")
    await again(world, id_, 2, name="乙")
    why = "上级规范于本月修订"
    answer = await send_back(world, id_, wrong(item, "statutory_limit", late_reason=why))
    assert answer.status_code == 200, answer.text
    step = of_act(await world.read(id_), "review")[-1]
    assert step["record"] == {"late": [0], "late_reason": why}
    told = [row for row in await world.events(id_) if row["type"] == "adjustment.returned"][-1]
    assert why in told["refs"]
    await again(world, id_, 3)
    third = await send_back(world, id_, wrong(item, "statutory_limit", "name"))
    assert third.status_code == 200, "both were named before: they were not put right"


async def test_what_the_compilers_changed_meanwhile_is_new_to_the_reviewer(world: World) -> None:
    id_, item = await returned_once(world, "name")
    await again(world, id_, 2, name="乙", statutory_limit=30)
    assert (await send_back(world, id_, wrong(item, "statutory_limit"))).status_code == 200


@pytest.mark.req("ZL-48")
async def test_a_correction_has_a_limit_each_time_it_comes_back(world: World) -> None:
    for days in (0, 61, 10**12, -1):
        item = await world.item("环评审批")
        id_ = (await world.until("in_review", modify(item, name="甲"), confirm_overlap=True))["id"]
        assert (await send_back(world, id_, wrong(item, correction_days=days))).status_code == 422, days
    id_, item = await returned_once(world, "name", correction_days=5)
    [task] = await tasks_of(world, "环保编制", id_)
    assert task["kind"] == "correction"
    [counting] = [
        one
        for one in (await world.call("审改办", "GET", f"/workflow/v1/clocks?adjustment_id={id_}")).json()["items"]
        if one["state"] == "running"
    ]
    assert (counting["amount"], counting["due_at"]) == (5, task["due_at"])
    await again(world, id_, 2, name="乙")
    assert await tasks_of(world, "环保编制", id_) == []
    later(days=40)
    assert (await send_back(world, id_, wrong(item, "name"))).status_code == 200
    [once_more] = await tasks_of(world, "环保编制", id_)
    assert once_more["id"] == task["id"]
    assert once_more["due_at"] > (clock.now() + timedelta(days=9)).isoformat(), "ten working days, from now"

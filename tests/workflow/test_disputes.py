"""Disputes about what was fed back: consultation, the government's decision, and elements that stay as they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared import clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.workflow.county import COUNTY
from tests.workflow.full_chain import of_act, tasks_of
from tests.workflow.world import DECISION, World, modify

DISPUTES = "/workflow/v1/disputes"
WHY = "反馈的名称与三定规定不一致"


def today() -> str:
    return clock.now().astimezone(clock.ZONE).date().isoformat()


async def fed_back(world: World, item: Any = None, **more: Any) -> tuple[str, str]:
    """An adjustment that was reviewed and waits for the department's word: its id and its entry."""
    await world.bind("staffing_office", "modify")
    item = item or await world.item("环评审批")
    opened = await world.until("reviewed", modify(item, name="甲"), **more)
    return opened["id"], str(item)


def disputed(*elements: tuple[str, str], **more: Any) -> dict[str, Any]:
    named = [{"item_id": item, "element": element, "opinion": "应为乙"} for item, element in elements]
    return {"outcome": "disputed", "opinion": WHY, "elements": named} | more


async def in_dispute(world: World) -> tuple[str, str]:
    id_, item = await fed_back(world)
    answer = await world.act("环保局长", id_, "confirm", disputed((item, "name")))
    assert (answer.status_code, answer.json()["state"]) == (200, "in_review"), answer.text
    return id_, item


async def dispute_of(world: World, id_: str) -> Any:
    answer = await world.call("环保编制", "GET", f"/workflow/v1/adjustments/{id_}/disputes")
    [found] = answer.json()["items"]
    return found


async def consult(world: World, dispute: str, outcome: str, who: str = "审改办", **more: Any) -> httpx.Response:
    organs = [
        {"organ_id": str(world.organs["环保局"]), "agreed": outcome == "agreed"}
        | ({} if outcome == "agreed" else {"opinion": WHY}),
        {"organ_id": str(world.organs["住建局"]), "agreed": True},
    ]
    body = {"outcome": outcome, "date": today(), "organs": organs, "conclusion": "会商记录"} | more
    return await world.call(who, "POST", f"{DISPUTES}/{dispute}/consult", body)


async def decide(world: World, dispute: str, ruling: str, who: str = "县政府", **more: Any) -> httpx.Response:
    body = {"ruling": ruling, "opinion": "以三定规定为准", "decision": DECISION} | more
    return await world.call(who, "POST", f"{DISPUTES}/{dispute}/decide", body)


async def test_a_dispute_names_elements_of_the_adjustment_and_who_may_not_confirm_may_not_dispute(world: World) -> None:
    id_, item = await fed_back(world)
    for body, pointer in (
        (disputed(), "/elements"),
        (disputed((item, "name"), opinion=None), "/opinion"),
        (disputed((item, "name"), (item, "name")), "/elements/1"),
        (disputed(("0197f3a0-0000-7000-8000-000000000999", "name")), "/elements/0"),
        (disputed((item, "Na me")), "/elements/0/element"),
    ):
        answer = await world.act("环保局长", id_, "confirm", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    for who in ("住建局长", "环保编制", "县政府"):
        assert (await world.act(who, id_, "confirm", disputed((item, "name")))).status_code == 403, who


@pytest.mark.req("HB-27")
async def test_what_is_disputed_is_not_decided_before_consultation_has_settled_it(world: World) -> None:
    id_, _ = await in_dispute(world)
    again = await world.act("环保局长", id_, "confirm", {"outcome": "confirmed"})
    assert (again.status_code, again.json()["code"]) == (409, "dispute_open")
    early = await world.act("县政府", id_, "decide", {"decision": DECISION})
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    told = await world.read(id_)
    assert [(one["for_role"], one["what"]) for one in told["waiting"]] == [("reviewer", f"解决争议：{WHY}")]
    found = await dispute_of(world, id_)
    assert [(task["kind"], task["role"]) for task in await tasks_of(world, "审改办", id_)] == [("dispute", "reviewer")]
    for who in ("环保局长", "环保编制", "县政府", "法制办"):
        assert (await consult(world, found["id"], "agreed", who, ruling="upheld")).status_code == 403, who
    assert (await decide(world, found["id"], "upheld")).status_code == 409, "not before it was consulted about"
    outsiders = [
        {"organ_id": str(world.organs[name]), "agreed": True, "opinion": None} for name in ("住建局", "外单位")
    ]
    tomorrow = (clock.now().astimezone(clock.ZONE).date() + timedelta(days=1)).isoformat()
    for more, pointer in (
        ({}, "/ruling"),
        ({"ruling": "upheld", "date": tomorrow}, "/date"),
        ({"ruling": "upheld", "organs": outsiders}, "/organs"),
        ({"ruling": "perhaps"}, "/ruling"),
    ):
        answer = await consult(world, found["id"], "agreed", **more)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    settled = await consult(world, found["id"], "agreed", ruling="upheld")
    assert (settled.status_code, settled.json()["state"], settled.json()["ruling"]) == (200, "settled", "upheld")
    [step] = of_act(await world.read(id_), "confirm")
    assert (step["state"], step["record"]["question"], step["record"]["ruling"]) == ("passed", WHY, "upheld")
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).json()["state"] == "decided"


@pytest.mark.req("ZZ-53")
async def test_what_consultation_does_not_settle_the_government_decides_and_the_element_is_free_again(
    world: World,
) -> None:
    id_, _ = await in_dispute(world)
    found = await dispute_of(world, id_)
    escalated = await consult(world, found["id"], "not_agreed")
    assert (escalated.status_code, escalated.json()["state"]) == (200, "escalated"), escalated.text
    assert [(task["kind"], task["role"]) for task in await tasks_of(world, "县政府", id_)] == [("dispute", "decider")]
    assert (await consult(world, found["id"], "agreed", ruling="upheld")).status_code == 409
    for who in ("审改办", "环保局长"):
        assert (await decide(world, found["id"], "amended", who)).status_code == 403, who
    late = (clock.now().astimezone(clock.ZONE).date() + timedelta(days=1)).isoformat()
    assert (await decide(world, found["id"], "amended", decision=DECISION | {"date": late})).status_code == 422
    answer = await decide(world, found["id"], "amended")
    assert (answer.status_code, answer.json()["state"]) == (200, "settled"), answer.text
    assert answer.json()["decision"]["number"] == DECISION["number"]
    told = await world.read(id_)
    [step] = of_act(told, "confirm")
    assert (told["state"], step["state"]) == ("returned", "returned")
    assert (step["opinion"], step["record"]["decision"]["number"]) == ("以三定规定为准", DECISION["number"])
    assert [(each["element"], each["opinion"]) for each in step["element_opinions"]] == [("name", "应为乙")]
    types = [row["type"] for row in await world.events(id_)]
    assert [types.count(one) for one in ("adjustment.disputed", "dispute.escalated", "dispute.settled")] == [1, 1, 1]
    assert (await decide(world, found["id"], "upheld")).status_code == 409


@pytest.mark.req("ZZ-53")
async def test_nobody_else_changes_an_element_that_is_in_dispute(world: World) -> None:
    item = await world.item("环评审批")
    await world.bind("short", "modify")
    rival = (await world.until("reviewed", modify(item, name="丙")))["id"]
    id_, _ = await fed_back(world, item, confirm_overlap=True)
    await world.act("环保局长", id_, "confirm", disputed((str(item), "name")))
    refused = await world.act("县政府", rival, "decide", {"decision": DECISION})
    assert (refused.status_code, refused.json()["code"]) == (409, "element_disputed"), refused.text
    assert (await world.read(rival))["state"] == "in_review"
    other = await world.open(modify(item, name="丁"), confirm_overlap=True)
    late = await world.act("环保编制", other["id"], "submit")
    assert (late.status_code, late.json()["code"]) == (409, "element_disputed"), late.text
    aside = await world.open(modify(item, statutory_limit=20), confirm_overlap=True)
    assert (await world.act("环保编制", aside["id"], "submit")).status_code == 200, "other elements are free"
    gone = await world.open({"operation": "cancel", "item_id": str(item), "elements": {}}, confirm_overlap=True)
    whole = await world.act("环保编制", gone["id"], "submit")
    assert (whole.status_code, whole.json()["code"]) == (409, "element_disputed"), "it would end what is in dispute"
    found = await dispute_of(world, id_)
    await consult(world, found["id"], "agreed", ruling="amended")
    assert (await world.act("环保编制", other["id"], "submit")).status_code == 200, "settled: free again"


async def test_a_dispute_ends_with_its_adjustment_and_is_read_only_by_those_who_read_that(world: World) -> None:
    id_, _ = await in_dispute(world)
    found = await dispute_of(world, id_)
    assert (await world.call("外县政府", "GET", f"{DISPUTES}/{found['id']}")).status_code == 404
    assert (await world.call("环保编制", "GET", f"{DISPUTES}/{found['id']}")).json()["question"] == WHY
    assert (await world.call("环保编制", "GET", f"{DISPUTES}/{id_}")).status_code == 404
    assert (await world.act("环保编制", id_, "withdraw", {"reason": "不再调整"})).status_code == 200
    assert (await dispute_of(world, id_))["state"] == "void"
    assert await tasks_of(world, "审改办", id_) == []
    locked = await world.run(
        "SELECT * FROM qingdan.workflow_disputed_element_v1 WHERE adjustment_id = CAST(:id AS uuid)", id=id_
    )
    assert locked == []


async def test_a_dispute_rests_with_its_adjustment_and_is_not_settled_by_who_compiled(world: World) -> None:
    id_, _ = await in_dispute(world)
    found = await dispute_of(world, id_)
    await world.act("审改办", id_, "suspend", {"reason": "待上级答复"})
    resting = await consult(world, found["id"], "agreed", ruling="upheld")
    assert (resting.status_code, resting.json()["code"]) == (409, "illegal_transition")
    await world.act("审改办", id_, "resume", {"reason": "已答复"})
    both = world.person("编审兼任", ("reviewer", COUNTY, None))
    await world.run(
        "UPDATE qingdan.adjustment SET compiled_by = compiled_by || to_jsonb(CAST(:who AS text))"
        " WHERE id = CAST(:id AS uuid)",
        who=str(both.account_id),
        id=id_,
    )
    own = await consult(world, found["id"], "agreed", "编审兼任", ruling="upheld")
    assert (own.status_code, own.json()["code"]) == (403, "own_compilation")
    assert (await consult(world, found["id"], "agreed", ruling="upheld")).status_code == 200


@pytest.mark.req("ZZ-53")
async def test_a_dispute_about_who_supervises_lies_before_the_government_until_it_has_decided(world: World) -> None:
    id_ = new_id()
    told: dict[str, Any] = {"region_code": COUNTY, "list_id": world.lists["permit"], "reason": "餐饮油烟由谁监管",
            "refs": {"dispute": str(id_)}}  # fmt: skip
    await world.tell(NewEvent(type="dispute.opened", **told))
    path = "/workflow/v1/tasks?kind=dispute&limit=200"
    (task,) = [one for one in (await world.call("县政府", "GET", path)).json()["items"] if str(id_) in one["subject"]]
    assert (task["role"], task["href"]) == ("decider", f"/catalog/v1/supervision/disputes/{id_}")
    assert task["title"] == "决定监管主体争议：餐饮油烟由谁监管"
    await world.tell(NewEvent(type="dispute.decided", **told))
    left = (await world.call("县政府", "GET", path)).json()["items"]
    assert [one for one in left if str(id_) in one["subject"]] == []
    other = {**told, "refs": {"dispute": str(new_id())}}
    await world.tell(NewEvent(type="dispute.opened", **other), NewEvent(type="dispute.decided", **other))
    left = (await world.call("县政府", "GET", path)).json()["items"]
    assert [one for one in left if other["refs"]["dispute"] in one["subject"]] == []

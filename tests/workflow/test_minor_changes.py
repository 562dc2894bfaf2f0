"""What needs no review by a region's own rule: who frees it, what never, and how it is followed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.workflow.county import COUNTY, PROVINCE
from tests.workflow.world import BASE, World, modify

MINOR = "/workflow/v1/minor-elements"
RULE = {"region_code": COUNTY, "elements": ["consult_phone"], "source": "县审改办规定"}


async def freed(world: World, **more: Any) -> Any:
    answer = await world.call("管理员", "POST", MINOR, RULE | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["items"]


async def until_today(world: World) -> None:
    """What other tests of the module freed ends."""
    await world.run("DELETE FROM qingdan.minor_element")


@pytest.fixture(autouse=True)
async def nothing_freed(world: World) -> None:
    await until_today(world)


async def test_only_the_administrator_frees_elements_and_never_what_makes_up_a_matter(world: World) -> None:
    assert (await world.call("环保编制", "POST", MINOR, RULE)).status_code == 403
    assert (await world.call("管理员", "POST", MINOR, RULE | {"region_code": PROVINCE})).status_code == 403
    for wrong, pointer in (
        ({"elements": ["consult_phone", "basis"]}, "/elements/1"),
        ({"elements": ["materials"]}, "/elements/0"),
        ({"elements": ["consult_phone", "fee_standard"]}, "/elements/1"),
        ({"elements": ["acceptance_conditions"]}, "/elements/0"),
        ({"elements": ["penalty_terms"]}, "/elements/0"),
        ({"elements": ["local_base_code"]}, "/elements/0"),
        ({"elements": ["our_own_rule"]}, "/elements/0"),
        ({"elements": []}, "/elements"),
        ({"elements": ["ABC"]}, "/elements/0"),
        ({"source": "\0"}, "/source"),
        ({"valid_from": "2020-01-01"}, "/valid_from"),
        ({"valid_to": "2020-01-01"}, "/valid_to"),
    ):
        answer = await world.call("管理员", "POST", MINOR, RULE | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), answer.text
    [one] = await freed(world)
    assert (one["element"], one["source"]) == ("consult_phone", "县审改办规定")
    path = f"{MINOR}/{one['id']}/end"
    assert (await world.call("环保编制", "POST", path, {"last_day": "2999-01-01"})).status_code == 403
    late = await world.call("管理员", "POST", path, {"last_day": "2020-01-01"})
    assert (late.status_code, late.json()["errors"][0]["pointer"]) == (422, "/valid_to")
    ended = await world.call("管理员", "POST", path, {"last_day": "2999-01-01"})
    assert ended.json()["items"][0]["valid_to"] == "2999-01-01"


async def test_what_is_not_free_takes_the_ordinary_way(world: World) -> None:
    item, other = await world.items(["环评审批", "排污许可"])
    opened = await world.open(modify(item, consult_phone="0317-1", name="新名称"))
    id_ = opened["id"]
    refused = await world.act("环保编制", id_, "submit-minor")
    assert (refused.status_code, refused.json()["code"]) == (409, "needs_review")
    await freed(world)
    refused = await world.act("环保编制", id_, "submit-minor")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/changes/1/elements/name"]
    cancelled = await world.open({"operation": "cancel", "item_id": str(other)})
    refused = await world.act("环保编制", cancelled["id"], "submit-minor")
    assert refused.json()["errors"][0]["pointer"] == "/changes/1/operation"
    assert (await world.act("审改办", id_, "submit-minor")).status_code == 403
    assert (await world.act("环保编制", (await world.open())["id"], "submit-minor")).status_code == 409


async def test_of_one_kind_of_list_only_its_entries_are_free(world: World) -> None:
    await freed(world, list_kind=f"power_{world.suffix}")
    for kind, status in (("permit", 409), ("power", 200)):
        opened = await world.open(modify(await world.item("事项", of=kind), consult_phone="0317-1"))
        answer = await world.act("环保编制", opened["id"], "submit-minor")
        assert answer.status_code == status, answer.text


async def test_a_minor_change_takes_effect_after_the_check_without_any_step_and_is_on_record(world: World) -> None:
    await freed(world)
    item = await world.item("环评审批", consult_phone="0317-0")
    opened = await world.open(modify(item, consult_phone="0317-1"))
    id_ = opened["id"]
    answer = await world.act("环保编制", id_, "submit-minor")
    assert (answer.status_code, answer.json()["state"], answer.json()["minor"]) == (200, "checking", True)
    await world.validated(id_)
    told = await world.read(id_)
    assert (told["state"], told["steps"]) == ("scheduled", [])
    assert told["decision"]["meeting"] == "按规定免于审核的微调"
    assert told["decision"]["number"] == told["receipts"][0]["receipt_number"]
    await world.fall_due()
    await world.applied(id_)
    await world.published(id_, "permit")
    told = await world.read(id_)
    assert (told["state"], told["complete"], told["related_work"]) == ("effective", True, [])
    types = [event["type"] for event in await world.events(id_)]
    assert types[:6] == [
        "adjustment.opened", "adjustment.submitted", "adjustment.validated", "adjustment.decided",
        "adjustment.effective", "adjustment.applied",
    ]  # fmt: skip
    listed = (await world.call("审改办", "GET", f"{BASE}?minor=true&limit=200")).json()["items"]
    assert id_ in [each["id"] for each in listed]
    assert all(each["minor"] for each in listed)
    others = (await world.call("审改办", "GET", f"{BASE}?minor=false&limit=200")).json()["items"]
    assert id_ not in [each["id"] for each in others]


async def test_a_minor_change_that_the_check_refuses_comes_back_and_may_take_the_ordinary_way(world: World) -> None:
    await freed(world)
    opened = await world.open(modify(await world.item("环评审批"), consult_phone="0317-1"))
    id_ = opened["id"]
    await world.act("环保编制", id_, "submit-minor")
    await world.validated(id_, {"rule": "V01", "severity": "block", "message": "格式"})
    assert (await world.read(id_))["state"] == "returned"
    again = await world.act("环保编制", id_, "submit")
    assert (again.json()["state"], again.json()["minor"]) == ("checking", False)
    await world.validated(id_, submission=2)
    assert "sign" in [step["act"] for step in (await world.read(id_))["steps"]]

"""Lists over HTTP: set-up, members, decision, editions."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from tests.catalog.register_world import CITY, COUNTY, RegisterWorld

DECISION = {"decision": {"meeting": "县政府第12次常务会议", "date": "2026-11-20", "number": "青政办发〔2026〕8号"}}


@pytest.mark.req("ZL-34")
async def test_a_list_comes_into_force_only_by_a_decision_with_its_record(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    decider = register.token(("decider", COUNTY))
    without = await register.post(f"/lists/{list_id}/enact", {}, who=decider)
    assert without.status_code == 422
    half = await register.post(f"/lists/{list_id}/enact", {"decision": {"meeting": "会", "date": "x"}}, who=decider)
    assert {error["pointer"] for error in half.json()["errors"]} == {"/decision/date", "/decision/number"}
    assert (await register.post(f"/lists/{list_id}/enact", DECISION)).status_code == 403
    enacted = await register.post(f"/lists/{list_id}/enact", DECISION, who=decider)
    assert enacted.status_code == 200
    assert enacted.json()["state"] == "in_force"
    assert enacted.json()["decision"] == DECISION["decision"]
    event = (await register.events("list.enacted"))[-1]
    assert (event.list_id, event.list_kind) == (UUID(list_id), "permit")
    again = await register.post(f"/lists/{list_id}/enact", DECISION, who=decider)
    assert again.status_code == 409
    assert again.json()["allowed"] == ["editions"]


@pytest.mark.req("QX-06")
async def test_an_organ_outside_the_list_cannot_bring_items_into_it(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    market = register.organs["青县市场监督管理局"]
    compiler = register.token(("compiler", COUNTY, market))
    entry = {"items": [{"elements": register.permit(1, "青县市场监督管理局")}]}
    refused = await register.post(f"/lists/{list_id}/items", entry, who=compiler)
    assert refused.status_code == 403
    assert refused.json()["code"] == "not_a_member"
    members = {"organ_ids": [str(market)]}
    current = await register.get(f"/lists/{list_id}/members")
    changed = await register.put(f"/lists/{list_id}/members", members, headers={"If-Match": current.headers["etag"]})
    assert {member["name"] for member in changed.json()["items"]} == {"青县行政审批局", "青县市场监督管理局"}
    assert (await register.post(f"/lists/{list_id}/items", entry, who=compiler)).status_code == 200


async def test_a_region_has_one_list_of_each_kind(register: RegisterWorld) -> None:
    await register.list_of("permit")
    lead = str(register.organs["青县行政审批局"])
    second = await register.post("/lists", {"kind": "permit", "region_code": COUNTY, "lead_organ_id": lead})
    assert second.json()["code"] == "list_exists"
    unknown = await register.post("/lists", {"kind": "no_such_kind", "region_code": COUNTY, "lead_organ_id": lead})
    assert unknown.status_code == 404


async def test_an_edition_names_a_list_in_force(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    early = await register.post(f"/lists/{list_id}/editions", {"name": "2026版"})
    assert early.json()["allowed"] == ["enact"]
    await register.post(f"/lists/{list_id}/enact", DECISION, who=register.token(("decider", CITY)))
    named = await register.post(f"/lists/{list_id}/editions", {"name": "2026版", "reason": "年度编制"})
    assert named.json()["edition"] == "2026版"
    event = (await register.events("list.edition_named"))[-1]
    assert (event.refs, event.reason) == ({"edition": "2026版"}, "年度编制")


async def test_a_stale_version_of_a_list_is_refused(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    body = {"title": "青县许可清单", "lead_organ_id": str(register.organs["青县市场监督管理局"])}
    assert (await register.put(f"/lists/{list_id}", body)).status_code == 428
    assert (await register.put(f"/lists/{list_id}", body, headers={"If-Match": '"7"'})).status_code == 412
    changed = await register.put(f"/lists/{list_id}", body, headers={"If-Match": '"1"'})
    assert changed.json()["title"] == "青县许可清单"
    members = (await register.get(f"/lists/{list_id}/members")).json()["items"]
    leads = {member["name"]: member["lead"] for member in members}
    assert leads == {"青县行政审批局": False, "青县市场监督管理局": True}


async def test_lists_are_found_by_kind_state_and_member(register: RegisterWorld) -> None:
    permit = await register.list_of("permit", members=("青县市场监督管理局",))
    await register.list_of("power")
    market = register.organs["青县市场监督管理局"]
    found = (await register.get(f"/lists?member={market}&state=compiling&within={CITY}")).json()["items"]
    assert [entry["id"] for entry in found] == [permit]
    assert len((await register.get("/lists?limit=1")).json()["items"]) == 1


async def test_several_lists_come_into_force_by_one_decision_or_none_does(register: RegisterWorld) -> None:
    lists = [await register.list_of(kind) for kind in ("permit", "power", "responsibility")]
    decider = register.token(("decider", COUNTY))
    body = DECISION | {"list_ids": lists}
    assert (await register.post("/enactments", body)).status_code == 403
    asked = (([lists[0]], None), ([lists[0]] * 2, "list_twice"), ([lists[0], str(uuid4())], "list_not_found"))
    for wrong, code in asked:
        refused = await register.post("/enactments", DECISION | {"list_ids": wrong}, who=decider)
        assert refused.status_code == 422
        assert code is None or refused.json()["code"] == code
    refused = await register.post("/enactments", body, who=decider)
    told = refused.json()
    # The responsibility list has empty sections: the others are ready, and wait for it.
    assert (refused.status_code, told["code"]) == (409, "lists_held_back"), told
    assert told["errors"][0]["pointer"] == "/list_ids/2"
    assert told["errors"][0]["code"] == "list_incomplete"
    assert "责任" in told["detail"]
    states = [(await register.get(f"/lists/{one}")).json()["state"] for one in lists]
    assert states == ["compiling"] * 3
    assert not [one for one in await register.events("list.enacted") if str(one.list_id) in lists]
    more = {"authority": "青县人民政府", "link": "https://www.qingxian.gov.cn/doc/8"}
    decided = {"decision": DECISION["decision"] | more, "list_ids": lists[:2]}
    enacted = await register.post("/enactments", decided, who=decider)
    assert enacted.status_code == 200, enacted.text
    assert [one["state"] for one in enacted.json()["items"]] == ["in_force"] * 2
    events = [one for one in await register.events("list.enacted") if str(one.list_id) in lists]
    assert {event.refs["enactment"] for event in events} == {enacted.json()["enactment"]}
    assert [event.refs["decision"] for event in events] == [decided["decision"]] * 2

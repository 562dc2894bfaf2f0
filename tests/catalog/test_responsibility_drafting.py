"""Duties are drafted from the powers of a department, and organs propose further ones."""

from __future__ import annotations

from uuid import UUID

import pytest

from shared.identifiers import new_id
from tests.catalog.register_world import COUNTY
from tests.catalog.responsibility_entries import duty
from tests.catalog.responsibility_world import BUREAU, MARKET, Lists, power_of


@pytest.mark.req("HB-41")
async def test_each_power_of_a_department_becomes_one_draft_of_a_duty_however_often_it_is_asked_for(
    lists: Lists,
) -> None:
    register = lists.register
    mine = [power_of(register, number) for number in range(1, 8)]
    await lists.made(lists.power, *mine, power_of(register, 20, MARKET))
    await lists.made(lists.responsibility, duty(mine[0]))
    body = {"organ_id": lists.body()}
    answer = await register.post(f"/lists/{lists.responsibility}/duty-drafts", body, who=lists.lead)
    assert answer.status_code == 202, answer.text
    assert await lists.drafted(UUID(answer.json()["operation_id"])) == {"powers": 7, "opened_drafts": 6}
    again = await register.post(f"/lists/{lists.responsibility}/duty-drafts", body, who=lists.lead)
    assert await lists.drafted(UUID(again.json()["operation_id"])) == {"powers": 7, "opened_drafts": 0}
    drafts = (await register.get(f"/drafts?list_id={lists.responsibility}")).json()["items"]
    assert len(drafts) == 6
    assert {one["elements"]["power_name"] for one in drafts} == {matter["name"] for matter in mine[1:]}
    refuse = {"ids": [drafts[0]["id"]], "opinion": "该项职权并入另一责任"}
    assert (await register.post("/drafts/object", refuse, who=lists.lead)).status_code == 200
    accept = {"list_id": lists.responsibility, "reason": "据此编辑"}
    taken = (await register.post("/drafts/accept", accept, who=lists.lead)).json()
    assert (taken["accepted"], taken["remaining"]) == (5, 0)
    item = taken["item_ids"][0]
    row = await register.get(f"/items/{item}")
    edit = {"elements": {"duty_category": "policy", "name": "经编辑的责任"}}
    changed = await register.send("PATCH", f"/items/{item}", edit, who=lists.lead,
                                  headers={"If-Match": row.headers["ETag"]})  # fmt: skip
    assert changed.status_code == 200, changed.text
    third = await register.post(f"/lists/{lists.responsibility}/duty-drafts", body, who=lists.lead)
    assert await lists.drafted(UUID(third.json()["operation_id"])) == {"powers": 7, "opened_drafts": 0}


async def test_duties_are_drafted_by_those_who_lead_the_list_or_compile_for_the_organ(lists: Lists) -> None:
    path, body = f"/lists/{lists.responsibility}/duty-drafts", {"organ_id": lists.body()}
    stranger = lists.register.token(("compiler", COUNTY, lists.register.organs[MARKET]))
    assert (await lists.register.post(path, body, who=stranger)).status_code == 403
    own = lists.register.token(("compiler", COUNTY, lists.register.organs[BUREAU]))
    assert (await lists.register.post(path, body, who=own)).status_code == 202
    wrong = await lists.register.post(f"/lists/{lists.power}/duty-drafts", body, who=lists.lead)
    assert wrong.json()["code"] == "not_a_responsibility_list"
    assert (await lists.register.post(path, {"organ_id": str(new_id())}, who=lists.lead)).status_code == 404


@pytest.mark.req("HB-13")
async def test_an_organ_proposes_to_strengthen_or_add_a_duty_and_the_lead_answers_once(lists: Lists) -> None:
    register = lists.register
    [item] = await lists.made(lists.responsibility, duty(power_of(register, 1)))
    path = f"/lists/{lists.responsibility}/duty-proposals"
    own = register.token(("compiler", COUNTY, register.organs[BUREAU]))
    asked = {"organ_id": lists.body(), "target": "add", "name": "网络餐饮监管责任", "opinion": "建议增加日常监测职责"}
    assert (await register.post(path, asked | {"target": "strengthen"}, who=own)).status_code == 422
    assert (await register.post(path, asked | {"item_id": item}, who=own)).status_code == 422
    assert (await register.post(path, asked | {"organ_id": lists.body(MARKET)}, who=own)).status_code == 403
    added = await register.post(path, asked, who=own)
    assert added.status_code == 201, added.text
    strengthened = await register.post(path, asked | {"target": "strengthen", "item_id": item}, who=own)
    assert strengthened.status_code == 201, strengthened.text
    proposal = f"/duty-proposals/{added.json()['id']}"
    assert (await register.post(f"{proposal}/adopt", {"reason": "同意"}, who=own)).status_code == 403
    answer = await register.post(f"{proposal}/adopt", {"reason": "已列入动态调整"}, who=lists.lead)
    assert (answer.json()["state"], answer.json()["answer"]) == ("adopted", "已列入动态调整")
    assert (await register.post(f"{proposal}/reject", {"reason": "迟了"}, who=lists.lead)).status_code == 409
    assert (await register.get(proposal)).json()["state"] == "adopted"
    left = (await register.get(f"{path}?state=open")).json()["items"]
    assert [row["target"] for row in left] == ["strengthen"]
    assert [row.refs["target"] for row in await register.events("duty_proposal.adopted")][-1:] == ["add"]

"""Items over HTTP: entering, versions, differences, history, links."""

from __future__ import annotations

from uuid import UUID

import pytest

from shared.identifiers import new_id
from tests.catalog.register_world import COUNTY, RegisterWorld

ENACT = {"decision": {"meeting": "常务会议", "date": "2026-11-20", "number": "8号"}}


async def entered(register: RegisterWorld, number: int = 1, **changed: object) -> tuple[str, str]:
    """A compiling permit list with one entry: (list, item)."""
    list_id = await register.list_of("permit", members=("青县市场监督管理局",))
    body = {"items": [{"elements": register.permit(number, **changed)}], "reason": "首次编制", "legal_basis": "许可法"}
    answer = await register.post(f"/lists/{list_id}/items", body, who=lead(register))
    assert answer.status_code == 200, answer.text
    return list_id, answer.json()["rows"][0]["item_id"]


def lead(register: RegisterWorld) -> dict[str, str]:
    return register.token(("list_authority", COUNTY))


@pytest.mark.req("QX-18")
async def test_every_version_stays_readable_and_any_two_can_be_compared(register: RegisterWorld) -> None:
    _, item = await entered(register)
    for number, name in enumerate(("第二个名称", "第三个名称"), start=1):
        body = {"elements": {"name": name, "materials": None}, "reason": f"修改{number}"}
        changed = await register.send("PATCH", f"/items/{item}", body, who=lead(register),
                                      headers={"If-Match": f'"{number}"'})  # fmt: skip
        assert changed.status_code == 200, changed.text
    assert (await register.get(f"/items/{item}/versions/1")).json()["elements"]["name"] == "测试许可1"
    diff = (await register.get(f"/items/{item}/diff?from=1&to=3")).json()["differences"]
    assert [(entry["element"], entry["title"], entry["after"]) for entry in diff] == [
        ("name", "许可事项名称", "第三个名称"), ("materials", "申请材料", None),
    ]  # fmt: skip
    backwards = (await register.get(f"/items/{item}/diff?from=3&to=2")).json()["differences"]
    assert [(entry["before"], entry["after"]) for entry in backwards] == [("第三个名称", "第二个名称")]
    history = (await register.get(f"/items/{item}/versions")).json()["items"]
    told = [(version["number"], version["reason"]) for version in history]
    assert told == [(3, "修改2"), (2, "修改1"), (1, "首次编制")]
    assert history[2]["legal_basis"] == "许可法"
    assert history[0]["actor"].startswith("account:")


async def test_an_item_is_read_as_it_was_at_an_instant(register: RegisterWorld) -> None:
    _, item = await entered(register)
    first = (await register.get(f"/items/{item}")).json()
    await register.send("PATCH", f"/items/{item}", {"elements": {"name": "新名称"}}, who=lead(register),
                        headers={"If-Match": '"1"'})  # fmt: skip
    then = first["effective_from"].replace("+", "%2B")
    assert (await register.get(f"/items/{item}?as_of={then}")).json()["version"] == 1
    assert (await register.get(f"/items/{item}")).json()["version"] == 2
    before = await register.get(f"/items/{item}?as_of=2001-01-01T00:00:00Z")
    assert before.json()["code"] == "version_not_found"


async def test_a_list_in_force_takes_no_direct_entry_and_only_minor_corrections(register: RegisterWorld) -> None:
    list_id, item = await entered(register)
    await register.post(f"/lists/{list_id}/enact", ENACT, who=register.token(("decider", COUNTY)))
    body = {"items": [{"elements": register.permit(2)}]}
    refused = await register.post(f"/lists/{list_id}/items", body, who=lead(register))
    assert refused.status_code == 409
    assert refused.json()["code"] == "list_in_force"
    own = register.token(("compiler", COUNTY, register.organs["青县行政审批局"]))
    headers = {"If-Match": '"1"'}
    renamed = await register.send("PATCH", f"/items/{item}", {"elements": {"name": "改名"}}, who=own, headers=headers)
    assert renamed.json()["code"] == "adjustment_required"
    phone = {"elements": {"consult_phone": "0317-4022000"}, "reason": "电话变更"}
    changed = await register.send("PATCH", f"/items/{item}", phone, who=own, headers=headers)
    assert changed.json()["elements"]["consult_phone"] == "0317-4022000"
    event = (await register.events("item.updated"))[-1]
    assert (event.item_ids, event.versions, event.elements) == ([UUID(item)], [2], ["consult_phone"])


async def test_a_stale_correction_shows_the_three_values(register: RegisterWorld) -> None:
    _, item = await entered(register)
    patch = {"elements": {"name": "甲改的名称"}}
    await register.send("PATCH", f"/items/{item}", patch, who=lead(register), headers={"If-Match": '"1"'})
    mine = {"elements": {"name": "乙改的名称", "level": "4"}}
    stale = await register.send("PATCH", f"/items/{item}", mine, who=lead(register), headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert stale.json()["differences"] == {
        "name": {"base": "测试许可1", "proposed": "乙改的名称", "current": "甲改的名称"}
    }


@pytest.mark.req("ZL-07")
async def test_rows_that_break_a_rule_are_named_and_the_others_are_entered(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    normative = [{"document": "某办法", "article": "第一条", "kind": "set", "document_kind": "normative"}]
    wrong = [
        register.permit(1),
        register.permit(2, name=None),
        register.permit(3, base_code="00011600300"),
        register.permit(4, item_type="02"),
        register.permit(5, basis=normative),
        register.permit(6, promised_limit={"amount": 60, "unit": "natural_day"}),
        register.permit(7, service_objects=["alien"]),
        register.permit(8, materials=[{"necessity": "required"}]),
        register.permit(1),
        register.permit(9, colour="red"),
    ]
    body = {"items": [{"elements": elements} for elements in wrong]}
    answer = (await register.post(f"/lists/{list_id}/items", body, who=lead(register))).json()
    assert (answer["created"], answer["rejected"]) == (1, 9)
    firsts = [(row["index"], row["errors"][0]) for row in answer["rows"] if row["errors"]]
    assert {index: (error["rule"], error["code"]) for index, error in firsts} == {
        1: ("V01", "missing"), 2: ("V02", "base_code_length"), 3: ("V03", "malformed"), 4: ("V04", "may_not_set"),
        5: ("V05", "promise_too_long"), 6: ("V01", "malformed"), 7: ("V01", "malformed"), 8: ("V02", "code_in_use"),
        9: ("V01", "unknown_element"),
    }  # fmt: skip
    atomic = await register.post(f"/lists/{list_id}/items?atomic=true", body, who=lead(register))
    assert atomic.status_code == 422
    assert len((await register.get(f"/lists/{list_id}/items")).json()["items"]) == 1


async def test_a_code_once_given_is_never_given_to_another_item(register: RegisterWorld) -> None:
    list_id, item = await entered(register)
    again = {"items": [{"elements": register.permit(1, name="另一事项")}]}
    taken = await register.post(f"/lists/{list_id}/items", again, who=lead(register))
    assert taken.json()["errors"][0]["code"] == "code_in_use"
    await register.post(f"/lists/{list_id}/enact", ENACT, who=register.token(("decider", COUNTY)))
    found = (await register.get(f"/items?code={register.permit(1)['implementation_code']}")).json()["items"]
    assert [entry["id"] for entry in found] == [item]


async def test_a_department_enters_and_corrects_only_its_own_items(register: RegisterWorld) -> None:
    list_id, item = await entered(register)
    market = register.token(("compiler", COUNTY, register.organs["青县市场监督管理局"]))
    foreign = {"items": [{"elements": register.permit(2)}]}
    assert (await register.post(f"/lists/{list_id}/items", foreign, who=market)).status_code == 403
    patch = {"elements": {"name": "越权改名"}}
    headers = {"If-Match": '"1"'}
    assert (await register.send("PATCH", f"/items/{item}", patch, who=market, headers=headers)).status_code == 403
    own = {"items": [{"elements": register.permit(3, "青县市场监督管理局")}]}
    assert (await register.post(f"/lists/{list_id}/items", own, who=market)).status_code == 200


async def test_links_join_two_items_once_and_can_be_removed(register: RegisterWorld) -> None:
    _, permit = await entered(register)
    negative = await register.list_of("market_access_negative")
    measure = {"name": "食品生产经营", "category": "licensed", "measure_name": "食品经营许可", "measure_code": "103001"}
    answer = await register.post(f"/lists/{negative}/items", {"items": [{"elements": measure}]}, who=lead(register))
    source = answer.json()["rows"][0]["item_id"]
    body = {"to_item_id": permit, "type": "measure_of", "note": "措施对应许可"}
    made = await register.post(f"/items/{source}/links", body, who=lead(register))
    assert made.status_code == 201
    assert (await register.post(f"/items/{source}/links", body, who=lead(register))).json()["code"] == "link_exists"
    loose = await register.post(f"/items/{source}/links", body | {"to_item_id": str(new_id())}, who=lead(register))
    assert loose.json()["errors"][0]["pointer"] == "/to_item_id"
    seen = (await register.get(f"/items/{permit}/links")).json()["items"]
    assert [link["from_item_id"] for link in seen] == [source]
    link = made.json()["id"]
    assert (await register.send("DELETE", f"/items/{permit}/links/{link}", who=lead(register))).status_code == 404
    assert (await register.send("DELETE", f"/items/{source}/links/{link}", who=lead(register))).status_code == 204
    assert (await register.get(f"/items/{permit}/links")).json()["items"] == []


@pytest.mark.req("ZL-46", "HB-29")
async def test_nobody_reads_or_writes_without_signing_in(register: RegisterWorld) -> None:
    list_id, item = await entered(register)
    body = {"items": [{"elements": register.permit(2)}]}
    assert (await register.post(f"/lists/{list_id}/items", body, who={})).status_code == 401
    assert (await register.get(f"/items/{item}", who={})).status_code == 401
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}
    assert (await register.get(f"/items/{item}", who=forged)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/items/not-a-uuid", None),
        ("GET", "/items/{item}?as_of=yesterday", None),
        ("GET", "/items/{item}/versions/99999999999999999999", None),
        ("GET", "/items/{item}/diff?from=1", None),
        ("GET", "/lists/{list}/items?cursor=e30&limit=5", None),
        ("GET", "/lists/{list}/items?limit=100000", None),
        ("GET", "/items?code=%00", None),
        ("POST", "/lists/{list}/items", {"items": []}),
        ("POST", "/lists/{list}/items", {"items": [{"elements": {"name": "\x00"}}]}),
        ("POST", "/lists/{list}/items", {"items": [{"elements": {"name": {"deep": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}}}]}),
        ("POST", "/lists/{list}/items", {"items": [{"elements": {"name": 10**400}}]}),
        ("POST", "/lists/{list}/items", {"items": [{"elements": {"handling_item": 7, "item_type": [], "name": []}}]}),
        ("PATCH", "/items/{item}", {"elements": {"implementing_body": "x"}}),
        ("PATCH", "/items/{item}", {"elements": {"name": None}}),
    ],
)
async def test_bad_input_is_a_problem_that_names_the_place(
    register: RegisterWorld, method: str, path: str, body: object
) -> None:
    list_id, item = await entered(register)
    headers = {"If-Match": '"1"'} if method == "PATCH" else {}
    answer = await register.send(method, f"{path.format(list=list_id, item=item)}", body, who=lead(register),
                                 headers=headers)  # fmt: skip
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await register.get(f"/items/{item}")).json()["version"] == 1


async def test_half_a_character_is_refused_and_not_stored(register: RegisterWorld) -> None:
    list_id, _ = await entered(register)
    raw = b'{"items": [{"elements": {"name": "\\ud83d"}}]}'
    headers = lead(register) | {"Content-Type": "application/json"}
    answer = await register.client.post(f"/catalog/v1/lists/{list_id}/items", content=raw, headers=headers)
    assert answer.status_code == 400, answer.text

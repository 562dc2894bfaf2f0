"""What may go into an adjustment: whose items, which lists, which elements, and who else works on them."""

from uuid import UUID, uuid4

import pytest

from shared.ledger.envelope import NewEvent
from tests.workflow.world import BASE, HEADER, World, modify


@pytest.mark.req("QX-06")
async def test_an_organ_that_is_no_member_of_a_list_cannot_submit_items_to_it(world: World) -> None:
    body = HEADER | {"organ_id": str(world.organs["外单位"])}
    new = {"operation": "add", "list_id": str(world.lists["permit"]), "elements": {"name": "外单位许可"}}
    refused = await world.call("外单位编制", "POST", BASE, body | {"changes": [new]})
    assert (refused.status_code, refused.json()["code"]) == (403, "organ_not_member")
    assert refused.json()["errors"][0]["pointer"] == "/changes/0"
    assert "行政许可事项清单" in refused.json()["detail"]
    nothing = await world.call("外单位编制", "GET", f"{BASE}?mine=true")
    assert nothing.json()["items"] == []
    member = await world.open(new | {"elements": {"name": "环保许可"}})
    assert member["changes"][0]["operation"] == "add"


async def test_a_compiler_touches_only_the_items_of_his_own_organ(world: World) -> None:
    theirs = await world.item("施工许可", body="住建局")
    body = HEADER | {"organ_id": str(world.organs["环保局"])}
    refused = await world.call("环保编制", "POST", BASE, body | {"changes": [modify(theirs, name="x")]})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_compiler")
    foreign = await world.call("住建编制", "POST", BASE, body)
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_compiler")
    opened = await world.open()
    path = f"{BASE}/{opened['id']}/changes"
    aside = await world.call("住建编制", "POST", path, {"changes": [modify(theirs, name="x")]})
    assert (aside.status_code, aside.json()["code"]) == (403, "organ_not_participating")


async def test_the_supervising_organ_compiles_for_a_subordinate_institution(world: World) -> None:
    item = await world.item("监测资质认定", body="环境监测站")
    opened = await world.open(modify(item, name="新"), participants=[str(world.organs["环境监测站"])])
    assert opened["changes"][0]["item_id"] == str(item)


@pytest.mark.req("ZL-12")
async def test_a_department_submits_the_items_of_its_institutions_which_keep_their_body(world: World) -> None:
    station = str(world.organs["环境监测站"])
    elements = {"name": "监测服务", "implementing_body": station}
    new = {"operation": "add", "list_id": str(world.lists["power"]), "elements": elements}
    opened = await world.open(new)
    change = (await world.read(opened["id"]))["changes"][0]
    assert change["proposed"]["implementing_body"] == station
    submitted = await world.call("环保编制", "POST", f"{BASE}/{opened['id']}/submit", {})
    assert submitted.status_code == 200, submitted.text
    body = HEADER | {"organ_id": str(world.organs["住建局"]), "changes": [new]}
    refused = await world.call("住建编制", "POST", BASE, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_compiler")


async def test_a_list_still_being_compiled_takes_no_adjustment(world: World) -> None:
    await world.new_list("later", "后续监管清单", members=("环保局",), state="compiling")
    item = await world.item("环评审批", of="later")
    body = HEADER | {"organ_id": str(world.organs["环保局"]), "changes": [modify(item, name="x")]}
    refused = await world.call("环保编制", "POST", BASE, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "list_not_in_force")
    assert "审定公布" in refused.json()["detail"]


async def test_a_change_keeps_what_the_compiler_saw(world: World) -> None:
    item = await world.item("环评审批", visits=2, materials=[{"name": "申请书", "necessity": "required"}])
    materials = [{"name": "申请书", "necessity": "required"}, {"name": "报告表", "necessity": "required"}]
    opened = await world.open(modify(item, materials=materials, online=True, visits=None))
    change = (await world.read(opened["id"]))["changes"][0]
    assert change["base_version"] == 1
    assert change["base"] == {
        "materials": [{"name": "申请书", "necessity": "required"}],
        "online": None,
        "visits": 2,
    }
    assert change["proposed"] == {"materials": materials, "online": True, "visits": None}


async def test_suspending_resuming_and_cancelling_name_only_the_state(world: World) -> None:
    in_use, suspended = await world.item("一"), await world.item("二", state="suspended")
    opened = await world.open(
        {"operation": "suspend", "item_id": str(in_use), "terms": {"condition": "整改完成前"}},
        {"operation": "resume", "item_id": str(suspended)},
    )
    changes = (await world.read(opened["id"]))["changes"]
    assert [(change["base"], change["proposed"]) for change in changes] == [
        ({"state": "in_use"}, {"state": "suspended"}),
        ({"state": "suspended"}, {"state": "in_use"}),
    ]
    body = HEADER | {"organ_id": str(world.organs["环保局"])}
    again = body | {"changes": [{"operation": "resume", "item_id": str(in_use)}]}
    refused = await world.call("环保编制", "POST", BASE, again)
    assert (refused.status_code, refused.json()["code"]) == (409, "operation_not_possible")
    direct = await world.call("环保编制", "POST", BASE, body | {"changes": [modify(in_use, state="cancelled")]})
    assert direct.json()["errors"][0] == {
        "pointer": "/changes/0/elements/state",
        "code": "state_by_operation",
        "message": "事项状态不能直接修改，请使用暂停、恢复或取消操作",
    }


async def test_others_on_the_same_item_are_shown_and_the_same_element_needs_confirmation(world: World) -> None:
    item = await world.item("环评审批")
    first = await world.open(modify(item, name="甲", visits=1))
    beside = await world.open(modify(item, online=True), who="环保编制乙")
    assert [(other["adjustment_id"], other["same_elements"]) for other in beside["others"]] == [(first["id"], [])]
    body = HEADER | {"organ_id": str(world.organs["环保局"]), "changes": [modify(item, name="乙")]}
    refused = await world.call("环保编制乙", "POST", BASE, body)
    assert (refused.status_code, refused.json()["code"]) == (409, "overlapping_change")
    assert first["number"] in refused.json()["errors"][0]["message"]
    confirmed = await world.call("环保编制乙", "POST", BASE, body | {"confirm_overlap": True})
    assert confirmed.status_code == 201
    same = {other["adjustment_id"]: other["same_elements"] for other in confirmed.json()["others"]}
    assert same[first["id"]] == ["name"]


async def test_an_item_stands_once_in_an_adjustment(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.open(modify(item, name="甲"))
    path = f"{BASE}/{opened['id']}/changes"
    again = await world.call("环保编制", "POST", path, {"changes": [modify(item, visits=1)]})
    assert again.json()["errors"][0]["code"] == "duplicate_item"
    twice = await world.call("环保编制", "POST", path, {"changes": [modify(uuid4(), visits=1), modify(item, a=1)]})
    assert {error["code"] for error in twice.json()["errors"]} == {"unknown_item", "duplicate_item"}
    assert len((await world.read(opened["id"]))["changes"]) == 1


async def test_a_change_can_be_removed_while_it_is_compiled_and_not_later(world: World) -> None:
    first, second = await world.items(["一", "二"])
    opened = await world.open(modify(first, name="甲"), modify(second, name="乙"))
    told = await world.read(opened["id"])
    path = f"{BASE}/{opened['id']}/changes/{told['changes'][0]['id']}"
    match = {"If-Match": f'"{told["version"]}"'}
    assert (await world.call("住建编制", "DELETE", path, **match)).status_code == 403
    gone = await world.call("环保编制", "DELETE", path, **match)
    assert gone.status_code == 204
    assert (await world.call("环保编制", "DELETE", path, **{"If-Match": gone.headers["etag"]})).status_code == 404
    await world.act("环保编制", opened["id"], "submit")
    last = f"{BASE}/{opened['id']}/changes/{told['changes'][1]['id']}"
    late = await world.call("环保编制", "DELETE", last, **{"If-Match": "*"})
    assert (late.status_code, late.json()["code"]) == (409, "illegal_transition")


async def test_a_thousand_changes_go_in_with_one_request(world: World) -> None:
    items = await world.items([f"许可{number}" for number in range(1000)])
    opened = await world.open(*(modify(item, visits=1) for item in items))
    assert len(opened["changes"]) == 1000
    assert [change["number"] for change in opened["changes"]] == list(range(1, 1001))
    told = await world.read(opened["id"])
    assert [change["item_id"] for change in told["changes"]] == [str(item) for item in items]


async def test_one_wrong_change_of_many_leaves_nothing_behind(world: World) -> None:
    items = await world.items(["一", "二"])
    opened = await world.open()
    changes = [*(modify(item, visits=1) for item in items), modify(items[0], implementing_body="x")]
    answer = await world.call("环保编制", "POST", f"{BASE}/{opened['id']}/changes", {"changes": changes})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/changes/2/elements/implementing_body",
        "/changes/2/item_id",
    ]
    assert (await world.read(opened["id"]))["changes"] == []


async def test_an_added_entry_knows_the_id_it_will_have(world: World) -> None:
    new = {"operation": "add", "list_id": str(world.lists["permit"]), "elements": {"name": "新许可", "level": "4"}}
    opened = await world.open(new)
    change = (await world.read(opened["id"]))["changes"][0]
    assert change["item_id"] == opened["changes"][0]["item_id"]
    assert change["proposed"] == {"name": "新许可", "level": "4", "handling_item": "", "state": "in_use"}
    assert (change["base_version"], change["base"]) == (None, {})


async def test_the_header_can_be_corrected_while_it_is_compiled(world: World) -> None:
    opened = await world.open(modify(await world.item("环评审批"), name="甲"))
    path = f"{BASE}/{opened['id']}"
    edited = await world.call("环保编制乙", "PUT", path, HEADER | {"reason": "更正理由"}, **{"If-Match": '"1"'})
    assert edited.status_code == 200, edited.text
    assert edited.json()["reason"] == "更正理由"
    assert len(edited.json()["compiled_by"]) == 2
    past = await world.call(
        "环保编制", "PUT", path, HEADER | {"effective_at": "2020-01-01T00:00:00Z"}, **{"If-Match": "*"}
    )
    assert past.json()["errors"][0]["pointer"] == "/effective_at"


BAD_ELEMENTS = [
    {"name": ""},
    {"name": 5},
    {"name": None},
    {"Name": "x"},
    {"a/b~c": 1},
    {"base_code": "123"},
    {"level": "9"},
    {"level": "4,"},
    {"item_type": 1},
    {"handling_item": None},
    {"implementing_body": "not-a-uuid"},
    {"implementing_body": "00000000-0000-0000-0000-00000000000F"},
    {"implementing_body": "00000000-0000-0000-0000-000000000001"},
    {"audience": "secret"},
    {"note": "a\u0000b"},
    {"note": {"k\u0000": 1}},
    {"number": 2**63},
    {"deep": [[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]},
    {},
]


@pytest.mark.parametrize("elements", BAD_ELEMENTS, ids=lambda value: str(value)[:30])
async def test_elements_that_could_not_be_applied_are_refused_with_their_place(
    world: World, elements: dict[str, object]
) -> None:
    item = await world.item("环评审批")
    opened = await world.open()
    body = {"changes": [{"operation": "modify", "item_id": str(item), "elements": elements}]}
    answer = await world.call("环保编制", "POST", f"{BASE}/{opened['id']}/changes", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("/changes/0/elements")


async def test_requests_that_cannot_be_read_are_told_so(world: World) -> None:
    opened = await world.open()
    headers = {"Authorization": f"Bearer {world.token('环保编制')}", "Content-Type": "application/json"}
    path = f"{BASE}/{opened['id']}/changes"
    for content in (b"{", b"[]", b"null", b'"x"', b'{"changes": 1}', b'{"changes": [{"operation": "burn"}]}',
                    b'{"changes": [{"operation": "modify", "elements": {"x": NaN}}]}',
                    b'{"changes": [{"operation": "modify", "elements": {"x": "\\ud800"}}]}',
                    b'{"changes": [], "extra": 1}', b"\xff\xfe"):  # fmt: skip
        answer = await world.client.post(path, content=content, headers=headers)
        assert answer.status_code in (400, 422), (content, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
    for where in (f"{BASE}/not-a-uuid", f"{BASE}/%00", f"{BASE}/{uuid4()}"):
        assert (await world.call("环保编制", "GET", where)).status_code in (404, 422), where
    for query in ("limit=0", "limit=999999999999999999999", "cursor=abc", "cursor=WyJ4Il0", "state=x",
                  "region_code=%00", "organ_id=x"):  # fmt: skip
        assert (await world.call("环保编制", "GET", f"{BASE}?{query}")).status_code == 422, query
    for query in ("cursor=WyJ4IiwieSJd", "cursor=WzEsMl0", "state=x", "kind=x", "limit=-1", "adjustment_id=1"):
        assert (await world.call("环保编制", "GET", f"/workflow/v1/tasks?{query}")).status_code == 422, query


async def test_a_repeated_request_with_its_key_opens_one_adjustment(world: World) -> None:
    body = HEADER | {"organ_id": str(world.organs["环保局"])}
    first = await world.call("环保编制", "POST", BASE, body, **{"Idempotency-Key": "k1"})
    again = await world.call("环保编制", "POST", BASE, body, **{"Idempotency-Key": "k1"})
    assert first.json() == again.json()
    assert len((await world.call("环保编制", "GET", f"{BASE}?mine=true")).json()["items"]) == 1


async def test_adjustments_are_listed_page_by_page(world: World) -> None:
    ids = [(await world.open())["id"] for _ in range(5)]
    organ = world.organs["环保局"]
    seen: list[str] = []
    path = f"{BASE}?limit=2&organ_id={organ}&state=draft&region_code=130000000000"
    cursor = ""
    while True:
        page = (await world.call("环保编制", "GET", path + cursor)).json()
        seen += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ids[::-1]


async def test_what_has_taken_effect_of_an_adjustment_in_conflict_is_neither_changed_nor_removed(world: World) -> None:
    done, late = await world.items(["环评审批", "排污许可"])
    opened = await world.until("decided", modify(done, name="甲"), modify(late, name="乙"))
    id_ = opened["id"]
    await world.conflicted(id_, str(late))
    await world.new_version(done, {"name": "甲"}, UUID(id_))
    refs = {"applied": 1, "conflicts": 1, "lists": {}}
    await world.tell(NewEvent(type="adjustment.applied", adjustment_id=UUID(id_), refs=refs))
    assert (await world.act("环保编制", id_, "rebase")).status_code == 200
    first, second = (await world.read(id_))["changes"]
    assert (first["outcome"], second["outcome"]) == ("applied", None)
    path, any_version = f"{BASE}/{id_}/changes", {"If-Match": "*"}
    body = {"operation": "modify", "elements": {"name": "丙"}}
    for answer in (
        await world.call("环保编制", "PUT", f"{path}/{first['id']}", body, **any_version),
        await world.call("环保编制", "DELETE", f"{path}/{first['id']}", **any_version),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "change_applied"), answer.text
    assert (await world.call("环保编制", "DELETE", f"{path}/{second['id']}", **any_version)).status_code == 204

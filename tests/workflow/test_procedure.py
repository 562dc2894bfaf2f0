"""An adjustment on its way from draft to effect: who may do what, in which order."""

import pytest

from tests.workflow.county import COUNTY
from tests.workflow.world import BASE, DECISION, HEADER, World, modify


async def test_an_adjustment_passes_signature_review_and_decision_and_takes_effect(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.open(modify(item, name="建设项目环境影响评价审批"))
    id_ = opened["id"]
    assert opened["state"] == "draft"
    assert opened["number"].startswith("TZ-2026-")
    assert (await world.act("环保编制", id_, "submit")).json()["state"] == "checking"
    await world.validated(id_)
    assert (await world.read(id_))["state"] == "signing"
    assert (await world.sign("环保局长", id_)).json()["state"] == "in_review"
    reviewed = await world.act("审改办", id_, "review", {"outcome": "pass", "opinion": "一致"})
    assert reviewed.json()["state"] == "in_review"
    decided = await world.act("县政府", id_, "decide", {"decision": DECISION})
    assert decided.json()["state"] == "decided"
    await world.applied(id_)
    told = await world.read(id_)
    assert told["state"] == "effective"
    assert told["complete"] is True
    assert [change["outcome"] for change in told["changes"]] == ["applied"]
    assert told["waiting"] == []
    types = [event["type"] for event in await world.events(id_)]
    assert types == [
        "adjustment.opened",
        "adjustment.submitted",
        "adjustment.validated",
        "adjustment.signed",
        "adjustment.reviewed",
        "adjustment.decided",
        "adjustment.effective",
        "adjustment.applied",
    ]


async def test_effect_is_the_instant_of_the_decision_and_every_event_names_reason_and_basis(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.until("decided", modify(item, name="新名称"))
    told = await world.read(opened["id"])
    events = {event["type"]: event for event in await world.events(opened["id"])}
    effective = events["adjustment.effective"]
    assert effective["effective_at"] == events["adjustment.decided"]["effective_at"]
    assert told["decided_at"] == told["effective_at"]
    assert list(effective["item_ids"]) == [item]
    assert effective["reason"] == HEADER["reason"]
    assert effective["legal_basis"] == HEADER["legal_basis"]


@pytest.mark.req("ZL-34")
async def test_nothing_takes_effect_without_review_and_a_complete_decision_record(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.until("in_review", modify(item, name="新名称"))
    id_ = opened["id"]
    early = await world.act("县政府", id_, "decide", {"decision": DECISION})
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    assert early.json()["allowed"] == ["review"]
    assert (await world.act("审改办", id_, "review", {"outcome": "pass"})).status_code == 200
    for missing in ("meeting", "date", "number"):
        record = {key: value for key, value in DECISION.items() if key != missing}
        answer = await world.act("县政府", id_, "decide", {"decision": record})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == f"/decision/{missing}"
    future = await world.act("县政府", id_, "decide", {"decision": DECISION | {"date": "2999-01-01"}})
    assert future.json()["errors"][0]["pointer"] == "/decision/date"
    assert "adjustment.effective" not in [event["type"] for event in await world.events(id_)]
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    assert (await world.read(id_))["decision"] == DECISION


@pytest.mark.req("ZL-46")
async def test_nobody_submits_or_reads_without_an_account_of_his_own(world: World) -> None:
    opened = await world.open(modify(await world.item("环评审批"), name="新名称"))
    path = f"{BASE}/{opened['id']}"
    anonymous = await world.call(None, "POST", BASE, HEADER | {"organ_id": str(world.organs["环保局"])})
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "unauthenticated")
    for method, where, body in (
        ("POST", f"{path}/submit", None),
        ("POST", f"{path}/sign", {"seal": {"reference": "x"}}),
        ("POST", f"{path}/decide", {"decision": DECISION}),
        ("POST", f"{path}/changes", {"changes": [modify(opened["id"], name="x")]}),
        ("GET", path, None),
        ("GET", BASE, None),
        ("GET", "/workflow/v1/tasks", None),
    ):
        assert (await world.call(None, method, where, body)).status_code == 401, where
    actors = {event["actor"] for event in await world.events(opened["id"])}
    assert actors == {world.tokens.people[world.token("环保编制")].actor}


@pytest.mark.req("ZL-51")
async def test_the_legality_review_is_a_step_and_a_role_of_its_own_and_never_done_by_a_compiler(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.until("reviewed", modify(item, name="新名称"), procedure="with_legality_review")
    id_ = opened["id"]
    verdict = {"verdict": "needs_change", "opinion": "设定依据条款已修改"}
    early = await world.act("县政府", id_, "decide", {"decision": DECISION})
    assert early.json()["allowed"] == ["legality"]
    assert (await world.act("审改办", id_, "legality", verdict)).status_code == 403
    compiler = world.tokens.people[world.token("环保编制")]
    world.tokens.people[world.token("环保编制")] = type(compiler)(
        compiler.account_id, compiler.login, compiler.name, compiler.organ_id,
        (*compiler.grants, *world.tokens.people[world.token("法制办")].grants),
    )  # fmt: skip
    own = await world.act("环保编制", id_, "legality", verdict)
    assert (own.status_code, own.json()["code"]) == (403, "own_compilation")
    returned = await world.act("法制办", id_, "legality", verdict)
    assert returned.json()["state"] == "returned"
    step = next(step for step in (await world.read(id_))["steps"] if step["act"] == "legality")
    assert (step["state"], step["record"], step["opinion"]) == (
        "returned",
        {"verdict": "needs_change"},
        "设定依据条款已修改",
    )
    assert (await world.act("法制办", id_, "legality", {"verdict": "legal"})).status_code == 422


async def test_who_compiled_may_neither_sign_nor_review_nor_decide(world: World) -> None:
    roles = ("compiler", COUNTY, "环保局"), ("principal", COUNTY, "环保局"), ("reviewer", COUNTY, None)
    world.person("一肩挑", *roles, ("decider", COUNTY, None))
    opened = await world.open(modify(await world.item("环评审批"), name="新名称"), who="一肩挑")
    id_ = opened["id"]
    for act, body in (
        ("sign", {"seal": {"reference": "x"}}),
        ("review", {"outcome": "pass"}),
        ("decide", {"decision": DECISION}),
    ):
        answer = await world.act("一肩挑", id_, act, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "own_compilation"), act


async def test_a_second_hand_in_the_content_counts_as_compiling(world: World) -> None:
    world.person("帮手", ("compiler", COUNTY, "环保局"), ("reviewer", COUNTY, None))
    first, second = await world.items(["一", "二"])
    opened = await world.open(modify(first, name="新名称"))
    added = await world.call("帮手", "POST", f"{BASE}/{opened['id']}/changes", {"changes": [modify(second, name="乙")]})
    assert added.status_code == 201, added.text
    await world.act("环保编制", opened["id"], "submit")
    await world.validated(opened["id"])
    await world.sign("环保局长", opened["id"])
    answer = await world.act("帮手", opened["id"], "review", {"outcome": "pass"})
    assert answer.json()["code"] == "own_compilation"


async def test_blocking_findings_send_a_submission_back_with_the_findings(world: World) -> None:
    opened = await world.until("checking", modify(await world.item("环评审批"), name="新名称"))
    finding = {"rule": "V13", "element": "materials", "message": "疑似增加申请材料"}
    await world.validated(opened["id"], finding)
    told = await world.read(opened["id"])
    assert told["state"] == "returned"
    assert told["validation"] == {"submission": 1, "blocking": 1, "findings": [finding]}
    assert told["waiting"][0]["for_role"] == "compiler"
    assert (await world.act("环保编制", opened["id"], "submit")).json()["submission"] == 2


async def test_the_answer_to_an_older_submission_changes_nothing(world: World) -> None:
    opened = await world.until("checking", modify(await world.item("环评审批"), name="新名称"))
    await world.validated(opened["id"], {"rule": "V01"})
    await world.act("环保编制", opened["id"], "submit")
    await world.run("DELETE FROM qingdan.validation WHERE adjustment_id = CAST(:id AS uuid)", id=opened["id"])
    await world.validated(opened["id"], submission=1)
    assert (await world.read(opened["id"]))["state"] == "checking"
    await world.validated(opened["id"], submission=2)
    assert (await world.read(opened["id"]))["state"] == "signing"


async def test_a_joint_adjustment_is_signed_by_the_principal_of_every_organ(world: World) -> None:
    theirs = await world.item("施工许可", body="住建局")
    opened = await world.open(
        modify(await world.item("环评审批"), name="甲"), participants=[str(world.organs["住建局"])]
    )
    id_ = opened["id"]
    added = await world.call("住建编制", "POST", f"{BASE}/{id_}/changes", {"changes": [modify(theirs, name="乙")]})
    assert added.status_code == 201, added.text
    await world.act("环保编制", id_, "submit")
    await world.validated(id_)
    assert (await world.sign("环保局长", id_)).json()["state"] == "signing"
    again = await world.sign("环保局长", id_)
    assert (again.status_code, again.json()["code"]) == (403, "not_principal")
    assert [wait["organ_name"] for wait in (await world.read(id_))["waiting"]] == ["住建局"]
    assert (await world.sign("住建局长", id_)).json()["state"] == "in_review"


@pytest.mark.req("ZL-48")
async def test_a_review_returns_opinions_per_element_and_the_submission_can_be_repeated(world: World) -> None:
    item = await world.item("环评审批")
    opened = await world.until("in_review", modify(item, name="新名称"))
    id_ = opened["id"]
    opinion = {"item_id": str(item), "element": "name", "opinion": "名称应与省级一致"}
    silent = await world.act("审改办", id_, "review", {"outcome": "return"})
    assert silent.json()["errors"][0]["pointer"] == "/opinion"
    stranger = opinion | {"item_id": id_}
    wrong = {"outcome": "return", "opinion": "x", "element_opinions": [opinion, stranger]}
    assert (await world.act("审改办", id_, "review", wrong)).json()["errors"][0]["pointer"] == (
        "/element_opinions/1/item_id"
    )
    body = {"outcome": "return", "opinion": "请修改", "element_opinions": [opinion]}
    assert (await world.act("审改办", id_, "review", body)).json()["state"] == "returned"
    told = await world.read(id_)
    assert next(step for step in told["steps"] if step["act"] == "review")["element_opinions"] == [opinion]
    change = told["changes"][0]
    path = f"{BASE}/{id_}/changes/{change['id']}"
    content = {"operation": "modify", "elements": {"name": "省级名称"}}
    assert (await world.call("环保编制", "PUT", path, content)).status_code == 428
    stale = await world.call("环保编制", "PUT", path, content, **{"If-Match": '"1"'})
    assert stale.status_code == 412
    edited = await world.call("环保编制", "PUT", path, content, **{"If-Match": f'"{told["version"]}"'})
    assert edited.json()["changes"][0]["proposed"] == {"name": "省级名称"}
    assert (await world.act("环保编制", id_, "submit")).json()["submission"] == 2
    await world.validated(id_, submission=2)
    steps = (await world.read(id_))["steps"]
    assert [(step["submission"], step["state"]) for step in steps if step["act"] == "sign"] == [
        (1, "passed"),
        (2, "open"),
    ]


async def test_an_empty_adjustment_is_not_submitted(world: World) -> None:
    opened = await world.open()
    answer = await world.act("环保编制", opened["id"], "submit")
    assert (answer.status_code, answer.json()["code"]) == (409, "empty_adjustment")


async def test_the_decider_of_another_county_decides_nothing_here(world: World) -> None:
    opened = await world.until("reviewed", modify(await world.item("环评审批"), name="新名称"))
    answer = await world.act("外县政府", opened["id"], "decide", {"decision": DECISION})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_withdrawing_voids_the_steps_and_the_tasks(world: World) -> None:
    opened = await world.until("in_review", modify(await world.item("环评审批"), name="新名称"))
    answer = await world.act("环保编制", opened["id"], "withdraw", {"reason": "暂缓"})
    assert answer.json()["state"] == "withdrawn"
    tasks = await world.call("审改办", "GET", f"/workflow/v1/tasks?adjustment_id={opened['id']}")
    assert tasks.json()["items"] == []
    again = await world.act("环保编制", opened["id"], "withdraw", {"reason": "暂缓"})
    assert (again.status_code, again.json()["allowed"]) == (409, [])


async def test_a_step_is_due_after_working_days_and_overdue_later(world: World) -> None:
    opened = await world.until("in_review", modify(await world.item("环评审批"), name="新名称"))
    step = next(step for step in (await world.read(opened["id"]))["steps"] if step["state"] == "open")
    assert step["limit_working_days"] == 15
    assert step["due_at"] is not None
    assert step["overdue"] is False
    await world.run(
        "UPDATE qingdan.review_step SET due_at = now() - interval '1 day' WHERE id = CAST(:id AS uuid)", id=step["id"]
    )
    assert (await world.read(opened["id"]))["waiting"][0]["overdue"] is True


async def test_reading_waits_for_a_state_with_a_bound(world: World) -> None:
    opened = await world.until("checking", modify(await world.item("环评审批"), name="新名称"))
    path = f"{BASE}/{opened['id']}"
    early = await world.call("环保编制", "GET", f"{path}?wait_for=signing&wait=1")
    assert early.json()["state"] == "checking"
    await world.validated(opened["id"])
    late = await world.call("环保编制", "GET", f"{path}?wait_for=signing,returned&wait=10")
    assert late.json()["state"] == "signing"
    assert (await world.call("环保编制", "GET", f"{path}?wait_for=nonsense")).status_code == 422


async def test_whoever_names_the_version_he_acts_on_is_held_to_it(world: World) -> None:
    opened = await world.until("in_review", modify(await world.item("环评审批"), name="新名称"))
    path = f"{BASE}/{opened['id']}/review"
    stale = await world.call("审改办", "POST", path, {"outcome": "pass"}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    version = stale.json()["current"]
    assert (await world.call("审改办", "POST", path, {"outcome": "pass"}, **{"If-Match": version})).status_code == 200

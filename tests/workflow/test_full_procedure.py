"""The full chain: signature with seal, review in parallel, legality, decision."""

import pytest

from tests.workflow.county import COUNTY
from tests.workflow.full_chain import LEGAL, PASS, RECEIPT, SEAL, of_act, public, reviewed, signed, tasks_of
from tests.workflow.world import BASE, DECISION, World, modify


@pytest.mark.req("ZL-34", "ZL-51")
async def test_the_full_chain_goes_from_the_seal_to_the_receipt(full: World) -> None:
    id_ = await public(full)
    told = await full.read(id_)
    assert [(step["number"], step["act"], step["state"]) for step in told["steps"]] == [
        (1, "sign", "passed"),
        (2, "review", "passed"), (2, "review", "passed"), (2, "review", "passed"),
        (3, "legality", "passed"), (4, "decide", "passed"), (5, "publish", "passed"), (6, "file", "open"),
    ]  # fmt: skip
    assert {step["organ_name"] for step in of_act(told, "review")} == {"行政审批局", "财政局", "住建局"}
    assert of_act(told, "sign")[0]["record"] == {"seal": SEAL}
    assert (told["published_at"] is not None, told["filed_at"], told["complete"]) == (True, None, False)
    assert [(wait["organ_name"], wait["what"]) for wait in told["waiting"]] == [("行政审批局", "报备：上一级审改办")]
    assert told["allowed"] == ["file"]
    filing = of_act(told, "file")[0]
    assert filing["limit"] == {"amount": 30, "unit": "natural_day", "day": None}
    assert filing["due_at"] is not None
    assert [task["title"] for task in await tasks_of(full, "行政审批局", id_)] == ["报备（上一级审改办）：规范事项名称"]
    answer = await full.act("行政审批局", id_, "filings", RECEIPT)
    assert answer.status_code == 200, answer.text
    told = await full.read(id_)
    assert (told["filed_at"] is not None, told["complete"], told["waiting"], told["allowed"]) == (True, True, [], [])
    assert of_act(told, "file")[0]["record"] == RECEIPT
    assert [event["type"] for event in await full.events(id_)][-5:] == [
        "adjustment.effective", "adjustment.applied", "adjustment.published", "adjustment.copied",
        "adjustment.filed",
    ]  # fmt: skip


@pytest.mark.req("ZL-43")
async def test_signing_under_a_seal_needs_its_proof_in_a_form_that_can_be_checked(full: World) -> None:
    opened = await full.open(modify(await full.item("环评审批"), name="新名称"))
    await full.act("环保编制", opened["id"], "submit")
    await full.validated(opened["id"])
    for seal, pointer in (
        ({"reference": "档案号 1"}, "/seal/sha256"),
        ({"reference": "档案号 1", "sha256": "XY"}, "/seal/sha256"),
        ({"reference": "档案号 1", "sha256": "5F" * 32}, "/seal/sha256"),
        ({"reference": "档案号 1", "electronic_seal": "ä"}, "/seal/electronic_seal"),
        ({"reference": "ftp://a/b", "sha256": "5f" * 32}, "/seal/reference"),
        ({"reference": "https:// a", "sha256": "5f" * 32}, "/seal/reference"),
        ({"sha256": "5f" * 32}, "/seal"),
    ):
        answer = await full.act("环保局长", opened["id"], "sign", {"seal": seal})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), seal
    electronic = {"reference": "https://oa.example/2026/17", "electronic_seal": "13092200-000017"}
    answer = await full.act("环保局长", opened["id"], "sign", {"seal": electronic})
    assert answer.json()["state"] == "in_review"


@pytest.mark.req("ZZ-02")
async def test_the_chain_goes_on_only_when_all_who_review_beside_one_another_agree(full: World) -> None:
    id_ = await signed(full)
    assert {wait["organ_name"] for wait in (await full.read(id_))["waiting"]} == {"行政审批局", "财政局", "住建局"}
    for who in ("住建会审", "行政审批局"):
        assert (await full.act(who, id_, "review", PASS)).status_code == 200
        assert [step["state"] for step in of_act(await full.read(id_), "legality")] == ["waiting"]
    early = await full.act("司法局", id_, "legality", LEGAL)
    assert (early.status_code, early.json()["allowed"]) == (409, ["review"])
    again = await full.act("住建会审", id_, "review", PASS)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    assert (await full.act("财政局", id_, "review", PASS)).status_code == 200
    assert [wait["organ_name"] for wait in (await full.read(id_))["waiting"]] == ["司法局"]


async def test_one_of_those_beside_one_another_returns_it_for_all(full: World) -> None:
    id_ = await signed(full)
    await full.act("行政审批局", id_, "review", PASS)
    answer = await full.act("财政局", id_, "review", {"outcome": "return", "opinion": "涉及收费，缺少依据"})
    assert answer.json()["state"] == "returned"
    told = await full.read(id_)
    assert sorted(step["state"] for step in of_act(told, "review")) == ["passed", "returned", "void"]
    assert await tasks_of(full, "住建会审", id_) == []
    late = await full.act("住建会审", id_, "review", PASS)
    assert late.status_code == 409
    assert [(task["kind"], task["organ_id"]) for task in await tasks_of(full, "环保编制", id_)] == [
        ("correction", str(full.organs["环保局"]))
    ]
    await full.act("环保编制", id_, "submit")
    assert await tasks_of(full, "环保编制", id_) == []
    assert [task["state"] for task in await tasks_of(full, "环保编制", id_, "done")] == ["done"]


async def test_a_step_lies_with_the_organ_that_is_charged_with_it_and_with_nobody_elses_people(full: World) -> None:
    id_ = await signed(full)
    full.person("别局审核", ("reviewer", COUNTY, "外单位"))
    full.person("别局会审", ("joint_reviewer", COUNTY, "外单位"))
    for who in ("别局审核", "别局会审", "司法局", "县政府", "环保局长"):
        answer = await full.act(who, id_, "review", PASS)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), who
        assert await tasks_of(full, who, id_) == [], who
    assert len(await tasks_of(full, "行政审批局", id_)) == 1
    # Whoever has the role in the whole region stands in for any organ of it.
    assert (await full.act("审改办", id_, "review", PASS)).status_code == 200


async def test_who_may_act_at_several_steps_says_at_which(full: World) -> None:
    full.person("两局会审", ("joint_reviewer", COUNTY, "财政局"), ("joint_reviewer", COUNTY, "住建局"))
    id_ = await signed(full)
    answer = await full.act("两局会审", id_, "review", PASS)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/step_id")
    mine = next(step for step in of_act(await full.read(id_), "review") if step["organ_name"] == "住建局")
    assert (await full.act("两局会审", id_, "review", PASS | {"step_id": mine["id"]})).status_code == 200
    states = {step["organ_name"]: step["state"] for step in of_act(await full.read(id_), "review")}
    assert states == {"行政审批局": "open", "财政局": "open", "住建局": "passed"}


@pytest.mark.req("ZL-51")
async def test_nothing_is_decided_without_the_legality_review(full: World) -> None:
    id_ = await signed(full)
    for who in ("行政审批局", "财政局", "住建会审"):
        await full.act(who, id_, "review", PASS)
    early = await full.act("县政府", id_, "decide", {"decision": DECISION})
    assert (early.status_code, early.json()["allowed"]) == (409, ["legality"])
    for verdict in ("illegal", "needs_change"):
        silent = await full.act("司法局", id_, "legality", {"verdict": verdict})
        assert silent.json()["errors"][0]["pointer"] == "/opinion"
    answer = await full.act("司法局", id_, "legality", {"verdict": "illegal", "opinion": "无法律依据"})
    assert answer.json()["state"] == "returned"
    decided = await full.act("县政府", id_, "decide", {"decision": DECISION})
    assert decided.status_code == 409


async def test_an_organ_that_takes_part_does_not_review_itself(full: World) -> None:
    opened = await full.open(modify(await full.item("环评审批"), name="甲"), participants=[str(full.organs["住建局"])])
    theirs = modify(await full.item("施工许可", body="住建局"), name="乙")
    path = f"{BASE}/{opened['id']}/changes"
    assert (await full.call("住建编制", "POST", path, {"changes": [theirs]})).status_code == 201
    await full.act("环保编制", opened["id"], "submit")
    await full.validated(opened["id"])
    told = await full.read(opened["id"])
    assert [step["organ_name"] for step in of_act(told, "sign")] == ["环保局", "住建局"]
    assert [step["organ_name"] for step in of_act(told, "review") if step["role"] == "joint_reviewer"] == ["财政局"]


async def test_legality_beside_the_review_is_joined_with_it(full: World) -> None:
    await full.bind("full_parallel_legality", "modify")
    id_ = await signed(full)
    assert (await full.act("司法局", id_, "legality", LEGAL)).status_code == 200
    for who in ("行政审批局", "财政局", "住建会审"):
        early = await full.act("县政府", id_, "decide", {"decision": DECISION})
        assert (early.status_code, early.json()["allowed"]) == (409, ["review"])
        assert (await full.act(who, id_, "review", PASS)).status_code == 200
    assert (await full.act("县政府", id_, "decide", {"decision": DECISION})).json()["state"] == "decided"


async def test_the_document_of_a_decision_stays_in_the_file_and_travels_with_no_event(full: World) -> None:
    id_ = await reviewed(full)
    document = {"reference": "https://oa.example/decision/3", "sha256": "ab" * 32}
    await full.act("县政府", id_, "decide", {"decision": DECISION, "document": document})
    told = await full.read(id_)
    assert told["decision"] == DECISION
    assert of_act(told, "decide")[0]["record"] == DECISION | {"document": document}
    assert all("oa.example" not in (event["refs"] or "") for event in await full.events(id_))

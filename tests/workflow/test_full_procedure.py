"""The full chain: signature with seal, review in parallel, legality, decision, publication, filing with receipt."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared import clock
from shared.ledger.envelope import NewEvent
from tests.statements import counted
from tests.workflow.county import COUNTY
from tests.workflow.world import BASE, DECISION, HEADER, World, modify

TASKS = "/workflow/v1/tasks"
SEAL = {"reference": "档案号 2026-017", "sha256": "5f" * 32}
LEGAL = {"verdict": "legal", "opinion": "设定依据有效"}
RECEIPT = {"receipt_number": "沧审改备〔2026〕17号", "date": "2026-01-05"}
PASS = {"outcome": "pass", "opinion": "同意"}
REVIEWS = (
    ("行政审批局", "review", PASS), ("财政局", "review", PASS), ("住建会审", "review", PASS),
    ("司法局", "legality", LEGAL),
)  # fmt: skip


async def offices(world: World) -> None:
    """The county's offices: who reviews, who is asked for an opinion, who reviews legality."""
    for name, role in (("行政审批局", "reviewer"), ("司法局", "legality_reviewer"), ("财政局", "joint_reviewer")):
        await world.organ(name)
        await charge(world, name, role)
        world.person(name, (role, COUNTY, name))
    await charge(world, "住建局", "joint_reviewer")
    world.person("住建会审", ("joint_reviewer", COUNTY, "住建局"))
    await world.bind("full", "modify")


async def charge(world: World, organ: str, role: str, **more: Any) -> Any:
    body = {"region_code": COUNTY, "role": role, "organ_id": str(world.organs[organ]), "source": "机构改革方案"} | more
    answer = await world.call("管理员", "POST", "/workflow/v1/role-bindings", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
async def full(world: World) -> Any:
    """A county with all its offices; they move out again, since the database is the module's."""
    await offices(world)
    yield world
    bound = (await world.call("管理员", "GET", f"/workflow/v1/role-bindings?region_code={COUNTY}")).json()["items"]
    yesterday = (clock.now().astimezone(clock.ZONE).date() - timedelta(days=1)).isoformat()
    for binding in bound:
        if binding["valid_to"] is None:
            path = f"/workflow/v1/role-bindings/{binding['id']}/end"
            assert (await world.call("管理员", "POST", path, {"last_day": yesterday})).status_code == 200


async def signed(world: World, *changes: dict[str, Any], **more: Any) -> str:
    """A new adjustment whose principal has signed under a seal."""
    opened = await world.open(*(changes or [modify(await world.item("环评审批"), name="新名称")]), **more)
    await world.act("环保编制", opened["id"], "submit")
    await world.validated(opened["id"])
    answer = await world.act("环保局长", opened["id"], "sign", {"seal": SEAL})
    assert answer.status_code == 200, answer.text
    return str(opened["id"])


async def reviewed(world: World, *changes: dict[str, Any], **more: Any) -> str:
    """… and everybody has agreed, the legal office last."""
    id_ = await signed(world, *changes, **more)
    for who, act, body in REVIEWS:
        answer = await world.act(who, id_, act, body)
        assert answer.status_code == 200, (who, answer.text)
    return id_


async def public(world: World, *changes: dict[str, Any], **more: Any) -> str:
    """… and it is decided, in effect and published."""
    id_ = await reviewed(world, *changes, **more)
    assert (await world.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    await world.applied(id_)
    await world.published(id_, "permit")
    return id_


def of_act(told: Any, act: str) -> list[Any]:
    return [step for step in told["steps"] if step["act"] == act]


async def tasks_of(world: World, who: str, id_: str, state: str = "open") -> list[Any]:
    answer = await world.call(who, "GET", f"{TASKS}?adjustment_id={id_}&state={state}")
    items: list[Any] = answer.json()["items"]
    return items


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
    assert filing["limit"] == {"amount": 30, "unit": "natural_day"}
    assert filing["due_at"] is not None
    assert [task["title"] for task in await tasks_of(full, "行政审批局", id_)] == ["报备（上一级审改办）：规范事项名称"]
    answer = await full.act("行政审批局", id_, "filings", RECEIPT)
    assert answer.status_code == 200, answer.text
    told = await full.read(id_)
    assert (told["filed_at"] is not None, told["complete"], told["waiting"], told["allowed"]) == (True, True, [], [])
    assert of_act(told, "file")[0]["record"] == RECEIPT
    assert [event["type"] for event in await full.events(id_)][-4:] == [
        "adjustment.effective", "adjustment.applied", "adjustment.published", "adjustment.filed"
    ]  # fmt: skip


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
        ({"sha256": "5f" * 32}, "/seal/reference"),
    ):
        answer = await full.act("环保局长", opened["id"], "sign", {"seal": seal})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), seal
    electronic = {"reference": "https://oa.example/2026/17", "electronic_seal": "13092200-000017"}
    answer = await full.act("环保局长", opened["id"], "sign", {"seal": electronic})
    assert answer.json()["state"] == "in_review"


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


@pytest.mark.req("ZL-34")
async def test_the_publication_closes_itself_and_nobody_closes_it_by_hand(full: World) -> None:
    id_ = await reviewed(full)
    assert (await full.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    assert [step["state"] for step in of_act(await full.read(id_), "publish")] == ["waiting"]
    for who in ("行政审批局", "县政府", "管理员"):
        for act in ("publish", "published"):
            assert (await full.act(who, id_, act, {})).status_code == 404
    await full.applied(id_)
    told = await full.read(id_)
    assert [(wait["for_role"], wait["for_title"]) for wait in told["waiting"]] == [("system", "系统（随公布自动办结）")]
    early = await full.act("行政审批局", id_, "filings", RECEIPT)
    assert (early.status_code, early.json()["allowed"]) == (409, ["publish"])
    await full.run(
        "INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)"
        " VALUES (:id, 'permit', :region, '行政许可事项清单', 7, '\\x0a0b', 3, now())",
        id=full.lists["permit"], region=COUNTY,
    )  # fmt: skip
    await full.published(id_, "permit")
    [step] = of_act(await full.read(id_), "publish")
    [shown] = step["record"]["lists"]
    assert (shown["list_id"], shown["revision"], shown["hash"]) == (str(full.lists["permit"]), 7, "0a0b")
    assert step["decided_by"] == "system:workflow"


async def test_a_publication_told_twice_changes_nothing(full: World) -> None:
    id_ = await public(full)
    before = await full.read(id_)
    await full.published(id_, "permit")
    after = await full.read(id_)
    assert after["steps"] == before["steps"]
    assert len(await tasks_of(full, "行政审批局", id_)) == 1


@pytest.mark.req("QX-45")
async def test_a_receipt_is_recorded_once_after_the_publication_and_between_decision_and_today(full: World) -> None:
    decided = await reviewed(full)
    await full.act("县政府", decided, "decide", {"decision": DECISION})
    early = await full.act("行政审批局", decided, "filings", RECEIPT)
    assert early.status_code == 409
    id_ = await public(full)
    for who in ("司法局", "环保编制", "财政局"):
        assert (await full.act(who, id_, "filings", RECEIPT)).status_code == 403, who
    for wrong, pointer in (
        ({"date": "2999-01-01"}, "/date"),
        ({"date": "2026-01-04"}, "/date"),
        ({"recipient": "别处"}, "/recipient"),
        ({"receipt_number": "\0"}, "/receipt_number"),
        ({"receipt_number": ""}, "/receipt_number"),
    ):
        answer = await full.act("行政审批局", id_, "filings", RECEIPT | wrong)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), wrong
    first = await full.act("行政审批局", id_, "filings", RECEIPT)
    again = await full.act("行政审批局", id_, "filings", RECEIPT | {"recipient": "上一级审改办"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    other = await full.act("行政审批局", id_, "filings", RECEIPT | {"receipt_number": "另一编号"})
    assert (other.status_code, other.json()["code"]) == (409, "already_filed")
    assert [event["type"] for event in await full.events(id_)].count("adjustment.filed") == 1


@pytest.mark.req("TH-46")
async def test_two_recipients_give_a_receipt_each_and_only_with_both_it_is_filed(full: World) -> None:
    await full.bind("two_offices", "modify")
    id_ = await signed(full)
    await full.act("行政审批局", id_, "review", PASS)
    await full.act("司法局", id_, "legality", LEGAL)
    await full.act("县政府", id_, "decide", {"decision": DECISION})
    await full.applied(id_)
    await full.published(id_, "permit")
    unnamed = await full.act("行政审批局", id_, "filings", RECEIPT)
    assert (unnamed.status_code, unnamed.json()["errors"][0]["pointer"]) == (422, "/recipient")
    answer = await full.act("行政审批局", id_, "filings", RECEIPT | {"recipient": "法制办"})
    assert answer.json()["filed_at"] is None
    assert [wait["what"] for wait in (await full.read(id_))["waiting"]] == ["报备：审改领导小组办公室"]
    answer = await full.act("行政审批局", id_, "filings", RECEIPT | {"recipient": "审改领导小组办公室"})
    assert answer.json()["filed_at"] is not None


async def test_an_organ_bound_as_recipient_takes_the_place_of_the_templates(full: World) -> None:
    await full.organ("县编办")
    await charge(full, "县编办", "filing_recipient")
    id_ = await public(full)
    [step] = of_act(await full.read(id_), "file")
    assert (step["recipient"], step["recipient_organ_id"]) == ("县编办", str(full.organs["县编办"]))


async def test_the_short_procedure_has_nothing_to_file_and_is_complete_with_its_effect(world: World) -> None:
    opened = await world.until("decided", modify(await world.item("环评审批"), name="新名称"))
    await world.applied(opened["id"])
    await world.published(opened["id"])
    told = await world.read(opened["id"])
    assert (told["complete"], told["published_at"] is not None, told["filed_at"]) == (True, True, None)
    answer = await world.act("审改办", opened["id"], "filings", RECEIPT)
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


async def test_what_was_partly_in_conflict_is_published_and_filed_for_all_of_it_once_the_rest_is_decided(
    full: World,
) -> None:
    id_ = await reviewed(full)
    assert (await full.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    item = (await full.read(id_))["changes"][0]["item_id"]
    await full.new_version(item, {"name": "别人的"})
    await full.conflicted(id_, item)
    await full.published(id_, "permit")
    told = await full.read(id_)
    assert (told["state"], told["published_at"]) == ("conflict", None)
    assert {step["state"] for step in told["steps"] if step["act"] in ("publish", "file")} == {"waiting"}
    await full.act("环保编制", id_, "rebase")
    told = await full.read(id_)
    assert {step["state"] for step in told["steps"] if step["act"] in ("publish", "file")} == {"void"}
    await full.act("环保编制", id_, "submit")
    await full.validated(id_, submission=2)
    second = [step for step in (await full.read(id_))["steps"] if step["submission"] == 2]
    assert [step["act"] for step in second][-2:] == ["publish", "file"]


async def test_a_withdrawn_correction_is_void(full: World) -> None:
    id_ = await signed(full)
    await full.act("财政局", id_, "review", {"outcome": "return", "opinion": "x"})
    await full.act("环保编制", id_, "withdraw", {"reason": "暂缓"})
    assert [task["state"] for task in await tasks_of(full, "环保编制", id_, "void")] == ["void"]


async def test_blocking_findings_leave_a_correction_for_every_organ_that_takes_part(full: World) -> None:
    opened = await full.open(modify(await full.item("环评审批"), name="甲"), participants=[str(full.organs["住建局"])])
    await full.act("环保编制", opened["id"], "submit")
    await full.validated(opened["id"], {"rule": "V13"})
    for who in ("环保编制", "住建编制"):
        assert [task["kind"] for task in await tasks_of(full, who, opened["id"])] == ["correction"], who


async def test_an_organ_that_takes_part_no_more_is_not_left_with_the_correction(full: World) -> None:
    opened = await full.open(modify(await full.item("环评审批"), name="甲"), participants=[str(full.organs["住建局"])])
    await full.act("环保编制", opened["id"], "submit")
    await full.validated(opened["id"], {"rule": "V13"})
    told = await full.read(opened["id"])
    match = {"If-Match": f'"{told["version"]}"'}
    edited = await full.call("环保编制", "PUT", f"{BASE}/{opened['id']}", HEADER, **match)
    assert edited.json()["participants"] == []
    await full.act("环保编制", opened["id"], "submit")
    assert await tasks_of(full, "住建编制", opened["id"]) == []


async def test_many_submissions_and_publications_are_noted_set_based(full: World) -> None:
    asked: dict[int, list[int]] = {}
    for number in (1, 5):
        ids = []
        for item in await full.items([f"许可{place}" for place in range(number)]):
            opened = await full.open(modify(item, name="新名称"))
            await full.act("环保编制", opened["id"], "submit")
            ids.append(opened["id"])
        asked[number] = [await followed(full, "adjustment.validated", ids, submission=1, blocking=0)]
        for id_ in ids:
            assert {step["state"] for step in of_act(await full.read(id_), "sign")} == {"open"}
            await full.act("环保局长", id_, "sign", {"seal": SEAL})
            for who, act, body in REVIEWS:
                await full.act(who, id_, act, body)
            assert (await full.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
        asked[number].append(await followed(full, "adjustment.applied", ids, applied=1, conflicts=0))
        asked[number].append(await followed(full, "adjustment.published", ids, lists=[str(full.lists["permit"])]))
        assert [len(await tasks_of(full, "行政审批局", id_)) for id_ in ids] == [1] * number
    assert asked[1] == asked[5]
    assert max(asked[1]) <= 16, asked


async def followed(world: World, type_: str, ids: list[str], **refs: Any) -> int:
    """What the consumer asks the database when other services tell of adjustments in one batch."""
    with counted(world.engine) as statements:
        await world.tell(*(NewEvent(type=type_, adjustment_id=UUID(id_), refs=refs) for id_ in ids))
    return len(statements)


async def test_deciding_in_the_full_procedure_asks_the_database_no_more_than_in_the_short_one(full: World) -> None:
    asked = {}
    for name, made in (("full", reviewed), ("short", None)):
        item = await full.item("环评审批")
        if made is None:
            await full.bind("short", "modify")
            id_ = (await full.until("reviewed", modify(item, name="新名称")))["id"]
        else:
            id_ = await made(full, modify(item, name="新名称"))
        with counted(full.engine) as statements:
            answer = await full.act("县政府", id_, "decide", {"decision": DECISION})
        assert answer.status_code == 200
        asked[name] = len(statements)
    # Idempotency none; adjustment, chain, steps, locks, conflicts, step, task, items, adjustment, events.
    assert asked["full"] == asked["short"] <= 10, asked

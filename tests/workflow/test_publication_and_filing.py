"""What comes after a decision: the publication closes itself, a receipt is recorded for each recipient."""

import pytest

from tests.workflow.county import CITY, COUNTY
from tests.workflow.full_chain import (
    LEGAL,
    PASS,
    RECEIPT,
    charge,
    of_act,
    public,
    reviewed,
    signed,
    tasks_of,
)
from tests.workflow.world import DECISION, World, modify


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


@pytest.mark.req("QX-45", "ZZ-11")
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


@pytest.mark.req("ZZ-11")
async def test_the_superior_has_its_copy_once_the_list_is_public_and_gives_the_receipt_itself(full: World) -> None:
    await full.organ("市审改办")
    await full.run("UPDATE qingdan.organ SET region_code = :city WHERE id = :id", city=CITY, id=full.organs["市审改办"])
    await charge(full, "市审改办", "filing_recipient")
    full.person("市审改办人员", ("reviewer", CITY, "市审改办"))
    id_ = await reviewed(full)
    assert (await full.act("县政府", id_, "decide", {"decision": DECISION})).status_code == 200
    await full.applied(id_)
    assert "adjustment.copied" not in [event["type"] for event in await full.events(id_)], "nothing is public yet"
    for _ in range(2):
        await full.published(id_, "permit")
    [copied] = [event for event in await full.events(id_) if event["type"] == "adjustment.copied"]
    assert str(full.organs["市审改办"]) in copied["refs"]
    assert DECISION["number"] in copied["refs"]
    told = await full.read(id_, "市审改办人员")
    assert (told["decision"], told["filed_at"]) == (DECISION, None)
    full.person("他市审改办", ("reviewer", "130100000000", None))
    assert (await full.act("他市审改办", id_, "filings", RECEIPT)).status_code == 403
    answer = await full.act("市审改办人员", id_, "filings", RECEIPT)
    assert (answer.status_code, answer.json()["filed_at"] is not None) == (200, True), answer.text
    order = [event["type"] for event in await full.events(id_)]
    wanted = ["adjustment.decided", "adjustment.published", "adjustment.copied", "adjustment.filed"]
    assert [each for each in dict.fromkeys(order) if each in wanted] == wanted

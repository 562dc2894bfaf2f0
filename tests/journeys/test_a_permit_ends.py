"""A permit is cancelled: its mirrors end with it, the people of the other lists are asked, citizens are told once."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.journeys.stage import FOLLOWERS, MIRRORS, REFERRING, Stage

PERMIT = "公共场所卫生许可"


@pytest.mark.req("ZZ-42", "ZZ-41", "QX-11", "ZZ-37", "ZZ-38")
def test_a_cancelled_permit_reaches_every_list_and_the_feed_tells_each_change_exactly_once(stage: Stage) -> None:
    about, before = stage.about(PERMIT), len(stage.feed())
    told = stage.carry({"operation": "cancel", "item_id": stage.permits[PERMIT]})
    for kind in MIRRORS:
        assert stage.item(about[kind])["elements"]["state"] == "cancelled", kind
    drafts = {draft["list_kind"]: draft for draft in told["drafts"]}
    asked = {*FOLLOWERS, *REFERRING} - set(MIRRORS)
    assert set(drafts) == asked, "the other lists wait for their people"
    assert told["complete"] is False
    events = [event for event in stage.feed()[before:] if event["data"].get("adjustment") == told["id"]]
    cancelled = {stage.permits[PERMIT], *(about[kind] for kind in MIRRORS)}
    assert Counter(event["data"]["item"]["id"] for event in events) == dict.fromkeys(cancelled, 1)
    assert {event["data"]["item"]["state"] for event in events} == {"cancelled"}
    tasks = stage.posts["qingdan-01"].get("/workflow/v1/tasks", adjustment_id=told["id"])["items"]
    assert {task["subject"] for task in tasks} == {f"draft/{draft['id']}" for draft in drafts.values()}
    accepted = {"ids": [draft["id"] for draft in drafts.values()], "reason": "许可取消，转为事中事后监管"}
    assert stage.posts["qingdan-01"].post("/catalog/v1/drafts/accept", accepted)["accepted"] == len(asked)
    stage.settle()
    assert stage.admin.get(f"/workflow/v1/adjustments/{told['id']}")["complete"] is True
    assert not stage.posts["qingdan-01"].get("/workflow/v1/tasks", adjustment_id=told["id"])["items"]
    supervision = stage.elements(about["follow_up_supervision"])
    assert (supervision["state"], supervision["permit_state"]) == ("in_use", "cancelled"), "supervision goes on"
    for kind in asked - {"follow_up_supervision"}:
        assert stage.elements(about[kind])["state"] == "cancelled", kind
    code = stage.public(f"/codes/{supervision['base_code']}", params={"kind": "permit"}).json()
    assert code["valid"] is False
    whole = stage.elements(stage.permits[PERMIT])["implementation_code"]
    assert stage.public(f"/codes/{whole}").json()["valid"] is False, "supervision alone keeps no permit valid"
    ledger = stage.admin.get(f"/catalog/v1/cascades/{told['id']}")
    assert ledger["complete"] is True
    assert {row["kind"] for row in ledger["rows"] if row["touched"]} >= {*FOLLOWERS, *REFERRING, "permit"}
    sequences = [int(event["sequence"]) for event in stage.feed()]
    assert sequences == list(range(1, len(sequences) + 1)), "numbered without gaps, none twice"
    identities = [event["id"] for event in stage.feed()]
    assert len(set(identities)) == len(identities)


@pytest.mark.req("QX-30", "ZZ-41")
def test_after_all_of_this_the_check_finds_nothing_that_blocks(stage: Stage) -> None:
    stage.settle()
    found = stage.operation(stage.admin.post("/catalog/v1/check", {"record": False}))
    assert found["state"] == "succeeded", found["error"]
    about = set(stage.about(PERMIT).values())
    assert [row for row in found["result"]["mismatches"] if row["item_id"] in about] == []

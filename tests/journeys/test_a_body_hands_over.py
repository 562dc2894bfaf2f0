"""Transfer of body: one organ gives, the other takes, and every list, code, event and answer follows."""

from __future__ import annotations

import pytest

from tests.journeys.county import new_post
from tests.journeys.stage import COUNTY, Stage

PERMIT = "危险化学品经营许可"


def handed_over(stage: Stage, item: str, taking: str) -> str:
    """A permit passes to another organ when both have signed; the adjustment."""
    change = {"operation": "transfer", "item_id": item, "elements": {"implementing_body": taking}}
    opened: str = stage.open(change, participants=[taking], title="职能划转", trigger="ORG_REFORM")["id"]
    stage.submit(opened)
    stage.act("fuze-01", opened, "sign", {"seal": {"reference": "档案号 2026-031"}})
    assert stage.admin.get(f"/workflow/v1/adjustments/{opened}")["state"] == "signing"
    stage.act("fuze-02", opened, "sign", {"seal": {"reference": "档案号 2026-032"}})
    stage.act("shengai-01", opened, "review", {"outcome": "pass", "opinion": "一致"})
    stage.decide(opened)
    told = stage.wait_for(opened, "effective", "conflict")
    assert told["state"] == "effective", told
    stage.settle()
    return opened


@pytest.mark.req("ZZ-40", "ZZ-42")
def test_a_permit_passes_to_another_organ_with_new_codes_and_the_old_ones_name_their_successor(stage: Stage) -> None:
    if "fuze-02" not in stage.posts:
        stage.posts["fuze-02"] = new_post(stage, "fuze-02", "市场监管局负责人岗", [("principal", COUNTY, "market")])
    item, about = stage.permits[PERMIT], stage.about(PERMIT)
    before = stage.elements(item)
    old = before["implementation_code"]
    after = int(stage.feed()[-1]["sequence"])
    taking = stage.organs["market"]
    opened = handed_over(stage, item, taking)
    new = f"{stage.codes['market']}4{before['base_code']}"
    for kind in ("permit", "power", "catalogue", "implementation", "investment_approval", "construction_approval",
                 "one_seal_transfer"):  # fmt: skip
        said = stage.elements(about[kind])
        assert (said["implementing_body"], said["base_code"]) == (taking, before["base_code"]), kind
        assert said["implementation_code"] == new, kind
    history = {row["code"]: row for row in stage.item(item)["codes"] if row["scheme"] == "implementation"}
    assert (history[old]["successor"], history[old]["ended_by"]) == (new, "transfer")
    assert history[old]["adjustment_id"] == opened
    assert history[new]["valid_until"] is None
    asked = stage.public(f"/codes/{old}", params={"kind": "permit"}).json()
    [entry] = asked["entries"]
    assert asked["valid"] is False
    assert entry["valid_until"] == history[old]["valid_until"]
    assert entry["successor"]["code"] == new
    assert stage.public(f"/codes/{new}", params={"kind": "permit"}).json()["valid"] is True
    events = {event["data"]["item"]["id"]: event["data"] for event in stage.feed(after) if "item" in event["data"]}
    assert events[item]["replaces"] == {new: [old]}
    assert events[about["implementation"]]["replaces"] == {new: [old]}
    assert "replaces" not in events[about["market_access_negative"]]
    # A code is never given again, not even to the same matter of the organ that gave it up.
    taken = stage.open(
        {"operation": "add", "list_id": stage.lists["permit", COUNTY],
         "elements": {**before, "name": "另一事项", "handling_item": ""}},
    )  # fmt: skip
    stage.act("bianzhi-01", taken["id"], "submit")
    answer = stage.wait_for(taken["id"], "returned")
    assert "code_retired" in str(answer["validation"]) or "已停用" in str(answer["validation"])

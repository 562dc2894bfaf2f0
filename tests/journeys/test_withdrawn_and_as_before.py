"""A publication over ten lists is withdrawn by decision: each list says again what it said, and nothing was erased."""

from __future__ import annotations

import pytest

from tests.journeys.stage import Stage, modify


@pytest.mark.req("ZL-10")
def test_ten_lists_go_back_by_one_decision_and_the_check_finds_them_in_step(stage: Stage) -> None:
    permit = min(stage.permits)
    about = stage.about(permit)
    before = {kind: stage.elements(item) for kind, item in about.items()}
    told = stage.carry(modify(stage.permits[permit], name=f"{permit}（改）"))
    stage.settle()
    (made,) = stage.public("/publications", params={"adjustment": told["id"]}).json()["items"]
    followed = [kind for kind, item in about.items() if stage.elements(item) != before[kind]]
    assert len(followed) > 5
    assert set(followed) <= {part["kind"] for part in made["parts"]}
    assert [step["act"] for step in made["approvals"]][-1] == "decide"
    address = f"/publications/{made['number']}"
    decided = {"number": "青政发〔2026〕9号", "date": "2026-01-06"}
    body = {"decision": decided, "notice": "决定撤回本次公布，恢复原清单内容。", "reason": "程序未完成"}
    stage.posts["zhengfu-01"].post(f"/publish/v1{address}/withdraw", body, etag='"1"')
    stage.until(lambda: stage.public(address).json()["state"] == "withdrawn", "the publication is not withdrawn")
    stage.settle()
    assert {kind: stage.elements(item) for kind, item in about.items()} == before
    back = stage.public(f"/publications/{stage.public(address).json()['notices'][0]['number']}").json()
    assert (back["kind"], back["withdraws"]) == ("withdrawal", made["number"])
    assert [part["list_id"] for part in back["parts"]] == [part["list_id"] for part in made["parts"]]
    permits = next(part for part in made["parts"] if part["kind"] == "permit")
    then = stage.public(f"/lists/{permits['list_id']}/open-data", params={"revision": permits["revision"]})
    assert f"{permit}（改）" in then.text, "what was published stays readable"
    found = stage.operation(stage.admin.post("/catalog/v1/check", {"record": False}))
    assert [row for row in found["result"]["mismatches"] if row["item_id"] in set(about.values())] == []

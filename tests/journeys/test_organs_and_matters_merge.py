"""Reform of organs and of matters: one decision moves everything, old codes lead on, the old organ is closed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys import entries
from tests.journeys.county import new_post
from tests.journeys.stage import COUNTY, GROUNDS, MIRRORS, SPARE, Stage

FORMER, HEIR = "青县粮食局", "青县发展和改革局"
NUMBERS = SPARE[10], SPARE[11]


def two_organs(stage: Stage) -> None:
    """The organs of the reform, members of the lists, with people of their own."""
    for key, name, body in (("former", FORMER, "0000001A"), ("heir", HEIR, "0000001B")):
        stage.codes[key] = entries.organ_code(COUNTY, body)
        registered = {"name": name, "kind": "department", "region_code": COUNTY, "credit_code": stage.codes[key]}
        stage.organs[key] = stage.admin.post("/catalog/v1/organs", {**registered, **GROUNDS})["id"]
    for kind in ("permit", *MIRRORS):
        list_id = stage.lists[kind, COUNTY]
        members = {row["organ_id"] for row in stage.admin.get(f"/catalog/v1/lists/{list_id}/members")["items"]}
        body = {"organ_ids": sorted(members | {stage.organs["former"], stage.organs["heir"]}), **GROUNDS}
        version = stage.admin.get(f"/catalog/v1/lists/{list_id}")["version"]
        stage.admin.put(f"/catalog/v1/lists/{list_id}/members", body, f'"{version}"')
    for login, role, organ in (
        ("liangshi-01", "compiler", "former"), ("liangshi-02", "principal", "former"),
        ("fagai-01", "compiler", "heir"), ("fagai-02", "principal", "heir"),
    ):  # fmt: skip
        stage.posts[login] = new_post(stage, login, f"机构改革岗{login[-2:]}", [(role, COUNTY, organ)])


def carried(stage: Stage, opened: Any, compiler: str, *principals: str) -> None:
    """From submission to effect."""
    stage.submit(opened["id"], compiler)
    for principal in principals:
        stage.act(principal, opened["id"], "sign", {"seal": {"reference": f"档案号 {principal}"}})
    stage.act("shengai-01", opened["id"], "review", {"outcome": "pass", "opinion": "一致"})
    stage.decide(opened["id"])
    told = stage.wait_for(opened["id"], "effective", "conflict")
    assert told["state"] == "effective", told
    stage.settle()


def abolished(stage: Stage, organ: str) -> None:
    """An organ without matters merges into its heir."""
    version = stage.admin.get(f"/catalog/v1/organs/{organ}")["version"]
    closing = {"kind": "merged", "successors": [stage.organs["heir"]], "since": "2026-03-01", **GROUNDS}
    heirs = stage.admin.put(f"/catalog/v1/organs/{organ}/successors", closing, f'"{version}"')
    assert [row["name"] for row in heirs] == [HEIR]
    assert stage.admin.get(f"/catalog/v1/organs/{organ}")["state"] == "abolished"


@pytest.mark.req("TH-44", "TH-19")
def test_organs_merge_and_then_their_matters_and_every_list_and_code_follows(stage: Stage) -> None:
    two_organs(stage)
    code, organ = stage.codes["former"], stage.organs["former"]
    added = [
        {"operation": "add", "list_id": stage.lists["permit", COUNTY],
         "elements": entries.permit(f"粮食许可{number}", number, organ=organ, code=code)}
        for number in NUMBERS
    ]  # fmt: skip
    opened = stage.open(*added, who="liangshi-01", organ_id=organ, title="新增粮食许可")
    permits = [change["item_id"] for change in opened["changes"]]
    carried(stage, opened, "liangshi-01", "liangshi-02")
    stage.accept_all(*(stage.lists[kind, COUNTY] for kind in MIRRORS))

    reform = stage.open(who="fagai-01", organ_id=stage.organs["heir"], participants=[organ], trigger="ORG_REFORM",
                        title="机构改革：粮食局并入发展和改革局")  # fmt: skip
    path = f"/workflow/v1/adjustments/{reform['id']}/changes"
    moved = stage.posts["fagai-01"].post(path, {"reform": {"from_organs": [organ], "to_organ": stage.organs["heir"]}})
    assert len(moved["changes"]) == 2 * (1 + len(MIRRORS)), "every entry of every list in one adjustment"
    carried(stage, reform, "fagai-01", "fagai-02", "liangshi-02")
    old = f"{code}4{entries.base_code(NUMBERS[0])}"
    new = f"{stage.codes['heir']}4{entries.base_code(NUMBERS[0])}"
    about = stage.admin.all_of("/catalog/v1/items", code=new)
    assert {row["kind"] for row in about} == {"permit", *MIRRORS}
    assert {stage.elements(row["id"])["implementing_body"] for row in about} == {stage.organs["heir"]}

    abolished(stage, organ)
    merged = stage.open({"operation": "cancel", "item_id": permits[0], "successors": [permits[1]]},
                        who="fagai-01", organ_id=stage.organs["heir"], title="两项许可合并")  # fmt: skip
    carried(stage, merged, "fagai-01", "fagai-02")
    for asked in (old, new):
        [entry] = stage.public(f"/codes/{asked}", params={"kind": "permit"}).json()["entries"]
        assert (entry["valid"], [heir["item_id"] for heir in entry["successors"]]) == (False, [permits[1]]), asked
        assert entry["successor"]["name"] == f"粮食许可{NUMBERS[1]}"
    known = stage.admin.get(f"/catalog/v1/codes/{new}")
    assert {holder["state"] for holder in known["holders"] if holder["kind"] == "permit"} == {"cancelled"}
    assert [holder["successors"] for holder in known["holders"] if holder["kind"] == "permit"] == [[permits[1]]]

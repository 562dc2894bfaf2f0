"""A district, a town and a development zone build their lists from what is devolved to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from deploy.demo.people import Refused
from tests.journeys.guangdong import data, superior
from tests.journeys.guangdong.city import plan
from tests.journeys.guangdong.world import CITY, COUNTY, LEVELS, TOWN, ZONE, Guangdong, decided
from tests.journeys.stage import GROUNDS, MIRRORS

PLANNING, SHELTER, VILLAGE, SEA = "440112034001", "440112032001", "440112028000", "440112027000"
LAW, SUCCESSOR = "中华人民共和国环境噪声污染防治法", "中华人民共和国噪声污染防治法"


def _basis(document: str, article: str) -> dict[str, str]:
    return {"document": document, "article": article, "kind": "set", "document_kind": "law"}


# The files have no legal basis and devolve nothing: what is devolved here, and the laws beside it, are the journey's.
DEVOLVED: Mapping[str, dict[str, Any]] = {
    data.STORY: {"level": "2,3,4", "basis": [_basis("中华人民共和国环境影响评价法", "第二十二条"),
                                             _basis(LAW, "第十三条")]},
    PLANNING: {"level": "3,4", "basis": [_basis("中华人民共和国城乡规划法", "第三十七条")]},
    SHELTER: {"level": "3,4", "basis": [_basis("中华人民共和国人民防空法", "第二十二条")]},
    VILLAGE: {"level": "3,4,5", "basis": [_basis("中华人民共和国城乡规划法", "第四十一条")]},
    SEA: {"level": "3,4", "basis": [_basis("中华人民共和国海域使用管理法", "第十六条")]},
}  # fmt: skip
# What the district has no use for, and why; what the zone leaves to the district.
WITHOUT = {COUNTY: {SEA: "本区不临海，不涉及该事项"}, TOWN: {},
           ZONE: {PLANNING: "由区级统一实施", VILLAGE: "区内无乡村规划区"}}  # fmt: skip
# How a matter is handled there: without it a claim stays open (ZZ-10).
HANDLING = {
    "handling_kind": "committed", "process_steps": [{"name": "受理"}, {"name": "审查"}, {"name": "决定"}],
    "materials": [{"name": "申请表", "necessity": "required"}], "promised_limit": {"amount": 3, "unit": "working_day"},
    "handling_place": "政务服务中心", "handling_hours": "工作日9:00-17:00", "consult_phone": "020-12345",
    "complaint_phone": "020-12345",
}  # fmt: skip
ASKED = ("materials", "conditions", "statutory_limit", "service_objects", "visits")
WINDOW = {"in_hall": True, "acceptance_window": "综合窗口"}


def is_offered_what_the_province_devolves(world: Guangdong) -> None:
    """The province widens levels of matters and states their laws; district and town are asked at once."""
    for region in (COUNTY, TOWN, ZONE):
        for kind in ("permit", *MIRRORS):
            world.new_list(kind, region)
    plan(world, COUNTY, "base_catalogue")
    assert claims(world, COUNTY) == {}
    superior.changes_matters(world, "下放行政许可事项", DEVOLVED, trigger="SUPERIOR_DEVOLVE")
    for region, digit in ((COUNTY, "4"), (TOWN, "5")):
        offered = claims(world, region)
        assert set(offered) == {code for code, given in DEVOLVED.items() if digit in given["level"].split(",")}
        assert {one["state"] for one in offered.values()} == {"offered"}
    # The city lists them: for it the statement of the law is a change of the superior, filled in.
    proposed = world.drafts(CITY, rule="K20_CHANGE")
    assert {world.stage.elements(one["item_id"])["base_code"] for one in proposed} == set(DEVOLVED)
    assert all(set(one["elements"]) == {"basis"} for one in proposed)
    world.accept(CITY)


def claims_or_says_why_not(world: Guangdong, region: str) -> None:
    """Claimed, listed and complete, or not applicable with the reason; before that nothing is decided."""
    with pytest.raises(Refused) as refused:
        world.enact("permit", region)
    offered = claims(world, region)
    assert (refused.value.problem["code"], refused.value.problem["left"]) == ("claims_open", len(offered))
    lead, organ = world.who("list_authority", region), world.leads[region]
    for code, reason in WITHOUT[region].items():
        body = {"claim_ids": [offered[code]["id"]], "reason": reason}
        assert lead.post("/catalog/v1/claims/exclude", body)["done"] == 1
    taken = [code for code in offered if code not in WITHOUT[region]]
    body = {"claim_ids": [offered[code]["id"] for code in taken], "organ_id": organ, **GROUNDS}
    assert lead.post("/catalog/v1/claims/claim", body)["done"] == len(taken)
    made = world.enter("permit", region, [entry(world, region, code) for code in taken])
    world.stage.settle()
    pending = claims(world, region)
    assert all("process_steps" in {one["element"] for one in pending[code]["missing"]} for code in taken)
    completed = _completed(world, region)
    assert set(completed) == set(made)
    for item, elements in completed.items():
        world.correct(region, item, elements)
    world.stage.settle()
    assert world.findings(region, rule="K22") == []
    assert all(claims(world, region)[code]["closed_at"] for code in taken)


def decides_on_its_lists(world: Guangdong, region: str) -> None:
    """The other lists follow, the window is named, then all are decided on and public."""
    world.accept(region)
    for row in world.items("implementation", region):
        world.correct(region, row["id"], WINDOW)
    taken = set(claims(world, region)) - set(WITHOUT[region])
    for kind in ("permit", *MIRRORS):
        world.enact(kind, region)
        assert {row["base_code"] for row in world.published(kind, region).values()} == taken, (kind, region)
    told = world.stage.admin.all_of("/catalog/v1/claims/metrics", region=region)
    assert world.findings(region, rule="V24") == []
    assert sum(one["total"] for one in told) == len(claims(world, region))
    assert sum(one["not_applicable"] for one in told) == len(WITHOUT[region])
    assert {one["rate"] for one in told} == {1.0}


def the_districts_list_covers_the_town(world: Guangdong) -> None:
    """A county's list is read with what its towns exercise; no entry of a town is missing in it (ZZ-12)."""
    path = f"/catalog/v1/lists/{world.lists['permit', COUNTY]}/covered-items"
    shown = world.stage.admin.all_of(path)
    assert {one["region_code"] for one in shown} == {COUNTY, TOWN}
    assert world.findings(TOWN, rule="K20_TOWN") == []


def may_not_rename_what_it_inherits(world: Guangdong) -> None:
    """Name, code, basis and type are the superior's; whoever compiles another name is shown its row (ZZ-14)."""
    [row] = world.items("permit", COUNTY, code=VILLAGE)
    changes = [{"operation": "modify", "item_id": row["id"], "elements": {"name": "农村建房许可"}}]
    with pytest.raises(Refused) as refused:
        decided(world, COUNTY, "更改事项名称", {world.leads[COUNTY]: changes})
    assert refused.value.problem["code"] == "inherited_element"
    assert refused.value.problem["superiors"][row["id"]]["item_id"] == superior.matter_id(world, VILLAGE)


def the_zone_covers_the_district(world: Guangdong) -> None:
    """Every entry of the zone has its source; what it did not take over does not apply, kind by kind.

    Of permits the answers to the offers say so; of powers, which nobody offers, it is registered.
    """
    for code, reason in WITHOUT[ZONE].items():
        path = f"/catalog/v1/regions/{ZONE}/exemptions/power?base_code={code}"
        world.who("reviewer", ZONE).put(path, {"reason": reason, **GROUNDS})
    report = world.stage.admin.get(f"/catalog/v1/regions/{ZONE}/coverage")
    kinds = {one["list_kind"]: one for one in report["kinds"]}
    assert len(kinds) == 7, "the district's seven lists"
    taken = len(set(claims(world, ZONE)) - set(WITHOUT[ZONE]))
    for kind in ("permit", "power"):
        told = kinds[kind]
        assert (told["entries"], told["from_above"], told["without_source"]) == (taken, taken, 0), kind
        assert told["above_entries"] == taken + len(WITHOUT[ZONE])
        assert (told["covered"], told["not_applicable"], told["missing"]) == (taken, len(WITHOUT[ZONE]), 0), kind
    assert world.findings(ZONE, rule="K21") == []


def entry(world: Guangdong, region: str, code: str) -> dict[str, Any]:
    """A devolved matter as a permit of the region: what is inherited is the superior's."""
    above = world.stage.elements(superior.matter_id(world, code))
    organ, level = world.leads[region], LEVELS[region]
    return {
        **{element: above[element] for element in ("name", "base_code", "item_type", "basis")},
        "implementation_code": f"{world.codes[organ]}{level}{code}", "level": level, "implementing_body": organ,
        "state": "in_use",
    }  # fmt: skip


def _completed(world: Guangdong, region: str) -> dict[str, dict[str, Any]]:
    """Method, process and guide of each entry; what applicants need is what the superior's row asks."""
    pairs = world.stage.admin.all_of("/catalog/v1/superior-pairs", region=region)
    found = {}
    for one in pairs:
        above = world.stage.elements(one["superiors"][0]["item_id"])
        asked = {element: above[element] for element in ASKED if above.get(element) is not None}
        found[one["item_id"]] = HANDLING | asked
    return found


def claims(world: Guangdong, region: str) -> dict[str, dict[str, Any]]:
    """Claims of a region's permits by the base code of the superior's matter."""
    return {one["superior_code"]: one for one in world.stage.admin.all_of("/catalog/v1/claims", region=region)}

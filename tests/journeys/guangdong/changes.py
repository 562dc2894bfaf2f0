"""What changes above reaches every list below: a law is repealed, organs merge, a permit is cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tests.journeys import entries
from tests.journeys.guangdong import data, superior
from tests.journeys.guangdong.district import DEVOLVED, LAW, SHELTER, SUCCESSOR
from tests.journeys.guangdong.world import CITY, COUNTY, PROVINCE, TOWN, ZONE, Guangdong, decided
from tests.journeys.stage import GROUNDS, MIRRORS

REGIONS = (PROVINCE, CITY, COUNTY, TOWN, ZONE)
BELOW = REGIONS[1:]
FORMER, HEIR = "广州市民族宗教事务局", "中共广州市委统一战线工作部"
SHOWN = ("name", "base_code", "implementation_code", "handling_item", "item_type", "level", "state", "version")


def a_law_is_repealed(world: Guangdong) -> None:
    """Every entry that rests on it is found; the province states the new law, and level by level it is taken over."""
    register = "/catalog/v1/documents"
    laws = [world.stage.admin.post(register, {"title": title, "kind": "law", "issued": day, **GROUNDS})
            for title, day in ((LAW, "2018-12-29"), (SUCCESSOR, "2021-12-24"))]  # fmt: skip
    resting = world.stage.admin.all_of(f"{register}/{laws[0]['id']}/impact", article="第十三条", within=PROVINCE)
    affected = {one["item_id"] for one in resting}
    assert affected == {row["id"] for row in citing(world)}
    assert {(one["region_code"], one["list_kind"]) for one in resting} == {
        (PROVINCE, "base_catalogue"),
        *((region, kind) for region in (CITY, COUNTY, ZONE) for kind in ("permit", *MIRRORS)),
    }
    act = {"act": "repealed", "from": "2022-06-05", "by_document_id": laws[1]["id"], **GROUNDS}
    world.stage.admin.post(f"{register}/{laws[0]['id']}/status-changes", act)
    world.stage.settle()
    assert found_by(world, "K23") == affected
    basis = [one | {"document": SUCCESSOR, "article": "第二十四条"} if one["document"] == LAW else one
             for one in DEVOLVED[data.STORY]["basis"]]  # fmt: skip
    told = {"trigger": "LAW_REPEAL", "trigger_reference": f"《{SUCCESSOR}》第九十条"}
    superior.changes_matters(world, "更换设定依据", {data.STORY: {"basis": basis}}, **told)
    for region in (CITY, COUNTY, ZONE):
        proposed = world.drafts(region, rule="K20_CHANGE")
        assert {one["item_id"] for one in proposed} == {row["id"] for row in world.items("permit", region,
                                                                                        code=data.STORY)}  # fmt: skip
        assert all(one["elements"] == {"basis": basis} for one in proposed)
        world.accept(region)
    assert found_by(world, "K23") == set()
    for item in affected:
        assert world.stage.public(f"/items/{item}").json()["elements"]["basis"] == basis


def organs_merge(world: Guangdong) -> None:
    """One decision moves every entry of every list to the heir, with new codes; the old ones lead on."""
    lines = [row for row in data.permits(data.CITY_LEVEL) if row["dept_name"] == FORMER]
    former, heir = world.organs[lines[0]["uscc"]], _heir(world)
    # Made-up for the story, like the credit code of the heir: the files know of no merger.
    reform = {"reform": {"from_organs": [former], "to_organ": heir}}
    done = decided(world, CITY, f"机构改革：{FORMER}并入{HEIR}", {heir: [], former: []}, fill=reform,
                   trigger="ORG_REFORM")  # fmt: skip
    assert len(done["changes"]) == len(lines) * (1 + len(MIRRORS)) > 0
    for row in lines:
        [entry] = world.stage.public(f"/codes/{row['task_code']}", params={"kind": "permit"}).json()["entries"]
        assert not entry["valid"]
        new = f"{world.codes[heir]}{row['task_code'][18:]}"
        assert entry["successor"]["code"] == new
        about = world.stage.admin.all_of("/catalog/v1/items", code=new)
        assert {one["kind"] for one in about} == {"permit", *MIRRORS}
    path = f"/catalog/v1/organs/{former}"
    closing = {"kind": "merged", "successors": [heir], "since": "2026-03-01", **GROUNDS}
    world.stage.admin.put(f"{path}/successors", closing, f'"{world.stage.admin.get(path)["version"]}"')
    assert world.stage.admin.get(path)["state"] == "abolished"


def a_superior_permit_is_cancelled(world: Guangdong) -> None:
    """It ends in the city, then in the district, then in the zone; citizens are told under every code."""
    rows = {region: world.items("permit", region, code=SHELTER) for region in BELOW}
    assert {region for region, found in rows.items() if found} == {CITY, COUNTY, ZONE}
    superior.cancels(world, [SHELTER])
    for region in (CITY, COUNTY, ZONE):
        proposed = world.drafts(region, rule="K20_CHANGE")
        assert {one["item_id"] for one in proposed} == {row["id"] for row in rows[region]}
        assert all(one["elements"] == {"state": "cancelled"} for one in proposed)
        world.accept(region)
        for kind in ("permit", *MIRRORS):
            found = world.items(kind, region, code=SHELTER)
            assert {row["state"] for row in found} == {"cancelled"}, (kind, region)
        for row in rows[region]:
            told = world.stage.public(f"/codes/{row['implementation_code']}").json()
            assert told["valid"] is False


def the_check_ends_at_zero(world: Guangdong) -> None:
    """Nothing waits, nothing blocks, no pair of lists disagrees, and citizens read what officials read."""
    done = world.stage.operation(world.stage.admin.post("/catalog/v1/check", {"record": True}))
    assert done["state"] == "succeeded", done["error"]
    world.stage.settle()
    open_pairs = [one for one in done["result"]["counts"] if one["pairs"] > one["settled"]]
    assert own(world, open_pairs) == []
    assert own(world, done["result"]["mismatches"]) == []
    for region in REGIONS:
        assert own(world, world.findings(region, severity="block")) == [], region
        assert own(world, world.drafts(region)) == [], region
    for kind, region in world.lists:
        shown = {id_: (seen(row), row["organ"] and row["organ"]["credit_code"])
                 for id_, row in world.published(kind, region).items()}  # fmt: skip
        known = {row["id"]: (seen(row), world.codes.get(row["implementing_body"])) for row in world.items(kind, region)}
        assert known == shown, (kind, region)


def own(world: Guangdong, told: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What is about the lists of this story, by the rules as shipped: other stories adopt rules X.. for everybody."""
    lists = set(world.lists.values())
    return [one for one in told if one["list_id"] in lists and not one["rule"].startswith("X")]


def seen(row: Mapping[str, Any]) -> list[Any]:
    """What staff and citizens must be shown alike; what is empty may be left out."""
    return [row[key] or None for key in SHOWN]


def citing(world: Guangdong) -> list[dict[str, Any]]:
    """Entries whose basis names the law that is repealed, as a reader of the lists would find them."""
    about = world.stage.admin.all_of("/catalog/v1/items", code=data.STORY)
    return [row for row in about if row["region_code"] in REGIONS and
            LAW in [one["document"] for one in world.stage.elements(row["id"]).get("basis", [])]]  # fmt: skip


def found_by(world: Guangdong, rule: str) -> set[str]:
    """Entries of all regions with an open finding of a rule."""
    return {one["item_id"] for region in REGIONS for one in world.findings(region, rule=rule)}


def _heir(world: Guangdong) -> str:
    """The organ that takes over, a member of the city's lists."""
    code = entries.organ_code(CITY, "0000002A")
    body = {"name": HEIR, "kind": "party_body", "region_code": CITY, "credit_code": code,
            "administrative_subject": True, **GROUNDS}  # fmt: skip
    heir = str(world.stage.admin.post("/catalog/v1/organs", body)["id"])
    world.codes[heir], world.places[heir] = code, CITY
    for kind in ("permit", *MIRRORS):
        path = f"/catalog/v1/lists/{world.lists[kind, CITY]}"
        members = {row["organ_id"] for row in world.stage.admin.all_of(f"{path}/members")}
        etag = f'"{world.stage.admin.get(path)["version"]}"'
        world.stage.admin.put(f"{path}/members", {"organ_ids": sorted(members | {heir}), **GROUNDS}, etag)
    return heir

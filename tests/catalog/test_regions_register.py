"""The register of regions over HTTP."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest

from tests.catalog.register_world import CITY, COUNTY, NATION, PROVINCE, ZONE, RegisterWorld

DIVISIONS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "admin_divisions_3level_2023.csv"
LEVELS = {"省级": "province", "地级": "city", "县级": "county"}


async def test_a_region_knows_all_regions_above_it(register: RegisterWorld) -> None:
    region = (await register.get("/regions/130922")).json()
    assert region["ancestors"] == [CITY, PROVINCE, NATION]
    assert region["level"] == "county"


@pytest.mark.req("QX-25")
async def test_a_development_zone_hangs_under_its_county_with_a_local_code(register: RegisterWorld) -> None:
    zone = (await register.get(f"/regions/{ZONE}")).json()
    assert zone["kind"] == "zone"
    assert zone["ancestors"] == [COUNTY, CITY, PROVINCE, NATION]
    made = await register.post("/lists", {"kind": "permit", "region_code": ZONE,
                                          "lead_organ_id": str(register.organs["青县行政审批局"])})  # fmt: skip
    assert made.status_code == 201
    assert made.json()["title"] == "青县经济开发区行政许可事项清单"


@pytest.mark.req("HB-05", "HB-08")
async def test_townships_take_part_only_where_they_are_told_to(register: RegisterWorld) -> None:
    body = {"name": "清州镇", "level": "township", "parent_code": COUNTY, "participates": False}
    made = await register.put("/regions/130922100", body)
    assert made.status_code == 201
    assert made.json()["participates"] is False
    assert made.headers["location"] == "/catalog/v1/regions/130922100000"


async def test_a_region_is_changed_only_by_whoever_saw_its_present_version(register: RegisterWorld) -> None:
    body = {"name": "青县（改名）", "level": "county", "parent_code": CITY}
    assert (await register.put("/regions/130922", body)).status_code == 428
    assert (await register.put("/regions/130922", body, headers={"If-Match": '"9"'})).status_code == 412
    changed = await register.put("/regions/130922", body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200
    assert changed.json()["version"] == 2
    assert (await register.events("region.updated"))[-1].refs == {"regions": [COUNTY]}


async def test_moving_a_region_moves_everything_below_it(register: RegisterWorld) -> None:
    await register.put("/regions/131000", {"name": "廊坊市", "level": "city", "parent_code": PROVINCE})
    moved = {"name": "青县", "level": "county", "parent_code": "131000"}
    await register.put("/regions/130922", moved, headers={"If-Match": '"1"'})
    zone = (await register.get(f"/regions/{ZONE}")).json()
    assert zone["ancestors"] == [COUNTY, "131000000000", PROVINCE, NATION]


async def test_rows_that_cannot_stand_are_named_and_the_others_are_registered(register: RegisterWorld) -> None:
    rows = [
        {"code": "130923", "name": "东光县", "level": "county", "parent_code": CITY},
        {"code": "13092", "name": "五位", "level": "county", "parent_code": CITY},
        {"code": "130924", "name": "海兴县", "level": "county", "parent_code": "999900"},
        {"code": "130924101", "name": "其下属镇", "level": "township", "parent_code": "130924"},
        {"code": "130925", "name": "高于上级", "level": "province", "parent_code": CITY},
        {"code": "130923", "name": "又一个", "level": "county", "parent_code": CITY},
        {"code": "130926-X", "name": "无主开发区", "level": "county", "kind": "zone"},
    ]
    answer = (await register.put("/regions", {"items": rows})).json()
    assert (answer["created"], answer["rejected"]) == (1, 6)
    codes = {(error["pointer"], error["code"]) for error in answer["errors"]}
    assert codes == {
        ("/items/1/code", "region_code_length"), ("/items/2/parent_code", "parent_unknown"),
        ("/items/3/parent_code", "parent_unknown"), ("/items/4/parent_code", "level_order"),
        ("/items/5/code", "given_twice"), ("/items/6/parent_code", "parent_missing"),
    }  # fmt: skip
    refused = await register.put("/regions?atomic=true", {"items": rows})
    assert refused.status_code == 422
    assert refused.json()["code"] == "regions_invalid"


async def test_only_the_administrator_of_the_place_registers(register: RegisterWorld) -> None:
    body = {"items": [{"code": "130923", "name": "东光县", "level": "county", "parent_code": CITY}]}
    county = register.token(("administrator", COUNTY))
    assert (await register.put("/regions", body, who=county)).status_code == 403
    assert (await register.put("/regions", body, who=register.token(("reviewer", CITY)))).status_code == 403
    assert (await register.put("/regions", body, who=register.token(("administrator", CITY)))).status_code == 200
    assert (await register.put("/regions", body, who={})).status_code == 401


async def test_pages_follow_one_another(register: RegisterWorld) -> None:
    first = (await register.get("/regions?limit=2")).json()
    second = (await register.get(f"/regions?limit=200&cursor={first['next']}")).json()
    codes = [region["code"] for region in [*first["items"], *second["items"]]]
    assert codes == sorted({NATION, PROVINCE, CITY, COUNTY, ZONE})
    assert second["next"] is None
    assert (await register.get("/regions?cursor=nonsense")).status_code == 422
    below = (await register.get(f"/regions?within={PROVINCE}&level=county")).json()
    assert {region["code"] for region in below["items"]} == {ZONE, COUNTY}


@pytest.mark.skipif(not DIVISIONS.exists(), reason="the full table of divisions is not on this machine")
async def test_the_whole_country_is_registered_in_one_request(register: RegisterWorld) -> None:
    with DIVISIONS.open(encoding="utf-8-sig") as file:
        rows = [
            {"code": row["area_code12"], "name": row["name"], "level": LEVELS[row["level"]],
             "parent_code": row["parent_code12"] or NATION,
             "kind": "virtual" if row["is_virtual_node"] == "1" else "administrative"}
            for row in csv.DictReader(file)
        ]  # fmt: skip
    started = time.perf_counter()
    answer = await register.put("/regions", {"items": rows})
    assert answer.status_code == 200, answer.text[:500]
    result = answer.json()
    assert result["rejected"] == 0, result["errors"][:3]
    assert result["created"] + result["updated"] + result["unchanged"] == 3348
    assert time.perf_counter() - started < 20

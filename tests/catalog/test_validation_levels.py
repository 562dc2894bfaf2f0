"""How severe a region takes the validators: set by its administrator, inherited, applied to entries at once."""

from __future__ import annotations

from typing import Any

import pytest

from services.catalog.quality.checks.rules import RULES
from services.catalog.quality.levels.rules import COMPARING
from tests.catalog.register_world import CITY, COUNTY, RegisterWorld

VAGUE = {"name": "其他材料", "necessity": "required", "basis": "条例", "source": "applicant"}
BARE = {"name": "申请表", "necessity": "required"}


async def tried(register: RegisterWorld, list_id: str, number: int, **more: Any) -> dict[str, Any]:
    """What became of one entry: {"item_id", "errors", "remarks"}."""
    body = {"items": [{"elements": register.permit(number, **more)}]}
    answer = await register.post(f"/lists/{list_id}/items", body, who=register.token(("list_authority", COUNTY)))
    if answer.status_code == 422:
        return {"item_id": None, "codes": {error["code"] for error in answer.json()["errors"]}}
    row = answer.json()["rows"][0]
    return {"item_id": row["item_id"], "codes": {remark["code"] for remark in row["remarks"]}}


async def set_levels(register: RegisterWorld, region: str, *levels: tuple[str, str, str | None]) -> Any:
    rows = [{"rule": rule, "code": code, "severity": severity} for rule, code, severity in levels]
    body = {"region_code": region, "reason": "本地要求", "levels": rows}
    return await register.post("/validation-levels", body)


@pytest.mark.req("ZL-08")
async def test_a_region_takes_a_rule_more_or_less_severely_or_not_at_all(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    assert (await tried(register, list_id, 1, materials=[VAGUE]))["item_id"] is None
    told = await set_levels(register, COUNTY, ("V08", "", "warn"), ("V08", "material_basis_missing", "block"))
    assert told.status_code == 200, told.text
    assert told.json()["in_force"] == {"V08": "warn", "V08/material_basis_missing": "block"}
    lenient = await tried(register, list_id, 1, materials=[VAGUE])
    assert (lenient["item_id"] is not None, lenient["codes"]) == (True, {"vague_material"})
    assert (await tried(register, list_id, 2, materials=[BARE]))["codes"] == {"material_basis_missing"}
    await set_levels(register, COUNTY, ("V08", "", "off"), ("V08", "material_basis_missing", None))
    assert (await tried(register, list_id, 2, materials=[VAGUE, BARE]))["codes"] == set()
    event = (await register.events("region.validation_levels_set"))[-1]
    assert (event.region_code, event.reason) == (COUNTY, "本地要求")


async def test_a_county_follows_its_city_unless_it_says_otherwise(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    await set_levels(register, CITY, ("V08", "", "off"))
    assert (await tried(register, list_id, 1, materials=[VAGUE]))["item_id"]
    await set_levels(register, COUNTY, ("V08", "", "block"))
    assert (await tried(register, list_id, 2, materials=[BARE]))["item_id"] is None
    told = (await register.get(f"/validation-levels?region_code={COUNTY}")).json()
    assert ([row["region_code"] for row in told["items"]], told["in_force"]) == ([COUNTY], {"V08": "block"})


async def test_what_the_lists_rest_on_cannot_be_switched_off(register: RegisterWorld) -> None:
    refused = await set_levels(register, COUNTY, ("V02", "", "off"), ("V01", "malformed", "warn"), ("V19", "", "off"))
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/levels/0", "/levels/1", "/levels/2"]
    await set_levels(register, COUNTY, ("V01", "", "off"))
    list_id = await register.list_of("permit")
    assert (await tried(register, list_id, 1, level="县"))["codes"] == {"malformed"}
    rules = {row["rule"]: row["fixed"] for row in (await register.get("/validators")).json()["items"]}
    assert (rules["V02"], rules["V08"]) == (True, False)
    assert set(rules) == {*RULES, *COMPARING}, "each rule that is asked of entries can be looked up"


async def test_a_level_that_would_change_nothing_is_refused(register: RegisterWorld) -> None:
    refused = await set_levels(register, COUNTY, ("V21", "", "warn"), ("V29", "", "off"))
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/levels/0/rule", "level_elsewhere")
    [error] = (await set_levels(register, COUNTY, ("V13", "materials", "warn"))).json()["errors"]
    assert (error["pointer"], error["code"]) == ("/levels/0/code", "level_of_whole")
    assert (await set_levels(register, COUNTY, ("V29", "", "off"))).status_code == 200


async def test_only_the_administrator_of_a_known_region_sets_levels(register: RegisterWorld) -> None:
    body = {"region_code": COUNTY, "levels": [{"rule": "V08", "severity": "off"}]}
    for who in (("list_authority", COUNTY), ("administrator", "130922-KFQ")):
        assert (await register.post("/validation-levels", body, who=register.token(who))).status_code == 403
    unknown = await register.post("/validation-levels", body | {"region_code": "999999"})
    assert unknown.status_code == 422
    for wrong in ({"rule": "K01", "severity": "off"}, {"rule": "V08", "severity": "mild"}):
        assert (await register.post("/validation-levels", body | {"levels": [wrong]})).status_code == 422

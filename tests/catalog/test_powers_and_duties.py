"""What a power has exactly one of, and what may become of it: whoever exercises it, and how it is supervised after."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalog.register_world import COUNTY, RegisterWorld
from tests.catalog.responsibility_entries import supervision
from tests.catalog.responsibility_world import BUREAU, MARKET, codes, power_of


async def enter(register: RegisterWorld, list_id: str, *entries: dict[str, Any]) -> Any:
    lead = register.token(("list_authority", COUNTY))
    items = {"items": [{"elements": entry} for entry in entries]}
    return await register.post(f"/lists/{list_id}/items", items, who=lead)


@pytest.mark.req("ZL-06")
async def test_a_power_has_exactly_one_organ_that_exercises_it(register: RegisterWorld) -> None:
    power = await register.list_of("power", members=(BUREAU, MARKET))
    matter = power_of(register, 1)
    two = [str(register.organs[BUREAU]), str(register.organs[MARKET])]
    for body in (None, "", two, BUREAU):
        refused = await enter(register, power, matter | {"implementing_body": body})
        assert refused.status_code == 422, body
        pointers = {error["pointer"] for error in refused.json()["errors"]}
        assert "/items/0/elements/implementing_body" in pointers, body
    [row] = (await enter(register, power, matter)).json()["rows"]
    again = await enter(register, power, matter)
    assert again.status_code == 422, again.text
    item = (await register.get(f"/items/{row['item_id']}")).json()
    assert item["elements"]["implementing_body"] == two[0]


@pytest.mark.req("HB-17")
@pytest.mark.parametrize("disposition", ["cancelled", "transferred", "devolved", "territorial", "retained"])
async def test_a_supervision_record_says_what_became_of_its_power(register: RegisterWorld, disposition: str) -> None:
    power, duties = await register.list_of("power"), await register.list_of("responsibility")
    matter = power_of(register, 1)
    await enter(register, power, matter)
    [row] = (await enter(register, duties, supervision(matter, disposition=disposition))).json()["rows"]
    elements = (await register.get(f"/items/{row['item_id']}")).json()["elements"]
    assert (elements["disposition"], elements["power_name"], elements["base_code"]) == (
        disposition, matter["name"], matter["base_code"],
    )  # fmt: skip


@pytest.mark.req("HB-17")
@pytest.mark.parametrize("disposition", ["forgotten", None])
async def test_a_supervision_record_without_a_known_disposition_is_refused(
    register: RegisterWorld, disposition: str | None
) -> None:
    duties = await register.list_of("responsibility")
    refused = await enter(register, duties, supervision(power_of(register, 1), disposition=disposition))
    assert refused.status_code == 422
    assert codes(refused)
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/items/0/elements/disposition"]

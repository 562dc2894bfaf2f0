"""Codes over HTTP: what one means, which is free, what a local one stands for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalog.register_world import CITY, COUNTY, RegisterWorld, organ_code


async def entered(register: RegisterWorld, *permits: dict[str, Any]) -> list[str]:
    """Permits of a list that is being compiled."""
    list_id = await register.list_of("permit", members=("青县行政审批局", "青县市场监督管理局"))
    body = {"items": [{"elements": permit} for permit in permits]}
    answer = await register.post(f"/lists/{list_id}/items", body, who=register.token(("list_authority", COUNTY)))
    assert answer.status_code == 200, answer.text
    return [str(found) for found in answer.json()["ids"]] if "ids" in answer.json() else []


async def test_a_code_tells_its_parts_and_who_has_it(register: RegisterWorld) -> None:
    permit = register.permit(1)
    await entered(register, permit)
    base = (await register.get(f"/codes/{permit['base_code']}")).json()
    assert (base["scheme"], base["problem"]) == ("base", None)
    assert base["segments"] == {"area": "00", "type": "01", "department": "16", "main": "001", "sub": "000"}
    assert [holder["name"] for holder in base["holders"]] == ["测试许可1"]
    whole = (await register.get(f"/codes/{permit['implementation_code'].lower()}")).json()
    assert whole["segments"]["credit_code"] == organ_code(1)
    assert whole["holders"][0]["state"] == "in_use"
    broken = (await register.get(f"/codes/{permit['implementation_code'][:-1]}X")).json()
    assert broken["scheme"] == "implementation"
    assert "子项段" in broken["problem"]
    local = (await register.get("/codes/62052400MZ-XK-0001")).json()
    assert (local["scheme"], local["holders"]) == (None, [])


async def test_a_free_code_is_one_that_was_never_given(register: RegisterWorld) -> None:
    permit = register.permit(7)
    await entered(register, permit, register.permit(8, handling_item="02"))

    async def free(**wanted: Any) -> Any:
        return (await register.put("/free-codes", wanted)).json()

    assert (await free(scheme="base", area="00", item_type="01", department="16"))["code"] == "000116009000"
    assert (await free(scheme="base", main_item="000116007000"))["code"] == "000116007001"
    below = permit["implementation_code"][:-6] + "008000"
    assert (await free(scheme="handling_item", implementation_code=below))["code"] == f"{below}03"
    assert (await free(scheme="material", implementation_code=below))["code"] == f"{below}001"
    organ = str(register.organs["青县行政审批局"])
    taken = await free(scheme="implementation", organ_id=organ, level="4", base_code="000116007000")
    assert taken["code"] == "code_in_use"
    new = await free(scheme="implementation", organ_id=organ, level="5", base_code="000116007000")
    assert new["code"] == f"{organ_code(1)}5000116007000"


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"scheme": "base", "area": "00"}, 422),
        ({"scheme": "base", "area": "00", "item_type": "00", "department": "16"}, 422),
        ({"scheme": "material"}, 422),
        ({"scheme": "handling_item", "implementation_code": "I" * 31}, 422),
        ({"scheme": "implementation", "organ_id": "0197f3a0-0000-7000-8000-000000000001", "level": "4",
          "base_code": "000116001000"}, 422),
        ({"scheme": "somewhere"}, 422),
    ],
)  # fmt: skip
async def test_a_code_that_cannot_be_made_is_explained(
    register: RegisterWorld, wanted: dict[str, Any], status: int
) -> None:
    answer = await register.put("/free-codes", wanted)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


async def test_a_local_code_is_mapped_to_national_ones_with_relation_and_source(register: RegisterWorld) -> None:
    row = {"local_code": "130116101001", "national_code": "000116101000", "relation": "narrower",
           "source": "省级对照表"}  # fmt: skip
    load = {"region_code": COUNTY, "items": [row, row | {"national_code": "000116102000"},
                                             row | {"national_code": "0001161020AB"}]}  # fmt: skip
    result = (await register.put("/code-mappings", load)).json()
    assert (result["recorded"], result["rejected"]) == (2, 1)
    assert result["errors"][0]["pointer"] == "/items/2/national_code"
    again = (await register.put("/code-mappings", load)).json()
    assert (again["recorded"], again["unchanged"]) == (0, 2)
    told = (await register.get("/codes/130116101001")).json()
    assert {found["national_code"] for found in told["mappings"]} == {"000116101000", "000116102000"}
    page = (await register.get("/code-mappings", params={"national_code": "000116101000"})).json()
    assert [(one["relation"], one["source"]) for one in page["items"]] == [("narrower", "省级对照表")]
    first = (await register.get("/code-mappings", params={"limit": 1})).json()
    second = (await register.get("/code-mappings", params={"limit": 1, "cursor": first["next"]})).json()
    assert first["items"][0]["national_code"] < second["items"][0]["national_code"]
    path = f"/code-mappings/{COUNTY}/130116101001/000116102000"
    stranger = register.token(("administrator", CITY + "x"))
    assert (await register.send("DELETE", path, who=stranger)).status_code == 403
    assert (await register.send("DELETE", path)).status_code == 204
    assert (await register.send("DELETE", path)).status_code == 404
    kinds = {event.type for kind in ("code_mapping.recorded", "code_mapping.removed")
             for event in await register.events(kind)}  # fmt: skip
    assert kinds == {"code_mapping.recorded", "code_mapping.removed"}

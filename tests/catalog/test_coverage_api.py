"""Coverage and uniformity over HTTP: who may read, bad input."""

from __future__ import annotations

import pytest

from tests.catalog.register_world import COUNTY, RegisterWorld


@pytest.mark.req("ZL-24")
async def test_a_compiler_sees_what_other_lists_have_that_this_one_does_not(register: RegisterWorld) -> None:
    lead = register.token(("list_authority", COUNTY))
    powers = await register.list_of("power")
    body = {"items": [{"elements": register.permit(number)} for number in (1, 2)]}
    await register.post(f"/lists/{powers}/items", body, who=lead)
    catalogue = await register.list_of("catalogue")
    await register.post(f"/lists/{catalogue}/items", {"items": [{"elements": register.permit(1)}]}, who=lead)
    first = (await register.get(f"/lists/{catalogue}/candidates?limit=1", who=lead)).json()
    rest = (await register.get(f"/lists/{catalogue}/candidates?limit=1&cursor={first['next']}", who=lead)).json()
    assert [(one["name"], one["covered"]) for one in first["items"] + rest["items"]] == [
        ("测试许可1", True), ("测试许可2", False),
    ]  # fmt: skip
    missing = (await register.get(f"/lists/{catalogue}/candidates?covered=false&kind=power")).json()["items"]
    assert [one["name"] for one in missing] == ["测试许可2"]
    counts = (await register.get(f"/lists/{catalogue}/coverage")).json()
    assert (counts["covered"], counts["missing"], counts["organs"][0]["organ_name"]) == (1, 1, "青县行政审批局")
    failures = (await register.get("/reporting-failures?region=130922")).json()
    assert (failures["omission"], failures["organs"][0]["omission"]) == (1, 1)
    assert (await register.get("/horizontal-differences?kind=power&within=130000")).json()["items"] == []
    assert (await register.post("/uniformity-checks", None)).status_code == 202


@pytest.mark.parametrize(
    "path",
    ["/lists/0197f3a0-0000-7000-8000-000000000006/candidates", "/lists/0197f3a0-0000-7000-8000-000000000006/coverage",
     "/reporting-failures", "/reporting-failures?region=1309", "/reporting-failures?region=990000",
     "/horizontal-differences?cursor=e30", "/horizontal-differences?cursor=WzEsMiwzXQ",
     "/horizontal-differences?base_code=x", "/horizontal-differences?limit=1000", "/horizontal-differences?kind=%00"],
)  # fmt: skip
async def test_what_is_not_there_or_makes_no_sense_is_a_4xx(register: RegisterWorld, path: str) -> None:
    answer = await register.get(path)
    assert 400 <= answer.status_code < 500, answer.text
    assert (await register.get(path, who={})).status_code in (401, 422)

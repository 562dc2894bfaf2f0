"""The lists of intermediaries, charges, enforcement, inspection by lot, proofs and prohibited industries over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.catalog.register_world import COUNTY, RegisterWorld

BASIS = [{"document": "中华人民共和国价格法", "article": "第四十七条", "kind": "set", "document_kind": "law"}]


def matter(register: RegisterWorld, **more: Any) -> dict[str, Any]:
    """How an entry names the matter it is about."""
    permit = register.permit(1)
    keys = ("base_code", "implementation_code", "implementing_body")
    return {key: permit[key] for key in keys} | {"permit_name": permit["name"], "basis": BASIS} | more


def entries(register: RegisterWorld) -> dict[str, dict[str, Any]]:
    """A complete entry of each kind, with nothing that need not be there."""
    body = str(register.organs["青县行政审批局"])
    check = {"item_type": "06", "base_code": None, "implementation_code": None}
    return {
        "intermediary_service": matter(register, name="环境影响报告编制"),
        "charge": matter(register, name="占道费", category="administrative_fee", standard="每平方米每日1元",
                         collecting_body=body, item_type="01"),
        "enforcement": matter(register, name="对无证经营的处罚", item_type="01", permit_name=None),
        "random_inspection": matter(register, name="食品销售抽查", inspection_object="食品经营者", inspection_ratio="5",
                                    inspection_frequency="每年1次", inspection_methods=["on_site"], **check),
        "proof": matter(register, name="无犯罪记录证明", issued_by="公安机关", replacement="commitment"),
        "prohibited_investment": {"name": "炼油", "industry_code": "C2511", "prohibition": "禁止新建", "basis": BASIS},
    }  # fmt: skip


# What each list cannot do without (its requirement), and what stands in the way when it is missing.
NEEDED = [
    pytest.param("intermediary_service", ("base_code", "implementing_body", "basis"), marks=pytest.mark.req("QX-10")),
    pytest.param("prohibited_investment", ("industry_code", "prohibition", "basis"), marks=pytest.mark.req("QX-12")),
    pytest.param("charge", ("standard", "basis", "collecting_body"), marks=pytest.mark.req("QX-13")),
    pytest.param("enforcement", ("item_type", "implementing_body", "basis"), marks=pytest.mark.req("QX-19")),
    pytest.param(
        "random_inspection",
        ("inspection_object", "inspection_ratio", "inspection_frequency", "inspection_methods"),
        marks=pytest.mark.req("QX-20"),
    ),
    pytest.param("proof", ("base_code", "issued_by", "basis"), marks=pytest.mark.req("QX-22")),
]


@pytest.mark.parametrize(("kind", "needed"), NEEDED)
async def test_an_entry_without_what_its_list_is_about_is_refused_and_a_complete_one_taken(
    register: RegisterWorld, kind: str, needed: tuple[str, ...]
) -> None:
    list_id = await register.list_of(kind)
    lead = register.token(("list_authority", COUNTY))
    entry = {key: value for key, value in entries(register)[kind].items() if value is not None}
    bare = {key: value for key, value in entry.items() if key not in needed}
    refused = await register.post(f"/lists/{list_id}/items", {"items": [{"elements": bare}]}, who=lead)
    assert refused.status_code == 422
    named = {error["pointer"].removeprefix("/items/0/elements/") for error in refused.json()["errors"]}
    assert named >= set(needed)
    taken = await register.post(f"/lists/{list_id}/items", {"items": [{"elements": entry}]}, who=lead)
    assert taken.status_code == 200, taken.text
    assert taken.json()["rows"][0]["remarks"] == []
    item = (await register.get(f"/items/{taken.json()['rows'][0]['item_id']}")).json()
    assert item["elements"].items() >= entry.items()


@pytest.mark.parametrize("kind", ["charge", "random_inspection"])
async def test_amounts_and_vocabularies_of_the_new_lists_are_checked(register: RegisterWorld, kind: str) -> None:
    list_id = await register.list_of(kind)
    lead = register.token(("list_authority", COUNTY))
    entry = {key: value for key, value in entries(register)[kind].items() if value is not None}
    wrong = {"charge": {"category": "tax", "collecting_body": "财政局", "item_type": "07"},
             "random_inspection": {"inspection_ratio": "百分之五", "inspection_methods": ["by_lot"]}}[kind]  # fmt: skip
    refused = await register.post(f"/lists/{list_id}/items", {"items": [{"elements": entry | wrong}]}, who=lead)
    places = [error["pointer"].removeprefix("/items/0/elements/").split("/")[0] for error in refused.json()["errors"]]
    assert (refused.status_code, set(places)) == (422, set(wrong))

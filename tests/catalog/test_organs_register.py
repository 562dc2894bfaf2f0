"""The register of organs over HTTP."""

from __future__ import annotations

import pytest

from tests.catalog.register_world import CITY, COUNTY, PROVINCE, RegisterWorld, organ_code

KINDS = (
    "department", "department_managed", "institution_with_administrative_duties", "party_body",
    "public_service_enterprise", "township", "government", "zone_committee",
)  # fmt: skip


@pytest.mark.req("ZL-11", "HB-07")
async def test_every_kind_of_organ_is_registered_and_owns_public_service_items(register: RegisterWorld) -> None:
    rows = [{"name": f"机构{kind}", "kind": kind, "credit_code": organ_code(100 + index), "region_code": COUNTY}
            for index, kind in enumerate(KINDS)]  # fmt: skip
    answer = (await register.put("/organs", {"items": rows})).json()
    assert answer["created"] == len(KINDS)
    ids = list(answer["ids"].values())
    made = await register.post("/lists", {"kind": "catalogue", "region_code": COUNTY, "lead_organ_id": ids[0],
                                          "member_organ_ids": ids})  # fmt: skip
    basis = [{"document": "三定规定", "article": "第四条", "kind": "set", "document_kind": "normative"}]
    entries = [
        {"elements": {"name": f"服务{index}", "base_code": f"0020{index:02d}001000", "item_type": "20", "level": "4",
                      "implementing_body": organ, "basis": basis, "service_domain": "employment"}}
        for index, organ in enumerate(ids)
    ]  # fmt: skip
    lead = register.token(("list_authority", COUNTY))
    entered = await register.post(f"/lists/{made.json()['id']}/items", {"items": entries}, who=lead)
    assert entered.status_code == 200, entered.text
    assert entered.json()["created"] == len(KINDS)


async def test_a_wrong_check_digit_is_flagged_and_not_refused(register: RegisterWorld) -> None:
    sound = organ_code(200)
    wrong = sound[:-1] + ("1" if sound[-1] != "1" else "2")
    body = {"name": "校验位不符的机构", "kind": "department", "credit_code": wrong, "region_code": COUNTY}
    made = await register.post("/organs", body)
    assert made.status_code == 201
    assert made.json()["credit_code_check"] == "wrong_check_digit"
    broken = await register.post("/organs", body | {"credit_code": "1" * 17})
    assert broken.status_code == 422
    assert broken.json()["errors"][0]["pointer"] == "/credit_code"
    loaded = (await register.put("/organs", {"items": [body | {"name": "改名"}]})).json()
    assert loaded["updated"] == 1
    assert loaded["warnings"][0]["code"] == "wrong_check_digit"


@pytest.mark.req("HB-06")
async def test_a_body_without_administrative_subject_status_owns_no_power_items(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit", members=("青县自来水公司",))
    lead = register.token(("list_authority", COUNTY))
    entry = {"items": [{"elements": register.permit(1, "青县自来水公司")}]}
    refused = await register.post(f"/lists/{list_id}/items", entry, who=lead)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "not_administrative_subject"
    assert refused.json()["errors"][0]["pointer"] == "/items/0/elements/implementing_body"


@pytest.mark.req("HB-06")
async def test_status_cannot_be_taken_from_an_organ_that_owns_power_items(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    lead = register.token(("list_authority", COUNTY))
    await register.post(f"/lists/{list_id}/items", {"items": [{"elements": register.permit(1)}]}, who=lead)
    organ = (await register.get(f"/organs/{register.organs['青县行政审批局']}")).json()
    keys = ("name", "kind", "credit_code", "region_code", "vertical", "system", "state")
    body = {key: organ[key] for key in keys} | {"administrative_subject": False}
    refused = await register.put(f"/organs/{organ['id']}", body, headers={"If-Match": '"1"'})
    assert refused.status_code == 409
    assert refused.json()["code"] == "owns_power_items"


@pytest.mark.req("HB-06")
async def test_a_load_takes_the_status_from_no_organ_that_owns_power_items(register: RegisterWorld) -> None:
    list_id = await register.list_of("permit")
    lead = register.token(("list_authority", COUNTY))
    await register.post(f"/lists/{list_id}/items", {"items": [{"elements": register.permit(1)}]}, who=lead)
    row = {"kind": "department", "region_code": COUNTY, "administrative_subject": False}
    rows = [row | {"name": "青县行政审批局", "credit_code": organ_code(1)},
            row | {"name": "青县市场监督管理局", "credit_code": organ_code(2)}]  # fmt: skip
    told = (await register.put("/organs", {"items": rows})).json()
    assert (told["updated"], told["rejected"]) == (1, 1)
    assert [(one["pointer"], one["code"]) for one in told["errors"]] == [
        ("/items/0/administrative_subject", "owns_power_items")
    ]
    kept = (await register.get(f"/organs/{register.organs['青县行政审批局']}")).json()
    assert kept["administrative_subject"] is True


async def test_a_status_that_is_not_said_stays_as_it_is_registered(register: RegisterWorld) -> None:
    organ = f"/organs/{register.organs['青县自来水公司']}"
    body = {"name": "青县自来水公司", "kind": "public_service_enterprise", "credit_code": organ_code(3),
            "region_code": COUNTY}  # fmt: skip
    assert (await register.put("/organs", {"items": [body | {"administrative_subject": True}]})).json()["updated"] == 1
    assert (await register.put("/organs", {"items": [body | {"system": "水务"}]})).json()["updated"] == 1
    assert (await register.get(organ)).json()["administrative_subject"] is True
    changed = await register.put(organ, body, headers={"If-Match": "*"})
    assert changed.json()["administrative_subject"] is True


async def test_supervision_that_would_run_in_a_circle_is_refused(register: RegisterWorld) -> None:
    first, second = organ_code(301), organ_code(302)
    row = {"kind": "department", "region_code": COUNTY}
    rows = [row | {"name": "甲", "credit_code": first, "supervising_credit_code": second},
            row | {"name": "乙", "credit_code": second}]  # fmt: skip
    answer = (await register.put("/organs", {"items": rows})).json()
    assert answer["created"] == 2
    organ = (await register.get(f"/organs/{answer['ids'][first]}")).json()
    assert organ["supervising_organ_id"] == answer["ids"][second]
    circle = [row | {"name": "乙", "credit_code": second, "supervising_credit_code": first}]
    refused = (await register.put("/organs", {"items": circle})).json()
    assert refused["errors"][0]["code"] == "supervision_cycle"
    body = {"name": "乙", "kind": "department", "credit_code": second, "region_code": COUNTY,
            "supervising_organ_id": answer["ids"][first]}  # fmt: skip
    single = await register.put(f"/organs/{answer['ids'][second]}", body, headers={"If-Match": "*"})
    assert single.status_code == 422


async def test_wrong_rows_are_named_and_the_others_are_registered(register: RegisterWorld) -> None:
    rows = [
        {"name": "好", "kind": "department", "credit_code": organ_code(401), "region_code": "130922"},
        {"name": "区划未登记", "kind": "department", "credit_code": organ_code(402), "region_code": "440000"},
        {"name": "主管不在", "kind": "department", "credit_code": organ_code(403), "region_code": COUNTY,
         "supervising_credit_code": organ_code(999)},
    ]  # fmt: skip
    answer = (await register.put("/organs", {"items": rows})).json()
    assert (answer["created"], answer["rejected"]) == (1, 2)
    assert {error["code"] for error in answer["errors"]} == {"region_unknown", "organ_unknown"}
    again = (await register.put("/organs", {"items": rows[:1]})).json()
    assert again["unchanged"] == 1


async def test_an_administrator_of_a_county_cannot_move_an_organ_of_the_city(register: RegisterWorld) -> None:
    row = {"name": "沧州市局", "kind": "department", "credit_code": organ_code(501), "region_code": CITY}
    await register.put("/organs", {"items": [row]})
    county = register.token(("administrator", COUNTY))
    taken = await register.put("/organs", {"items": [row | {"region_code": COUNTY}]}, who=county)
    assert taken.status_code == 403


async def test_organs_are_found_by_region_kind_and_name(register: RegisterWorld) -> None:
    found = (await register.get(f"/organs?within={PROVINCE}&q=青县&kind=department&limit=1")).json()
    assert len(found["items"]) == 1
    rest = (await register.get(f"/organs?within={PROVINCE}&q=青县&kind=department&cursor={found['next']}")).json()
    assert {found["items"][0]["name"], rest["items"][0]["name"]} == {"青县行政审批局", "青县市场监督管理局"}


async def test_an_organ_that_is_entered_twice_is_told_from_a_namesake(register: RegisterWorld) -> None:
    name, credit = "青县行政审批局", organ_code(77)
    again = {"name": name, "kind": "department", "region_code": COUNTY}
    refused = await register.post("/organs", again)
    assert (refused.status_code, refused.json()["code"]) == (409, "organ_name_taken")
    assert "统一社会信用代码" in refused.json()["detail"]
    told = (await register.put("/organs", {"items": [again | {"credit_code": credit}]})).json()
    assert (told["created"], [one["code"] for one in told["warnings"]]) == (1, ["organ_name_taken"])
    assert told["warnings"][0]["pointer"] == "/items/0/name"
    other = await register.post("/organs", again | {"credit_code": organ_code(78)})
    assert other.status_code == 201, "both have codes to be told apart by"

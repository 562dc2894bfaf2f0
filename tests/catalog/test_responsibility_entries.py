"""What an entry of each section of the responsibility list must say: duty, boundary, supervision record."""

from __future__ import annotations

import pytest

from tests.catalog.responsibility_entries import boundary, duty, supervision
from tests.catalog.responsibility_world import MARKET, Lists, codes, power_of


@pytest.mark.req("HB-09")
@pytest.mark.req("HB-11")
@pytest.mark.req("HB-12")
@pytest.mark.req("TH-12")
async def test_a_duty_rests_on_a_law_三定_or_a_document_of_the_centre_or_the_province(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    bare = duty(matter)
    bare.pop("basis")
    assert codes(await lists.enter(lists.responsibility, bare)) == {"missing"}
    lesser = [{"document": "县政府办公室通知", "kind": "set", "document_kind": "normative", "article": "一"}]
    assert codes(await lists.enter(lists.responsibility, duty(matter, basis=lesser))) == {"no_duty_basis"}
    for kind in ("law", "regulation", "local_regulation", "provincial_rule", "department_rule", "organ_duties",
                 "central_document", "provincial_document"):  # fmt: skip
        basis = [{"document": "依据", "kind": "set", "document_kind": kind, "article": "三"}]
        items = [{"name": "编制规划", "office": "规划股"}, {"name": "组织实施"}]
        await lists.made(lists.responsibility, duty(matter, basis=basis, duty_scope="全县", work_items=items))
    found = (await lists.register.get(f"/lists/{lists.responsibility}/sections/duty/items")).json()["items"]
    assert found[0]["elements"]["work_items"] == items
    nameless = duty(matter, work_items=[{"content": "没有名称"}])
    assert codes(await lists.enter(lists.responsibility, nameless)) == {"malformed"}


@pytest.mark.req("TH-12")
@pytest.mark.req("QX-08")
async def test_a_duty_names_its_power_and_further_ones_by_links(lists: Lists) -> None:
    register = lists.register
    first, second = power_of(register, 1), power_of(register, 2)
    powers = await lists.made(lists.power, first, second)
    [item] = await lists.made(lists.responsibility, duty(first))
    await lists.drain()
    [draft] = (await register.get("/drafts?state=open&rule=K06")).json()["items"]
    assert draft["source_item_id"] == powers[1]
    link = {"to_item_id": powers[1], "type": "duty_of", "reason": "同一责任"}
    made = await register.post(f"/items/{item}/links", link, who=lists.lead)
    assert made.status_code == 201, made.text
    await lists.drain()
    assert (await register.get(f"/drafts/{draft['id']}")).json()["state"] == "superseded"
    assert (await lists.coverage())["powers_without_duty"]["count"] == 0
    path = made.headers["Location"].removeprefix("/catalog/v1")
    assert (await register.send("DELETE", path, who=lists.lead)).status_code == 204
    await lists.drain()
    assert len((await register.get("/drafts?state=open&rule=K06")).json()["items"]) == 1
    assert (await lists.coverage())["powers_without_duty"]["count"] == 1


@pytest.mark.req("HB-14")
@pytest.mark.req("HB-16")
@pytest.mark.req("TH-13")
async def test_a_boundary_has_one_lead_assisting_organs_their_shares_and_a_mechanism(lists: Lists) -> None:
    lead, other = lists.body(), lists.body(MARKET)
    shares = {"share": "负责查处"}
    two = [{"organ": lead, "role": "lead"} | shares, {"organ": other, "role": "lead"} | shares]
    none = [{"organ": lead, "role": "assist"} | shares, {"organ": other, "role": "assist"} | shares]
    for parties in (two, none):
        answer = await lists.enter(lists.responsibility, boundary(lead, [], boundary_parties=parties))
        assert codes(answer) == {"not_one_lead"}
    foreign = boundary(lead, [other])
    foreign["implementing_body"] = other
    assert codes(await lists.enter(lists.responsibility, foreign)) == {"lead_is_not_body"}
    twice = boundary(lead, [other, other])
    assert codes(await lists.enter(lists.responsibility, twice)) == {"organ_twice"}
    lacking = {key: value for key, value in boundary(lead, [other]).items() if key not in ("coordination", "field")}
    refused = await lists.enter(lists.responsibility, lacking)
    assert {error["pointer"] for error in refused.json()["errors"]} == {
        "/items/0/elements/coordination", "/items/0/elements/field",
    }  # fmt: skip
    await lists.made(lists.responsibility, boundary(lead, [other]))
    [row] = (await lists.register.get(f"/lists/{lists.responsibility}/sections/boundary/items")).json()["items"]
    assert [party["role"] for party in row["elements"]["boundary_parties"]] == ["lead", "assist"]


@pytest.mark.req("HB-18")
@pytest.mark.req("HB-19")
@pytest.mark.req("HB-20")
@pytest.mark.req("HB-21")
@pytest.mark.req("TH-15")
async def test_a_supervision_record_has_six_elements_and_four_measures_in_key_areas(lists: Lists) -> None:
    matter = power_of(lists.register, 1)
    for element in ("supervision_object", "supervision_content", "supervision_method", "supervision_measures",
                    "supervision_procedure", "supervision_handling"):  # fmt: skip
        refused = await lists.enter(lists.responsibility, supervision(matter, **{element: None}))
        [error] = refused.json()["errors"]
        assert (error["code"], error["pointer"]) == ("supervision_incomplete", f"/items/0/elements/{element}")
    parties = [
        {"party_kind": "department", "party": "本部门", "share": "统筹监管", "work_focus": "重点企业"},
        {"party_kind": "lower_level", "party": "乡镇政府", "share": "日常巡查"},
        {"party_kind": "social_organisation", "party": "行业协会", "share": "行业自律"},
    ]
    key_area = supervision(matter, key_area="public_safety", daily_supervision=["巡查"], supervision_parties=parties,
                           field="work_safety")  # fmt: skip
    answer = (await lists.enter(lists.responsibility, key_area)).json()
    remarks = {one["pointer"].rsplit("/", 1)[1] for one in answer["rows"][0]["remarks"]}
    assert remarks == {"spot_checks", "hazard_investigation", "major_cases"}
    assert {one["rule"] for one in answer["rows"][0]["remarks"]} == {"V29"}
    measures = {"spot_checks": ["每季度"], "hazard_investigation": ["专项"], "major_cases": ["督办"]}
    answer = (await lists.enter(lists.responsibility, key_area | measures)).json()
    assert answer["rows"][0]["remarks"] == []
    wrong = supervision(matter, supervision_parties=[{"party_kind": "citizen", "party": "甲", "share": "乙"}])
    assert codes(await lists.enter(lists.responsibility, wrong)) == {"malformed"}

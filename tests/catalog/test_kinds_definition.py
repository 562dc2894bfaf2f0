"""List kinds and element profiles over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.catalog.kinds.builtin import CODES
from services.catalog.kinds.jobs import settle_days
from shared import clock
from tests.catalog.register_world import CITY, COUNTY, RegisterWorld

ELEMENTS = [
    {"key": "name", "title": "信用事项名称", "type": "text", "mandatory": True},
    {"key": "credit_level", "title": "等级", "type": "choice", "vocabulary": {"A": "优", "B": "良"}, "mandatory": True},
    {"key": "measures", "title": "激励措施", "type": "texts"},
]
KIND = {"code": "test_credit", "title": "信用监管清单", "elements": ELEMENTS, "reason": "拓展领域"}


@pytest.mark.req("QX-03")
async def test_a_new_kind_is_one_call_and_usable_at_once(register: RegisterWorld) -> None:
    made = await register.post("/kinds", KIND)
    assert made.status_code == 201, made.text
    list_id = await register.list_of("test_credit")
    lead = register.token(("list_authority", COUNTY))
    rows = [{"elements": {"name": "守信激励", "credit_level": "A", "measures": ["优先办理"]}},
            {"elements": {"name": "失信惩戒", "credit_level": "Z"}}]  # fmt: skip
    answer = (await register.post(f"/lists/{list_id}/items", {"items": rows}, who=lead)).json()
    assert (answer["created"], answer["rejected"]) == (1, 1)
    assert answer["rows"][1]["errors"][0]["pointer"] == "/items/1/elements/credit_level"
    item = (await register.get(f"/items/{answer['rows'][0]['item_id']}")).json()
    assert item["elements"]["measures"] == ["优先办理"]
    assert (await register.events("kind.created"))[-1].reason == "拓展领域"


@pytest.mark.req("QX-09", "QX-11", "ZZ-35", "ZZ-36", "ZZ-37", "ZZ-38", "ZZ-39", "ZZ-40")
async def test_the_built_in_kinds_are_there_with_their_linking_elements(register: RegisterWorld) -> None:
    kinds = (await register.get("/kinds?origin=built_in&limit=200")).json()["items"]
    assert {kind["code"] for kind in kinds} == set(CODES)
    wanted = {
        "permit": {"base_code", "implementation_code", "implementing_body"},
        "follow_up_supervision": {"permit_name", "base_code", "supervising_body", "supervision_measures"},
        "base_catalogue": {"base_code", "level"},
        "internet_supervision": {"supervision_code", "base_code", "permit_name"},
        "investment_approval": {"project_stage", "base_code"},
        "market_access_negative": {"measure_code", "matched_service_items"},
        "construction_approval": {"project_stage", "standard_item_code"},
        "one_seal_transfer": {"transfer_from", "implementing_body"},
    }
    for code, elements in wanted.items():
        profile = (await register.get(f"/kinds/{code}")).json()["profile"]
        assert elements <= {element["key"] for element in profile["elements"]}, code


async def test_a_new_profile_judges_entries_from_its_first_day(register: RegisterWorld) -> None:
    await register.post("/kinds", KIND)
    later = [*ELEMENTS, {"key": "period", "title": "有效期", "type": "integer", "mandatory": True}]
    dated = await register.post("/kinds/test_credit/profiles", {"elements": later, "valid_from": "2099-01-01"})
    assert dated.json()["number"] == 2
    assert (await register.get("/kinds/test_credit")).json()["profile"]["number"] == 1
    await register.post("/kinds/test_credit/profiles", {"elements": later})
    assert (await register.get("/kinds/test_credit")).json()["profile"]["number"] == 3
    versions = (await register.get("/kinds/test_credit/profiles")).json()["items"]
    assert [profile["number"] for profile in versions] == [1, 2, 3]
    assert (await register.events("profile.versioned"))[-1].refs == {"number": 3}


async def test_a_definition_that_could_not_be_used_is_refused_with_every_place(register: RegisterWorld) -> None:
    wrong = [
        {"key": "measure", "title": "措施", "type": "picture"},
        {"key": "measure", "title": "措施", "type": "text"},
        {"key": "base_code", "title": "编码", "type": "text"},
        {"key": "grade", "title": "等级", "type": "choice"},
    ]
    refused = await register.post("/kinds", KIND | {"elements": wrong})
    assert refused.status_code == 422
    assert {(error["pointer"], error["code"]) for error in refused.json()["errors"]} == {
        ("/elements/0/type", "element_type"), ("/elements/1/key", "element_twice"),
        ("/elements/2/type", "reserved_element"), ("/elements/3/vocabulary", "vocabulary_missing"),
        ("/elements", "name_missing"),
    }  # fmt: skip


async def test_a_kind_of_a_region_is_used_there_only(register: RegisterWorld) -> None:
    await register.post("/kinds", KIND | {"region_code": COUNTY})
    lead = str(register.organs["青县行政审批局"])
    elsewhere = await register.post("/lists", {"kind": "test_credit", "region_code": CITY, "lead_organ_id": lead})
    assert elsewhere.status_code == 409
    assert (await register.post("/lists", {"kind": "test_credit", "region_code": COUNTY, "lead_organ_id": lead})
            ).status_code == 201  # fmt: skip


async def test_a_kind_of_a_region_shows_its_profile_and_takes_none_for_a_region_it_is_not_used_in(
    register: RegisterWorld,
) -> None:
    await register.post("/kinds", KIND | {"region_code": COUNTY})
    shown = (await register.get("/kinds/test_credit")).json()
    assert [element["key"] for element in shown["profile"]["elements"]] == ["name", "credit_level", "measures"]
    for path in ("/kinds/test_credit/profiles", "/kinds/test_credit/profiles/1/adopt"):
        body = {"region_code": CITY} | ({"elements": ELEMENTS} if path.endswith("profiles") else {})
        refused = await register.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "kind_of_other_region")
    below = await register.post("/kinds/test_credit/profiles", {"elements": ELEMENTS, "region_code": "130922-KFQ"})
    assert below.status_code == 201


async def test_codes_are_taken_once_and_built_in_kinds_keep_their_names(register: RegisterWorld) -> None:
    await register.post("/kinds", KIND)
    assert (await register.post("/kinds", KIND)).json()["code"] == "kind_exists"
    body = {"title": "另一个名字"}
    assert (await register.put("/kinds/permit", body, headers={"If-Match": "*"})).status_code == 409
    changed = await register.put("/kinds/test_credit", body, headers={"If-Match": '"1"'})
    assert changed.json()["title"] == "另一个名字"
    assert (await register.post("/kinds", KIND, who=register.token(("reviewer", COUNTY)))).status_code == 403


async def test_that_a_profile_of_a_later_day_holds_is_said_on_its_day_once(register: RegisterWorld) -> None:
    await settle_days(register.engine)
    await register.post("/kinds", KIND | {"code": "test_dated"})
    then = clock.now() + timedelta(days=2)
    day = then.astimezone(clock.ZONE).date().isoformat()
    await register.post("/kinds/test_dated/profiles", {"elements": ELEMENTS})
    await register.post("/kinds/test_dated/profiles", {"elements": ELEMENTS, "valid_from": day})
    before = len(await register.events("profile.versioned"))
    await settle_days(register.engine)
    assert len(await register.events("profile.versioned")) == before
    clock.use(lambda: then)
    try:
        await settle_days(register.engine)
        await settle_days(register.engine)
    finally:
        clock.use(None)
    told = (await register.events("profile.versioned"))[before:]
    assert [(one.list_kind, one.refs, one.actor) for one in told] == [("test_dated", {"number": 3}, "system:profiles")]

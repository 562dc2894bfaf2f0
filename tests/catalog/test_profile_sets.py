"""Profiles with names: what is shipped, what a region adopts, and what entries are then judged by."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from services.catalog.kinds import repository
from services.catalog.kinds.builtin import definitions, install_builtin
from tests.catalog.register_world import COUNTY, RegisterWorld, organ_code


async def profile_named(register: RegisterWorld, kind: str, name: str) -> dict[str, Any]:
    """The shipped profile of a name."""
    rows = (await register.get(f"/kinds/{kind}/profiles")).json()["items"]
    return next(row for row in rows if row["name"] == name and row["region_code"] is None)


async def adopted(register: RegisterWorld, kind: str, name: str) -> dict[str, Any]:
    """The profile after the county has taken it over."""
    number = (await profile_named(register, kind, name))["number"]
    answer = await register.post(f"/kinds/{kind}/profiles/{number}/adopt", {"region_code": COUNTY, "reason": "换表"})
    assert answer.status_code == 201, answer.text
    taken: dict[str, Any] = answer.json()
    return taken


def service(register: RegisterWorld, item_type: str, number: int = 1, **more: Any) -> dict[str, Any]:
    """An entry of the catalogue list."""
    base = f"00{item_type}16{number:03d}000"
    return register.permit(number, item_type=item_type, base_code=base,
                           implementation_code=f"{organ_code(1)}4{base}") | more  # fmt: skip


async def entered(register: RegisterWorld, list_id: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    body = {"items": [{"elements": row} for row in rows], "reason": "编制"}
    answer = await register.post(f"/lists/{list_id}/items", body, who=register.token(("list_authority", COUNTY)))
    if answer.status_code == 422:
        return [{"item_id": None, "errors": answer.json()["errors"]}]
    assert answer.status_code in (200, 201), answer.text
    told: list[dict[str, Any]] = answer.json()["rows"]
    return told


async def test_what_is_only_offered_applies_nowhere(register: RegisterWorld) -> None:
    now = (await register.get("/kinds/implementation")).json()["profile"]
    assert (now["name"], now["offered"]) == ("实施清单全要素", False)
    async with register.engine.connect() as connection:
        seen = (await connection.execute(text("SELECT name FROM qingdan.catalog_profile_v1"))).scalars().all()
    assert "2017-36" not in seen
    assert (await profile_named(register, "implementation", "2017-36"))["offered"] is True


async def test_nobody_but_the_administrator_of_the_region_switches_its_profile(register: RegisterWorld) -> None:
    path = "/kinds/implementation/profiles/3/adopt"
    lead = register.token(("list_authority", COUNTY))
    assert (await register.post(path, {"region_code": COUNTY}, who=lead)).status_code == 403
    county = register.token(("administrator", COUNTY))
    assert (await register.post(path, {}, who=county)).status_code == 403
    assert (await register.post("/kinds/implementation/profiles/999/adopt", {"region_code": COUNTY})).status_code == 404
    assert (await register.post(path, {"region_code": COUNTY, "reason": "2017年"}, who=county)).status_code == 201
    event = (await register.events("profile.versioned"))[-1]
    assert (event.refs["adopted"], event.reason) == (3, "2017年")


@pytest.mark.req("ZL-22")
async def test_the_36_elements_of_2017_judge_a_county_until_it_switches_to_a_newer_set(register: RegisterWorld) -> None:
    shipped = await profile_named(register, "implementation", "2017-36")
    assert len(shipped["elements"]) == 36
    assert {"implementation_code", "exercise_content"} <= {element["key"] for element in shipped["elements"]}
    assert (shipped["verified"], "重建" in shipped["source"]) == (False, True)
    await adopted(register, "implementation", "2017-36")
    list_id = await register.list_of("implementation")
    [refused] = await entered(register, list_id, [register.permit(1)])
    missing = {error["pointer"].rsplit("/", 1)[1] for error in refused["errors"]}
    assert {"exercise_content", "process_steps", "consult_phone"} <= missing
    newer = (await profile_named(register, "implementation", "实施清单全要素"))["number"]
    await register.post(f"/kinds/implementation/profiles/{newer}/adopt", {"region_code": COUNTY})
    [row] = await entered(register, list_id, [register.permit(1)])
    assert row["item_id"] is not None


@pytest.mark.req("ZL-13", "ZL-14")
async def test_the_profile_of_2017_takes_five_kinds_of_power_and_services_others_take_more(
    register: RegisterWorld,
) -> None:
    await adopted(register, "catalogue", "2017-ZL")
    list_id = await register.list_of("catalogue")
    education = {"service_domain": "education", "service_nature": "basic"}
    kinds = ["01", "04", "05", "07", "10"]
    rows = [service(register, kind) for kind in kinds] + [service(register, "20", **education)]
    assert all(row["item_id"] for row in await entered(register, list_id, rows))
    for kind in ("08", "09", "11", "02", "06"):
        [refused] = await entered(register, list_id, [service(register, kind, 2)])
        assert [error["pointer"] for error in refused["errors"]] == ["/items/0/elements/item_type"], kind
    newest = await adopted(register, "catalogue", "2022")
    types = next(element for element in newest["elements"] if element["key"] == "item_type")["vocabulary"]
    assert set(types) == {"01", "05", "07", "08", "09", "10", "11", "20"}
    assert types["11"] == "行政备案"
    rows = [service(register, kind, 3) for kind in ("09", "11")]
    assert all(row["item_id"] for row in await entered(register, list_id, rows))
    assert (await entered(register, list_id, [service(register, "04", 4)]))[0]["item_id"] is None


@pytest.mark.req("ZL-13", "ZL-15", "ZL-16")
async def test_a_public_service_names_its_domain_of_nine_and_may_name_its_nature(register: RegisterWorld) -> None:
    profile = (await profile_named(register, "catalogue", "2017-ZL"))["elements"]
    elements = {element["key"]: element for element in profile}
    assert len(elements["service_domain"]["vocabulary"]) == 9
    assert set(elements["service_nature"]["vocabulary"].values()) == {"基础性", "经济性", "安全性", "社会性"}
    list_id = await register.list_of("catalogue")
    [refused] = await entered(register, list_id, [service(register, "20")])
    assert [error["pointer"] for error in refused["errors"]] == ["/items/0/elements/service_domain"]
    [wrong] = await entered(register, list_id, [service(register, "20", service_domain="sport")])
    assert "不在取值表中" in wrong["errors"][0]["message"]
    [row] = await entered(register, list_id, [service(register, "20", service_domain="health")])
    assert row["item_id"]
    [power] = await entered(register, list_id, [service(register, "01")])
    assert power["item_id"], "a power has no domain"


@pytest.mark.req("ZL-21")
async def test_the_catalogue_list_asks_for_name_code_basis_and_type(register: RegisterWorld) -> None:
    list_id = await register.list_of("catalogue")
    for element in ("name", "base_code", "basis", "item_type"):
        row = {key: value for key, value in service(register, "01").items() if key != element}
        [refused] = await entered(register, list_id, [row])
        assert f"/items/0/elements/{element}" in [error["pointer"] for error in refused["errors"]]


@pytest.mark.req("QX-21")
async def test_catalogue_and_implementation_are_two_kinds_one_matter_to_many_implementations(
    register: RegisterWorld,
) -> None:
    matter = service(register, "01")
    [one] = await entered(register, await register.list_of("catalogue"), [matter])
    two = [
        matter | {"handling_item": f"0{number}", "name": f"{matter['name']}（情形{number}）", "visits": 0}
        for number in (1, 2)
    ]
    rows = await entered(register, await register.list_of("implementation"), two)
    assert one["item_id"]
    assert all(row["item_id"] for row in rows)
    same = (await register.get(f"/items?code={matter['base_code']}")).json()["items"]
    assert sorted(row["kind"] for row in same) == ["catalogue", "implementation", "implementation"]


@pytest.mark.req("ZL-27", "ZL-29", "ZZ-25", "TH-26")
async def test_steps_stages_reforms_and_notices_have_their_places_and_their_words(register: RegisterWorld) -> None:
    list_id = await register.list_of("implementation")
    step = {"name": "受理", "stage": "accept", "handler": "窗口人员", "limit": {"amount": 1, "unit": "working_day"},
            "result": "受理通知书", "basis": "行政许可法第三十二条"}  # fmt: skip
    stages = [{"stage": stage, "depth": "fully"} for stage in ("apply", "accept", "review", "decide", "deliver")]
    notices = [{"kind": kind, "name": kind} for kind in ("acceptance", "correction")]
    more = {"process_steps": [step], "online": True, "visits": 0, "online_stages": stages,
            "notice_templates": notices, "reform_measures": ["notification_commitment", "integrated_service",
                                                              "one_net", "cross_province"]}  # fmt: skip
    [row] = await entered(register, list_id, [register.permit(1) | more])
    assert row["item_id"], row["errors"]
    assert row["remarks"] == [] or {remark["rule"] for remark in row["remarks"]} == {"V08"}
    wrong = [
        {"process_steps": [step | {"limit": "1天"}]}, {"process_steps": [step | {"rumour": "x"}]},
        {"online_stages": [{"stage": "dream", "depth": "fully"}]}, {"reform_measures": ["magic"]},
        {"notice_templates": [{"kind": "acceptance"}]},
    ]  # fmt: skip
    for broken in wrong:
        [refused] = await entered(register, list_id, [register.permit(2) | broken])
        assert refused["item_id"] is None, broken


async def test_sets_the_product_ships_later_are_only_offered_where_people_made_their_own(
    register: RegisterWorld,
) -> None:
    own = {"elements": [{"key": "name", "title": "名称", "type": "text"},
                        {"key": "internal_note", "title": "内部备注", "type": "text", "public": False,
                             "withheld_because": "internal_affairs"}]}  # fmt: skip
    assert (await register.post("/kinds/one_seal_transfer/profiles", own)).status_code == 201
    shipped = next(kind for kind in definitions() if kind["code"] == "one_seal_transfer")
    newer = shipped | {"profiles": [*shipped["profiles"], shipped["profiles"][0] | {"number": 77, "name": "新表"}]}
    async with register.owner.begin() as connection:
        await repository.install(connection, [newer])
        await repository.install(connection, [newer])
        await install_builtin(connection)
    rows = (await register.get("/kinds/one_seal_transfer/profiles")).json()["items"]
    late = [row for row in rows if row["name"] == "新表"]
    assert [(row["offered"], row["number"] > 2) for row in late] == [(True, True)]
    async with register.owner.begin() as connection:
        await connection.execute(text("DELETE FROM qingdan.element_profile WHERE shipped = 77"))


async def test_a_default_must_be_a_value_of_its_element(register: RegisterWorld) -> None:
    elements = [{"key": "name", "title": "名称", "type": "text"},
                {"key": "notice_limit", "title": "告知时限", "type": "limit", "default": {"amount": "x"}}]  # fmt: skip
    refused = await register.post("/kinds", {"code": "test_default", "title": "默认", "elements": elements})
    assert refused.json()["errors"][0]["pointer"] == "/elements/1/default"
    elements[1]["default"] = {"amount": 2, "unit": "working_day"}
    made = await register.post("/kinds", {"code": "test_default", "title": "默认", "elements": elements})
    assert made.status_code == 201, orjson.dumps(made.json())


@pytest.mark.req("ZL-17", "ZL-27", "ZL-28", "ZL-30", "ZL-31", "ZL-32", "TH-17", "TH-20", "TH-26", "TH-27", "TH-28")
async def test_whoever_enters_a_service_is_told_everything_that_burdens_applicants_needlessly(
    register: RegisterWorld,
) -> None:
    list_id = await register.list_of("implementation")
    needless = [
        {"name": "营业执照", "necessity": "required", "source": "applicant", "shareable": True, "basis": "x"},
        {"name": "社保证明", "necessity": "required", "source": "other", "online_verifiable": True, "basis": "x"},
    ]
    burdens = {
        "materials": needless, "online": True, "visits": 2, "preliminary_review": True, "on_application": False,
        "process_steps": [{"name": "现场踏勘"}], "correction_limit": {"amount": 9, "unit": "working_day"},
        "extension_limit": {"amount": 10, "unit": "working_day"}, "acceptance_window": "1号",
        "conclusion_window": "2号",
    }  # fmt: skip
    [row] = await entered(register, list_id, [register.permit(1, **burdens)])
    assert row["item_id"], row["errors"]
    told = {(remark["rule"], remark["code"]) for remark in row["remarks"]}
    assert told == {
        ("V09", "shareable_material"), ("V09", "verifiable_material"), ("V10", "presence_without_reason"),
        ("V12", "preliminary_review_without_basis"), ("V12", "step_without_basis"), ("V27", "not_on_application"),
        ("V25", "correction_limit_too_long"), ("V05", "extension_without_basis"), ("V10", "windows_differ"),
    }  # fmt: skip
    slow = {"process_steps": [{"name": "审查", "basis": "x", "limit": {"amount": 11, "unit": "working_day"}}]}
    [refused] = await entered(register, list_id, [register.permit(2, **slow)])
    assert [error["code"] for error in refused["errors"]] == ["steps_too_long"]
    [silent] = await entered(register, list_id, [register.permit(3)])
    assert ("V26", "notice_missing") in {(remark["rule"], remark["code"]) for remark in silent["remarks"]}
    answer = await register.get(f"/items/{row['item_id']}/burden")
    assert (answer.json()["materials"], answer.json()["visits"]) == (2, 2)


@pytest.mark.req("TH-27")
async def test_a_city_whose_profile_says_two_days_takes_no_longer_notice(register: RegisterWorld) -> None:
    elements = (await profile_named(register, "implementation", "实施清单全要素"))["elements"]
    two = {"amount": 2, "unit": "working_day"}
    own = [element | ({"default": two} if element["key"] == "correction_limit" else {}) for element in elements]
    body = {"elements": own, "region_code": COUNTY, "name": "两日告知", "source": "本市规定"}
    assert (await register.post("/kinds/implementation/profiles", body)).status_code == 201
    list_id = await register.list_of("implementation")
    [row] = await entered(
        register, list_id, [register.permit(1, correction_limit={"amount": 3, "unit": "working_day"})]
    )
    assert "correction_limit_too_long" in {remark["code"] for remark in row["remarks"]}
    [quiet] = await entered(register, list_id, [register.permit(2)])
    assert "correction_limit_too_long" not in {remark["code"] for remark in quiet["remarks"]}
    guide = (await register.get(f"/items/{quiet['item_id']}/guide")).json()
    assert any("当场或在2个工作日内一次性告知" in notice for notice in guide["notices"])
    assert set(guide["missing"]) >= {"consult_phone", "handling_place"}
    assert guide["completeness"] == (14 - len(guide["missing"])) * 10_000 // 14 / 10_000
    assert guide["readability"]["sentences"] > 0
    assert (guide["readability"]["long_sentences"], guide["readability"]["vague"]) == (0, {})

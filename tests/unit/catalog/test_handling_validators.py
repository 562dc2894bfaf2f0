"""The validators of how a matter is handled: steps, fees, materials, online, notices, contacts; V05-V12, V25-V31."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.kinds.builtin import definitions, dictionary
from services.catalog.kinds.rules import Profile, read_profile
from services.catalog.quality.entry import EntryContext
from services.catalog.quality.rules import validate_entry

WORKING = "working_day"


def shipped(kind: str, name: str) -> Profile:
    definition = next(entry for entry in definitions() if entry["code"] == kind)
    row = next(profile for profile in definition["profiles"] if profile.get("name") == name)
    return read_profile({"kind": kind, **row})


FULL = shipped("implementation", "实施清单全要素")
NOTICES = [{"kind": kind, "name": kind} for kind in ("acceptance", "correction")]


def days(amount: int, unit: str = WORKING) -> dict[str, Any]:
    return {"amount": amount, "unit": unit}


def found(profile: Profile = FULL, **elements: Any) -> list[tuple[str, str, str]]:
    """(rule, severity, code) of what is said about the given elements, gaps apart."""
    entry = {"name": "事项", "notice_templates": NOTICES} | elements
    told = validate_entry(profile, entry, EntryContext())
    return [(one.rule, one.severity, one.code) for one in told if one.code != "missing"]


def test_an_entry_that_says_little_has_nothing_wrong_with_it() -> None:
    assert found() == []


def step(amount: int | None = None, unit: str = WORKING, **more: Any) -> dict[str, Any]:
    return (
        {"name": "审查", "basis": "条例第三条"} | ({"limit": days(amount, unit)} if amount is not None else {}) | more
    )


@pytest.mark.req("ZL-27")
@pytest.mark.parametrize(
    ("steps", "promise", "codes"),
    [
        ([step(5), step(6)], days(10), [("V06", "block", "steps_too_long")]),
        ([step(5), step(5)], days(10), []),
        ([step(5), step(30, special=True)], days(10), []),
        ([step()], days(10), []),
        ([step(40, "natural_day")], days(10), [("V06", "block", "steps_too_long")]),
        ([step(5), step(8, "natural_day")], days(9), [("V06", "warn", "steps_may_be_too_long")]),
        ([step(1, "calendar_month"), step(5)], days(1), []),
        ([step(2500), step(2500)], days(10), []),
    ],
)
def test_steps_together_keep_within_the_promise(steps: list[Any], promise: dict[str, Any], codes: list[Any]) -> None:
    assert found(process_steps=steps, promised_limit=promise) == codes


def test_an_immediate_item_has_not_several_timed_steps() -> None:
    timed = [step(1), step(1)]
    codes = [code for _, _, code in found(process_steps=timed, promised_limit=days(1), handling_kind="immediate")]
    assert "immediate_steps" in codes
    assert found(process_steps=[step(1), step(0)], promised_limit=days(1), handling_kind="immediate") == []
    mixed = [step(1), step(1, "calendar_month")]
    for more in ({}, {"promised_limit": days(1)}):
        told = found(process_steps=mixed, handling_kind="immediate", **more)
        assert told == [("V05", "block", "immediate_steps")], "whatever units, and whatever was promised"


def test_an_immediate_item_takes_no_month() -> None:
    said = found(promised_limit=days(1, "calendar_month"), handling_kind="immediate")
    assert said == [("V05", "block", "immediate_limit")]
    assert found(promised_limit=days(1, "natural_day"), handling_kind="immediate") == []


@pytest.mark.req("TH-20")
def test_a_step_or_a_preliminary_review_without_a_basis_is_an_error() -> None:
    assert found(process_steps=[{"name": "踏勘"}]) == [("V12", "error", "step_without_basis")]
    without = [("V12", "error", "preliminary_review_without_basis")]
    assert found(preliminary_review=True) == without
    assert found(preliminary_review=True, preliminary_review_level="4", preliminary_review_basis="  ") == without
    assert found(handling_duty="preliminary") == without
    assert found(preliminary_review=True, preliminary_review_basis="条例第五条") == []
    assert found(preliminary_review=False) == []


@pytest.mark.req("TH-28")
def test_a_promise_is_within_the_law_and_is_extended_only_on_a_basis() -> None:
    assert found(promised_limit=days(21), statutory_limit=days(20)) == [("V05", "block", "promise_too_long")]
    assert found(extension_limit=days(10)) == [("V05", "error", "extension_without_basis")]
    assert found(extension_limit=days(10), extension_basis="行政许可法第四十二条") == []


FEE = {"name": "证照工本费", "standard": "10元/证", "basis": "收费条例第二条"}


@pytest.mark.parametrize(
    ("elements", "codes"),
    [
        ({"charged": True}, [("V07", "block", "fee_missing")]),
        ({"charged": True, "fees": [FEE]}, []),
        ({"charged": True, "fee_standard": "10元", "fee_basis": "条例"}, []),
        ({"charged": False, "fees": [FEE]}, [("V07", "block", "fee_despite_free")]),
        ({"charged": False}, []),
        ({"charged": True, "fees": [{"name": "费"}]},
         [("V07", "block", "fee_standard_missing"), ("V07", "block", "fee_basis_missing")]),
        ({"fees": [FEE | {"basis": ""}]}, [("V07", "error", "fee_basis_missing")]),
        ({"item_type": "01", "charged": True, "fees": [FEE | {"basis_kind": "department_rule"}]},
         [("V07", "block", "may_not_set_fee")]),
        ({"item_type": "07", "charged": True, "fees": [FEE | {"basis_kind": "department_rule"}]}, []),
        ({"item_type": "01", "charged": True, "fees": [FEE | {"basis_kind": "regulation"}]}, []),
    ],
)  # fmt: skip
def test_a_fee_has_a_standard_and_a_basis_that_may_set_it(elements: dict[str, Any], codes: list[Any]) -> None:
    assert found(**elements) == codes


def material(name: str = "申请表", **more: Any) -> dict[str, Any]:
    return {"name": name, "necessity": "required", "basis": "条例第四条", "source": "applicant"} | more


@pytest.mark.parametrize(
    "name",
    ["其他材料", "其它材料", "相关材料", "有关证明材料", "法律法规规定的其他材料", "法律、法规、规章规定的其他材料",
     "法律、行政法规规定的其他文件", "审批机关认为需要提供的其他材料", "需要提交的其他材料"],
)  # fmt: skip
def test_a_material_that_could_be_anything_is_refused(name: str) -> None:
    assert found(materials=[material(name)]) == [("V08", "block", "vague_material")]


@pytest.mark.parametrize("name", ["相关资质证书", "其他股东的身份证明", "有关部门的批准文件", "与申请事项相关的合同"])
def test_a_material_with_a_name_of_its_own_is_not_vague(name: str) -> None:
    assert found(materials=[material(name)]) == []


def test_materials_without_basis_or_source_are_told_in_one_remark_each() -> None:
    rows = [{"name": f"材料{number}", "necessity": "required"} for number in range(9)]
    assert found(materials=rows) == [
        ("V08", "warn", "material_basis_missing"), ("V08", "warn", "material_source_missing"),
    ]  # fmt: skip


@pytest.mark.req("ZL-30")
def test_a_material_that_offices_can_share_is_not_asked_from_the_applicant() -> None:
    assert found(materials=[material(shareable=True)]) == [("V09", "error", "shareable_material")]
    assert found(materials=[material(shareable=True, source="government")]) == []
    assert found(materials=[material(shareable=True, necessity="optional")]) == []


@pytest.mark.req("ZL-31")
def test_what_can_be_verified_online_is_asked_from_nobody() -> None:
    for source in ("applicant", "other"):
        told = found(materials=[material(online_verifiable=True, source=source)])
        assert told == [("V09", "error", "verifiable_material")]
    assert found(materials=[material(online_verifiable=True, source="government")]) == []


@pytest.mark.req("ZL-32")
def test_who_can_apply_online_comes_only_for_a_reason() -> None:
    assert found(online=True, visits=1) == [("V10", "error", "presence_without_reason")]
    assert found(online=True, visits=1, visit_reason="须现场核验材料") == []
    assert found(online=True, visits=0) == []
    assert found(online=False, visits=2) == []


STAGES = ("apply", "accept", "review", "decide", "deliver")


def stages(depth: str = "fully", *named: str) -> list[dict[str, Any]]:
    return [{"stage": stage, "depth": depth} for stage in named or STAGES]


@pytest.mark.req("ZL-29")
@pytest.mark.parametrize(
    ("elements", "codes"),
    [
        ({"online": True, "online_stages": stages()}, []),
        ({"online": True, "online_stages": stages("offline")}, [("V10", "error", "stages_disagree")]),
        ({"online": False, "online_stages": stages("partly")}, [("V10", "error", "stages_disagree")]),
        ({"online": True, "online_stages": stages("fully", "apply", "accept")}, [("V10", "warn", "stage_missing")]),
        ({"online": True, "online_stages": [*stages(), *stages("fully", "apply")]}, [("V10", "error", "stage_twice")]),
        ({"online": False, "online_depth": ["6"]}, [("V10", "error", "depth_disagrees")]),
        ({"online": False, "online_depth": ["1"]}, []),
        ({"online": True, "visits": 1, "visit_reason": "核验", "online_depth": ["8"]},
         [("V10", "error", "depth_disagrees")]),
    ],
)  # fmt: skip
def test_depth_and_stages_agree_with_whether_it_is_done_online(elements: dict[str, Any], codes: list[Any]) -> None:
    assert found(**elements) == codes


@pytest.mark.req("TH-17")
def test_another_window_for_the_result_is_a_hint() -> None:
    assert found(acceptance_window="1号", conclusion_window="2号") == [("V10", "warn", "windows_differ")]
    assert found(acceptance_window="1号", conclusion_window="1号") == []


def with_correction(default: dict[str, Any] | None) -> Profile:
    element = {key: value for key, value in dictionary()["correction_limit"].items() if key != "default"}
    rows = [dictionary()["name"], element | ({"default": default} if default else {})]
    row = {"kind": "k", "number": 1, "item_type": None, "region_code": None, "elements": rows, "valid_from": None}
    return read_profile(row)


@pytest.mark.req("TH-27")
def test_what_is_missing_is_told_within_five_days_or_the_stricter_days_of_the_place() -> None:
    assert found() == [], "the statutory days hold where an entry says nothing"
    assert found(correction_limit=days(6)) == [("V25", "error", "correction_limit_too_long")]
    city = with_correction(days(2))
    assert found(city) == [("V01", "warn", "unknown_element")]
    assert ("V25", "error", "correction_limit_too_long") in found(city, correction_limit=days(3))
    assert ("V25", "error", "correction_limit_too_long") not in found(city, correction_limit=days(2))
    assert ("V25", "error", "correction_limit_missing") in found(with_correction(None))
    loose = with_correction(days(20))
    assert ("V25", "error", "correction_limit_too_long") in found(loose, correction_limit=days(20))


@pytest.mark.req("TH-26")
def test_the_notices_of_acceptance_and_correction_are_missed() -> None:
    assert found(notice_templates=NOTICES[:1]) == [("V26", "warn", "notice_missing")]
    assert found(notice_templates=None) == [("V26", "warn", "notice_missing")]
    assert found(notice_templates=None, on_application=False, not_on_application_reason="便民") == []


@pytest.mark.req("ZL-17")
def test_what_nobody_applies_for_needs_a_reason_to_be_a_service() -> None:
    assert found(on_application=False) == [("V27", "warn", "not_on_application")]
    assert found(on_application=False, not_on_application_reason="主动服务事项") == []
    assert found(on_application=True) == []


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ({"consult_phone": "13912345678"}, "personal_mobile"),
        ({"consult_phone": "139 1234 5678"}, "personal_mobile"),
        ({"complaint_way": "联系人：王小明"}, "personal_name"),
        ({"windows": [{"name": "综合窗口", "phone": "15512345678"}]}, "personal_mobile"),
        ({"consult_way": "经办人 李四，电话0777-6428820"}, "personal_name"),
        ({"progress_query": "负责人:欧阳文忠"}, "personal_name"),
    ],
)
def test_a_private_number_or_a_persons_name_among_public_contacts_is_noticed(
    elements: dict[str, Any], code: str
) -> None:
    assert found(**elements) == [("V31", "warn", code)]


@pytest.mark.parametrize(
    "way",
    ["请联系人民政府值班室", "请联系人社局窗口", "联系人：政务服务大厅综合窗口", "联系人：综合窗口",
     "负责人员在窗口接待", "办理人员现场答复", "负责人：办公室主任", "经办人：行政审批股"],
)  # fmt: skip
def test_offices_posts_and_whoever_is_to_be_reached_are_no_names(way: str) -> None:
    assert found(consult_way=way) == []


@pytest.mark.parametrize("number", ["0777-6428820", "12345", "6428820", "113912345678900"])
def test_office_numbers_are_nobodys(number: str) -> None:
    assert found(consult_phone=number) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)
FREE = read_profile({
    "kind": "own", "number": 1, "item_type": None, "region_code": None, "valid_from": None,
    "elements": [{"key": element.key, "title": element.title, "type": "rows" if element.columns else element.type,
                  "vocabulary": dict(element.vocabulary)} for element in FULL.elements],
})  # fmt: skip


@given(st.dictionaries(st.sampled_from([element.key for element in FULL.elements]), JSON, max_size=8))
def test_no_value_whatever_makes_the_validators_fail(changed: dict[str, Any]) -> None:
    for profile in (FULL, FREE):
        for finding in validate_entry(profile, {"name": "事项"} | changed, EntryContext()):
            assert finding.place.startswith("/")
            assert finding.message

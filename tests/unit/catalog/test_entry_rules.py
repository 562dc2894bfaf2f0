"""The validators V01-V05 on single entries, their bases apart."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.kinds.builtin import definitions
from services.catalog.kinds.rules import Profile, choose, read_profile
from services.catalog.quality.entry import EntryContext, OrganFacts
from services.catalog.quality.rules import validate_entry
from tests.unit.catalog.entry_world import BODY, CODE, ORGANS, PERMIT, applying, found, permit, profile_of

WRONG_LEVEL, WRONG_CHECK = CODE[:18] + "8" + CODE[19:], CODE[:17] + "2" + CODE[18:]


def test_a_real_code_and_a_sound_entry_have_no_findings() -> None:
    assert found(permit()) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": None}, ("V01", "missing", "/name")),
        ({"name": 7}, ("V01", "malformed", "/name")),
        ({"level": "4,3"}, ("V01", "malformed", "/level")),
        ({"service_objects": ["martian"]}, ("V01", "malformed", "/service_objects/0")),
        ({"materials": [{"name": "申请表"}, {"name": " "}]}, ("V01", "malformed", "/materials/1/name")),
        ({"basis": [{"document": "x", "kind": "set"}]}, ("V01", "malformed", "/basis/0/document_kind")),
        ({"statutory_limit": {"amount": "90", "unit": "working_day"}}, ("V01", "malformed", "/statutory_limit")),
        ({"base_code": "00010400200"}, ("V02", "base_code_length", "/base_code")),
        ({"implementation_code": WRONG_LEVEL}, ("V02", "implementation_code_level", "/implementation_code")),
        ({"implementation_code": WRONG_CHECK}, ("V02", "credit_code_check", "/implementation_code")),
        ({"level": "3"}, ("V03", "level_disagrees", "/level")),
        ({"base_code": "000104002001"}, ("V03", "base_disagrees", "/implementation_code")),
        ({"implementation_code": CODE + "01", "handling_item": "02"}, ("V03", "serial_disagrees", "/handling_item")),
        ({"implementing_body": "01890000-0000-7000-8000-000000000002"}, ("V03", "unknown_organ", "/implementing_body")),
        ({"item_type": "20"}, ("V03", "malformed", "/item_type")),
    ],
)
def test_each_fault_is_named_with_its_rule_and_place(changed: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert expected in found(permit(**changed))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("abc", '承诺办结时限应写明数量和单位，例如 {"amount": 5, "unit": "working_day"}'),
        ({"amount": "5", "unit": "working_day"}, "承诺办结时限数值应为整数"),
        ({"amount": 5, "unit": "day"}, "承诺办结时限单位应为 working_day、"),
        ({"amount": 9999, "unit": "working_day"}, "承诺办结时限9999工作日超出范围"),
    ],
)
def test_a_limit_that_is_none_is_told_with_what_to_write(value: Any, told: str) -> None:
    [finding] = validate_entry(PERMIT, permit(promised_limit=value), EntryContext(organs=ORGANS))
    assert finding.message.startswith(told)


def test_the_type_digits_of_the_code_must_mean_the_type() -> None:
    power = profile_of("power")
    entry = permit(item_type="07", base_code="000104002000", implementation_code=None)
    assert found(entry, power) == [("V03", "type_disagrees", "/item_type")]
    # Guangdong numbers 其他行政权力 as 20; the standard as 10.
    assert found(permit(item_type="10", base_code="442004002000", implementation_code=None), power) == []


def test_a_power_of_an_added_type_has_a_body_with_administrative_subject_status() -> None:
    organs = {BODY: OrganFacts("自来水公司", CODE[:18], administrative_subject=False)}
    row = next(entry for entry in definitions() if entry["code"] == "power")["profiles"][0]
    added = [one | ({"vocabulary": one["vocabulary"] | {"11": "行政备案"}} if one["key"] == "item_type" else {})
             for one in row["elements"]]  # fmt: skip
    power = read_profile({"kind": "power", **row, "elements": added})
    entry = permit(item_type="11", base_code="001104002000", implementation_code=None)
    told = validate_entry(power, entry, EntryContext(organs=organs))
    assert [finding.code for finding in told] == ["not_administrative_subject"]


def test_an_element_may_be_mandatory_with_one_of_several_values_of_another() -> None:
    elements = [
        {"key": "name", "title": "名称", "type": "text"},
        {"key": "ways", "title": "方式", "type": "choices", "vocabulary": {"a": "甲", "b": "乙"}},
        {"key": "address", "title": "地址", "type": "text", "mandatory_when": {"ways": ["b"]}},
    ]
    profile = read_profile({"kind": "own", "number": 1, "item_type": None, "region_code": None, "valid_from": None,
                            "elements": elements})  # fmt: skip
    assert found({"name": "x", "ways": ["a", "b"]}, profile) == [("V01", "missing", "/address")]
    assert found({"name": "x", "ways": ["a"]}, profile) == []


@pytest.mark.parametrize(
    ("promised", "statutory", "codes"),
    [
        ((90, "working_day"), (91, "natural_day"), ["promise_too_long"]),
        ((60, "natural_day"), (60, "working_day"), []),
        ((21, "working_day"), (20, "working_day"), ["promise_too_long"]),
        ((20, "working_day"), (30, "natural_day"), ["promise_may_be_too_long"]),
    ],
)
def test_limits_are_compared_through_the_calendar(
    promised: tuple[int, str], statutory: tuple[int, str], codes: list[str]
) -> None:
    limits = {"promised_limit": promised, "statutory_limit": statutory}
    entry = permit(**{key: {"amount": amount, "unit": unit} for key, (amount, unit) in limits.items()})
    assert [finding[1] for finding in found(entry)] == codes


def test_an_immediate_item_promises_a_day_at_most() -> None:
    assert [finding[1] for finding in found(permit(handling_kind="immediate"))] == ["immediate_limit"]


@pytest.mark.req("HB-06")
def test_a_body_without_administrative_subject_status_is_refused_for_powers_only() -> None:
    organs = {BODY: OrganFacts("自来水公司", CODE[:18], administrative_subject=False)}
    context = EntryContext(organs=organs)
    assert [finding.code for finding in validate_entry(PERMIT, permit(), context)] == ["not_administrative_subject"]
    assert validate_entry(profile_of("implementation"), permit(service_objects=["enterprise"]), context) == []


def test_codes_that_others_hold_or_held_are_refused() -> None:
    assert found(permit(), held_codes={CODE: False})[0][1] == "code_in_use"
    assert found(permit(), held_codes={CODE: True})[0][1] == "code_retired"
    assert found(permit(handling_item="01"), held_codes={CODE + "01": False})[0][1] == "code_in_use"


def test_a_change_is_judged_by_what_it_touches() -> None:
    entry = permit(basis=None, name="新名称")
    assert found(entry) == [("V01", "missing", "/basis")]
    assert found(entry, touched=frozenset({"name"})) == []


@pytest.mark.parametrize(
    ("kind", "stored", "patch", "code"),
    [
        ("permit", {}, {"statutory_limit": {"amount": 5, "unit": "working_day"}}, "promise_too_long"),
        ("permit", {}, {"handling_kind": "immediate"}, "immediate_limit"),
        ("permit", {}, {"base_code": "000104002001"}, "base_disagrees"),
        ("permit", {}, {"implementation_code": CODE[:18] + "3" + CODE[19:]}, "level_disagrees"),
        ("implementation", {"process_steps": [{"name": "审查", "limit": {"amount": 50, "unit": "working_day"}}]},
         {"promised_limit": {"amount": 20, "unit": "working_day"}}, "steps_too_long"),
        ("implementation", {"fees": [{"name": "工本费", "standard": "1元", "basis": "条例"}]}, {"charged": False},
         "fee_despite_free"),
        ("implementation", {"visits": 2}, {"online": True}, "presence_without_reason"),
        ("implementation", {"visits": 2, "online": True, "visit_reason": "核验"}, {"visit_reason": None},
         "presence_without_reason"),
        ("implementation", {"preliminary_review": True, "preliminary_review_basis": "条例"},
         {"preliminary_review_basis": None}, "preliminary_review_without_basis"),
        ("catalogue", {"item_type": "01"}, {"item_type": "20"}, "missing"),
        ("responsibility", {"section": "supervision", "supervision_object": "企业"}, {"key_area": "environment"},
         "key_area_measure_missing"),
    ],
)  # fmt: skip
def test_a_change_answers_for_what_it_makes_wrong_of_elements_it_leaves_alone(
    kind: str, stored: dict[str, Any], patch: dict[str, Any], code: str
) -> None:
    profile = applying(kind)
    before, after = permit(**stored), permit(**(stored | patch))
    assert code in [finding[1] for finding in found(after, profile, touched=frozenset(patch))]
    unrelated = frozenset({"result_name"})
    assert found(after, profile, touched=unrelated) == [], "an unrelated change is not held up"
    assert code not in [finding[1] for finding in found(before, profile)] or code == "missing"


def test_gaps_do_not_block_while_files_are_read_in() -> None:
    findings = validate_entry(PERMIT, permit(basis=None), EntryContext(complete=False))
    assert [(finding.code, finding.severity) for finding in findings] == [("missing", "error")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([element.key for element in PERMIT.elements]), JSON, max_size=8))
def test_no_value_whatever_makes_the_validators_fail(changed: dict[str, Any]) -> None:
    for finding in validate_entry(PERMIT, permit() | changed, EntryContext(organs=ORGANS)):
        assert finding.place.startswith("/")
        assert finding.message


def test_ten_thousand_rows_are_judged_in_a_second() -> None:
    rows = [permit(base_code=f"0001040{number:02d}000", name=f"事项{number}") for number in range(100)] * 100
    context = EntryContext(organs=ORGANS)
    started = time.process_time()
    for row in rows:
        validate_entry(PERMIT, row, context)
    # Measured 0.3 s; the bound leaves room for a slow machine, not for a slow algorithm.
    assert time.process_time() - started < 1.5


def test_the_latest_profile_in_force_of_the_nearest_region_and_type_applies() -> None:
    def profile(number: int, **more: Any) -> Profile:
        since = more.pop("since", date(2020, 1, 1))
        return Profile(kind="permit", number=number, elements=(), valid_from=since, **more)

    general, typed = profile(1), profile(2, item_type="01")
    city, county = profile(3, region_code="C"), profile(4, region_code="D")
    future = profile(5, since=date(2030, 1, 1))
    profiles = [general, typed, city, county, future]
    today = date(2026, 11, 22)
    assert choose(profiles, item_type="01", region_chain=["D", "C", "P"], on=today) is county
    assert choose(profiles, item_type="01", region_chain=["X", "C", "P"], on=today) is city
    assert choose(profiles, item_type="01", region_chain=["P"], on=today) is typed
    assert choose(profiles, item_type="20", region_chain=["P"], on=today) is general
    assert choose(profiles, item_type=None, region_chain=[], on=date(2031, 1, 1)) is future
    assert choose([], item_type=None, region_chain=[], on=today) is None

"""The sections of the responsibility list by themselves: what each must have, what V04, V16, V28 and V29 say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.kinds.builtin import definitions
from services.catalog.kinds.rules import Profile, check_definition, read_profile
from services.catalog.linkage import rules as linkage
from services.catalog.linkage.builtin import BUILTIN
from services.catalog.linkage.builtin.responsibility import K06, K25
from services.catalog.linkage.ruleset import Pair, Rule
from services.catalog.quality.entry import EntryContext, Finding
from services.catalog.quality.rules import validate_entry
from services.catalog.quality.validators.responsibility import KEY_AREA, SIX
from services.catalog.responsibility import rules
from shared.problems import Invalid
from tests.catalog.responsibility_entries import boundary, duty, supervision

LEAD, OTHER, THIRD = (f"0190a1f0-0000-7000-8000-00000000000{number}" for number in range(3))
POWER = {
    "name": "消防监督检查",
    "base_code": "440199102001",
    "implementing_body": LEAD,
    "handling_item": "",
    "level": "4",
}


def profile_of(kind: str) -> Profile:
    [found] = [one for one in definitions() if one["code"] == kind]
    return read_profile({"kind": kind, "item_type": None, "region_code": None} | found["profiles"][0])


PROFILE = profile_of("responsibility")


def said(entry: dict[str, Any], context: EntryContext | None = None) -> set[tuple[str, str, str]]:
    found: list[Finding] = validate_entry(PROFILE, entry, context or EntryContext())
    return {(one.rule, one.element, one.severity) for one in found}


@pytest.mark.parametrize("entry", [duty(POWER), boundary(LEAD, [OTHER]), supervision(POWER)])
def test_a_complete_entry_of_each_section_is_sound(entry: dict[str, Any]) -> None:
    assert said(entry) == set()


@pytest.mark.parametrize(
    ("entry", "element"),
    [
        (duty(POWER), "duty_category"),
        (duty(POWER), "basis"),
        (boundary(LEAD, [OTHER]), "field"),
        (boundary(LEAD, [OTHER]), "coordination"),
        (boundary(LEAD, [OTHER]), "boundary_parties"),
        (supervision(POWER), "disposition"),
        (supervision(POWER), "supervising_body"),
    ],
)
def test_what_a_section_must_have_is_asked_of_its_entries_alone(entry: dict[str, Any], element: str) -> None:
    lacking = {key: value for key, value in entry.items() if key != element}
    assert said(lacking) == {("V01", element, "block")}
    for other in (duty(POWER), boundary(LEAD, [OTHER]), supervision(POWER)):
        if other["section"] != entry["section"] and element != "basis":
            assert said({key: value for key, value in other.items() if key != element}) == set()


def test_an_entry_without_its_section_is_incomplete() -> None:
    assert ("V01", "section", "block") in said({key: value for key, value in duty(POWER).items() if key != "section"})


@given(st.lists(st.tuples(st.sampled_from([LEAD, OTHER, THIRD]), st.sampled_from(["lead", "assist"])), min_size=1,
                max_size=6))  # fmt: skip
def test_a_boundary_is_sound_exactly_when_one_organ_leads_and_each_is_named_once(
    parties: list[tuple[str, str]],
) -> None:
    rows = [{"organ": organ, "role": role, "share": "分工"} for organ, role in parties]
    entry = boundary(LEAD, [], boundary_parties=rows)
    leads = [organ for organ, role in parties if role == "lead"]
    named = [organ for organ, _ in parties]
    sound = leads == [LEAD] and len(named) == len(set(named))
    assert (not {one for one in said(entry) if one[2] == "block"}) is sound


def test_a_boundary_of_one_department_is_no_boundary() -> None:
    assert said(boundary(LEAD, [])) == {("V16", "boundary_parties", "error")}


@given(st.sets(st.sampled_from(sorted(SIX))))
def test_each_of_the_six_elements_that_is_missing_is_named(missing: set[str]) -> None:
    entry = {key: value for key, value in supervision(POWER).items() if key not in missing}
    assert said(entry) == {("V28", element, "block") for element in missing}
    assert said(entry, EntryContext(complete=False)) == {("V28", element, "error") for element in missing}


@given(st.sets(st.sampled_from(sorted(KEY_AREA))))
def test_a_key_area_asks_for_all_four_kinds_of_measures(missing: set[str]) -> None:
    there = {key: ["措施"] for key in KEY_AREA if key not in missing}
    entry = supervision(POWER, key_area="environment", **there)
    assert said(entry) == {("V29", element, "error") for element in missing}
    entry.pop("key_area")
    assert said(entry) == set()


def test_the_sections_and_the_categories_keep_their_order_whatever_the_database_does_to_objects() -> None:
    stored = {key: PROFILE.element("section").vocabulary[key] for key in sorted(PROFILE.element("section").vocabulary)}  # type: ignore[union-attr]
    assert list(stored) != [section.key for section in rules.sections(PROFILE)]
    assert rules.order_of(PROFILE) == (
        ["duty", "boundary", "public_service", "supervision"], ["planning", "policy", "special_business", "other"],
    )  # fmt: skip
    assert list(PROFILE.orders) == ["section", "duty_category"]
    assert rules.sections(profile_of("power")) == ()


def test_a_section_that_is_declared_empty_is_no_gap() -> None:
    found = rules.sections(PROFILE)
    lacking = rules.empty(found, {"duty": 3}, {"boundary"})
    assert [section.key for section in lacking] == ["public_service", "supervision"]
    assert [error.code for error in rules.gaps(lacking, 2)] == ["section_empty", "section_empty", "powers_without_duty"]
    assert rules.gaps([], 0) == []


def test_only_what_does_not_block_may_be_declared_away() -> None:
    def of(state: str) -> Rule | None:
        return rules.declarable(BUILTIN.rules, list_kind="responsibility", item_kind="power", state=state)

    assert of("cancelled") == K25
    assert of("in_use") is None, "a power in use has duties"
    assert rules.declarable(BUILTIN.rules, list_kind="permit", item_kind="power", state="cancelled") is None


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"mandatory_when": {"section": ["nowhere"]}}, "unknown_condition", "/elements/1/mandatory_when/section"),
        ({"mandatory_when": {"absent": ["x"]}}, "unknown_condition", "/elements/1/mandatory_when/absent"),
        ({"type": "choice", "vocabulary": {"a": "甲", "b": "乙"}, "order": ["a"]}, "order_incomplete",
         "/elements/1/order"),
    ],
)  # fmt: skip
def test_a_condition_or_an_order_that_cannot_be_is_refused(change: dict[str, Any], code: str, pointer: str) -> None:
    section = {"key": "section", "title": "部分", "type": "choice", "vocabulary": {"one": "一"}, "order": ["one"]}
    element = {"key": "name", "title": "名称", "type": "text"}
    with pytest.raises(Invalid) as refused:
        check_definition([section, {"key": "extra", "title": "其他", "type": "text"} | change, element])
    assert [(error.code, error.pointer) for error in refused.value.errors] == [(code, pointer)]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"linked": "no_such"}, "unknown_link"),
        ({"source_condition": {"basis": ("x",)}}, "not_a_key"),
        ({"where": "superior", "missing": None, "orphan": None}, "no_drafts_below"),
    ],
)
def test_what_is_wrong_with_a_rule_is_named(change: dict[str, Any], code: str) -> None:
    known = {kind["code"]: {one["key"] for one in kind["profiles"][0]["elements"]} for kind in definitions()}
    found = linkage.problems_of([K06.model_copy(update=change)], known)
    assert code in {error.code for error in found}


def test_values_that_agree_are_never_an_empty_set() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Pair(source="state", target="state", values={"cancelled": ()})


def test_a_profile_of_somebodys_own_with_other_rows_makes_no_validator_fail() -> None:
    [shipped] = [one for one in definitions() if one["code"] == "responsibility"]
    for kind in ("rows", "texts", "text"):
        elements = [
            {key: value for key, value in one.items() if key != "columns"} | {"type": kind}
            if one["key"] == "boundary_parties" else one
            for one in shipped["profiles"][0]["elements"]
        ]  # fmt: skip
        row = {"kind": "responsibility", "item_type": None, "region_code": None} | shipped["profiles"][0]
        profile = read_profile(row | {"elements": elements})
        value = {"rows": [{"organ": LEAD}, {"role": "assist"}, {}], "texts": ["甲", "乙"], "text": "甲"}[kind]
        told = validate_entry(profile, boundary(LEAD, [OTHER], boundary_parties=value), EntryContext())
        assert {one.rule for one in told} <= {"V16"}


def test_a_supervision_record_may_state_its_basis_of_supervision_in_either_place() -> None:
    rests = [{"document": "条例", "article": "第五条", "kind": "supervise", "document_kind": "law"}]
    assert said(supervision(POWER, basis=rests)) == set()
    assert ("V04", "basis", "block") in said(duty(POWER, basis=rests))

"""The shipped profiles as data: one meaning for each element in all of them, and the sets they promise."""

from __future__ import annotations

import pytest

from services.catalog.kinds.builtin import definitions, dictionary

PROFILES = {
    (kind["code"], profile["number"]): profile for kind in definitions() for profile in kind["profiles"]
}  # fmt: skip
FOURTEEN = {
    "name", "item_type", "basis", "implementing_body", "promised_limit", "fee_standard", "fee_basis", "materials",
    "process_steps", "handling_forms", "handling_place", "handling_hours", "consult_phone", "complaint_phone",
}  # fmt: skip


def named(kind: str, name: str) -> dict[str, dict[str, object]]:
    rows = [profile for (code, _), profile in PROFILES.items() if code == kind and profile.get("name") == name]
    return {element["key"]: element for element in rows[0]["elements"]}


@pytest.mark.req("QX-36")
def test_an_element_means_the_same_in_every_shipped_profile() -> None:
    known = dictionary()
    wrong = [
        (kind, number, element["key"])
        for (kind, number), profile in PROFILES.items()
        for element in profile["elements"]
        if element["key"] in known and element["type"] != known[element["key"]]["type"]
    ]
    assert wrong == []


@pytest.mark.req("ZL-22")
def test_there_are_36_elements_of_2017_and_14_of_the_guide() -> None:
    assert len(named("implementation", "2017-36")) == 36
    assert set(named("implementation", "服务指南14要素")) == FOURTEEN


def test_every_item_of_the_standards_table_has_its_element() -> None:
    told = "".join(
        str(element.get("description")) for element in named("implementation", "GB/T 39046-2020 表4").values()
    )
    numbers = {1, 6, 21, 27, 28, 29, 30, 31, 32, 33, 41, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55}
    assert all(f"第{number}项" in told for number in numbers)


def test_a_permit_has_the_fourteen_groups_of_the_specification() -> None:
    groups = {str(element.get("group")) for element in named("permit", "行政许可实施规范14组要素").values()}
    assert {int(group.split()[0]) for group in groups if group[0].isdigit()} == set(range(1, 15))


def test_the_elements_nobody_should_miss_are_there() -> None:
    wanted = {
        "on_application", "online_stages", "in_hall", "windows", "notice_templates", "correction_limit",
        "handling_duty", "level_scope", "policy_documents", "guide_documents", "review_rules", "transitional_rule",
        "reform_measures", "notification_commitment", "process_steps", "fees", "intermediary_services",
        "special_procedures", "results", "questions", "acceptance_conditions", "situations",
    }  # fmt: skip
    elements = named("implementation", "实施清单全要素")
    assert wanted <= set(elements)
    for key in ("process_steps", "fees", "intermediary_services", "special_procedures", "results", "windows",
                "questions", "acceptance_conditions", "situations", "online_stages", "notice_templates"):  # fmt: skip
        assert elements[key]["columns"], key


def test_later_profiles_ask_for_nothing_more_than_the_domain_of_a_public_service() -> None:
    for kind in ("permit", "catalogue", "implementation"):
        first = {e["key"]: e for e in PROFILES[kind, 1]["elements"]}
        more = [
            element["key"]
            for element in PROFILES[kind, 2]["elements"]
            if element.get("mandatory") and not first.get(element["key"], {}).get("mandatory")
        ]
        assert more == [], kind

"""Element definitions as data: sub-tables with declared columns, the shared dictionary, profiles that go on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.catalog.kinds.builtin import _resolved, definitions, dictionary
from services.catalog.kinds.rules import Profile, check_definition, read_element
from services.catalog.quality.rules import validate_entry
from shared import problems

TARIFF = {
    "key": "tariff",
    "title": "收费项目",
    "type": "rows",
    "columns": [
        {"key": "name", "title": "项目", "type": "text", "mandatory": True},
        {"key": "standard", "title": "标准", "type": "decimal"},
        {"key": "unit", "title": "单位", "type": "choice", "vocabulary": {"1": "件", "2": "吨"}},
    ],
}
NAME = {"key": "name", "title": "名称", "type": "text", "mandatory": True}


def findings(value: Any) -> list[tuple[str, str]]:
    elements = tuple(read_element(element) for element in (NAME, TARIFF))
    profile = Profile(kind="test", number=1, elements=elements, valid_from=date(2017, 1, 1))
    return [(found.place, found.message) for found in validate_entry(profile, {"name": "甲", "tariff": value})]


def test_rows_of_a_declared_sub_table_are_well_formed_or_named_by_their_cell() -> None:
    assert findings([{"name": "工本费", "standard": "12.50", "unit": "1"}, {"name": "检测费"}]) == []
    assert findings([{"name": "工本费"}, {"standard": "1"}]) == [("/tariff/1/name", "收费项目“项目”必填")]
    assert findings([{"name": "工本费", "standard": "十元"}])[0][0] == "/tariff/0/standard"
    assert findings([{"name": "工本费", "standard": 12.5}])[0][0] == "/tariff/0/standard", "no binary fractions"
    assert "件" in findings([{"name": "工本费", "unit": "箱"}])[0][1], "the remedy names the choices"
    assert findings([{"name": "工本费", "price": "1"}]) == [
        ("/tariff/0", "收费项目明细表没有列“price”，请核对或先扩充要素表")
    ]
    assert findings(["工本费"])[0][0] == "/tariff/0"


@pytest.mark.parametrize(
    ("element", "code"),
    [
        ({"key": "a", "title": "甲", "type": "text", "columns": TARIFF["columns"]}, "columns_not_allowed"),
        (TARIFF | {"columns": [{"key": "a", "title": "甲", "type": "rows"}]}, "element_type"),
        (TARIFF | {"columns": [{"key": "a", "title": "甲", "type": "choice"}]}, "vocabulary_missing"),
        (TARIFF | {"columns": [{"key": "a", "title": "甲", "type": "text"}] * 2}, "element_twice"),
        (TARIFF | {"columns": [{"key": f"c{n}", "title": "列", "type": "text"} for n in range(61)]}, "too_many"),
    ],
)
def test_a_sub_table_that_could_not_be_used_is_refused(element: dict[str, Any], code: str) -> None:
    with pytest.raises(problems.Invalid) as refused:
        check_definition([NAME, element])
    assert [error.code for error in refused.value.errors] == [code]
    assert refused.value.errors[0].pointer.startswith("/elements/1/columns")


def test_a_column_may_be_called_like_an_element_of_another_type() -> None:
    check_definition([NAME, TARIFF | {"columns": [{"key": "level", "title": "等级", "type": "text"}]}])


def test_elements_come_from_the_dictionary_and_later_profiles_go_on_from_earlier_ones() -> None:
    base = [NAME, {"key": "visits", "title": "次数", "type": "integer"}]
    written = [{"use": "visits", "mandatory": True}, {"use": "online"}, {"key": "own", "title": "自有", "type": "text"}]
    found = {element["key"]: element for element in _resolved(written, base)}
    assert list(found) == ["name", "visits", "online", "own"]
    assert found["visits"]["title"] == "次数", "what the earlier profile says stays"
    assert found["visits"]["mandatory"] is True
    assert found["online"]["title"] == dictionary()["online"]["title"]


def test_elements_of_one_key_have_one_type_in_all_built_in_lists() -> None:
    types: dict[str, set[str]] = {}
    for kind in definitions():
        for profile in kind["profiles"]:
            for element in profile["elements"]:
                types.setdefault(element["key"], set()).add(element["type"])
    # Follow-up supervision chooses its mode from a list, “互联网+监管” writes it out: two elements that share a key.
    assert {key for key, found in types.items() if len(found) > 1} <= {"supervision_mode"}

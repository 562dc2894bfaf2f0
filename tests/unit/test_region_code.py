"""Region codes: three lengths in, twelve digits kept, and zeros that are only a hint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes import region_code
from shared.codes.level import Level
from shared.codes.problems import CodeError


@pytest.mark.parametrize(
    ("value", "stored", "level"),
    [
        ("000000", "000000000000", Level.NATION),
        ("130000", "130000000000", Level.PROVINCE),
        ("220500", "220500000000", Level.CITY),
        ("130922", "130922000000", Level.COUNTY),
        ("140525", "140525000000", Level.COUNTY),
        ("130731000", "130731000000", Level.COUNTY),
        ("130731100", "130731100000", Level.TOWNSHIP),
        ("511602000000", "511602000000", Level.COUNTY),
        ("130731100201", "130731100201", Level.VILLAGE),
    ],
)
def test_codes_of_6_9_and_12_digits_are_stored_with_12(value: str, stored: str, level: Level) -> None:
    code = region_code.parse(value)
    assert code.value == stored
    assert code.suggested_level is level
    assert code.warnings == ()
    assert code.short == stored[:6]


def test_a_town_directly_under_a_city_is_accepted_with_a_warning() -> None:
    code = region_code.parse("441900003000")
    assert [(warning.code, warning.position) for warning in code.warnings] == [("region_code_gap", 5)]
    assert "县级" in code.warnings[0].message


def test_an_unknown_province_is_a_warning() -> None:
    assert [warning.code for warning in region_code.parse("990000").warnings] == ["region_code_province"]


@pytest.mark.parametrize(
    ("value", "expected_code", "position"),
    [
        ("", "region_code_length", None),
        ("1309220", "region_code_length", None),
        ("1309220000000", "region_code_length", None),
        ("13O922", "region_code_character", 3),
        ("１30922", "region_code_character", 1),
    ],
)
def test_a_text_that_is_no_code_is_refused(value: str, expected_code: str, position: int | None) -> None:
    with pytest.raises(CodeError) as caught:
        region_code.parse(value)
    assert (caught.value.problem.code, caught.value.problem.position) == (expected_code, position)


@given(st.sampled_from([6, 9, 12]).flatmap(lambda length: st.text("0123456789", min_size=length, max_size=length)))
def test_storing_twice_changes_nothing(value: str) -> None:
    stored = region_code.parse(value)
    assert region_code.parse(stored.value) == stored
    assert stored.value.startswith(value)

"""Credit codes: real codes read right, wrong check characters are flagged, broken structures are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes import credit_code
from shared.codes.problems import CodeError, normalise

REAL_CODES = (
    "11450721MB15580811",
    "114507210081153718",
    "11450721348531435D",
    "12441500196720244T",
    "11511301008778183N",
    "115113010833722043",
    "1137010000418859XL",
    "91350100M000100Y43",
    "11110000MB1672773E",
    "11370800MB28559184",
)

characters = st.text(credit_code.ALPHABET, min_size=8, max_size=8)
regions = st.text("0123456789", min_size=6, max_size=6)
one = st.sampled_from(credit_code.ALPHABET)


@pytest.mark.parametrize("value", REAL_CODES)
def test_a_real_code_passes_both_checks(value: str) -> None:
    code = credit_code.parse(value)
    assert code.check_ok
    assert code.organisation_check_ok
    assert code.warnings == ()
    assert str(code) == value


def test_a_code_is_cut_into_its_segments() -> None:
    code = credit_code.parse("11450721MB15580811")
    assert (code.authority, code.category, code.region) == ("1", "1", "450721")
    assert code.organisation_code == "MB1558081"


def test_a_published_code_with_a_wrong_check_character_is_read_and_flagged() -> None:
    code = credit_code.parse("13440000515356094L")
    assert not code.check_ok
    assert code.warnings[-1].code == "credit_code_check"
    assert code.warnings[-1].position == 18
    assert "应为" in code.warnings[-1].message


@pytest.mark.parametrize(
    ("value", "check"),
    [
        ("114507210081153718", "ok"),
        ("114507210081153717", "wrong_check_digit"),
        ("114507210081153728", "wrong_organisation_check_digit"),
    ],
)
def test_the_register_keeps_one_word_about_the_checks(value: str, check: str) -> None:
    assert credit_code.parse(value).check == check


def test_a_wrong_organisation_check_is_flagged_at_position_17() -> None:
    code = credit_code.parse("114507210081153728")
    assert [problem.position for problem in code.warnings] == [17, 18]


@pytest.mark.parametrize(
    ("value", "expected_code", "position"),
    [
        ("", "credit_code_length", None),
        ("1145072100811537", "credit_code_length", None),
        ("1145072100811537180", "credit_code_length", None),
        ("11450721I081153718", "credit_code_character", 9),
        ("1145072100811537l8", "credit_code_character", 17),
        ("11450A210081153718", "credit_code_region", 6),
        ("TE440000GD030003VV", "credit_code_character", 17),
        ("１１450721008115371", "credit_code_length", None),
        ("１14507210081153718", "credit_code_character", 1),
    ],
)
def test_a_broken_structure_is_an_error_with_its_position(value: str, expected_code: str, position: int | None) -> None:
    with pytest.raises(CodeError) as caught:
        credit_code.parse(value)
    assert caught.value.problem.code == expected_code
    assert caught.value.problem.position == position


def test_a_cell_typed_in_full_width_and_lower_case_is_normalised_before_parsing() -> None:
    assert normalise(" １１４５０７２１ mb15580811\n") == "11450721MB15580811"


@given(one, one, regions, characters)
def test_every_generated_code_parses_without_a_warning(authority: str, category: str, region: str, body: str) -> None:
    code = credit_code.generate(authority=authority, category=category, region=region, organisation_body=body)
    assert credit_code.parse(code.value) == code
    assert code.warnings == ()


@given(st.sampled_from(REAL_CODES), st.integers(0, 17), one)
def test_any_single_wrong_character_is_noticed(value: str, position: int, replacement: str) -> None:
    changed = value[:position] + replacement + value[position + 1 :]
    try:
        code = credit_code.parse(changed)
    except CodeError:
        return
    assert code.check_ok == (changed == value)


@given(st.text(max_size=20))
def test_any_text_is_either_read_or_refused_with_a_problem(text: str) -> None:
    try:
        read = credit_code.parse(text).value
    except CodeError as error:
        read = error.problem.value if error.problem.message else ""
    assert read == text

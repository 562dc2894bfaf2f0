"""Item codes: the published vectors, every refusal with its position, and round trips."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.codes import item_code
from shared.codes.item_code import BaseCode, HandlingBaseCode, HandlingItemCode, ImplementationCode, MaterialCode
from shared.codes.level import Level
from shared.codes.problems import CodeError, CodeSpaceExhausted

ORGANS = ("11450721MB15580811", "11110000MB1672773E", "13440000515356094L")

segments = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
base_codes = st.builds(
    BaseCode.generate,
    area=st.text("0123456789", min_size=2, max_size=2),
    type_code=st.integers(1, 99).map("{:02d}".format),
    department=segments,
    main=st.integers(1, 999),
    sub=st.none() | st.integers(1, 999),
)
implementation_codes = st.builds(
    ImplementationCode.generate, st.sampled_from(ORGANS), st.sampled_from(Level), base_codes
)


@pytest.mark.parametrize(
    ("value", "organ", "level", "area", "type_code", "department", "main", "sub"),
    [
        ("11450721MB155808114000104002000", "11450721MB15580811", 4, "00", "01", "04", "002", "000"),
        ("1145072100811537184452004020000", "114507210081153718", 4, "45", "20", "04", "020", "000"),
        ("11450721348531435D4001033002000", "11450721348531435D", 4, "00", "10", "33", "002", "000"),
        ("12441500196720244T3442199806003", "12441500196720244T", 3, "44", "21", "99", "806", "003"),
        ("11110000MB1672773E2000116101002", "11110000MB1672773E", 2, "00", "01", "16", "101", "002"),
    ],
)
def test_a_real_implementation_code_is_cut_into_its_segments(
    value: str, organ: str, level: int, area: str, type_code: str, department: str, main: str, sub: str
) -> None:
    code = ImplementationCode.parse(value)
    assert code.credit_code.value == organ
    assert code.credit_code.warnings == ()
    assert code.level == level
    assert code.base == BaseCode(area, type_code, department, main, sub)
    assert code.value == value


def test_a_real_handling_item_code_has_33_characters() -> None:
    code = HandlingItemCode.parse("11370800MB28559184300011910200501")
    assert code.implementation.credit_code.check_ok
    assert code.implementation.level is Level.CITY
    assert code.implementation.base.value == "000119102005"
    assert code.serial == "01"


def test_the_main_item_and_its_sub_items_share_nine_characters() -> None:
    family, member = BaseCode.parse("00016421300Y"), BaseCode.parse("000164213003")
    assert family.is_main_item
    assert not family.is_sub_item
    assert member.is_sub_item
    assert member.main_code == family.main_code == "000164213"
    assert member.main_item == family == family.main_item


def test_an_item_without_sub_items_is_its_own_main_item() -> None:
    code = BaseCode.parse("000104002000")
    assert code.main_item is code
    assert not code.is_main_item
    assert not code.is_sub_item


def test_a_specification_names_a_handling_item_by_fourteen_characters() -> None:
    code = HandlingBaseCode.parse("00016421300301")
    assert code.base.value == "000164213003"
    assert code.serial == "01"
    assert HandlingBaseCode.generate(code.base, 1) == code


@pytest.mark.parametrize(
    ("value", "expected_code", "position"),
    [
        ("00010400200", "base_code_length", None),
        ("0001040020000", "base_code_length", None),
        ("0A0104002000", "base_code_area", 2),
        ("00X104002000", "base_code_type", 3),
        ("000104o02000", "base_code_main", 7),
        ("0001-4002000", "base_code_department", 5),
        ("000164213Y00", "base_code_sub", 10),
        ("00016421301Y", "base_code_sub", 12),
        ("000004002000", "item_type_is_class", 3),
        ("０00104002000", "base_code_area", 1),
    ],
)
def test_a_wrong_base_code_is_refused_with_its_position(value: str, expected_code: str, position: int | None) -> None:
    with pytest.raises(CodeError) as caught:
        BaseCode.parse(value)
    assert (caught.value.problem.code, caught.value.problem.position) == (expected_code, position)
    assert caught.value.problem.message


@pytest.mark.parametrize(
    ("value", "expected_code", "position"),
    [
        ("11450721MB15580811400010400200", "implementation_code_length", None),
        ("11450721MB1558081140001040020000", "implementation_code_length", None),
        ("11450721MB155808110000104002000", "implementation_code_level", 19),
        ("11450721MB155808118000104002000", "implementation_code_level", 19),
        ("11450721MBI55808114000104002000", "credit_code_character", 11),
        ("11450721MB155808114000004002000", "item_type_is_class", 22),
        ("11450721MB15580811400000400200Y", "item_type_is_class", 22),
        ("11450721MB155808114000104002Y00", "base_code_sub", 29),
    ],
)
def test_a_wrong_implementation_code_is_refused_with_the_position_in_the_whole_code(
    value: str, expected_code: str, position: int | None
) -> None:
    with pytest.raises(CodeError) as caught:
        ImplementationCode.parse(value)
    assert (caught.value.problem.code, caught.value.problem.position) == (expected_code, position)
    assert caught.value.problem.value == value


def test_the_message_names_the_position_that_an_official_counts() -> None:
    with pytest.raises(CodeError, match="第19位“8”有误，行使层级应为1至7"):
        ImplementationCode.parse("11450721MB155808118000104002000")


@pytest.mark.parametrize(
    ("kind", "value", "expected_code"),
    [
        (HandlingItemCode, "11450721MB155808114000104002000", "handling_item_code_length"),
        (HandlingItemCode, "11450721MB1558081140001040020000A", "handling_item_code_serial"),
        (HandlingItemCode, "11450721MB15580811900010400200001", "implementation_code_level"),
        (MaterialCode, "11450721MB15580811400010400200001", "material_code_length"),
        (MaterialCode, "11450721MB1558081140001040020000-1", "material_code_serial"),
        (HandlingBaseCode, "000104002000", "handling_base_code_length"),
        (HandlingBaseCode, "0001040020000X", "handling_base_code_serial"),
        (HandlingBaseCode, "00000400200001", "item_type_is_class"),
    ],
)
def test_wrong_codes_below_an_implementation_are_refused(
    kind: type[HandlingItemCode] | type[MaterialCode] | type[HandlingBaseCode], value: str, expected_code: str
) -> None:
    with pytest.raises(CodeError) as caught:
        kind.parse(value)
    assert caught.value.problem.code == expected_code


def test_an_implementation_of_an_organ_with_a_wrong_check_character_is_read_and_flagged() -> None:
    code = ImplementationCode.generate("13440000515356094L", Level.PROVINCE, BaseCode.parse("000104002000"))
    assert not code.credit_code.check_ok


def test_serials_start_at_one_and_are_never_reused() -> None:
    assert item_code.next_number([]) == 1
    assert item_code.next_number(["01", "07", "", "0A"]) == 8


@pytest.mark.parametrize("number", [0, -1, 100])
def test_a_handling_item_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(CodeSpaceExhausted, match="超出1至99"):
        HandlingBaseCode.generate(BaseCode.parse("000104002000"), number)


@given(base_codes)
def test_a_base_code_survives_a_round_trip(code: BaseCode) -> None:
    assert BaseCode.parse(code.value) == code
    assert BaseCode.parse(code.main_item.value).main_code == code.main_code


@given(implementation_codes)
def test_an_implementation_code_survives_a_round_trip(code: ImplementationCode) -> None:
    assert ImplementationCode.parse(code.value) == code
    assert len(code.value) == 31


@given(implementation_codes, st.integers(1, 99))
def test_a_handling_item_code_survives_a_round_trip(implementation: ImplementationCode, number: int) -> None:
    code = HandlingItemCode.generate(implementation, number)
    assert HandlingItemCode.parse(code.value) == code
    assert int(code.serial) == number


@given(implementation_codes, st.integers(1, 999))
def test_a_material_code_survives_a_round_trip(implementation: ImplementationCode, number: int) -> None:
    code = MaterialCode.generate(implementation, number)
    assert MaterialCode.parse(code.value) == code
    assert len(code.value) == 34


@given(st.text(max_size=35))
def test_any_text_is_either_read_or_refused_with_a_problem(text: str) -> None:
    for kind in (BaseCode, HandlingBaseCode, ImplementationCode, HandlingItemCode, MaterialCode):
        try:
            read = kind.parse(text).value
        except CodeError as error:
            read = error.problem.value
        assert read == text

"""Cells become values through a closed set of transforms; what cannot be read says so and is never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.exchange import transforms
from services.catalog.exchange.cells import defused, is_formula, storable
from services.catalog.exchange.transforms import CellError
from shared.codes.item_code import BaseCode, ImplementationCode
from shared.codes.problems import CodeError

UNITS = {"工作日": "working_day", "自然日": "natural_day"}


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("440113106002", "440113106002"),
        (" ４４０１１３１０６００２ ", "440113106002"),
        ("00016421300y", "00016421300Y"),
        ("  ", None),
    ],
)
def test_a_base_code_is_normalised(cell: str, value: str | None) -> None:
    assert transforms.base_code(cell) == value


@pytest.mark.parametrize("cell", ["44011310600", "440013106002", "44011310600Z", "4401131060021", "abc"])
def test_a_broken_base_code_is_refused_with_the_parsers_words(cell: str) -> None:
    with pytest.raises(CellError) as caught:
        transforms.base_code(cell)
    with pytest.raises(CodeError) as parser:
        BaseCode.parse(cell.upper())
    assert caught.value.code == parser.value.problem.code


@given(st.text("0123456789AIOSVZYX", min_size=10, max_size=13))
def test_the_quick_look_at_base_codes_agrees_with_the_parser(text: str) -> None:
    try:
        expected: str | None = BaseCode.parse(text).value
    except CodeError:
        expected = None
    try:
        found = transforms.base_code(text)
    except CellError:
        found = None
    assert found == expected


@given(st.text("0123456789ABIOSVZYX", min_size=18, max_size=18), st.sampled_from(["2440101007000", "8440101007000"]))
def test_the_quick_look_at_implementation_codes_agrees_with_the_parser(organ: str, tail: str) -> None:
    try:
        expected: str | None = ImplementationCode.parse(organ + tail).value
    except CodeError:
        expected = None
    try:
        found = transforms.implementation_code(organ + tail)
    except CellError:
        found = None
    assert found == expected


@pytest.mark.parametrize(
    ("cell", "serial"),
    [("11440000006939756B2440101007000", ""), ("11440000006939756B244010100700012", "12"), ("05", "05"), ("", "")],
)
def test_the_handling_item_is_the_end_of_a_33_digit_code(cell: str, serial: str) -> None:
    assert transforms.handling_item(cell) == serial


@pytest.mark.parametrize(("cell", "value"), [("省级", "2"), ("市级|省级", "2,3"), ("3", "3"), ("", None)])
def test_levels_take_the_exchange_form(cell: str, value: str | None) -> None:
    assert transforms.levels(cell) == value


def test_a_limit_needs_its_unit() -> None:
    assert transforms.limit("20", "工作日", UNITS, "limit_unit") == {"amount": 20, "unit": "working_day"}
    assert transforms.limit("", "工作日", UNITS, "limit_unit") is None
    with pytest.raises(CellError, match="单位"):
        transforms.limit("20", "", UNITS, "limit_unit")
    with pytest.raises(CellError, match="对照"):
        transforms.limit("20", "天", UNITS, "limit_unit")
    with pytest.raises(CellError, match="整数"):
        transforms.limit("二十", "工作日", UNITS, "limit_unit")


@pytest.mark.parametrize("cell", ["-1", "1.5", "9" * 400, "10²", "٣", "1e3", "1 0"])
def test_odd_numbers_are_refused(cell: str) -> None:
    with pytest.raises(CellError):
        transforms.integer(cell)


def test_lists_keep_their_order_and_lose_repetitions() -> None:
    assert transforms.texts("甲|乙| 甲 ||", "|") == ["甲", "乙"]
    assert transforms.texts(" 全文 | 一段 ", "") == ["全文 | 一段"]
    assert transforms.texts(" | ", "|") is None
    assert transforms.materials("申请表|身份证明", "|") == [
        {"name": "申请表", "necessity": "required"},
        {"name": "身份证明", "necessity": "required"},
    ]


@pytest.mark.req("ZL-07")
def test_service_objects_come_from_the_vocabulary_and_nothing_else() -> None:
    words = {"自然人": "natural_person", "企业法人": "enterprise"}
    assert transforms.several_of("自然人|企业法人", words, "service_object", "|") == ["natural_person", "enterprise"]
    with pytest.raises(CellError) as caught:
        transforms.several_of("自然人|外星人", words, "service_object", "|")
    assert caught.value.code == "vocabulary_unmapped"
    assert "外星人" in str(caught.value)


def test_structured_cells_are_json_without_nulls() -> None:
    assert transforms.json('[{"document": "行政许可法", "number": null}]') == [{"document": "行政许可法"}]
    for cell in ("{", '"\\u0000"', "[" * 5000, '"\\ud800"'):
        with pytest.raises(CellError):
            transforms.json(cell)
    assert transforms.json("[" * 50 + "]" * 50)
    with pytest.raises(CellError, match="嵌套超过50层"):
        transforms.json("[" * 51 + "]" * 51)


@given(st.sampled_from(sorted(transforms.PLAIN)), st.text(max_size=40))
def test_no_cell_makes_a_transform_fall_over(name: str, cell: str) -> None:
    try:
        value = transforms.PLAIN[name](cell)
    except CellError as error:
        value = error.code
    assert value != "" or name == "handling_item"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1+1", "＠x"]
)
def test_cells_that_a_spreadsheet_would_run_are_defused(cell: str) -> None:
    assert is_formula(cell)
    assert defused(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+3.5", "020-12345", "建设-拥有", "", "a=b"])
def test_plain_cells_stay_as_they_are(cell: str) -> None:
    assert defused(cell) == cell


@given(st.lists(st.text(st.characters(codec=None, exclude_categories=()), max_size=5), max_size=5))
def test_what_is_kept_of_a_row_can_always_be_stored(cells: list[str]) -> None:
    for cell in storable(cells):
        assert "\x00" not in cell
        cell.encode()

"""Cells: what is written is read again as the same value, and what people write is understood or refused in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.exchange.transforms import LEFT_ALONE, CellError
from services.catalog.kinds.builtin import definitions
from services.catalog.kinds.rules import ELEMENT_TYPES, Element, Profile, read_profile
from services.catalog.spreadsheets.forms import MARK, READERS, TOO_LONG, Form, read, written
from services.catalog.spreadsheets.mapping import mapping_of
from services.catalog.spreadsheets.rules import NOT_SHOWN, Organ, columns_of, organ_keys, organ_names
from shared.identifiers import new_id

WORDS = {"a": "甲", "b": "乙", "c": "甲"}
ORGANS = [Organ(new_id(), "环保局", "11440100MB2C93184J"), Organ(new_id(), "分局", None), Organ(new_id(), "分局", None)]
KEYS, NAMES = organ_keys(ORGANS, as_code=False), organ_names(ORGANS)


def form(kind: str) -> Form:
    return Form(kind, WORDS, KEYS, NAMES)


def test_every_type_of_element_can_be_read() -> None:
    assert set(READERS) == set(ELEMENT_TYPES)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("limit", "20个工作日", {"amount": 20, "unit": "working_day"}),
        ("limit", "15 自然日", {"amount": 15, "unit": "natural_day"}),
        ("limit", "3个月", {"amount": 3, "unit": "calendar_month"}),
        ("level", "市级、省级", "2,3"),
        ("choices", "乙、甲（a）", ["b", "a"]),
        ("choices", "乙\n甲（c）", ["b", "c"]),
        ("boolean", "是", True),
        ("date", "2026年1月5日", "2026-01-05"),
        ("date", "2026/1/5", "2026-01-05"),
        ("integer", "-7", -7),
        ("organ", "环保局", str(ORGANS[0].id)),
        ("organ", "11440100mb2c93184j", str(ORGANS[0].id)),
        ("materials", "申请表、照片（非必要）",
         [{"name": "申请表", "necessity": "required"}, {"name": "照片", "necessity": "optional"}]),
        ("texts", "有场所、有设施\n有人员", ["有场所、有设施", "有人员"]),
        ("texts", "000116101000、000116102000", ["000116101000", "000116102000"]),
        ("basis", "设定依据｜法律｜食品安全法｜第三十五条",
         [{"kind": "set", "document_kind": "law", "document": "食品安全法", "article": "第三十五条"}]),
        ("state", "暂停", "suspended"),
        ("text", "=1+1", "=1+1"),
        ("text", " ", None),
    ],
)  # fmt: skip
def test_what_people_write_is_understood(kind: str, cell: str, value: Any) -> None:
    assert read(form(kind), cell) == value


@pytest.mark.parametrize("kind", ["serial", "state", "audience"])
def test_an_empty_cell_of_what_must_not_be_lost_leaves_it_alone(kind: str) -> None:
    assert read(form(kind), " ") is LEFT_ALONE


@pytest.mark.parametrize(
    ("kind", "cell", "code"),
    [
        ("limit", "20天", "limit_unit_ambiguous"), ("limit", "二十", "limit"), ("organ", "分局", "organ_ambiguous"),
        ("organ", "没有的局", "unknown_organ"), ("choice", "甲", "not_in_list"), ("date", "2026-02-30", "date"),
        ("integer", "1.5", "integer"), ("basis", "食品安全法", "basis_line"), ("rows", "一、二", "rows_as_json"),
        ("boolean", "也许", "boolean"), ("text", MARK + "[", "json"), ("text", TOO_LONG, "cell_too_long"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_what_to_write(kind: str, cell: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        read(form(kind), cell)
    assert refused.value.code == code
    assert str(refused.value)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40) | st.sampled_from(
    ["=1", "+1", "@x", "-1", "_x0041_", "JSON:1", "\r\n", " a ", "甲、乙", TOO_LONG, "a\nb", "\x01"]
)
LEAF = TEXT | st.integers(-(10**15), 10**15) | st.booleans()
ANY = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
SOUND = {
    "limit": st.fixed_dictionaries({"amount": st.integers(0, 100), "unit": st.sampled_from(["working_day"])}),
    "organ": st.sampled_from([str(organ.id) for organ in ORGANS]),
    "choice": st.sampled_from(list(WORDS)),
    "choices": st.lists(st.sampled_from(list(WORDS)), max_size=4),
    "texts": st.lists(TEXT, max_size=4),
    "state": st.sampled_from(["in_use", "suspended", "cancelled"]),
}


@given(st.data(), st.sampled_from(ELEMENT_TYPES))
def test_what_is_written_is_read_as_the_same_value(data: st.DataObject, kind: str) -> None:
    value = data.draw(SOUND.get(kind, ANY) | ANY)
    cell = written(form(kind), value)
    if kind == "serial" and value == "":
        assert cell == ""
        return
    assert not any(character < " " and character not in "\n\t" for character in cell)
    found = read(form(kind), cell)
    assert orjson.dumps(found, option=orjson.OPT_SORT_KEYS) == orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def test_a_value_too_long_for_a_cell_says_so_and_is_not_read_as_something_else() -> None:
    assert written(form("texts"), ["长" * 20_000, "长" * 20_000]) == TOO_LONG


def test_every_built_in_kind_has_a_spreadsheet_with_a_title_for_each_element() -> None:
    for kind in definitions():
        for row in kind["profiles"]:
            profile = read_profile({**row, "kind": kind["code"]})
            columns = columns_of(profile)
            titles = [column.title for column in columns]
            assert len(set(titles)) == len(titles)
            shown = {element.key for element in profile.elements} - NOT_SHOWN
            assert {column.element.key for column in columns} >= shown
            assert {entry["element"] for entry in mapping_of(profile, "x")["columns"]} >= {"name", "state", "audience"}


def test_elements_of_the_same_title_are_told_apart() -> None:
    elements = tuple(Element(key=key, title="名称", type="text") for key in ("name", "other"))
    profile = Profile(kind="x", number=1, elements=elements, valid_from=date(2026, 1, 1))
    assert [column.title for column in columns_of(profile)][:2] == ["名称（name）", "名称（other）"]


def test_an_element_titled_as_a_column_of_the_sheet_itself_is_told_apart() -> None:
    titles = ("序号", "系统标识", "未通过原因", "备注")
    elements = tuple(Element(key=f"e{place}", title=title, type="text") for place, title in enumerate(titles))
    profile = Profile(kind="x", number=1, elements=elements, valid_from=date(2026, 1, 1))
    shown = [column.title for column in columns_of(profile)][: len(titles)]
    assert shown == ["序号（e0）", "系统标识（e1）", "未通过原因（e2）", "备注"]
    assert mapping_of(profile, "x")["columns"][0]["columns"] == ["序号（e0）"]

"""Rows of a file become entries through a profile; tables of unknown encoding are read as streams."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.exchange import builtin, profile, reader, table
from services.catalog.exchange.rules import HeaderError, RowMapper

ROOT = Path(__file__).resolve().parents[3]
# The complete files are not part of the project; where they lie beside it, they are read too.
COMPLETE = ROOT.parent / "shared" / "data"

PROFILES = {document["code"]: document for document in builtin.profiles()}


def vocabularies() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for row in builtin.translations():
        found.setdefault(row["vocabulary"], {})[row["foreign_value"]] = row["value"]
    return found


def task(code: str) -> dict[str, Any]:
    return {
        "profile": PROFILES[code],
        "vocabularies": vocabularies(),
        "element_profiles": [],
        "region_chain": ["440000000000"],
        "internet_facing": False,
        "on": "2026-01-01",
    }


def read(code: str, content: bytes) -> tuple[list[dict[str, Any]], list[list[Any]]]:
    """Frames other than rows, and the rows."""
    frames = list(reader.frames(task(code), io.BytesIO(content)))
    rows = [row for frame in frames for row in frame.get("rows", [])]
    return [frame for frame in frames if "rows" not in frame], rows


@pytest.mark.parametrize("folder", [ROOT / "deploy" / "demo" / "data", COMPLETE], ids=["demo", "complete"])
@pytest.mark.parametrize(
    ("code", "names", "count"),
    [
        ("guangdong_permits_2021", ("permits.csv", "guangdong_licence_items_2021.csv"), 510),
        ("guangdong_catalog_2021", ("catalog.csv", "guangdong_catalog_2021.csv"), 1965),
    ],
)
def test_the_shipped_profiles_read_every_row_of_the_real_files(
    folder: Path, code: str, names: tuple[str, str], count: int
) -> None:
    path = next((folder / name for name in names if (folder / name).exists()), None)
    if path is None:
        pytest.skip("the complete files do not lie beside this checkout")
    (first, last), rows = read(code, path.read_bytes())
    assert first["encoding"] == "utf-8"
    assert last == {"done": {"rows": count}}
    assert [row for row in rows if row[7] != b"[]"] == []
    assert rows[0][0] == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_of_a_chinese_table_is_found(encoding: str) -> None:
    text = "name\n" + "建设项目环境影响报告表审批\n" * 50
    assert table.encoding_of(io.BytesIO(text.encode(encoding))) == encoding


def test_one_damaged_byte_does_not_change_the_encoding_and_costs_one_row() -> None:
    content = ("name\n" + "建设项目环境影响报告表审批\n" * 50 + "坏").encode()[:-1] + b"\n" + "好\n".encode()
    source = io.BytesIO(content)
    assert table.encoding_of(source) == "utf-8"
    rows = [cells for _, cells in table.rows(source, "utf-8")]
    assert rows[-1] == ["好"]
    assert "\udce5" in rows[-2][0]  # type: ignore[index]


@given(st.text(st.characters(codec="gb18030", exclude_characters="\x00\r\n"), min_size=30, max_size=60))
def test_gb18030_is_never_taken_for_something_else(text: str) -> None:
    source = io.BytesIO(f"建设项目环境影响\n{text}\n".encode("gb18030"))
    assert table.encoding_of(source) == "gb18030"


def test_a_file_that_is_no_table_says_what_to_do() -> None:
    for content, code in ((b"", "empty_file"), (b"\xd0\xcf\x11\xe0", "not_csv"), (b"\xff\xfea\x00", "not_csv")):
        with pytest.raises(table.TableError) as caught:
            table.encoding_of(io.BytesIO(content))
        assert caught.value.code == code


def test_an_open_quotation_mark_does_not_swallow_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LONGEST_CELL", 100)
    lines = b"a,b\n1,2\n" + b'"' + b"x\n" * 200 + b"3,4\n"
    rows = list(table.rows(io.BytesIO(lines), "utf-8"))
    csv.field_size_limit(131072)
    assert (3, None) in rows
    assert rows[-1][1] == ["3", "4"]


def test_a_header_names_what_is_missing_and_what_is_there_twice() -> None:
    permits = profile.parse(PROFILES["guangdong_permits_2021"])
    with pytest.raises(HeaderError) as caught:
        RowMapper(permits, ["task_name", "uscc", "catalog_code;task_code"], {})
    assert caught.value.columns == ("catalog_code", "task_code", "task_type_code", "use_level或use_level_code")
    full = ["task_name", "uscc", "catalog_code", "task_code", "task_type_code", "use_level"]
    with pytest.raises(HeaderError) as caught:
        RowMapper(permits, [*full, "uscc"], {})
    assert caught.value.code == "doubled_columns"
    with pytest.raises(HeaderError) as caught:
        RowMapper(permits, [*full, "statutory_days"], {})
    assert caught.value.columns == ("statutory_unit",)


def test_a_header_with_one_column_hints_at_the_separator() -> None:
    (frame,), _ = read("guangdong_permits_2021", b"task_name;uscc\na;b\n")
    assert frame["fatal"]["code"] == "missing_columns"
    assert "分隔符应为逗号" in frame["fatal"]["message"]


def mapper(header: list[str]) -> RowMapper:
    return RowMapper(profile.parse(PROFILES["guangdong_catalog_2021"]), header, vocabularies())


HEADER = ["catalog_code", "catalog_name", "type_code_in_catalog", "levels_present"]
ROW = ["440102012001", "设立外籍人员子女学校", "21", "市级|省级"]


def test_a_row_becomes_an_entry() -> None:
    entry = mapper(HEADER).map(ROW)
    assert entry.errors == []
    assert entry.elements == {
        "name": "设立外籍人员子女学校",
        "base_code": "440102012001",
        "item_type": "20",
        "level": "2,3",
        "state": "in_use",
    }


@pytest.mark.parametrize("row", [ROW[:3], [*ROW, "多余"], []])
def test_a_ragged_row_is_refused(row: list[str]) -> None:
    (error,) = mapper(HEADER).map(row).errors
    assert error["code"] == "ragged_row"


def test_blank_cells_at_the_end_are_tolerated() -> None:
    assert mapper(HEADER).map([*ROW, "", " "]).errors == []


def test_every_problem_of_a_row_is_told_at_once() -> None:
    entry = mapper(HEADER).map(["x", "", "99", "县以下"])
    assert [(error["column"], error["code"]) for error in entry.errors] == [
        ("catalog_name", "required"),
        ("catalog_code", "base_code_length"),
        ("type_code_in_catalog", "vocabulary_unmapped"),
        ("levels_present", "level_unknown"),
    ]


@given(st.lists(st.text(max_size=20), min_size=4, max_size=4))
def test_no_row_makes_the_mapper_fall_over(row: list[str]) -> None:
    entry = mapper(HEADER).map(row)
    assert entry.errors or entry.elements["base_code"]


@given(st.binary(max_size=300))
def test_no_file_makes_the_reader_fall_over(content: bytes) -> None:
    header = b"catalog_code,catalog_name,type_code_in_catalog,levels_present\n"
    frames, rows = read("guangdong_catalog_2021", header + content)
    assert "done" in frames[-1]
    for row in rows:
        assert all("\x00" not in cell for cell in row if isinstance(cell, str))
        assert all(b"\x00" not in cell for cell in row if isinstance(cell, bytes))

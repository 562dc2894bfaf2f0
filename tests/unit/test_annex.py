"""Annexes by themselves: values as people read them, and parts that make up the whole whatever the list holds."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docx
import orjson
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from services.catalog.annexes.rules import Wish
from shared import problems
from shared.annex import page
from shared.annex.layout import NO_UNIT, Column, Cover, columns_of, shown
from shared.annex.plain import CsvAnnex
from shared.annex.texts import text_of
from shared.annex.writer import FORMATS, write

ORGAN = {"key": "implementing_body", "type": "organ", "title": "实施机关"}
ROWS = {
    "key": "steps", "type": "rows",
    "columns": [{"key": "name", "title": "环节"}, {"key": "limit", "title": "时限", "type": "limit"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("element", "value", "text"),
    [
        ({"type": "limit"}, {"amount": 20, "unit": "working_day"}, "20个工作日"),
        ({"type": "limit"}, {"amount": 20}, '{"amount":20}'),
        ({"type": "level"}, "2,3", "省级、市级"),
        ({"type": "level"}, "x", "x"),
        ({"type": "boolean"}, False, "否"),
        ({"type": "choice", "vocabulary": {"a": "甲"}}, "a", "甲"),
        ({"type": "choices", "vocabulary": {"a": "甲"}}, ["a", "b"], "甲、b"),
        ({"type": "item_type"}, "02", "行政处罚"),
        (ORGAN, {"name": "某局", "credit_code": "1"}, "某局"),
        (ORGAN, None, ""),
        ({"type": "materials"}, [{"name": "甲"}], "甲"),
        ({"type": "materials"}, [{"name": "甲"}, {"name": "乙", "necessity": "optional"}], "1. 甲\n2. 乙（非必要）"),
        ({"type": "texts"}, [], ""),
        (ROWS, [{"name": "受理", "limit": {"amount": 1, "unit": "natural_day"}}], "受理；时限：1个自然日"),
        ({"type": "rows"}, [{"a": "x", "b": 1}], "x；1"),
        ({"type": "unheard_of"}, {"name": 5}, '{"name":5}'),
    ],
)
def test_a_value_reads_as_people_write_it_and_is_never_left_out(element: Any, value: Any, text: str) -> None:
    assert text_of(element, value) == text


def test_columns_show_what_may_be_shown_in_the_order_of_the_layout() -> None:
    elements = [
        {"key": "name", "title": "名称", "type": "text"},
        ORGAN,
        {"key": "secret", "title": "内部", "type": "text"},
    ]
    known = shown(elements, frozenset({"secret"}))
    assert [column.title for column in columns_of(None, known)] == ["名称", "实施机关"]
    wanted = [{"element": "secret"}, {"element": "implementing_body", "title": "机关"}, {"element": "gone"}]
    assert [column.title for column in columns_of(wanted, known)] == ["机关"]


@pytest.mark.parametrize(
    "asked", [{"revision": 1, "edition": "x"}, {"unit": "none", "by_unit": True}, {"unit": "not an id"}]
)
def test_a_wish_that_contradicts_itself_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(problems.Invalid):
        Wish(format="pdf", **asked)


def annex(folder: Path, form: str, entries: list[tuple[str, str]], *, split: bool = False) -> Path:
    """An annex of (unit, name) entries."""
    path = folder / ("whole.zip" if split else f"whole.{form}")
    task = {
        "path": str(path), "format": form, "split": split,
        "columns": [{"element": "name", "title": "名称", "weight": 3}],
        "elements": {"name": {"type": "text"}},
        "cover": {"title": "清单", "issuer": "某局", "edition": "", "date": ""},
    }  # fmt: skip
    pages = [[{"unit": unit or None, "body": {"elements": {"name": name}}} for unit, name in entries]]
    write(task, iter(pages))
    return path


def names(form: str, content: bytes) -> list[str]:
    """The names in an annex, in its order."""
    if form == "json":
        return [one["cells"][0] for one in orjson.loads(content)["entries"]]
    if form == "xlsx":
        rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name("清单").to_python()
        return [str(row[1]) for row in rows[1:]]
    [table] = docx.Document(io.BytesIO(content)).tables
    return [row.cells[1].text for row in table.rows[1:]]


PLAIN = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=12)


@pytest.mark.parametrize("form", ["json", "xlsx", "docx"])
@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["", "甲局", "乙局/分局", "丙"]), PLAIN), max_size=12))
def test_the_union_of_the_parts_is_the_whole(form: str, entries: list[tuple[str, str]]) -> None:
    ordered = sorted(entries)
    with TemporaryDirectory() as place:
        folder = Path(place)
        whole = names(form, annex(folder, form, ordered).read_bytes())
        with zipfile.ZipFile(annex(folder, form, ordered, split=True)) as archive:
            parts = [names(form, archive.read(name)) for name in archive.namelist()]
            assert len(parts) == len({unit for unit, _ in entries})
            assert any(NO_UNIT in name for name in archive.namelist()) == any(not unit for unit, _ in entries)
    assert whole == [name for part in parts for name in part]
    assert sorted(whole) == sorted(name for _, name in entries)


def test_nothing_in_a_csv_runs_as_a_formula_neither_cells_nor_titles(tmp_path: Path) -> None:
    plain = CsvAnnex(tmp_path / "a.csv", [Column(element="name", title="=1+1"), Column(element="phone", title="电话")])
    plain.row(["＝cmd|'/c calc'!A1", "-12"], {})
    plain.close(Cover(title="清单", issuer="某局", edition="", date=""))
    rows = list(csv.reader((tmp_path / "a.csv").read_text("utf-8-sig").splitlines()))
    assert rows == [["序号", "'=1+1", "电话"], ["1", "'＝cmd|'/c calc'!A1", "-12"]]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_list_without_entries_is_still_an_annex(form: str, tmp_path: Path) -> None:
    assert annex(tmp_path, form, []).stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == [f"whole.{form}"], "nothing else is left behind"


def test_a_long_pdf_is_set_in_parts_that_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "PART", 40)
    reader = pypdf.PdfReader(annex(tmp_path, "pdf", [("甲", f"事项{number}") for number in range(100)]))
    text = [leaf.extract_text() for leaf in reader.pages]
    assert "共100项" in text[0]
    assert "".join("".join(text).split()).count("名称") >= 3
    assert all(f"事项{number}" in "".join(text) for number in range(100))
    assert [f"— {number} —" in leaf for number, leaf in enumerate(text[1:], 1)] == [True] * (len(text) - 1)
    assert reader.metadata is not None
    assert reader.metadata.title == "清单"


def test_a_text_longer_than_a_cell_goes_on_in_the_next_row(tmp_path: Path) -> None:
    content = annex(tmp_path, "xlsx", [("甲", "长" * 70_000), ("甲", "短")]).read_bytes()
    assert "".join(names("xlsx", content)) == "长" * 70_000 + "短"

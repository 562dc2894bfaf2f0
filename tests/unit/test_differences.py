"""Differences of two states: rows by name, order is nothing. Pure."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.differences import differences, row_differences

ROWS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("甲乙丙丁"), "copies": st.integers(1, 3)})
    | st.text("ab", max_size=2),
    max_size=6,
)


def in_order(row: Any) -> str:
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode()


@given(st.permutations([{"name": "申请书"}, {"name": "营业执照"}, {"name": "方案"}, "文字"]))
def test_rows_that_moved_are_no_difference(rows: list[Any]) -> None:
    assert differences({"materials": sorted(rows, key=str)}, {"materials": rows}) == []


@given(ROWS, ROWS)
def test_every_row_is_told_once_and_nothing_else(before: list[Any], after: list[Any]) -> None:
    found = row_differences(before, after)
    gone = [one for one in found if one.change != "added"]
    come = [one for one in found if one.change != "removed"]
    rest = list(before)
    for one in gone:
        rest.remove(one.before)
    kept = list(after)
    for one in come:
        kept.remove(one.after)
    assert sorted(rest, key=in_order) == sorted(kept, key=in_order)


@given(ROWS, ROWS)
def test_the_other_way_round_added_and_removed_change_places(before: list[Any], after: list[Any]) -> None:
    there = sorted((one.change, one.key) for one in row_differences(before, after))
    back = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted((back[one.change], one.key) for one in row_differences(after, before)) == there


@pytest.mark.req("QX-18")
def test_a_changed_row_names_its_columns() -> None:
    before = {"materials": [{"name": "申请书", "copies": 2}, {"name": "照片"}]}
    after = {"materials": [{"name": "营业执照"}, {"name": "申请书", "copies": 1}]}
    [element] = differences(before, after)
    assert [(row.change, row.key, row.columns) for row in element.rows] == [
        ("added", "营业执照", ()), ("changed", "申请书", ("copies",)), ("removed", "照片", ()),
    ]  # fmt: skip


def test_an_article_that_changed_belongs_to_its_document() -> None:
    before = {"basis": [{"document": "水法", "article": "第七条"}]}
    after = {"basis": [{"document": "水法", "article": "第八条"}]}
    [element] = differences(before, after)
    assert [(row.change, row.columns) for row in element.rows] == [("changed", ("article",))]


def test_an_element_that_appears_is_told_whole() -> None:
    [element] = differences({}, {"materials": [{"name": "申请书"}]})
    assert (element.before, element.after, element.rows) == (None, [{"name": "申请书"}], ())

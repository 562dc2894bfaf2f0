"""Search terms: what an entry is found by, how a query is read, what is marked. Pure."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.kinds import builtin
from shared import problems
from shared.search import asking
from shared.search.folding import folded, pairs, places
from shared.search.highlights import highlights, ranges_of
from shared.search.terms import BASES, CODES, NAMES, SERVICE_OBJECTS, TOPICS, Facts, row_of

CHINESE = st.text(alphabet="建设项目环境影响报告表审批（）〔2022〕 AbＡ，", max_size=40)
FACTS = Facts(
    item_id=UUID(int=7),
    kind="permit",
    list_id="l",
    regions=["440106000000", "440100000000"],
    state="in_use",
    organ_name="环保局",
)


@pytest.mark.parametrize("query", ["*", "%%%", "  ", "？！", "《》", "\u3000", "***  ___"])
def test_wildcards_and_punctuation_alone_are_refused(query: str) -> None:
    with pytest.raises(problems.BadRequest) as refused:
        asking.read(query)
    assert refused.value.code == "query_empty"
    assert refused.value.errors[0].pointer == "query/q"


@pytest.mark.parametrize(
    ("query", "code"),
    [("税", "query_too_short"), ("建设 a", "query_too_short"), ("建" * 81, "query_too_long"),
     (" ".join(f"词{number}" for number in range(9)), "query_too_many_words")],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_refused_with_a_code(query: str, code: str) -> None:
    with pytest.raises(problems.BadRequest) as refused:
        asking.read(query)
    assert refused.value.code == code


def test_words_are_folded_and_taken_once() -> None:
    asked = asking.read("（环境）  影响　环境 ＡＢ")
    assert asked.words == ("环境", "影响", "ab")
    assert asked.whole == "环境影响ab"


@given(CHINESE)
def test_a_folded_text_stays_as_it_is(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert places(text)[0] == folded(text)


@given(CHINESE, st.integers(0, 40), st.integers(2, 8))
def test_whatever_a_name_contains_it_has_the_pairs_of(text: str, start: int, length: int) -> None:
    name = folded(text)
    part = name[start : start + length]
    assert pairs(part) <= pairs(name)


@given(CHINESE, CHINESE)
def test_marks_are_in_order_apart_and_say_the_word(text: str, word: str) -> None:
    wanted = folded(word)
    ranges = ranges_of(text, [wanted]) if wanted else []
    assert ranges == sorted(ranges)
    assert all(0 <= start < end <= len(text) for start, end in ranges)
    assert all(first[1] < second[0] for first, second in pairwise(ranges))
    assert bool(ranges) == (bool(wanted) and wanted in folded(text))


def test_a_mark_spans_what_folding_leaves_out() -> None:
    assert ranges_of("国办发〔2022〕2号", ["20222号"]) == [(4, 11)]
    [mark] = highlights({"name": "x", "materials": [{"name": "身份证"}]}, ["身份"])
    assert (mark.element, mark.ranges) == ("/materials/0/name", [(0, 2)])


def test_basis_and_materials_are_phrases_that_entries_share() -> None:
    elements = {
        "name": "取水许可",
        "basis": [{"document": "中华人民共和国水法", "number": "主席令第74号", "article": "第七条"}],
        "materials": [{"name": "申请书"}, {"name": "申请书"}, "no row"],
        "level": "3,4",
        "base_code": "000119001000",
    }
    row = row_of(elements, FACTS)
    assert [(one.field, one.text) for one in row.phrases] == [
        ("organ", "环保局"), ("basis", "中华人民共和国水法主席令第74号"), ("material", "申请书"),
    ]  # fmt: skip
    expected = {"取水", "水许", "许可", "#000119001000", "level:3", "level:4", "region:440100000000"}
    assert expected <= set(row.terms)


@given(
    st.dictionaries(
        st.sampled_from(["name", "permit_name", "basis", "materials", "level", "service_objects", "base_code"]),
        st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)),
    )
)
def test_values_of_any_shape_make_a_row(elements: dict[str, object]) -> None:
    row = row_of(elements, FACTS)
    assert all(term.strip() and "\x1f" not in term and len(term.encode()) < 2_046 for term in row.terms)


def test_what_is_looked_into_are_elements_of_the_shipped_kinds() -> None:
    known: dict[str, str] = {}
    for path in Path(builtin.__file__).parent.glob("*.json"):
        waiting: list[Any] = [orjson.loads(path.read_bytes())]
        while waiting:
            node = waiting.pop()
            if isinstance(node, dict) and "key" in node and "type" in node:
                known.setdefault(node["key"], node["type"])
            waiting += node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    assert {key: known.get(key) for key in NAMES} == dict.fromkeys(NAMES, "text")
    assert {key: known.get(key) for key in BASES} == dict.fromkeys(BASES, "basis")
    assert {key: known.get(key) for key in TOPICS} == dict.fromkeys(TOPICS, "texts")
    assert {known.get(key) for key in CODES} == {"base_code", "implementation_code", "code"}
    assert (known.get(SERVICE_OBJECTS), known.get("materials")) == ("choices", "materials")


def test_an_entry_is_known_by_all_its_names_codes_and_bases() -> None:
    elements = {"name": "负面清单事项", "measure_name": "生猪定点屠宰证核发", "measure_code": "LS 2301",
                "supervision_basis": [{"document": "生猪屠宰管理条例"}]}  # fmt: skip
    row = row_of(elements, FACTS)
    assert row.name == "负面清单事项 生猪定点屠宰证核发"
    assert {"屠宰", "#ls2301"} <= set(row.terms)
    assert ("basis", "生猪屠宰管理条例") in [(one.field, one.text) for one in row.phrases]
    assert [one.element for one in highlights(elements, ["屠宰"])] == [
        "/measure_name", "/supervision_basis/0/document",
    ]  # fmt: skip


def test_filters_and_words_are_conditions_of_their_own() -> None:
    asked = asking.read("食品 申请书")
    found = {"申请书": [("@m0", "material")]}
    by = asking.conditions(asked, found, [("region", ["440000000000"]), ("organ", ["a", "b"])])
    region, organ, *words = by.anywhere or ()
    assert (region, organ) == ("(('region:440000000000'))", "(('organ:a') | ('organ:b'))")
    assert words == ["(('食品'))", "(('申请' & '请书') | ('@m0'))"]
    assert by.named == (region, organ, "'食品'", "'申请' & '请书'")
    assert asking.shared_out(by.named, 16) == ("'~16.0'", *by.named)
    assert asking.conditions(asked, {}, []).anywhere is None

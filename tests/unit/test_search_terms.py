"""Search terms: what an entry is found by, how a query is read, what is marked. Pure."""

from __future__ import annotations

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import problems
from shared.search import asking
from shared.search.folding import folded, pairs, places
from shared.search.highlights import highlights, ranges_of
from shared.search.terms import Facts, row_of

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
    assert all(term and "\x1f" not in term for term in row.terms if not term.startswith(("service_object", "level")))

"""How documents and articles are cited, and what notices say about themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.documents.citations import (
    article_key,
    articles,
    chinese_number,
    citations,
    find_number,
    read_number,
    title_key,
)
from services.catalog.documents.index.rules import Rejected, header, read_row
from services.catalog.documents.notices import proposal
from services.catalog.documents.rules import ACTS, KINDS, check_act, one_year_after, read_date, shown_date
from services.catalog.kinds.subtables import DOCUMENT_KINDS
from shared.problems import IllegalTransition

DIGITS = "零一二三四五六七八九"


def spoken(number: int) -> str:
    """A number below ten thousand as it is written in articles."""
    text, gap = "", False
    for place, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return text.removeprefix("一") if 10 <= number < 20 else text


@given(st.integers(1, 9_999))
def test_every_numeral_is_read_as_it_is_written(number: int) -> None:
    assert chinese_number(spoken(number)) == number
    assert chinese_number(str(number)) == number
    assert article_key(f"第{spoken(number)}条") == str(number)


@pytest.mark.parametrize("brackets", ["〔〕", "[]", "（）", "()", "【】", "﹝﹞", "［］"])
def test_a_number_reads_the_same_in_all_brackets(brackets: str) -> None:
    found = read_number(f"冀政办函{brackets[0]}２０１４{brackets[1]} 100 号")
    assert found is not None
    assert (found.text, found.agency, found.year, found.serial) == ("冀政办函〔2014〕100号", "冀政办函", 2014, 100)


def test_orders_count_by_the_office() -> None:
    found = read_number("中华人民共和国主席令第二十一号")
    assert found is not None
    assert (found.agency, found.year, found.serial) == ("中华人民共和国主席令", None, 21)
    assert find_number("国务院令第412号公布") is not None


@pytest.mark.parametrize(
    "text", ["", "没有文号", "2014", "〔2014〕1号", "某办〔1814〕1号", "关于某办〔2014〕1号文件的说明"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    "text",
    ["食品安全法", "《食品安全法》", "中华人民共和国食品安全法", "《中华人民共和国食品安全法》（2021年修正）",
     "中华人民共和国 食品安全法(2018修订)", "《中华人民共和国食品安全法》第三十五条"],
)  # fmt: skip
def test_a_law_has_one_key_in_all_spellings(text: str) -> None:
    assert title_key(text) == "食品安全法"


def test_trial_rules_are_not_those_in_force() -> None:
    assert title_key("某某管理办法（试行）") != title_key("某某管理办法")
    assert title_key("关于印发《某某方案》的通知") == "某某方案"


@pytest.mark.parametrize(
    ("text", "keys"),
    [("第三十五条", ["35"]), ("第三十五条第二款第（一）项", ["35.2.1"]), ("第二十三条之一", ["23-1"]),
     ("第5条第1款", ["5.1"]), ("第三条、第七条", ["3", "7"]), ("第三条至第五条", ["3", "4", "5"]),
     ("第九条第（三）项", ["9.0.3"]), ("第３５条第１款", ["35.1"]), ("条", [])],
)  # fmt: skip
def test_articles_are_compared_by_number(text: str, keys: list[str]) -> None:
    assert articles(text) == keys


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str) -> None:
    articles(text)
    title_key(text)
    article_key(text)
    read_number(text)
    read_date(text)
    proposal(text)


KEYS = st.sampled_from(["document", "basis", "article", "kind", "number", "name"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_no_element_breaks_the_search_for_citations(value: object) -> None:
    assert all(one.element == "basis" for one in citations({"basis": value}))


def test_citations_are_found_in_rows_and_in_what_rows_rest_on() -> None:
    found = citations({
        "basis": [{"document": "甲法", "article": "第三条、第五条", "kind": "set", "document_kind": "law"}],
        "materials": [{"name": "证明", "basis": "《乙办法》（某部令第3号）第七条第二款，《丙条例》"}],
        "fee_basis": "依据《丁规定》收取", "name": "《不是依据》",
    })  # fmt: skip
    assert [(one.path, one.title_key, one.number, one.article) for one in found] == [
        ("/basis/0", "甲法", None, "3"), ("/basis/0", "甲法", None, "5"),
        ("/materials/0/basis", "乙办法", "某部令第3号", "7.2"), ("/materials/0/basis", "丙条例", None, None),
        ("/fee_basis", "丁规定", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2014-12-02", "2014-12-02"), ("2017年6月 日", "2017-06"), ("2017-06", "2017-06"), ("2017", "2017"),
     ("2017年", "2017")],
)  # fmt: skip
def test_a_date_keeps_what_is_known_of_it(text: str, shown: str) -> None:
    found = read_date(text)
    assert found is not None
    assert shown_date(found.first, found.precision) == shown
    assert shown_date(None, "day") is None


@pytest.mark.parametrize("text", ["2017-13", "2017-02-30", "昨天", "0000-01-01", "2017-6-"])
def test_a_day_that_does_not_exist_is_none(text: str) -> None:
    assert read_date(text) is None


def test_a_year_after_a_leap_day_is_the_end_of_february() -> None:
    day = read_date("2024-02-29")
    assert day is not None
    assert one_year_after(day.first).isoformat() == "2025-02-28"


def test_what_is_void_or_repealed_stays_so() -> None:
    for status in ("void", "repealed"):
        for act in ACTS:
            with pytest.raises(IllegalTransition):
                check_act(act, status)
    assert check_act("reinstated", "suspended") == "in_force"


def test_every_kind_a_basis_may_name_can_be_registered() -> None:
    assert set(DOCUMENT_KINDS) < set(KINDS)


def test_an_index_without_a_title_and_a_row_without_a_kind_are_refused() -> None:
    with pytest.raises(Rejected):
        header(["甲", "乙"])
    columns = header(["标题", "种类", "文号"])
    with pytest.raises(Rejected) as refused:
        read_row(columns, ["甲法", "", "乱写"], kind="law")
    assert refused.value.column == "number"
    assert read_row(columns, ["甲法"], kind="law")["kind"] == "law"

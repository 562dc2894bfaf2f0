"""Headings and legal bases as people write them, taken apart without a database."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.exchange import table
from services.catalog.exchange.basis_text import bases, document_kind
from services.catalog.exchange.heading import Names, fold


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("《中华人民共和国水法》第七条", [("中华人民共和国水法", "law", "", "第七条")]),
        ("《某办法》（国家某局令第3号）第四条第一款、第五条",
         [("某办法", "department_rule", "国家某局令第3号", "第四条第一款、第五条")]),
        ("1.《甲法》第一条；2.《广东省乙条例》第二条",
         [("甲法", "law", "", "第一条"), ("广东省乙条例", "local_regulation", "", "第二条")]),
        ("《关于修改〈甲法〉的决定》", [("关于修改〈甲法〉的决定", "normative", "", "")]),
        ("《关于《甲》的通知》", [("关于《甲》的通知", "normative", "", "")]),
        ("三定方案", [("三定方案", "normative", "", "")]),
        ("  ", []),
    ],
)  # fmt: skip
def test_a_basis_written_as_text_is_taken_apart(cell: str, found: list[tuple[str, ...]]) -> None:
    rows = bases(cell)
    assert [(r["document"], r["document_kind"], r.get("number", ""), r.get("article", "")) for r in rows] == found
    assert all(row["kind"] == "set" for row in rows)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("中华人民共和国食品安全法", "law"),
        ("城市房地产开发经营管理条例", "regulation"),
        ("河北省河道采砂管理规定", "provincial_rule"),
        ("国务院对确需保留的行政审批项目设定行政许可的决定", "decision"),
        ("固定资产投资项目节能审查办法", "department_rule"),
        ("市场监督管理行政许可程序暂行规定", "department_rule"),
        ("某县人民政府关于某事的通知", "normative"),
        ("深圳经济特区环境保护条例", "local_regulation"),
    ],
)
def test_the_kind_of_a_document_follows_from_its_name(name: str, kind: str) -> None:
    assert document_kind(name) == document_kind(f"《{name}》") == kind


@given(st.text(max_size=200))
def test_no_text_is_too_strange_for_a_basis(cell: str) -> None:
    assert all(row["document"].strip() for row in bases(cell) if row["document"].strip())


NAMES = Names(["序号", "事项名称", "事项名称／主项名称", "实施（设定）依据", "时限", "单位"])


@pytest.mark.parametrize(
    ("rows", "names", "data_from"),
    [
        ([["序号", "事项名称"], ["1", "甲"]], ["序号", "事项名称"], 1),
        ([["某局清单", ""], ["", "2026年"], ["序号 ", "事 项名称*"], ["1", "甲"]], ["序号", "事项名称"], 3),
        ([["序号", "事项名称"], ["序号", "主项名称"], ["1", "甲"]], ["序号", "事项名称／主项名称"], 2),
        ([["序号", "办理"], ["", "时限"], ["1", "5"]], ["序号", "时限"], 2),
        ([["序号", "实施(设定)\n依据"], ["1", "x"]], ["序号", "实施（设定）依据"], 1),
        ([["甲", "乙"], ["1", "2"]], ["甲", "乙"], 1),
    ],
)
def test_the_heading_is_the_rows_that_say_most(rows: list[list[str]], names: list[str], data_from: int) -> None:
    heading = NAMES.heading(rows)
    assert (heading.names, heading.data_from) == (names, data_from)


def test_a_name_is_folded_to_what_people_mean() -> None:
    assert fold(" 实施 (设定)\n依据* ") == fold("实施（设定）依据")


@pytest.mark.parametrize(
    ("raw", "character"), [(b"\xfe\x59", "\u9fb4"), (b"\xa6\xd9", "\ufe10"), (b"\xfe\xa0", "\u9fbb")]
)
def test_characters_of_the_2022_edition_are_where_it_puts_them(raw: bytes, character: str) -> None:
    source = io.BytesIO("名称\n".encode("gb18030") + raw + "𠮷㐂".encode("gb18030") + b"\n")
    rows: Any = list(table.rows(source, "gb18030"))
    assert rows[1] == (2, [f"{character}𠮷㐂"])

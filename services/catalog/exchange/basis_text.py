"""Legal bases as people write them in one cell, taken apart; the kind of document follows from its name. Pure."""

from __future__ import annotations

import re
from typing import Any

# 《name》, its number in brackets, and the articles up to the next name.
_BASIS = re.compile(
    r"《(?P<document>(?:[^《》]|《[^《》]*》)+)》\s*(?P<number>[（(][^（）()]{2,60}[）)])?(?P<rest>[^《]*)"
)
_FIGURE = "[一二三四五六七八九十百千零〇0-9]"
_ARTICLES = re.compile(rf"第{_FIGURE}+[条款项章节](?:之{_FIGURE})?(?:[第、和及]?{_FIGURE}+[条款项])*")
_LINES = re.compile(r"[\n；;]+")
_NATIONAL = "中华人民共和国"
# A place at the beginning: 河北省…, 广州市…; not 城市… or 地区….
_LOCAL = re.compile(
    r"(?!城市|地区|社区|园区|城区|市场|县域)[\u4e00-\u9fff]{2,7}?(省|自治区|市(?!场)|自治州|经济特区|盟|县(?!域))"
)
_NO_LAWS = ("办法", "方法", "做法")
_COUNCIL = ("国务院", "中共中央")


def bases(cell: str) -> list[dict[str, Any]]:
    """The rows of a basis cell; a line without a title in 《》 is a document of that name."""
    found: list[dict[str, Any]] = []
    for line in (line.strip() for line in _LINES.split(cell) if line.strip()):
        named = list(_BASIS.finditer(line))
        found += [_row(one["document"], one["number"] or "", one["rest"]) for one in named]
        if not named:
            found.append(_row(line, "", ""))
    return found


def _row(document: str, number: str, rest: str) -> dict[str, Any]:
    articles = "、".join(one[0] for one in _ARTICLES.finditer(rest))
    row = {"document": document.strip(), "kind": "set", "document_kind": document_kind(document)}
    row |= {"number": number.strip("（）() ")} if number else {}
    return row | ({"article": articles} if articles else {})


def document_kind(name: str) -> str:
    """What kind of document a name tells of; local ones by the place before it. A guess that people check."""
    title = name.strip("《》 ")
    local = _LOCAL.match(title) is not None and not title.startswith(_NATIONAL)
    if title.endswith(("法", "法典")) and not title.endswith(_NO_LAWS):
        return "law"
    if title.startswith(_COUNCIL) and title.endswith(("决定", "目录")):
        return "decision"
    if title.endswith("条例"):
        return "local_regulation" if local else "regulation"
    if title.endswith(("办法", "规定", "规则", "细则")):
        return "provincial_rule" if local else "department_rule"
    if title.startswith("全国人民代表大会"):
        return "law"
    return "decision" if title.startswith("国务院") else "normative"

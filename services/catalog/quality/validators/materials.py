"""V08 and V09: what applicants are asked for has a name, a basis and a source, and is not known to offices anyway."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from services.catalog.quality.entry import BLOCK, ERROR, WARN, Entry, Finding, Validator

# What lets an office ask for anything: 其他材料, 相关证明材料, 法律法规规定的其他材料, 需要提供的其他文件.
_VAGUE = re.compile(
    r"^(法律、?(行政)?法规(、?规章)?(、?.{0,8})?规定的|.{0,12}(认为|需要|要求)(应当|需要)?(提供|提交|补充)?的)?"
    r"(其他|其它|相关|有关)的?(证明|申请|申报|必要|需要)?(材料|资料|文件|证件|手续)?(等)?$"
)
_OUTSIDE = frozenset({"applicant", "other"})

Row = Mapping[str, Any]


def materials(entry: Entry) -> Iterator[Finding]:
    """V08: vague names are refused; a material without basis or source is shown to people."""
    rows = entry.rows("materials")
    for index, row in enumerate(rows):
        if _VAGUE.match(row["name"].strip()):
            message = f"申请材料“{row['name'][:60]}”不明确，不得要求兜底性材料，请写明材料的具体名称"
            yield Finding("V08", BLOCK, "materials", "vague_material", message, f"/materials/{index}/name")
    yield from _lacking(rows, "basis", "没有写明要求提供的依据")
    yield from _lacking(rows, "source", "没有写明材料来源")


def _lacking(rows: Sequence[Row], column: str, words: str) -> Iterator[Finding]:
    """One finding for all of them: a list of twenty materials is one thing to put right."""
    without = [index for index, row in enumerate(rows) if not row.get(column)]
    if without:
        names = _names(rows, without)
        place = f"/materials/{without[0]}/{column}"
        yield Finding("V08", WARN, "materials", f"material_{column}_missing", f"申请材料{names}{words}，请补充", place)


def known_already(entry: Entry) -> Iterator[Finding]:
    """V09: what can be shared or verified online is not asked from applicants or other units (ZL-30, ZL-31)."""
    rows = entry.rows("materials")
    yield from _asked(
        rows, lambda row: row.get("shareable") is True and row.get("source") == "applicant", "shareable_material",
        "可通过网络共享获取，不得要求申请人重复提交，请改由部门共享获取",
    )  # fmt: skip
    yield from _asked(
        rows, lambda row: row.get("online_verifiable") is True and row.get("source") in _OUTSIDE,
        "verifiable_material", "可网上核验，不得要求申请人或其他单位重复提供，请改为网上核验",
    )  # fmt: skip


def _asked(rows: Sequence[Row], asked: Callable[[Row], bool], code: str, words: str) -> Iterator[Finding]:
    found = [index for index, row in enumerate(rows) if row.get("necessity", "required") == "required" and asked(row)]
    if found:
        place = f"/materials/{found[0]}/source"
        yield Finding("V09", ERROR, "materials", code, f"申请材料{_names(rows, found)}{words}", place)


def _names(rows: Sequence[Row], indexes: Sequence[int]) -> str:
    shown = "、".join(f"“{rows[index]['name'][:40]}”" for index in indexes[:5])
    return f"{shown}等{len(indexes)}项" if len(indexes) > 5 else shown


VALIDATORS = (
    Validator(rule="V08", check=materials, elements=frozenset({"materials"})),
    Validator(rule="V09", check=known_already, elements=frozenset({"materials"})),
)

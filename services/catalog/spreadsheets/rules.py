"""Which columns the spreadsheet of a kind of list has, and how it is read again. Pure: profile in, columns out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from services.catalog.kinds.rules import IMPLICIT, Element, Profile
from services.catalog.spreadsheets.forms import AUDIENCES, STATES, Form
from shared.codes.level import LABELS

NUMBER, IDENTITY, EXAMPLE = "序号", "系统标识", "示例"
# The column of a reject file that tells what is wrong; in a corrected file it is passed over.
REASON = "未通过原因"
# Columns of the sheet itself; an element of the same title is told apart by its key.
_OWN = frozenset({NUMBER, IDENTITY, REASON})
# Kept for a platform, written by nobody: an import leaves it alone.
NOT_SHOWN = frozenset({"peer_fields"})
# The mark of a mandatory column is part of its title: it survives every program.
MANDATORY = "*"
# Rows people may fill in; drop-downs and hints reach as far.
FILLABLE = 20_000
# Excel's limits for what a cell tells when it is chosen.
LONGEST_HINT, LONGEST_HINT_TITLE = 255, 32

_HINTS = {
    "text": "文本",
    "code": "编码，按文本填写，不超过50个字符",
    "base_code": "12位基本编码：区域2+类型2+部门2+主项3+子项3，如 000116101000",
    "implementation_code": "31位实施编码（统一社会信用代码18+行使层级1+基本编码12），或33位业务办理项编码",
    "serial": "2位数字，如 01；没有业务办理项的留空",
    "item_type": "从下拉列表选择事项类型",
    "level": "从下拉列表选择；多个层级用“、”分隔，如“省级、市级”",
    "organ": "机构名称（从下拉列表选择）或18位统一社会信用代码",
    "state": "在用、暂停或取消；留空不改变",
    "audience": "公开或内部；留空不改变",
    "choice": "从下拉列表选择",
    "choices": "可填多项，用“、”或换行分隔",
    "boolean": "是或否",
    "integer": "整数",
    "decimal": "数字，可有小数，如 0.5",
    "date": "日期，如 2026-01-05",
    "limit": "时限和单位，如“20个工作日”“15个自然日”“3个月”；不要只写“天”",
    "basis": "每行一条：类别｜文件种类｜文件名称｜条款，如“设定依据｜法律｜中华人民共和国食品安全法｜第三十五条”",
    "materials": "每行一份材料（或用“、”分隔）；非必要的在名称后写“（非必要）”",
    "texts": "每行一条",
    "rows": "多行明细，写作 JSON:[…]；建议在系统中编辑",
}
EXAMPLES = {
    "text": "填写文本",
    "code": "A-001",
    "base_code": "000116101000",
    "implementation_code": "",
    "serial": "",
    "level": "县级",
    "boolean": "是",
    "integer": "1",
    "decimal": "0.5",
    "date": "2026-01-05",
    "limit": "20个工作日",
    "basis": "设定依据｜法律｜中华人民共和国食品安全法｜第三十五条",
    "materials": "申请表、身份证明（非必要）",
    "texts": "有固定的经营场所\n有相应的设施设备",
    "state": "在用",
    "audience": "公开",
}


@dataclass(frozen=True)
class Column:
    """One column: the element it carries, its title in the first row, what people are told about it."""

    element: Element
    title: str
    hint: str
    options: tuple[str, ...] = ()
    strict: bool = True
    example: str = ""


def columns_of(profile: Profile, organs: Iterable[str] = ()) -> tuple[Column, ...]:
    """The columns of a profile's elements in their order; `organs` are the names the drop-down offers."""
    named = {element.key for element in profile.elements}
    implicit = [element for element in IMPLICIT if element.key not in named]
    elements = [*(element for element in profile.elements if element.key not in NOT_SHOWN), *implicit]
    titles = Counter(element.title for element in elements)
    offered = tuple(organs)
    return tuple(
        column_of(element, doubled=titles[element.title] > 1 or element.title in _OWN, organs=offered)
        for element in elements
    )


def column_of(element: Element, *, doubled: bool, organs: tuple[str, ...]) -> Column:
    """The column of one element, or of one column of a sub-table."""
    title = f"{element.title}（{element.key}）" if doubled else element.title
    options, strict = _options(element, organs)
    parts = [_HINTS[element.type], element.description, "由来源清单带出，一般不填" if element.inherited else ""]
    if element.type == "choices":
        parts.append(f"可填：{'、'.join(Form('choices', element.vocabulary).names().values())}")
    if element.mandatory:
        parts.insert(0, "必填")
    return Column(
        element=element,
        title=title + MANDATORY if element.mandatory else title,
        hint="。".join(part for part in parts if part),
        options=options,
        strict=strict,
        example=EXAMPLES.get(element.type, next(iter(options), "")),
    )


def _options(element: Element, organs: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """What the drop-down offers, and whether anything else is refused."""
    match element.type:
        case "boolean":
            return ("是", "否"), True
        case "state":
            return tuple(STATES.values()), True
        case "audience":
            return tuple(AUDIENCES.values()), True
        case "level":
            return tuple(LABELS.values()), False
        case "organ":
            return organs, False
        case "choice" | "item_type":
            return tuple(Form(element.type, element.vocabulary).names().values()), True
    return (), True


@dataclass(frozen=True)
class Organ:
    """An organ as a spreadsheet may name it."""

    id: UUID
    name: str
    credit_code: str | None


def organ_names(organs: Iterable[Organ]) -> dict[str, str]:
    """Id -> how a cell names the organ: by its name where only one has it, else by credit code, else by id."""
    known = list(organs)
    count = Counter(organ.name for organ in known)
    return {
        str(organ.id): organ.name if count[organ.name] == 1 else organ.credit_code or str(organ.id) for organ in known
    }


def organ_keys(organs: Iterable[Organ], *, as_code: bool) -> Mapping[str, str]:
    """Name, credit code or id -> the organ's id, or its credit code where it has one; empty for a doubled name."""
    found: dict[str, str] = {}
    for organ in organs:
        value = (organ.credit_code if as_code else None) or str(organ.id)
        found[organ.name] = "" if organ.name in found else value
        found[str(organ.id)] = value
        if organ.credit_code:
            found[organ.credit_code] = value
    return found

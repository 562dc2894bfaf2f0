"""The shape of the responsibility matrix as a table, and how its rows are read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.problems import FieldError

# Column -> the headings it is known by; the first is written.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "region_code": ("区划代码", "行政区划代码"),
    "region_name": ("区划", "区划名称"),
    "list_kind": ("清单代码", "清单类型代码"),
    "list_title": ("清单", "清单名称", "清单种类"),
    "lead_code": ("牵头单位代码", "牵头单位统一社会信用代码"),
    "lead_name": ("牵头单位", "牵头部门", "责任单位", "责任部门"),
    "assisting": ("配合单位", "配合部门"),
    "note": ("备注",),
}
TITLES = tuple(names[0] for names in COLUMNS.values())
# A province has some hundred thousand pairs of region and kind at most; a file is one region's and those below it.
MOST_ROWS = 5_000
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Line:
    """A row as it was written, by column, with its number as people count."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who leads a list, as a row says it in words that were understood."""

    number: int
    region_code: str
    list_kind: str
    lead_organ_id: str
    assisting_organ_ids: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Register:
    """What names in the table mean: code or name -> code or id; a name that means two things means nothing."""

    regions: Mapping[str, str]
    kinds: Mapping[str, str]
    organs: Mapping[tuple[str, str], Sequence[str]]


def columns_of(header: Sequence[str]) -> dict[int, str]:
    """Place of each known column in a header."""
    known = {name: column for column, names in COLUMNS.items() for name in names}
    found: dict[int, str] = {}
    for place, title in enumerate(header):
        column = known.get("".join(title.split()).rstrip("*＊"))
        if column and column not in found.values():
            found[place] = column
    return found


def missing_columns(found: Mapping[int, str]) -> list[str]:
    """Headings without which rows cannot be read."""
    there = set(found.values())
    missing = []
    for one, other in (("list_kind", "list_title"), ("lead_code", "lead_name")):
        if not there & {one, other}:
            missing.append(COLUMNS[other][0])
    return missing


def lines(rows: Sequence[tuple[int, Sequence[str]]], found: Mapping[int, str]) -> Iterator[Line]:
    """Rows by column; empty ones are passed over."""
    for number, cells in rows:
        values = {column: cells[place].strip() for place, column in found.items() if place < len(cells)}
        if any(values.values()):
            yield Line(number, values)


def read(line: Line, home: str, register: Register) -> tuple[Assigned | None, list[FieldError]]:
    """What a row says, or what is wrong with it; `home` is the region of rows that name none."""
    errors: list[FieldError] = []

    def wrong(column: str, code: str, message: str) -> None:
        errors.append(FieldError(f"/rows/{line.number}/{COLUMNS[column][0]}", code, message))

    cells = line.cells
    place = cells.get("region_code") or cells.get("region_name") or ""
    region = register.regions.get(place) if place else home
    if region is None:
        wrong("region_code", "region_unknown", f"区划“{place[:50]}”未登记，或不在本次导入的区划及其下级")
    name = cells.get("list_kind") or cells.get("list_title") or ""
    kind = register.kinds.get(name)
    if kind is None:
        wrong("list_title", "kind_unknown", f"没有清单类型“{name[:50]}”，请核对名称或先建立该类型")
    lead = _organ(cells.get("lead_code") or cells.get("lead_name") or "", region or home, register)
    if isinstance(lead, FieldError):
        wrong("lead_name", lead.code, lead.message)
    assisting = []
    for part in (cells.get("assisting") or "").replace("，", "、").replace(",", "、").replace("；", "、").split("、"):
        organ = _organ(part.strip(), region or home, register) if part.strip() else None
        if isinstance(organ, FieldError):
            wrong("assisting", organ.code, organ.message)
        elif organ:
            assisting.append(organ)
    if any(len(value) > _LONGEST for value in cells.values()):
        wrong("note", "too_long", f"单元格不超过{_LONGEST}个字")
    if errors or region is None or kind is None or isinstance(lead, FieldError):
        return None, errors
    said = Assigned(line.number, region, kind, lead, tuple(dict.fromkeys(assisting)), cells.get("note", ""))
    return said, []


def _organ(name: str, region: str, register: Register) -> str | FieldError:
    """An organ by credit code, or by its name in the region."""
    found = register.organs.get(("", name)) or register.organs.get((region, name)) or ()
    if not name:
        return FieldError("", "organ_missing", "请填写牵头单位")
    if len(found) != 1:
        why = "在本区划有多个同名机构，请填写统一社会信用代码" if found else "未在机构库中登记，请核对名称或先登记"
        return FieldError("", "organ_unknown", f"单位“{name[:50]}”{why}")
    return found[0]


def twice(rows: Sequence[Assigned]) -> dict[int, FieldError]:
    """Rows that speak of a list an earlier row has spoken of."""
    seen: dict[tuple[str, str], int] = {}
    errors = {}
    for row in rows:
        first = seen.setdefault((row.region_code, row.list_kind), row.number)
        if first != row.number:
            message = f"与第{first}行重复：同一区划同一清单只能有一个牵头单位"
            errors[row.number] = FieldError(f"/rows/{row.number}/{COLUMNS['list_title'][0]}", "given_twice", message)
    return errors

"""Mapping profiles of peers: which element becomes which column, with which codes - data, checked when saved.

A profile has two halves: `push` makes the peer's rows from public bodies, `catalogue` makes elements from the
aggregates a peer publishes (spec: exchange contracts). A missing element makes no column: what is mandatory is the
platform's to say.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.config import JsonDict

FOLDER = Path(__file__).parent / "mappings"
BUILT_IN = "up_task_general_basic"
# Columns of the exchange itself: no element may fill them.
CONTROL = frozenset(
    {"ROW_GUID", "TASK_GUID", "TASK_VERSION", "CD_OPERATION", "CD_BATCH", "CD_TIME", "DATA_SOURCE", "LASTTIMESTAMP"}
)

ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")]
ElementName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Code = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
VerdictCode = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^\x00]*$")]
Form = Literal["text", "organ_name", "organ_code", "limit_amount", "limit_unit", "basis", "region_short", "row_name"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """One column and the element it carries.

    Attributes
    ----------
    form : what of a structured value the column carries.
    vocabulary : our code -> the peer's (in `catalogue` the other way round); a code that is not in it is an error.
    separator : between the parts of a value that is a list.
    value : a constant instead of an element's value.
    of : whose element it is in a further table: the row's, or the item's the row belongs to.
    """

    column: ColumnName | None = None
    element: ElementName | None = None
    form: Form = "text"
    vocabulary: dict[Code, Code] = Field(default_factory=dict, max_length=500)
    separator: Annotated[str, StringConstraints(min_length=1, max_length=5)] = ","
    value: Code | None = None
    default: Code | None = None
    of: Literal["row", "item"] = "row"


class Child(_Part):
    """A further table of one item.

    Attributes
    ----------
    element : a list of rows, such as the materials; None: one row, made of the item's own elements.
    linked : a row for each published entry that the item is linked with by links of this type, such as the permits
        that a supervision item supervises; the columns are of that entry, or of the item.
    numbered : column that says the row's place, from 1.
    """

    table: ColumnName
    element: ElementName | None = None
    linked: Literal["supervises"] | None = None
    numbered: ColumnName | None = None
    columns: tuple[Column, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _of_one_thing(self) -> Child:
        if self.element is not None and self.linked is not None:
            raise ValueError(f"{self.table} 的行应取自 element 或 linked 之一")
        return self


class Half(_Part):
    """The main table and its children."""

    table: ColumnName
    columns: tuple[Column, ...] = Field(min_length=1, max_length=300)
    children: tuple[Child, ...] = Field(default=(), max_length=20)


class Family(_Part):
    """Tables of their own for items of some types or kinds of list (spec: PUBLIC, PUNISH, HANDLE, CHECK, DIRECTORY)."""

    list_kinds: tuple[Code, ...] = Field(default=(), max_length=100)
    item_types: tuple[Code, ...] = Field(default=(), max_length=100)
    push: Half

    def takes(self, kind: str, item_type: str) -> bool:
        """Whether an item belongs here; what is not told does not matter."""
        return (not self.list_kinds or kind in self.list_kinds) and (
            not self.item_types or item_type in self.item_types
        )


_EXAMPLE: JsonDict = {
    "title": "实施清单一般事项",
    "source": "UP_TASK_GENERAL_BASIC",
    "push": {
        "table": "UP_TASK_GENERAL_BASIC",
        "columns": [
            {"column": "TASK_NAME", "element": "name"},
            {
                "column": "TASK_STATE",
                "element": "state",
                "vocabulary": {"in_use": "1", "suspended": "2", "cancelled": "3"},
            },
            {"column": "DEPT_CODE", "element": "implementing_body", "form": "organ_code"},
        ],
    },
}


class Mapping(_Part):
    """A mapping profile as it is stored with a peer.

    Attributes
    ----------
    accepted_codes : what the platform calls a row it has taken, when it calls us with its verdicts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    title: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    source: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""
    push: Half
    families: tuple[Family, ...] = Field(default=(), max_length=50)
    catalogue: Half | None = None
    accepted_codes: tuple[VerdictCode, ...] = Field(default=("00",), min_length=1, max_length=20)

    def half(self, kind: str, item_type: str) -> Half:
        """The tables of an item: those of the first family that takes it, else `push`."""
        return next((one.push for one in self.families if one.takes(kind, item_type)), self.push)

    @property
    def links(self) -> frozenset[str]:
        """The types of links that rows are made of."""
        children = [child for half in self.halves for child in half.children]
        return frozenset(child.linked for child in children if child.linked is not None)

    @property
    def halves(self) -> tuple[Half, ...]:
        """All that an item may be pushed as."""
        return (self.push, *(one.push for one in self.families))

    @model_validator(mode="after")
    def _checked(self) -> Mapping:
        """Every column is filled by one thing, nothing is filled twice, the exchange's own columns by nobody."""
        for half in self.halves:
            for where, columns in _groups(half):
                _check(columns, where, filled="column", source="element")
            _check_whose(half.table, half.columns)
        if self.catalogue is not None:
            for where, columns in _groups(self.catalogue):
                _check(columns, where, filled="element", source="column")
                _check_whose(where, columns)
            _check_unlinked(self.catalogue)
        return self


def _groups(half: Half) -> list[tuple[str, tuple[Column, ...]]]:
    return [(half.table, half.columns), *((child.table, child.columns) for child in half.children)]


def _check(columns: tuple[Column, ...], where: str, *, filled: str, source: str) -> None:
    names = [getattr(column, filled) for column in columns]
    for number, column in enumerate(columns, start=1):
        if names[number - 1] is None:
            raise ValueError(f"{where} 第 {number} 列缺少 {filled}，请补充")
        if (getattr(column, source) is None) == (column.value is None):
            raise ValueError(f"{where} 第 {number} 列应填写 {source} 或 value 之一")
        if column.value is not None and column.vocabulary:
            raise ValueError(f"{where} 第 {number} 列为固定值，不应再有代码对照")
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise ValueError(f"{where} 中重复填写：{'、'.join(twice)}")
    reserved = sorted(name for name in names if name is not None and name.upper() in CONTROL)
    if reserved:
        raise ValueError(f"{where} 中的 {'、'.join(reserved)} 由交换程序填写，请从对照方案中删除")


def _check_whose(where: str, columns: tuple[Column, ...]) -> None:
    """Only a row of a further table belongs to an item other than itself."""
    if any(column.of == "item" for column in columns):
        raise ValueError(f"{where} 中的列已属于事项本身，of 只用于子表，请删除")


def _check_unlinked(half: Half) -> None:
    """A catalogue tells of its own entries, not of what they are linked with here."""
    if any(child.linked is not None for child in half.children):
        raise ValueError(f"{half.table} 的 catalogue 部分不能使用 linked，请删除")


@cache
def built_in(name: str = BUILT_IN) -> Mapping:
    """A profile that is shipped."""
    return Mapping.model_validate(orjson.loads((FOLDER / f"{name}.json").read_bytes()))

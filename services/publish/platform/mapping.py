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

ColumnName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
ElementName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Code = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
Form = Literal["text", "organ_name", "organ_code", "limit_amount", "limit_unit", "basis"]


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
    """

    column: ColumnName | None = None
    element: ElementName | None = None
    form: Form = "text"
    vocabulary: dict[Code, Code] = Field(default_factory=dict, max_length=500)
    separator: Annotated[str, StringConstraints(min_length=1, max_length=5)] = ","
    value: Code | None = None
    default: Code | None = None


class Child(_Part):
    """A table with several rows for one item, such as its materials; `element` is a list of rows."""

    table: ColumnName
    element: ElementName
    columns: tuple[Column, ...] = Field(min_length=1, max_length=100)


class Half(_Part):
    """The main table and its children."""

    table: ColumnName
    columns: tuple[Column, ...] = Field(min_length=1, max_length=300)
    children: tuple[Child, ...] = Field(default=(), max_length=20)


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
    """A mapping profile as it is stored with a peer."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    title: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
    source: Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")] = ""
    push: Half
    catalogue: Half | None = None

    @model_validator(mode="after")
    def _checked(self) -> Mapping:
        """Every column is filled by one thing, nothing is filled twice, the exchange's own columns by nobody."""
        for where, columns in _groups(self.push):
            _check(columns, where, filled="column", source="element")
        if self.catalogue is not None:
            for where, columns in _groups(self.catalogue):
                _check(columns, where, filled="element", source="column")
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
    reserved = sorted(CONTROL.intersection(names))
    if reserved:
        raise ValueError(f"{where} 中的 {'、'.join(reserved)} 由交换程序填写，请从对照方案中删除")


@cache
def built_in() -> Mapping:
    """The profile that is shipped: UP_TASK_GENERAL_BASIC with its materials, and the catalogue's aggregate."""
    return Mapping.model_validate(orjson.loads((FOLDER / f"{BUILT_IN}.json").read_bytes()))

"""Mapping profiles: which column of a foreign table becomes which element, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Target = Literal["organ", "root"]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One element and where it comes from.

    Attributes
    ----------
    element : key of the element in the entry.
    transform : name out of ``transforms.NAMES``.
    columns : header names that may carry it; the first one the file has is used.
    unit_column : for ``limit``: the column of the unit.
    vocabulary : for translated values: name of the vocabulary within the profile's source.
    separator : for lists: what the parts are split at; empty = the whole cell is one part.
    required : the file must have the column and every row a value.
    value : for ``constant``.
    form : for ``sheet``: {"type", "vocabulary"} of the element, as spreadsheets.forms reads it.
    """

    element: str
    transform: str
    columns: tuple[str, ...] = ()
    unit_column: str | None = None
    vocabulary: str | None = None
    separator: str = ""
    required: bool = False
    value: Any = None
    form: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class SubColumn:
    """A column of a sub-sheet; an empty key holds, as JSON, what the sub-table has no column for."""

    key: str
    title: str
    type: str
    vocabulary: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class SubSheet:
    """A sheet of its own for the rows of one element, named by the serial number or the id of the entry's row."""

    element: str
    title: str
    columns: tuple[SubColumn, ...]


@dataclass(frozen=True, slots=True)
class MappingProfile:
    """A registered way to read one kind of foreign table.

    `target` says which list a row belongs to: that of the organ's region, or that of the region the import names.
    `rejecting` are the validation rules (``V02``) whose findings reject a row; findings of other rules are noted,
    because a list under compilation may be incomplete, but not wrong in its codes.
    `identity_column` is the column in which a row names the entry it is, by id; `example` the column and the value that
    mark a row as an example which is not read. `sheet_names` are sheets to be read, the first one there is; without
    them it is the one whose heading says most. `sheets` are those of sub-tables.
    """

    code: str
    title: str
    source: str
    list_kinds: tuple[str, ...]
    target: Target
    columns: tuple[ColumnMapping, ...]
    rejecting: frozenset[str] = field(default_factory=frozenset)
    version: int = 1
    identity_column: str | None = None
    example: tuple[str, str] | None = None
    sheet_names: tuple[str, ...] = ()
    sheets: tuple[SubSheet, ...] = ()

    def column_of(self, element: str) -> str:
        """Header name to blame for an element; the element's own key when it has no column."""
        found = next((entry for entry in self.columns if entry.element == element and entry.columns), None)
        return found.columns[0] if found else element


def parse(document: Mapping[str, Any]) -> MappingProfile:
    """A profile from its stored document, which was checked when it was registered."""
    return MappingProfile(
        code=document["code"],
        title=document["title"],
        source=document["source"],
        list_kinds=tuple(document["list_kinds"]),
        target=document["target"],
        columns=tuple(_column(entry) for entry in document["columns"]),
        rejecting=frozenset(document.get("rejecting", ())),
        version=int(document.get("version", 1)),
        identity_column=document.get("identity_column"),
        example=(document["example"]["column"], document["example"]["value"]) if document.get("example") else None,
        sheet_names=tuple(document.get("sheet_names") or ()),
        sheets=tuple(_sheet(sheet) for sheet in document.get("sheets") or ()),
    )


def _sheet(sheet: Mapping[str, Any]) -> SubSheet:
    columns = tuple(
        SubColumn(column["key"], column["title"], column["form"]["type"], column["form"].get("vocabulary") or {})
        for column in sheet["columns"]
    )
    return SubSheet(element=sheet["element"], title=sheet["title"], columns=columns)


def _column(entry: Mapping[str, Any]) -> ColumnMapping:
    columns: str | Sequence[str] = entry.get("columns") or ()
    return ColumnMapping(
        element=entry["element"],
        transform=entry["transform"],
        columns=(columns,) if isinstance(columns, str) else tuple(columns),
        unit_column=entry.get("unit_column"),
        vocabulary=entry.get("vocabulary"),
        separator=entry.get("separator") or "",
        required=bool(entry.get("required", False)),
        value=entry.get("value"),
        form=entry.get("form") or {},
    )

"""How one row of a foreign table becomes the elements of an entry: pure, driven by a mapping profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from services.catalog.exchange import cells as dangerous
from services.catalog.exchange import transforms
from services.catalog.exchange.profile import ColumnMapping, MappingProfile
from services.catalog.exchange.transforms import LEFT_ALONE, CellError
from services.catalog.spreadsheets.forms import Form, read

# Distinct values remembered per column: more than any vocabulary has, little memory.
_REMEMBERED = 4096

Vocabularies = Mapping[str, Mapping[str, str]]
Remark = dict[str, str]  # {"column", "code", "message"}


class HeaderError(ValueError):
    """The file is not the table the profile describes. `columns` names what is missing or doubled."""

    def __init__(self, code: str, message: str, columns: Sequence[str]) -> None:
        super().__init__(message)
        self.code = code
        self.columns = tuple(columns)


@dataclass(slots=True)
class Entry:
    """What one row says.

    `errors` reject it; `notes` are kept with it. Elements whose cell is empty are None: the import clears them.
    `item_id` is the entry the row says it is.
    """

    elements: dict[str, Any] = field(default_factory=dict)
    errors: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)
    item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """One element's reading, with the positions of its cells found in the header."""

    element: str
    column: str
    index: int
    read: Callable[[Sequence[str]], Any]
    required: bool
    textual: bool


class RowMapper:
    """A profile bound to the header of one file.

    Attributes
    ----------
    width : number of cells every row must have.
    absent : elements the profile knows and this file does not carry; the import leaves them alone.

    Raises
    ------
    HeaderError
        ``missing_columns`` or ``doubled_columns``.
    """

    def __init__(self, profile: MappingProfile, header: Sequence[str], vocabularies: Vocabularies) -> None:
        names = [name.strip() for name in dangerous.storable(header)]
        _check_header(profile, names)
        self.header = names
        self.width = len(names)
        bound = [(entry, _bind(entry, names, vocabularies)) for entry in profile.columns]
        self.absent = tuple(entry.element for entry, step in bound if step is None and entry.transform != "constant")
        self._steps = tuple(step for _, step in bound if step is not None)
        self._identity = _place(profile.identity_column, names)
        self._example = (_place(profile.example[0], names), profile.example[1]) if profile.example else (None, "")
        self._constants = {entry.element: entry.value for entry in profile.columns if entry.transform == "constant"}

    def is_example(self, row: Sequence[str]) -> bool:
        """Whether the row only shows how to fill in the others."""
        place, value = self._example
        return place is not None and len(row) > place and row[place].strip() == value

    def marks(self, row: Sequence[str]) -> tuple[str, str]:
        """What the row is known by on other sheets: its serial number and its id."""
        number, _ = self._example
        identity = self._identity
        return (row[number] if number is not None else "", row[identity] if identity is not None else "")

    def by_element(self, row: Sequence[str]) -> dict[str, str]:
        """The cells of a row by the elements they are read into."""
        return {step.element: row[step.index] for step in self._steps}

    def map(self, row: Sequence[str]) -> Entry:
        """The entry a row describes; problems are collected, never raised."""
        entry = Entry(elements=dict(self._constants))
        row = self._levelled(row, entry)
        if entry.errors:
            return entry
        for step in self._steps:
            try:
                value = step.read(row)
            except CellError as error:
                entry.errors.append(remark(step.column, error.code, str(error)))
                continue
            if value is LEFT_ALONE:
                continue
            if value is None and step.required:
                entry.errors.append(remark(step.column, "required", "必填项为空，请填写"))
            entry.elements[step.element] = value
            if step.textual and row[step.index][:1] in dangerous.SUSPICIOUS and dangerous.is_formula(row[step.index]):
                entry.notes.append(remark(step.column, "formula", "单元格以公式符号开头，已作为文本保存，不会被执行"))
        self._identify(row, entry)
        return entry

    def _identify(self, row: Sequence[str], entry: Entry) -> None:
        cell = row[self._identity].strip() if self._identity is not None else ""
        try:
            entry.item_id = UUID(cell) if cell else None
        except ValueError:
            name = self.header[self._identity or 0]
            entry.errors.append(remark(name, "bad_identity", "不是系统标识，请勿修改此列；新事项请留空"))

    def _levelled(self, row: Sequence[str], entry: Entry) -> Sequence[str]:
        """The row at the header's width, or an error: surplus cells are only tolerated when they are blank."""
        if len(row) > self.width and not any(cell.strip() for cell in row[self.width :]):
            row = row[: self.width]
        if len(row) != self.width:
            entry.errors.append(
                remark("", "ragged_row", f"本行有{len(row)}列，表头有{self.width}列，请检查逗号和引号是否成对")
            )
            return row
        if dangerous.is_sound(row):
            return row
        for name, cell in zip(self.header, row, strict=True):
            if "\x00" in cell:
                entry.errors.append(remark(name, "nul_character", "含有空字符（U+0000），请删除"))
            elif dangerous.is_undecoded(cell):
                entry.errors.append(remark(name, "undecodable", "含有无法识别的字节，请以UTF-8或GB18030重新保存"))
        return row


def remark(column: str, code: str, message: str) -> Remark:
    """One problem of a row: where, a stable English code, and what to do in Chinese."""
    return {"column": column, "code": code, "message": message}


def _check_header(profile: MappingProfile, names: Sequence[str]) -> None:
    """Raise HeaderError unless every required column is there, and no mapped column is there twice."""
    present = set(names)
    wanted = [entry for entry in profile.columns if entry.transform != "constant"]
    missing = [
        "或".join(entry.columns) for entry in wanted if entry.required and not present.intersection(entry.columns)
    ]
    # An amount whose unit is not in the file cannot be read at all.
    missing += [
        entry.unit_column
        for entry in wanted
        if entry.unit_column and present.intersection(entry.columns) and entry.unit_column not in present
    ]
    if missing:
        raise HeaderError("missing_columns", _missing(profile, list(dict.fromkeys(missing)), names), missing)
    mapped = {name for entry in wanted for name in (*entry.columns, entry.unit_column) if name}
    doubled = sorted({name for name in mapped if names.count(name) > 1})
    if doubled:
        raise HeaderError("doubled_columns", f"表头中列名重复：{'、'.join(doubled)}，请只保留一列", doubled)


def _place(column: str | None, names: Sequence[str]) -> int | None:
    return names.index(column) if column in names else None


def _missing(profile: MappingProfile, missing: Sequence[str], names: Sequence[str]) -> str:
    found = "、".join(name[:40] for name in names[:40] if name) or "（空）"
    hint = "；分隔符应为逗号" if len(names) == 1 else ""
    return f"按映射方案“{profile.title}”，表头缺少列：{'、'.join(missing)}；文件现有列：{found}{hint}"


def _bind(entry: ColumnMapping, names: Sequence[str], vocabularies: Vocabularies) -> _Step | None:
    """The step that reads an element, or None when the file does not carry it (or it needs no cell)."""
    column = next((name for name in entry.columns if name in names), None)
    if column is None or entry.transform == "constant":
        return None
    index = names.index(column)
    return _Step(
        element=entry.element,
        column=column,
        index=index,
        read=_reading(entry, index, names, vocabularies),
        required=entry.required,
        textual=entry.transform in transforms.TEXTUAL,
    )


def _reading(
    entry: ColumnMapping, index: int, names: Sequence[str], vocabularies: Vocabularies
) -> Callable[[Sequence[str]], Any]:
    """The function that takes an element out of a row."""
    if entry.transform == "limit":
        unit = names.index(entry.unit_column or "")
        read_both = _limit(entry, vocabularies)
        return lambda row: read_both(row[index], row[unit])
    read = _cell_reading(entry, vocabularies)
    return lambda row: read(row[index])


def _limit(entry: ColumnMapping, vocabularies: Vocabularies) -> Callable[[str, str], Any]:
    name = entry.vocabulary or ""
    vocabulary = vocabularies.get(name, {})
    return lru_cache(_REMEMBERED)(lambda amount, unit: transforms.limit(amount, unit, vocabulary, name))


def _cell_reading(entry: ColumnMapping, vocabularies: Vocabularies) -> Callable[[str], Any]:
    """The function that reads one cell; where a table repeats few values, they are read once."""
    if entry.transform == "sheet":
        organs = vocabularies.get("organ_code" if entry.element == "implementing_body" else "organ", {})
        form = Form(entry.form["type"], entry.form.get("vocabulary") or {}, organs)
        return lru_cache(_REMEMBERED)(lambda cell: read(form, cell)) if form.vocabulary else partial(read, form)
    name, separator = entry.vocabulary or "", entry.separator
    vocabulary = vocabularies.get(name, {})
    if entry.transform == "vocabulary":
        return lru_cache(_REMEMBERED)(lambda cell: transforms.one_of(cell, vocabulary, name))
    if entry.transform == "vocabulary_list":
        return lru_cache(_REMEMBERED)(lambda cell: transforms.several_of(cell, vocabulary, name, separator))
    if entry.transform in transforms.SPLIT:
        split = transforms.SPLIT[entry.transform]
        return lambda cell: split(cell, separator)
    plain = transforms.PLAIN[entry.transform]
    return lru_cache(_REMEMBERED)(plain) if entry.transform in transforms.REPETITIVE else plain

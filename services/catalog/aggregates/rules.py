"""Reading a peer's document as an entry and writing the entry back, without losing a field. Pure.

A field that an element carries goes into the element; what the element does not carry - the peer's own fields, and
spellings our value cannot give back - is kept beside it in `peer_fields`, which never leaves in public. Writing takes
the kept spelling as long as it still says what the element says, and the element's value otherwise (a lens: what was
read comes back, what was changed here goes out).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.catalog.aggregates.codecs import ORGAN_FORMS, PARTS, Field
from services.catalog.aggregates.mapping import AggregateMapping, Several
from services.catalog.exchange.basis_text import document_kind
from services.catalog.exchange.transforms import CellError

KEPT = "peer_fields"
# Says whether the value of an element, or of a column of a sub-table, can be stored: (element, column or None, value).
Accepts = Callable[[str, str | None, Any], bool]
Document = Mapping[str, Any]
Kept = dict[str, Any]


def elements_of(mapping: AggregateMapping, document: Document, accepts: Accepts) -> dict[str, Any]:
    """The entry a document describes; whatever has no element of its own is in `peer_fields`."""
    elements: dict[str, Any] = {}
    kept: list[Kept] = []
    for single in mapping.singles:
        given = document.get(single.table)
        if isinstance(given, Mapping):
            values, rest = _read(single.fields, given, lambda key, value: accepts(key, None, value))
            elements |= values
            kept.append({"table": single.table, **rest})
    for several in mapping.several:
        rows, rests = _read_rows(several, document.get(several.table), accepts)
        if rows:
            elements[str(several.element)] = rows
        kept += rests
    kept += [{"table": table, "whole": value} for table, value in document.items() if not _known(mapping, table, value)]
    absent = [table for table in mapping.tables if table not in document]
    elements[KEPT] = [*kept, {"absent": absent}]
    return elements


def _known(mapping: AggregateMapping, table: str, value: Any) -> bool:
    """Whether a table is read field by field; one of another shape than expected is kept whole."""
    if any(one.table == table for one in mapping.singles):
        return isinstance(value, Mapping)
    return any(one.table == table for one in mapping.several) and _are_rows(value)


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)


def _read_rows(several: Several, given: Any, accepts: Accepts) -> tuple[list[dict[str, Any]], list[Kept]]:
    rows: list[dict[str, Any]] = []
    kept: list[Kept] = []
    element = several.element
    for number, raw in enumerate(given if _are_rows(given) else ()):
        if element is None:
            kept.append({"table": several.table, "row": number, "fields": dict(raw), "own": True})
            continue
        row, rest = _read(several.fields, raw, lambda key, value: accepts(element, key, value))
        row = {**several.defaults, **row}
        row = {**_inferred(several, row), **row}
        if row.get(several.match) in (None, "") or not accepts(element, None, [row]):
            kept.append({"table": several.table, "row": number, "fields": dict(raw), "own": True})
            continue
        rows.append(row)
        kept.append({"table": several.table, "row": number, "key": row[several.match], **rest})
    return rows, kept


def _read(
    fields: Sequence[Field], raw: Mapping[str, Any], accepts: Callable[[str, Any], bool]
) -> tuple[dict[str, Any], Kept]:
    """Values by element, and what has to be kept beside them."""
    values: dict[str, Any] = {}
    by_name = {one.name: one for one in fields}
    for one in fields:
        value = _tried(one, raw.get(one.name))
        if one.element is not None and value is not None:
            merged = {**values.get(one.element, {}), **value} if one.form in PARTS else value
            values[one.element] = merged
    sound = {key: value for key, value in values.items() if accepts(key, value)}
    rest = {
        name: value for name, value in raw.items() if name not in by_name or _lost(by_name[name], value, sound)
    }  # fmt: skip
    # Spellings of what an element carries, and fields that are the peer's own.
    spelled = {name for name in rest if name in by_name and by_name[name].element in sound}
    kept = {
        "spelled": {name: rest[name] for name in rest if name in spelled and rest[name] is not None},
        "fields": {name: value for name, value in rest.items() if name not in spelled and value is not None},
        "nulls": sorted(name for name, value in rest.items() if value is None),
        "absent": sorted(one.name for one in fields if one.name not in raw),
    }
    return sound, {name: value for name, value in kept.items() if value}


def _tried(one: Field, raw: Any) -> Any:
    try:
        return one.read(raw)
    except CellError:
        return None


def _lost(one: Field, raw: Any, sound: Mapping[str, Any]) -> bool:
    """Whether our value would not give this spelling back."""
    if one.form in ORGAN_FORMS:
        return True  # its name and code are the register's: the spelling is the peer's
    value = sound.get(one.element or "")
    try:
        written = one.write(value) if value is not None else ""
    except (CellError, KeyError, TypeError):
        return True
    return type(written) is not type(raw) or written != raw


def document_of(mapping: AggregateMapping, elements: Document) -> dict[str, Any]:
    """The document of an entry; organs in `elements` are {"name", "credit_code"}."""
    kept: list[Document] = [row for row in elements.get(KEPT) or () if _sound(row)]
    absent = {table for row in kept for table in row.get("absent", ()) if "table" not in row}
    document: dict[str, Any] = {}
    for single in mapping.singles:
        if single.table not in absent:
            rest = next((row for row in kept if row.get("table") == single.table and "whole" not in row), {})
            document[single.table] = _written(single.fields, elements, rest)
    for several in mapping.several:
        rows = _write_rows(several, elements, [row for row in kept if row.get("table") == several.table])
        if rows or several.table not in absent:
            document[several.table] = rows
    return document | {row["table"]: row["whole"] for row in kept if "whole" in row}


def _sound(row: Any) -> bool:
    """Whether something kept is of the shape it was kept in: the element can be written by hand as well."""
    if not isinstance(row, Mapping):
        return False
    complete = all(needed in row for mark, needed in _NEEDS if mark in row)
    return complete and all(fits(row[name]) for name, fits in _SHAPES.items() if name in row)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


# Far more than any document of a peer has rows.
_MOST_ROWS = 1_000_000
_SHAPES: Mapping[str, Callable[[Any], bool]] = {
    "table": lambda value: isinstance(value, str),
    "row": lambda value: isinstance(value, int) and 0 <= value < _MOST_ROWS,
    "fields": _is_object, "spelled": _is_object, "nulls": _are_names, "absent": _are_names,
}  # fmt: skip
_NEEDS = (("own", "row"), ("own", "fields"), ("whole", "table"))


def _write_rows(several: Several, elements: Document, kept: Sequence[Document]) -> list[dict[str, Any]]:
    """Rows as they stand now, each with what was kept of it; rows only the peer knows stay where they were."""
    left = [row for row in kept if "key" in row]
    rows: list[dict[str, Any]] = []
    for row in elements.get(several.element or "") or ():
        rest = next((one for one in left if one["key"] == row.get(several.match)), {})
        if rest:
            left.remove(rest)
        rows.append(_written(several.fields, row, rest, _inferred(several, row)))
    for own in sorted((row for row in kept if row.get("own")), key=lambda row: int(row["row"])):
        rows.insert(int(own["row"]), dict(own["fields"]))
    return rows


def _inferred(several: Several, row: Document) -> dict[str, Any]:
    """Columns that follow from others of a row where the peer says nothing."""
    named = several.kinds_of_documents and isinstance(row.get("document"), str)
    return {"document_kind": document_kind(row["document"])} if named else {}


def _written(
    fields: Sequence[Field], values: Document, rest: Document, inferred: Document | None = None
) -> dict[str, Any]:
    own: Document = rest.get("fields", {})
    spelled: Document = rest.get("spelled", {})
    silent = frozenset((*rest.get("absent", ()), *rest.get("nulls", ())))
    # The peer's spelling of an organ is good as long as it is the same organ.
    codes = [one for one in fields if one.form == "organ_code" and one.name in spelled]
    moved = any(spelled[one.name] != _said(one, values.get(one.element or "")) for one in codes)
    written: dict[str, Any] = {}
    for one in fields:
        value = values.get(one.element or "")
        if one.derived and value == (inferred or {}).get(one.element or ""):
            value = None  # nobody has said it: it only follows from the name
        if one.name in own and (one.element is None or value is None):
            written[one.name] = own[one.name]
        elif one.name in spelled and _still(one, spelled[one.name], value, moved=moved):
            written[one.name] = spelled[one.name]
        elif one.name not in silent or (value is not None and not one.derived):
            written[one.name] = _said(one, value)
    nulls = {name: None for name in rest.get("nulls", ()) if name not in written}
    return written | {name: value for name, value in own.items() if name not in written} | nulls


def _still(one: Field, raw: Any, value: Any, *, moved: bool) -> bool:
    """Whether a kept spelling says what our value says now."""
    if one.form in ORGAN_FORMS:
        return not moved
    return bool(_tried(one, raw) == one.part(value))


def _said(one: Field, value: Any) -> Any:
    try:
        return one.write(value)
    except (CellError, KeyError, TypeError):
        return ""

"""The reader's part for files of nested documents: each becomes a row of the import, in the process of the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import orjson

from services.catalog.aggregates import mapping as mappings
from services.catalog.aggregates.rules import KEPT, elements_of
from services.catalog.exchange.rules import Entry, remark
from services.catalog.exchange.table import TableError
from services.catalog.exchange.transforms import DEEPEST, is_too_deep, without_nulls
from services.catalog.exchange.validation import Validator
from services.catalog.kinds.rules import Profile
from services.catalog.kinds.subtables import BASIS_COLUMNS, MATERIAL_COLUMNS
from services.catalog.quality.shapes import CHECKERS

JSON = "json"
# How JSON writes the one character no database takes.
_NUL = b"\\u0000"
# What the reject file has instead of columns.
HEADER = ["document"]
_STANDARD = {"basis": BASIS_COLUMNS, "materials": MATERIAL_COLUMNS}


def documents(source: BinaryIO) -> Iterator[tuple[int, Any]]:
    """(number from 1, document) of a file: one aggregate, a list of them, or a platform's answer with `data.list`.

    Raises
    ------
    TableError
        ``bad_json``.
    """
    try:
        found = orjson.loads(source.read())
    except orjson.JSONDecodeError as error:
        raise TableError("bad_json", "文件不是有效的JSON（UTF-8），请检查后重新上传") from error
    data = found.get("data") if isinstance(found, Mapping) else None
    if isinstance(data, Mapping) and isinstance(data.get("list"), list):
        found = data["list"]
    yield from enumerate(found if isinstance(found, list) else [found], 1)


def shown(document: Any) -> str:
    """The document in a reject file; one that no serialiser writes again is known by its row alone."""
    return "" if is_too_deep(document) else orjson.dumps(document).decode()


class DocumentReader:
    """Documents of a peer as entries of a kind."""

    def __init__(self, document: Mapping[str, Any], validator: Validator) -> None:
        self._mapping = mappings.parse(document)
        self._validator = validator

    def entry(self, document: Any) -> Entry:
        """The entry a document describes; what no element takes is kept in it all the same."""
        if not isinstance(document, Mapping) or not any(table in document for table in self._mapping.tables):
            message = f"不是事项文档：应含 {'、'.join(self._mapping.tables[:3])} 等表"
            return Entry(errors=[remark(HEADER[0], "not_a_document", message)])
        if is_too_deep(document):
            return Entry(errors=[remark(HEADER[0], "too_deep", f"文档嵌套超过{DEEPEST}层，请减少嵌套")])
        if _NUL in orjson.dumps(document):
            return Entry(errors=[remark(HEADER[0], "nul_character", "含有空字符（U+0000），请删除")])
        profile = self._validator.profile(None)
        if profile is None:
            return Entry(errors=[remark("", "no_profile", "该清单类型尚无生效的要素表")])
        elements = elements_of(self._mapping, document, lambda *asked: _accepts(profile, *asked))
        kept = elements.pop(KEPT)
        entry = Entry(elements={**without_nulls(elements), KEPT: kept})
        if not elements.get("name"):
            entry.errors.append(remark(HEADER[0], "required", "文档中没有事项名称"))
        return entry


def _accepts(profile: Profile, key: str, column: str | None, value: Any) -> bool:
    """Whether a value can be stored as an element, or in a column of its sub-table."""
    element = profile.element(key)
    if key == "implementing_body":
        return True  # a credit code here; the register knows whose
    if element is None:
        return False
    if column is None:
        return CHECKERS[element.type](value, element) is None
    standard = _STANDARD.get(element.type, {}).get(column)
    declared = standard or next((one for one in element.columns if one.key == column), None)
    if declared is None:
        return element.type == "rows" and not element.columns
    return CHECKERS[declared.type](value, declared) is None

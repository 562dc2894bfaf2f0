"""Rows as plain dictionaries by column name, what they are narrowed to, and the cursors of pages sorted by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.engine import Result

from shared import problems
from shared.http.pages import decode_cursor

Record = dict[str, Any]


def many(result: Result[Any]) -> list[Record]:
    """All rows."""
    return [row._asdict() for row in result.all()]


def one(result: Result[Any]) -> Record:
    """The only row."""
    return result.one()._asdict()


def one_or_none(result: Result[Any]) -> Record | None:
    """The only row, or None."""
    row = result.one_or_none()
    return row._asdict() if row is not None else None


def matching(table: FromClause, wanted: Mapping[str, Any]) -> list[ColumnElement[bool]]:
    """Conditions that columns, by name, have the wanted values; None asks for nothing."""
    return [table.c[name] == value for name, value in wanted.items() if value is not None]


def after_name(cursor: str | None) -> tuple[str, UUID] | None:
    """The (name, id) a cursor stands for. Raises Invalid for one that is not ours."""
    if cursor is None:
        return None
    first, second = decode_cursor(cursor, 2)
    try:
        return str(first), UUID(str(second))
    except ValueError:
        raise _bad_cursor() from None


def after_id(cursor: str | None) -> UUID | None:
    """The id a cursor stands for. Raises Invalid for one that is not ours."""
    if cursor is None:
        return None
    try:
        return UUID(str(decode_cursor(cursor, 1)[0]))
    except ValueError:
        raise _bad_cursor() from None


def _bad_cursor() -> problems.Invalid:
    place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
    return problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])

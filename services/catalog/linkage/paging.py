"""Cursors of pages sorted by the instant a row came about."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from shared import problems
from shared.http.pages import decode_cursor


def instant_cursor(cursor: str | None) -> tuple[Any, ...] | None:
    """The (instant, id) a cursor stands for. Raises Invalid for one that is not ours."""
    if cursor is None:
        return None
    opened_at, identity = decode_cursor(cursor, 2)
    try:
        instant = datetime.fromisoformat(str(opened_at))
        if instant.tzinfo is None:
            raise ValueError(instant)
        return instant, UUID(str(identity))
    except ValueError:
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place]) from None

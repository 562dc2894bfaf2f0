"""Looking back over many entries for one caller: not longer than others can wait for the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.subscriptions import repository
from shared import problems
from shared.problems import FieldError

SECONDS = 5
_CANCELED = "57014"


@asynccontextmanager
async def bounded(connection: AsyncConnection, pointer: str) -> AsyncIterator[None]:
    """Statements from here to the end of the transaction take at most SECONDS each.

    Raises
    ------
    problems.Invalid
        One took longer; `pointer` is what is to be narrowed.
    """
    await repository.bound(connection, SECONDS * 1_000)
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _CANCELED:
            raise
        place = FieldError(pointer, "too_wide", "涉及的变更过多，请缩短时段或收窄条件后重试")
        raise problems.Invalid(f"查询超过 {SECONDS} 秒，已中止。", code="too_wide", errors=[place]) from error

"""Counting what is really sent: statements through SQLAlchemy and those that go straight through the driver."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from asyncpg.connection import LoggedQuery
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

_FRAME = ("BEGIN", "COMMIT", "ROLLBACK")
# What the driver asks once a connection, to know the types.
_DRIVERS_OWN = ("typeinfo_tree", "current_setting('jit')", "set_config('jit'")


@contextmanager
def counted(engine: AsyncEngine) -> Iterator[list[str]]:
    """The statements an engine sends meanwhile, without those that begin and end transactions."""
    sent: list[str] = []

    def note(query: LoggedQuery) -> None:
        own = any(word in query.query for word in _DRIVERS_OWN)
        if not query.query.startswith(_FRAME) and not own:
            sent.append(query.query)

    def taken(adapter: Any, *_: Any) -> None:
        adapter.driver_connection.add_query_logger(note)

    def given_back(adapter: Any, *_: Any) -> None:
        adapter.driver_connection.remove_query_logger(note)

    event.listen(engine.sync_engine, "checkout", taken)
    event.listen(engine.sync_engine, "checkin", given_back)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "checkout", taken)
        event.remove(engine.sync_engine, "checkin", given_back)

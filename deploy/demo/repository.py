"""What the demo asks the database beside the API: whether everything has come to rest."""

from __future__ import annotations

from datetime import datetime

import asyncpg
from sqlalchemy import make_url

_AT_REST = """SELECT coalesce(bool_and(c.position >= h.position), false)
FROM qingdan.log_head AS h LEFT JOIN qingdan.consumer AS c ON true"""
_LISTENING = """SELECT count(*) > 0 FROM pg_stat_activity
WHERE application_name = $1 AND backend_start > $2 AND query ILIKE 'listen%'"""


async def consumers_at_rest(url: str) -> bool:
    """True when every consumer stands at the head of the log."""
    return await _ask(url, _AT_REST)


async def is_listening(url: str, service: str, since: datetime) -> bool:
    """True when a process of the service, started after `since`, listens to the bell."""
    return await _ask(url, _LISTENING, f"qingdan-{service}", since)


async def make_database(url: str, name: str) -> None:
    """A further database beside the one of the URL; the name is the demo's own."""
    await _command(url, f'CREATE DATABASE "{name}"')


async def drop_database(url: str, name: str) -> None:
    """The end of a database, whoever is still connected to it."""
    await _command(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def _command(url: str, command: str) -> None:
    connection = await asyncpg.connect(_dsn(url))
    try:
        await connection.execute(command)
    finally:
        await connection.close()


def _dsn(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def _ask(url: str, question: str, *given: object) -> bool:
    connection = await asyncpg.connect(_dsn(url))
    try:
        return bool(await connection.fetchval(question, *given))
    finally:
        await connection.close()

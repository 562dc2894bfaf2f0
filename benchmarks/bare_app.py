"""The limit of the public reads: an ASGI application that does nothing but the same SELECT and send the bytes.

No routing, no checks, no headers beyond the length, no error handling: what is left is uvicorn, asyncpg and Postgres.
Connections are taken from a queue, not from asyncpg's pool - the pool's own work is twice that of the smallest SELECT -
and statements are planned once, as in the product.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import make_url

from services.publish.portal import hot, repository
from shared import settings
from shared.database import session_settings

# The very statements of the product, so that both ask Postgres for the same.
ITEM = hot._ITEM
TAG = hot._ITEM_TAG
PAGE = repository._PRESENT_PAGE
PAGE_SIZE = 51  # the product reads one more, to know whether there is a next page

_idle: asyncio.LifoQueue[Any]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/item/<id>`, `/tag/<id>` (304), `/page/<list id>`."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    _, what, identifier = scope["path"].split("/")
    if what == "item":
        row = await _row(ITEM, UUID(identifier))
        assert row is not None
        await _bytes(send, row["body"])
    elif what == "tag":
        await _row(TAG, UUID(identifier))
        await send({"type": "http.response.start", "status": 304, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    else:
        row = await _row(PAGE, UUID(identifier), PAGE_SIZE)
        assert row is not None
        await _bytes(send, b",".join(row["lines"]))


async def _row(sql: str, *values: Any) -> Any:
    connection = await _idle.get()
    try:
        return await connection.fetchrow(sql, *values)
    finally:
        _idle.put_nowait(connection)


async def _bytes(send: Any, body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    global _idle
    await receive()
    configured = settings.load()
    url = make_url(configured.service_url("publish")).set(drivername="postgresql").render_as_string(hide_password=False)
    session = session_settings("publish") | {"plan_cache_mode": "force_generic_plan"}
    connections = [await asyncpg.connect(url, server_settings=session) for _ in range(configured.pool_size)]
    _idle = asyncio.LifoQueue()
    for connection in connections:
        _idle.put_nowait(connection)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for connection in connections:
        await connection.close()
    await send({"type": "lifespan.shutdown.complete"})

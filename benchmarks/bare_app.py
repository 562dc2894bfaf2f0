"""The limit of the public reads: an ASGI application that does nothing but the same SELECT and send the bytes.

No routing, no checks, no headers beyond the length, no error handling: what is left is uvicorn, asyncpg and Postgres.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import asyncpg

from services.publish.portal import hot, repository
from shared import settings
from shared.database import raw_pool

# The very statements of the product, so that both ask Postgres for the same.
ITEM = hot._ITEM
TAG = hot._ITEM_TAG
PAGE = repository._PRESENT_PAGE
PAGE_SIZE = 51  # the product reads one more, to know whether there is a next page

_pool: asyncpg.Pool[Any]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """`/item/<id>`, `/tag/<id>` (304), `/page/<list id>`."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    _, what, identifier = scope["path"].split("/")
    if what == "item":
        row = await _pool.fetchrow(ITEM, UUID(identifier))
        assert row is not None
        await _bytes(send, row["body"])
    elif what == "tag":
        await _pool.fetchrow(TAG, UUID(identifier))
        await send({"type": "http.response.start", "status": 304, "headers": []})
        await send({"type": "http.response.body", "body": b""})
    else:
        row = await _pool.fetchrow(PAGE, UUID(identifier), PAGE_SIZE)
        assert row is not None
        await _bytes(send, b",".join(row["lines"]))


async def _bytes(send: Any, body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Any, send: Any) -> None:
    global _pool
    await receive()
    configured = settings.load()
    _pool = await raw_pool(configured.service_url("publish"), role="publish", size=configured.pool_size)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await _pool.close()
    await send({"type": "lifespan.shutdown.complete"})

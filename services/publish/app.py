"""The publish service: the public portal; hot reads are plain ASGI beside FastAPI."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from services.publish.lists.routes import router as lists
from services.publish.portal.answers import Reads
from services.publish.portal.hot import HotReads
from services.publish.portal.openapi import describe_hot_reads
from services.publish.validity.routes import router as validity
from shared.database import raw_pool
from shared.http.app import create_app


async def _open_pool(app: FastAPI, stack: AsyncExitStack) -> None:
    configured = app.state.settings
    pool = await raw_pool(configured.service_url("publish"), role="publish", size=configured.pool_size)
    stack.push_async_callback(pool.close)
    app.state.reads = Reads(pool)


app = create_app(
    service="publish",
    title="清单公布服务",
    routers=[lists, validity],
    on_start=_open_pool,
    extend_openapi=describe_hot_reads,
)
app.add_middleware(HotReads)

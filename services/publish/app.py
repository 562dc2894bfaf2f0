"""The publish service: the public portal; hot reads are plain ASGI before FastAPI."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from services.publish.comments.routes import router as comments
from services.publish.events.routes import router as events
from services.publish.feedback.routes import router as feedback
from services.publish.lists.routes import router as lists
from services.publish.platform.peers.routes import router as platforms
from services.publish.portal.hot import Portal
from services.publish.portal.openapi import describe_hot_reads
from services.publish.portal.reads import Reads
from services.publish.seals.routes import router as seals
from services.publish.search.routes import router as search
from services.publish.subscriptions.reading.routes import router as subscription_reading
from services.publish.subscriptions.routes import router as subscriptions
from services.publish.validity.routes import router as validity
from shared.http.app import create_app


async def _open_reads(app: FastAPI, stack: AsyncExitStack) -> None:
    configured = app.state.settings
    assert isinstance(app, Portal)
    app.reads = await Reads.open(configured.service_url("publish"), role="publish", size=configured.pool_size)
    stack.push_async_callback(app.reads.close)


app = create_app(
    service="publish",
    application=Portal,
    title="清单公布服务",
    routers=[
        lists,
        validity,
        search,
        seals,
        subscriptions,
        subscription_reading,
        events,
        platforms,
        feedback,
        comments,
    ],
    on_start=_open_reads,
    extend_openapi=describe_hot_reads,
)

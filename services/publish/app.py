"""The publish service: the public portal; hot reads are plain ASGI before FastAPI."""

from __future__ import annotations

from contextlib import AsyncExitStack

from fastapi import FastAPI

from services.publish.app_keys.routes import router as app_keys
from services.publish.changes.routes import router as changes
from services.publish.channels.copies.routes import router as copies
from services.publish.channels.copies.routes import staff_router as channel_copies
from services.publish.channels.posting.routes import EVIDENCE
from services.publish.channels.posting.routes import router as postings
from services.publish.channels.routes import finding_router as channel_findings
from services.publish.channels.routes import public_router as channels_of_lists
from services.publish.channels.routes import router as channels
from services.publish.comments.routes import router as comments
from services.publish.compatibility.routes import router as compatibility
from services.publish.complaint_phones.routes import router as complaint_phones
from services.publish.documents import confinement
from services.publish.documents.annexes.routes import router as annexes
from services.publish.documents.bundles.routes import router as bundles
from services.publish.documents.guides.routes import router as guides
from services.publish.documents.linked_data.routes import router as linked_data
from services.publish.documents.manuals.routes import router as manuals
from services.publish.documents.printed import Prints
from services.publish.documents.slots.routes import REVIEW_RULES
from services.publish.documents.slots.routes import router as slots
from services.publish.documents.templates.routes import BASE as TEMPLATES
from services.publish.documents.templates.routes import router as document_templates
from services.publish.events.routes import router as events
from services.publish.feedback.routes import router as feedback
from services.publish.lists.routes import router as lists
from services.publish.offline.routes import RECEIVED
from services.publish.offline.routes import receiving_router as received_packages
from services.publish.offline.routes import router as offline
from services.publish.platform.items.routes import router as item_exchange
from services.publish.platform.library.routes import router as item_library
from services.publish.platform.peers.routes import router as platforms
from services.publish.portal.hot import Portal
from services.publish.portal.openapi import describe_hot_reads
from services.publish.portal.reads import Reads
from services.publish.publications.routes import router as publications
from services.publish.seals.routes import router as seals
from services.publish.search.routes import router as search
from services.publish.subscriptions.parking.routes import router as subscription_parking
from services.publish.subscriptions.previewing.routes import router as subscription_previewing
from services.publish.subscriptions.reading.routes import router as subscription_reading
from services.publish.subscriptions.replaying.routes import router as subscription_replaying
from services.publish.subscriptions.routes import router as subscriptions
from services.publish.units.routes import router as units
from services.publish.validity.routes import router as validity
from shared.http.app import create_app


async def _begin(app: FastAPI, stack: AsyncExitStack) -> None:
    await confinement.warn_where_missing(required=app.state.settings.templates_confined)
    await _open_reads(app, stack)


async def _open_reads(app: FastAPI, stack: AsyncExitStack) -> None:
    configured = app.state.settings
    assert isinstance(app, Portal)
    first = configured.service_url("publish")
    app.newest = app.reads = await Reads.open([first], role="publish", size=configured.pool_size)
    stack.push_async_callback(app.newest.close)
    if replica := configured.replica_url("publish"):
        app.reads = await Reads.open([replica, first], role="publish", size=configured.pool_size)
        stack.push_async_callback(app.reads.close)


app = create_app(
    service="publish",
    application=Portal,
    title="清单公布服务",
    routers=[
        lists,
        publications,
        units,
        validity,
        search,
        seals,
        subscriptions,
        subscription_reading,
        subscription_replaying,
        subscription_parking,
        subscription_previewing,
        events,
        platforms,
        item_library,
        item_exchange,
        feedback,
        comments,
        app_keys,
        compatibility,
        complaint_phones,
        changes,
        channels,
        channels_of_lists,
        channel_findings,
        copies,
        channel_copies,
        postings,
        guides,
        manuals,
        slots,
        linked_data,
        annexes,
        bundles,
        document_templates,
        offline,
        received_packages,
    ],
    upload_paths=[RECEIVED, EVIDENCE, REVIEW_RULES, TEMPLATES],
    on_start=_begin,
    extend_openapi=describe_hot_reads,
)
# Files of documents that were printed for somebody, for the next who asks.
app.state.prints = Prints()

"""The HTTP application of the catalog service."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from fastapi import FastAPI

from services.catalog.accounts import routes as accounts
from services.catalog.aggregates import routes as aggregates
from services.catalog.annexes import routes as annexes
from services.catalog.claims import routes as claims
from services.catalog.clients import routes as clients
from services.catalog.clients import token_routes
from services.catalog.codes import routes as codes
from services.catalog.coverage import routes as coverage
from services.catalog.dictionary import routes as dictionary
from services.catalog.disguised import routes as disguised
from services.catalog.documents import routes as documents
from services.catalog.editions import routes as editions
from services.catalog.exchange import routes as exchange
from services.catalog.guides import routes as guides
from services.catalog.items import routes as items
from services.catalog.items.links import routes as links
from services.catalog.kinds import routes as kinds
from services.catalog.linkage import routes as linkage
from services.catalog.lists import routes as lists
from services.catalog.matrix import routes as matrix
from services.catalog.organs import routes as organs
from services.catalog.quality import routes as quality
from services.catalog.quality.burdens import routes as burdens
from services.catalog.quality.levels import routes as validation_levels
from services.catalog.quality.online import routes as online
from services.catalog.quality.reports import routes as quality_reports
from services.catalog.reconciliation import routes as reconciliation
from services.catalog.regions import routes as regions
from services.catalog.responsibility import routes as responsibility
from services.catalog.search import routes as search
from services.catalog.spreadsheets import routes as spreadsheets
from services.catalog.succession import routes as succession
from services.catalog.supervision import routes as supervision
from services.catalog.uniformity import routes as uniformity
from services.catalog.vertical import routes as vertical
from services.catalog.zones import routes as zones
from shared.http.app import create_app
from shared.identity.tokens import TokenIssuer


async def _open_issuer(app: FastAPI, stack: AsyncExitStack) -> None:
    """Only the catalog holds the private key that signs access tokens."""
    configured = app.state.settings
    app.state.issuer = await asyncio.to_thread(TokenIssuer, configured.secrets, minutes=configured.token_minutes)


app = create_app(
    service="catalog",
    title="清单管理：区划、机构、清单与事项",
    routers=[
        accounts.router,
        clients.router,
        token_routes.router,
        token_routes.metadata_router,
        regions.router,
        organs.router,
        succession.router,
        codes.router,
        kinds.router,
        dictionary.router,
        lists.router,
        editions.router,
        items.router,
        guides.router,
        links.router,
        *exchange.routers,
        spreadsheets.router,
        annexes.router,
        aggregates.router,
        *linkage.ROUTERS,
        quality.router,
        *documents.ROUTERS,
        disguised.router,
        claims.router,
        vertical.router,
        zones.router,
        matrix.router,
        search.router,
        reconciliation.router,
        *responsibility.ROUTERS,
        supervision.router,
        validation_levels.router,
        quality_reports.router,
        online.router,
        burdens.router,
        coverage.router,
        uniformity.router,
    ],
    upload_paths=["/catalog/v1/imports", "/catalog/v1/documents/imports"],
    on_start=_open_issuer,
    extend_openapi=token_routes.describe_credentials,
)

"""The application every service is built from: health, metrics, problems, limits, operations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared import database, garbage, problems, settings, simulation, telemetry, watch
from shared.http import documents, health
from shared.http.middleware import Limits, Observed
from shared.http.operations import operations_router
from shared.http.rates import Application, Rates
from shared.identity.tokens import TokenVerifier
from shared.ledger.bell import Bell


def create_app(
    *,
    service: str,
    title: str,
    routers: Sequence[APIRouter] = (),
    upload_paths: Sequence[str] = (),
    on_start: Callable[[FastAPI, AsyncExitStack], Awaitable[None]] | None = None,
    extend_openapi: Callable[[dict[str, Any]], None] | None = None,
    application: type[Application] = Application,
) -> FastAPI:
    """The FastAPI application of a service.

    Parameters
    ----------
    upload_paths
        What paths begin with whose bodies may be as large as `upload_limit`, `{name}` standing for one part of a
        path; all others end at `body_limit`.
    on_start
        Opens what the service needs beside the engine, e.g. a raw pool; pushed on the stack to be closed again.
    extend_openapi
        Adds the routes that are plain ASGI to the OpenAPI document.
    application
        A kind of application that answers some requests itself before any layer sees them.
    """
    app = application(
        title=title,
        version="1",
        openapi_url=f"/{service}/v1/openapi.json",
        docs_url=f"/{service}/v1/docs",
        redoc_url=None,
        lifespan=_lifespan(service, on_start),
        redirect_slashes=False,
    )
    app.state.service = service
    for router in [*routers, operations_router(service)]:
        app.include_router(router)
    app.include_router(health.router)
    _handle_errors(app)
    app.add_middleware(Limits, uploads=tuple(upload_paths))
    app.add_middleware(Observed, service=service)
    _describe(app, extend_openapi)
    return app


def _lifespan(
    service: str, on_start: Callable[[FastAPI, AsyncExitStack], Awaitable[None]] | None
) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        configured = settings.load()
        telemetry.configure(service, configured.log_level)
        simulation.begin(configured)
        watch.over_starter()
        url = configured.service_url(service)
        async with AsyncExitStack() as stack:
            app.state.settings = configured
            app.state.engine = database.create_engine(url, role=service, pool_size=configured.pool_size)
            stack.push_async_callback(app.state.engine.dispose)
            app.state.verifier = TokenVerifier(configured.secrets)
            if configured.requests_per_second:
                assert isinstance(app, Application)
                app.rates = Rates(configured.requests_per_second, configured.request_burst)
                app.account_of = app.state.verifier.account_of
            app.state.bell = Bell(url, role=service)
            await app.state.bell.start()
            stack.push_async_callback(app.state.bell.stop)
            if on_start:
                await on_start(app, stack)
            garbage.calm()
            yield

    return lifespan


def _handle_errors(app: FastAPI) -> None:
    app.add_exception_handler(problems.Problem, documents.on_problem)
    app.add_exception_handler(HTTPException, documents.on_http_error)
    app.add_exception_handler(RequestValidationError, documents.on_invalid_request)
    app.add_exception_handler(Exception, documents.on_unexpected)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _describe(app: FastAPI, extend: Callable[[dict[str, Any]], None] | None) -> None:
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes, openapi_version="3.1.0")
            components = schema.setdefault("components", {}).setdefault("schemas", {})
            document = documents.ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            components |= document.pop("$defs", {}) | {"ProblemDocument": document}
            if extend:
                extend(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

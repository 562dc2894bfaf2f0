"""Liveness and readiness; never consumer lag, which is a metric and an alarm."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

from shared.ledger import readiness

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="healthz", summary="The process is alive", include_in_schema=False)
async def healthz() -> JSONResponse:
    """Alive: answers without touching anything else."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", operation_id="readyz", summary="The service can do its work", include_in_schema=False)
async def readyz(request: Request) -> JSONResponse:
    """Ready: database reachable, schema migrated, commits durable."""
    try:
        async with request.app.state.engine.connect() as connection:
            state = await readiness.check(connection)
    except (SQLAlchemyError, OSError) as error:
        return JSONResponse({"status": "unavailable", "database": type(error).__name__}, status_code=503)
    return JSONResponse(state, status_code=200 if state["status"] == "ready" else 503)

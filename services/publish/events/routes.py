"""HTTP of the AsyncAPI document, beside the OpenAPI document of the service."""

from __future__ import annotations

from functools import cache

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from services.publish.events.document import asyncapi

router = APIRouter()


@cache
def _written() -> bytes:
    return orjson.dumps(asyncapi())


@router.get("/publish/v1/asyncapi.json", operation_id="get_asyncapi", include_in_schema=False)
async def get_asyncapi() -> Response:
    """The document, for whoever writes a receiver."""
    return Response(_written(), media_type="application/json")

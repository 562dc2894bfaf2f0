"""HTTP of documents for peers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request
from starlette.responses import Response, StreamingResponse

from services.catalog.aggregates import service
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["documents of peers"])

MappingCode = Annotated[
    str, Query(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="A mapping profile of nested documents",
               examples=["guangxi_item_library"]),
]  # fmt: skip
_EXAMPLE = {"STATUS": {"CODE": "00", "TEXT": ""}, "data": {"LASTTIMESTAMP": 0, "RETURNITEMSUNNUM": 0, "list": []}}
DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "A platform's answer", "content": {"application/json": {"example": _EXAMPLE}}}
}


@router.get("/items/{item_id}/aggregate", operation_id="get_item_aggregate", response_class=Response,
            responses=DOCUMENT, summary="An entry in the shape of a peer's item library")  # fmt: skip
async def get_item_aggregate(
    tx: Unit, staff: Staff, item_id: Annotated[UUID, Path(description="Entry")],
    profile: MappingCode = "guangxi_item_library",
) -> Response:  # fmt: skip
    """What was imported comes back as it came; what was changed here goes out changed."""
    return Response(await service.of_item(tx, staff, item_id, profile), media_type="application/json")


@router.get("/lists/{list_id}/aggregates", operation_id="get_list_aggregates", response_class=Response,
            responses=DOCUMENT, summary="A list in the shape of a peer's item library")  # fmt: skip
async def get_list_aggregates(
    request: Request, tx: Unit, staff: Staff, list_id: Annotated[UUID, Path(description="List")],
    profile: MappingCode = "guangxi_item_library",
) -> Response:  # fmt: skip
    """All entries as they stand, sent as they are read."""
    pieces = await service.of_list(tx, request.app.state.engine, staff, list_id, profile)
    return StreamingResponse(pieces, media_type="application/json")

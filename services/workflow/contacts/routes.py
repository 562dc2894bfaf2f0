"""HTTP of the contacts of organs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from services.workflow.contacts import service
from services.workflow.contacts.schemas import Contacts, NewContacts
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/organ-contacts", tags=["tasks"])

OrganId = Annotated[UUID, Path(description="Id of the organ")]


@router.get(
    "/{organ_id}", operation_id="get_organ_contacts", summary="Who is in charge in an organ", response_model=Contacts
)
async def get_contacts(tx: Unit, staff: Staff, organ_id: OrganId) -> Response:
    """一个单位的主要负责人、分管负责人和经办人员。"""
    return with_etag(*await service.get(tx, organ_id))


@router.put(
    "/{organ_id}",
    operation_id="set_organ_contacts",
    summary="Say who is in charge in an organ",
    response_model=Contacts,
)
async def put_contacts(
    tx: Unit, staff: Staff, organ_id: OrganId, given: NewContacts, if_match: IfMatch = None
) -> Response:
    """登记或修改本单位的责任人员（首次登记时 If-Match 为 "0"）。"""
    return with_etag(*await service.put(tx, staff, organ_id, given, if_match))

"""HTTP of compilation guides."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path
from starlette.responses import Response

from services.workflow.campaigns import access
from services.workflow.campaigns.guides import repository, service
from services.workflow.campaigns.guides.schemas import Guides, GuideView, NewGuide
from services.workflow.fields import Code
from shared.http.etag import IfMatch, with_etag
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/campaigns", tags=["campaigns"])

CampaignId = Annotated[UUID, Path(description="Id of the campaign", examples=["0197f3a0-0000-7000-8000-000000000021"])]
Kind = Annotated[Code, Path(description="Kind of list", examples=["enforcement"])]


@router.get(
    "/{campaign_id}/guides", operation_id="list_compilation_guides", summary="Compilation guides", response_model=Guides
)
async def list_guides(tx: Unit, staff: Staff, campaign_id: CampaignId) -> Guides:
    """各类清单的编制指南：原则、范围、审核标准、时间节点。"""
    await access.find(tx, staff, campaign_id)
    rows = await repository.of_campaign(tx.connection, campaign_id)
    return Guides(items=[GuideView.model_validate(dict(row)) for row in rows])


@router.put(
    "/{campaign_id}/guides/{kind}", operation_id="set_compilation_guide", summary="Set the compilation guide of a kind",
    response_model=GuideView,
)  # fmt: skip
async def put_guide(
    tx: Unit, staff: Staff, campaign_id: CampaignId, kind: Kind, given: NewGuide, if_match: IfMatch = None
) -> Response:
    """制定或修改编制指南（新增时 If-Match 为 "0"）；报送、公布节点即为相应事项的完成时限。"""
    saved = await service.put(tx, staff, campaign_id, kind, given, if_match)
    return with_etag(GuideView.model_validate(dict(saved)), saved.version)

"""HTTP of the proposals about duties."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Path, Response

from services.catalog.records import after_id
from services.catalog.responsibility.proposals import repository, service
from services.catalog.responsibility.proposals.schemas import Answer, DutyProposal, NewDutyProposal
from shared import problems
from shared.http.etag import created
from shared.http.pages import Cursor, Limit, Page, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1", tags=["responsibility"])

ListId = Annotated[UUID, Path(description="List")]
ProposalId = Annotated[UUID, Path(description="Proposal")]


@router.get("/lists/{list_id}/duty-proposals", operation_id="list_duty_proposals", summary="Proposals about duties")
async def list_duty_proposals(
    tx: Unit, staff: Staff, list_id: ListId, limit: Limit = 50, cursor: Cursor = None,
    state: Literal["open", "adopted", "rejected"] | None = None, organ_id: UUID | None = None,
) -> Page[DutyProposal]:  # fmt: skip
    """What organs proposed for the duties of a list, oldest first."""
    filters = {"list_id": list_id, "state": state, "organ_id": organ_id}
    rows = await repository.page(tx.connection, filters, after=after_id(cursor), limit=limit + 1)
    return page_of([DutyProposal(**row) for row in rows], limit, lambda one: [one.id])


@router.post(
    "/lists/{list_id}/duty-proposals",
    operation_id="create_duty_proposal",
    summary="Propose that a duty be strengthened or added",
    status_code=201,
    response_model=DutyProposal,
)
async def create_duty_proposal(tx: Unit, staff: Staff, list_id: ListId, body: NewDutyProposal) -> Response:
    """By the organ's compilers; the lead organ of the list answers."""
    row = await service.propose(tx, staff, list_id, body)
    return created(f"/catalog/v1/duty-proposals/{row['id']}", DutyProposal(**row))


@router.get("/duty-proposals/{proposal_id}", operation_id="get_duty_proposal", summary="One proposal about a duty")
async def get_duty_proposal(tx: Unit, staff: Staff, proposal_id: ProposalId) -> DutyProposal:
    """One proposal."""
    row = await repository.find(tx.connection, proposal_id)
    if row is None:
        raise problems.NotFound("没有这条调整意见，请核对编号。", code="proposal_not_found")
    return DutyProposal(**row)


@router.post("/duty-proposals/{proposal_id}/adopt", operation_id="adopt_duty_proposal", summary="Adopt a proposal")
async def adopt_duty_proposal(tx: Unit, staff: Staff, proposal_id: ProposalId, body: Answer) -> DutyProposal:
    """By the lead organ of the list; the change itself is an adjustment."""
    return DutyProposal(**await service.answer(tx, staff, proposal_id, state="adopted", reason=body.reason))


@router.post("/duty-proposals/{proposal_id}/reject", operation_id="reject_duty_proposal", summary="Reject a proposal")
async def reject_duty_proposal(tx: Unit, staff: Staff, proposal_id: ProposalId, body: Answer) -> DutyProposal:
    """By the lead organ of the list, with the reason."""
    return DutyProposal(**await service.answer(tx, staff, proposal_id, state="rejected", reason=body.reason))

"""HTTP of suspected disguised permits; every answer says 疑似."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Response

from services.catalog import fields
from services.catalog.disguised import repository, service
from services.catalog.disguised.schemas import (
    DraftText,
    Judgement,
    Lost,
    NewComplaint,
    NewScan,
    NewVerdict,
    Pattern,
    Regression,
    Scored,
    Signal,
    State,
    Suspect,
    SuspectRow,
    Verdict,
)
from services.catalog.fields import RegionText
from services.catalog.records import Record
from shared import problems
from shared.http.etag import with_etag
from shared.http.operations import Started, accepted
from shared.http.pages import Cursor, Limit, Page, decode_cursor, page_of
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/catalog/v1/disguised-permits", tags=["disguised permits"])

SuspectId = Annotated[UUID, Path(description="Suspect")]


@router.get("", operation_id="list_disguised_permits", summary="Suspected disguised permits (疑似)")
async def list_disguised_permits(
    tx: Unit, staff: Staff, limit: Limit = 50, cursor: Cursor = None, state: State | None = None,
    verdict: Verdict | None = None, pattern: Pattern | None = None, item_id: UUID | None = None,
    within: Annotated[RegionText | None, Query(description="In this region and all below it")] = None,
    least_score: Annotated[int, Query(ge=0, le=100)] = 0,
) -> Page[SuspectRow]:  # fmt: skip
    """The highest score first; of regions in which the reader has a role."""
    rows = await repository.page(
        tx.connection, {"state": state, "verdict": verdict, "pattern": pattern, "item_id": item_id},
        within=fields.region(within, "query/within") if within else None,
        seen=service.places(staff), least=least_score, after=_after(cursor), limit=limit + 1,
    )  # fmt: skip
    return page_of([SuspectRow.model_validate(row) for row in rows], limit, lambda one: [one.score, one.id])


@router.post("/scans", operation_id="scan_for_disguised_permits", summary="Look for disguised permits in a region",
             status_code=202, response_model=Started)  # fmt: skip
async def scan_for_disguised_permits(tx: Unit, staff: Staff, body: NewScan) -> Response:
    """Entries that are no permits, their guide elements, and the texts of registered documents."""
    return accepted("catalog", await service.start_scan(tx, staff, body.region_code))


@router.post("/readings", operation_id="score_document_text", summary="Score a text before it is issued (疑似)")
async def score_document_text(tx: Unit, staff: Staff, body: DraftText) -> Scored:
    """For the legality review: which sentences look as if they set a permit. Nothing is stored."""
    said = service.score(body)
    signals = [Signal.model_validate(one) for one in said.signals]
    return Scored(suspected=said.suspected, score=said.score, signals=signals)


@router.get("/regression", operation_id="replay_verdicts", summary="Replay all verdicts")
async def replay_verdicts(tx: Unit, staff: Staff) -> Regression:
    """Whether the scorer still finds what people called disguised, and how often it asks in vain."""
    result, truncated = await service.regression(tx.connection, staff)
    return Regression(cases=dict(result.cases), suspected=dict(result.suspected), precision=result.precision,
                      lost=[Lost.model_validate(one) for one in result.lost], truncated=truncated)  # fmt: skip


@router.get("/{suspect_id}", operation_id="get_disguised_permit", summary="One suspect (疑似)", response_model=Suspect)
async def get_disguised_permit(tx: Unit, staff: Staff, suspect_id: SuspectId) -> Response:
    """Which signals hit, where, and what people have said."""
    return await _shown(tx, service.seen(staff, await service.get(tx.connection, suspect_id)))


@router.post("/{suspect_id}/verdict", operation_id="judge_disguised_permit", summary="Say what a suspect is",
             response_model=Suspect)  # fmt: skip
async def judge_disguised_permit(tx: Unit, staff: Staff, suspect_id: SuspectId, body: NewVerdict) -> Response:
    """A person's word with the reason; it is kept and replayed with every change of the detector."""
    return await _shown(tx, await service.judge(tx, staff, suspect_id, body))


@router.post("/{suspect_id}/complaints", operation_id="link_complaint", summary="Link a complaint to a suspect",
             response_model=Suspect)  # fmt: skip
async def link_complaint(tx: Unit, staff: Staff, suspect_id: SuspectId, body: NewComplaint) -> Response:
    """By its number."""
    return await _shown(tx, await service.note_complaint(tx, staff, suspect_id, body))


async def _shown(tx: Unit, row: Record) -> Response:
    told = [Judgement.model_validate(one) for one in await repository.verdicts(tx.connection, row["id"])]
    return with_etag(Suspect.model_validate({**row, "verdicts": told}), row["version"])


def _after(cursor: str | None) -> tuple[int, UUID] | None:
    if cursor is None:
        return None
    score, suspect_id = decode_cursor(cursor, 2)
    try:
        if isinstance(score, bool) or not isinstance(score, int) or abs(score) >= 2**31:
            raise ValueError(score)
        return score, UUID(str(suspect_id))
    except ValueError:
        raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor") from None

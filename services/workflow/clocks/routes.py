"""HTTP of clocks."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from starlette.responses import Response

from services.workflow.clocks import service
from services.workflow.clocks.schemas import ClockView, NewExtension, NewPause, Resumption
from services.workflow.clocks.state import Clock, State
from services.workflow.fields import RegionCode
from shared.http.etag import IfMatch, with_etag
from shared.http.instants import Instant
from shared.http.pages import Cursor, Limit, Page
from shared.http.routing import Staff, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/clocks", tags=["clocks"])

ClockId = Annotated[UUID, Path(description="Id of the clock: that of its task")]


@router.get("", operation_id="list_clocks", summary="Clocks, the first due first", response_model=Page[ClockView])
async def list_clocks(
    tx: Unit,
    staff: Staff,
    region_code: Annotated[RegionCode | None, Query(description="This region and below")] = None,
    state: Annotated[State | None, Query(description="Only this state")] = None,
    adjustment_id: Annotated[UUID | None, Query(description="Only of this adjustment")] = None,
    due_before: Annotated[Instant | None, Query(description="Only due before this instant")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ClockView]:
    """各环节和事项的计时情况，按到期先后排列；可只看超期的。"""
    found, following = await service.page(
        tx,
        staff,
        region_code=region_code,
        state=state,
        adjustment_id=adjustment_id,
        due_before=due_before,
        cursor=cursor,
        limit=limit,
    )
    return Page(items=await service.shown(tx, found), next=following)


@router.get("/{clock_id}", operation_id="get_clock", summary="One clock", response_model=ClockView)
async def get_clock(tx: Unit, staff: Staff, clock_id: ClockId) -> Response:
    """一项计时：到期日、暂停、延期和已发出的预警。"""
    clock = await service.find(tx, staff, clock_id)
    return await _answer(tx, clock)


@router.post("/{clock_id}/pause", operation_id="pause_clock", summary="Pause a clock", response_model=ClockView)
async def pause_clock(tx: Unit, staff: Staff, clock_id: ClockId, given: NewPause, if_match: IfMatch = None) -> Response:
    """暂停计时（听证、鉴定、专家评审等依法不计入期限的时间），须写明理由和依据。"""
    clock = await service.pause(tx, staff, clock_id, reason=given.reason, basis=given.basis, if_match=if_match)
    return await _answer(tx, clock)


@router.post("/{clock_id}/resume", operation_id="resume_clock", summary="Resume a clock", response_model=ClockView)
async def resume_clock(
    tx: Unit, staff: Staff, clock_id: ClockId, given: Resumption, if_match: IfMatch = None
) -> Response:
    """恢复计时：从当日起续算暂停时剩余的期限。"""
    clock = await service.resume(tx, staff, clock_id, reason=given.reason, if_match=if_match)
    return await _answer(tx, clock)


@router.post("/{clock_id}/extend", operation_id="extend_clock", summary="Extend a clock", response_model=ClockView)
async def extend_clock(
    tx: Unit, staff: Staff, clock_id: ClockId, given: NewExtension, if_match: IfMatch = None
) -> Response:
    """延长期限，须写明理由，累计不超过规定上限。"""
    clock = await service.extend(
        tx, staff, clock_id, amount=given.amount, reason=given.reason, basis=given.basis, if_match=if_match
    )
    return await _answer(tx, clock)


async def _answer(tx: Unit, clock: Clock) -> Response:
    return with_etag((await service.shown(tx, [clock]))[0], clock.version)

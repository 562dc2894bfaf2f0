"""HTTP of handling records: service platforms tell of them, those who supervise read them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from services.workflow.fields import RegionCode
from services.workflow.handling import service
from services.workflow.handling.schemas import BatchTaken, HandlingBatch, HandlingRecord, RunningRecord, Standing, State
from shared.http.pages import Cursor, Limit, Page, id_of, page_of
from shared.http.routing import Caller, Unit, transactional_router

router = transactional_router(prefix="/workflow/v1/handling-records", tags=["handling records"])

RecordId = Annotated[UUID, Path(description="Id of the record", examples=["0197f3a0-0000-7000-8000-000000000031"])]


@router.post("", operation_id="take_handling_records", summary="Tell of handling records, up to 500 at a time")
async def take(tx: Unit, caller: Caller, given: HandlingBatch) -> BatchTaken:
    """政务服务平台批量报送办件：按受理当日有效的清单逐件核对编码、材料、收费和时限；有误的行逐行说明，不影响其他行。"""
    return await service.take(tx, caller, given.records)


@router.get("", operation_id="list_handling_records", summary="Handling records, the newest first")
async def records(
    tx: Unit, caller: Caller,
    region: Annotated[RegionCode | None, Query(description="This region and all below it; people name one")] = None,
    organ: Annotated[UUID | None, Query(description="Only of this organ")] = None,
    item: Annotated[UUID | None, Query(description="Only of this entry")] = None,
    state: State | None = None,
    standing: Annotated[Standing | None, Query(description="What the code was at acceptance")] = None,
    warned: Annotated[str | None, Query(pattern=r"^[a-z_0-9]{1,40}$", description="The grade told last",
                                        examples=["share_80"])] = None,
    cursor: Cursor = None, limit: Limit = 50,
) -> Page[HandlingRecord]:  # fmt: skip
    """办件及其时限预警；接入系统只见本系统报送的办件。"""
    filters = {"region": region, "organ": organ, "item": item, "state": state, "standing": standing, "warned": warned}
    rows = await service.page(tx, caller, filters, after=id_of(cursor), limit=limit + 1)
    found = page_of(rows, limit, lambda row: [row["id"]])
    return Page(items=[HandlingRecord.model_validate(row) for row in found.items], next=found.next)


@router.get("/{record_id}", operation_id="get_handling_record", summary="One handling record")
async def record(tx: Unit, caller: Caller, record_id: RecordId) -> RunningRecord:
    """一件办件：受理时清单的情况、时限和已发出的预警；办理期间事项有变化的，附过渡规定。"""
    return RunningRecord.model_validate(await service.find(tx, caller, record_id))

"""Operations over HTTP: look how far long work is, and stop it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from sqlalchemy import Row
from starlette.responses import Response

from shared import problems
from shared.codes.region_code import NATION
from shared.http.etag import created
from shared.http.routing import Staff, Unit, transactional_router
from shared.identity.principal import Principal
from shared.ledger import operations

_LOOK = ("administrator", "auditor")
OperationId = Annotated[UUID, Path(description="Id of the operation")]


class Operation(BaseModel):
    """Work longer than a second."""

    id: UUID
    kind: str = Field(examples=["import"])
    state: str = Field(description="queued, running, succeeded, failed or cancelled", examples=["running"])
    done: int = Field(examples=[4000])
    total: int | None = Field(examples=[10000])
    rate: float | None = Field(description="Units a second since the start", examples=[5200.5])
    result: dict[str, Any] | None
    error: str | None = Field(description="Why it failed; of queued or running work, why the last attempt did")
    not_before: datetime | None = Field(description="After a passing error: when the next attempt may begin")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Row[Any]) -> Operation:
        """From a row of `operation`."""
        until = row.finished_at or row.heartbeat_at
        seconds = (until - row.started_at).total_seconds() if row.started_at and until else 0
        rate = round(row.done / seconds, 1) if seconds > 0 else None
        return cls.model_validate({**row._mapping, "rate": rate})


def accepted(service: str, operation_id: UUID) -> Response:
    """202 with the place where the operation can be watched."""
    location = f"/{service}/v1/operations/{operation_id}"
    return created(location, Started(operation_id=operation_id, location=location), status=202)


class Started(BaseModel):
    """An operation was accepted."""

    operation_id: UUID = Field(examples=["0197f3a0-0000-7000-8000-000000000006"])
    location: str = Field(
        description="Where it can be watched",
        examples=["/catalog/v1/operations/0197f3a0-0000-7000-8000-000000000006"],
    )


def operations_router(service: str) -> APIRouter:
    """Routes under /<service>/v1/operations."""
    router = transactional_router(prefix=f"/{service}/v1/operations", tags=["operations"])

    @router.get("/{operation_id}", operation_id=f"get_{service}_operation", summary="Progress and result of long work")
    async def get_operation(operation_id: OperationId, tx: Unit, who: Staff) -> Operation:
        row = await operations.find(tx.connection, operation_id, service)
        _may_see(row, who)
        return Operation.of(row)

    @router.post(
        "/{operation_id}/cancel",
        operation_id=f"cancel_{service}_operation",
        summary="Stop long work at the next chunk; what was done stays",
    )
    async def cancel_operation(operation_id: OperationId, tx: Unit, who: Staff) -> Operation:
        row = await operations.find(tx.connection, operation_id, service)
        _may_cancel(row, who)
        await operations.cancel(tx, operation_id)
        return Operation.of(await operations.find(tx.connection, operation_id, service))

    return router


def _may_see(row: Row[Any], who: Principal) -> None:
    # An operation may touch any region, so nobody's grant over one region shows somebody else's.
    if row.created_by != who.actor and not any(who.holds(role, region=[NATION]) for role in _LOOK):
        raise problems.Forbidden("只有发起人、全国的系统管理员或审计员可以查看此操作。")


def _may_cancel(row: Row[Any], who: Principal) -> None:
    if row.created_by != who.actor and not who.holds("administrator", region=[NATION]):
        raise problems.Forbidden("只有发起人或全国的系统管理员可以停止此操作。")

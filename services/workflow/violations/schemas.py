"""Models of the violations API."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Line
from services.workflow.handling.rules import KIND_TITLES
from services.workflow.handling.schemas import Responsible

ViolationKind = Literal[
    "unlisted", "not_yet", "cancelled", "suspended", "replaced", "extra_material", "extra_fee", "excess_fee",
    "limit_exceeded", "statutory_limit_exceeded",
]  # fmt: skip
ViolationState = Literal["open", "dismissed", "remedied"]
Severity = Literal["ordinary", "serious"]


class Violation(BaseModel):
    """What a handling record shows against the list in force when it was accepted."""

    id: UUID
    record_id: UUID
    number: str = Field(description="The platform's number of the record", examples=["QX20260305000123"])
    kind: ViolationKind
    kind_title: str = Field(examples=["取消后仍实施"])
    severity: Severity
    region_code: str
    organ_id: UUID
    organ_name: str | None
    item_id: UUID | None
    item_version: int | None = Field(description="The version in force at acceptance")
    code: str
    name: str = Field(description="As the platform names the matter")
    accepted_at: datetime
    proof: dict[str, Any] = Field(examples=[{"extra": ["学历证明"], "listed": 3}])
    responsible: Responsible | None = Field(description="Leader in charge and handler; only for those who supervise")
    state: ViolationState
    found_at: datetime
    revision: int = Field(description="Of the record, that showed it last", examples=[1])
    corrected_at: datetime | None = Field(
        description="Since when the record does not show it any more, as told or counted later; a person judges that"
    )
    closed_at: datetime | None
    closed_by: str | None
    reason: str | None
    version: int


class Dismissal(BaseModel):
    """Why something is no violation after all."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "平台误报编码，已更正"}})

    reason: Line


def view(row: dict[str, Any]) -> Violation:
    """A violation as the API tells it."""
    return Violation.model_validate(row | {"kind_title": KIND_TITLES[row["kind"]]})

"""API models of bindings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Code, Line, RegionCode

Kind = Literal["modify", "resume", "suspend", "add", "take_over", "merge", "split", "transfer", "devolve", "cancel"]
Role = Literal[
    "reviewer",
    "joint_reviewer",
    "legality_reviewer",
    "assessor",
    "decider",
    "list_authority",
    "filing_recipient",
    "report_recipient",
]

_PROCEDURE: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000011",
    "region_code": "130922000000",
    "kind": "add",
    "kind_title": "新增",
    "list_kind": None,
    "template_code": "full",
    "valid_from": "2026-03-02",
    "valid_to": None,
    "locked": False,
    "source": "县政府办公室文件",
    "created_by": "account:0197f3a0-0000-7000-8000-000000000012",
    "created_at": "2026-03-02T09:00:00+08:00",
}
_ROLE: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000013",
    "region_code": "130922000000",
    "role": "legality_reviewer",
    "role_title": "合法性审查机构",
    "organ_id": "0197f3a0-0000-7000-8000-000000000002",
    "organ_name": "县司法局",
    "valid_from": "2026-03-02",
    "valid_to": None,
    "source": "机构改革方案",
    "created_by": "account:0197f3a0-0000-7000-8000-000000000012",
    "created_at": "2026-03-02T09:00:00+08:00",
}


class _Period(BaseModel):
    valid_from: date | None = Field(default=None, description="First day; today when empty, never earlier")
    valid_to: date | None = Field(default=None, description="Last day; empty: until something else is bound")


class NewProcedureBindings(_Period):
    """Which procedure kinds of adjustment pass in a region and below."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "region_code": "130922000000",
                "kinds": ["add", "cancel"],
                "template_code": "full",
                "source": "县政府办公室文件",
            }
        },
    )

    region_code: RegionCode
    kinds: list[Kind] = Field(min_length=1, max_length=20)
    list_kind: Code | None = Field(default=None, description="Only adjustments of lists of this kind")
    template_code: Code = Field(description="The procedure; its version is the newest at submission")
    locked: bool = Field(default=False, description="Regions below cannot bind these kinds otherwise")
    source: Line = Field(description="The document that says so")


class ProcedureBindingView(BaseModel):
    """A kind of adjustment bound to a procedure."""

    model_config = ConfigDict(json_schema_extra={"example": _PROCEDURE})

    id: UUID
    region_code: str | None = Field(description="Empty: the product's own, for the whole country")
    kind: Kind
    kind_title: str
    list_kind: str | None = Field(description="Empty: lists of every kind")
    template_code: str
    valid_from: date
    valid_to: date | None
    locked: bool
    source: str
    created_by: str
    created_at: datetime


class BoundProcedures(BaseModel):
    """Bindings just made, one for each kind."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [_PROCEDURE]}})

    items: list[ProcedureBindingView]


class ProcedureInForce(BaseModel):
    """The procedure a kind passes in a region on a day."""

    kind: Kind
    kind_title: str
    template_code: str
    template_version: int = Field(description="The newest; an adjustment keeps the one it was submitted under")
    template_title: str
    binding: ProcedureBindingView


class ProceduresInForce(BaseModel):
    """The procedure of every kind in a region on a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "region_code": "130922000000",
                "on": "2026-03-02",
                "items": [
                    {
                        "kind": "add",
                        "kind_title": "新增",
                        "template_code": "full",
                        "template_version": 1,
                        "template_title": "完整程序",
                        "binding": _PROCEDURE,
                    }
                ],
            }
        }
    )

    region_code: str
    on: date
    items: list[ProcedureInForce]


class NewRoleBinding(_Period):
    """Which organ does the work of a role in a region."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "region_code": "130922000000",
                "role": "legality_reviewer",
                "organ_id": "0197f3a0-0000-7000-8000-000000000002",
                "source": "机构改革方案",
            }
        },
    )

    region_code: RegionCode
    role: Role = Field(description="Several organs may be joint_reviewer, filing_recipient or report_recipient at once")
    organ_id: UUID = Field(description="An organ of the region or of one above it")
    source: Line = Field(description="The document that says so")


class RoleBindingView(BaseModel):
    """An organ bound to a role."""

    model_config = ConfigDict(json_schema_extra={"example": _ROLE})

    id: UUID
    region_code: str
    role: Role
    role_title: str
    organ_id: UUID
    organ_name: str | None
    valid_from: date
    valid_to: date | None
    source: str
    created_by: str
    created_at: datetime


class LastDay(BaseModel):
    """The last day a binding holds."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"last_day": "2026-12-31"}})

    last_day: date = Field(description="Today or later; yesterday ends it at once")

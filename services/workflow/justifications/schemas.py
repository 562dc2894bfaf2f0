"""API models of justifications."""

from __future__ import annotations

import datetime as dates
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.workflow.fields import Evidence, Line, Paragraph, Storable

# As long as the name of a material may be in an entry.
Material = Annotated[str, StringConstraints(min_length=1, max_length=1_000), Storable]

_CONSULTED: dict[str, Any] = {"who": "青县环保协会", "date": "2026-02-20", "agreed": True, "opinion": "确有必要"}
_JUSTIFICATION: dict[str, Any] = {
    "item_id": "0197f3a0-0000-7000-8000-000000000001",
    "material": "环境影响报告表",
    "justification": "《中华人民共和国环境影响评价法》第二十二条要求报批时提交，无其他材料可以替代",
    "consulted": [_CONSULTED],
}


class Consulted(BaseModel):
    """Somebody who was heard."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _CONSULTED})

    who: Line = Field(description="Organ, association, enterprise or expert")
    date: dates.date
    agreed: bool
    opinion: Paragraph | None = None


class Justification(BaseModel):
    """Why an entry needs one more material, and who was heard (ZL-33)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _JUSTIFICATION})

    item_id: UUID
    material: Material = Field(description="Its name, as the change proposes it")
    justification: Paragraph
    consulted: list[Consulted] = Field(min_length=1, max_length=50)
    evidence: Evidence | None = Field(default=None, description="Minutes or record of the consultation")


class NewJustifications(BaseModel):
    """Justifications; one for the same material takes the place of the earlier one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"justifications": [_JUSTIFICATION]}})

    justifications: list[Justification] = Field(min_length=1, max_length=200)


class StoredJustification(BaseModel):
    """A justification on record."""

    id: UUID
    item_id: UUID
    material: str
    justification: str
    consulted: list[dict[str, Any]]
    evidence: dict[str, Any] | None
    recorded_by: str
    recorded_at: datetime


class Justifications(BaseModel):
    """All justifications of an adjustment."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": []}})

    items: list[StoredJustification]

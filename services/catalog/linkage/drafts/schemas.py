"""Models of the drafts API."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.catalog.fields import Strict, Words

MOST_AT_ONCE = 5_000


class Draft(BaseModel):
    """What a rule implies for a list, waiting for its people."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    rule: str = Field(examples=["K10"])
    rule_set: int = Field(examples=[1])
    list_id: UUID
    list_kind: str = Field(examples=["internet_supervision"])
    region_code: str = Field(examples=["440100000000"])
    item_id: UUID | None = Field(description="The entry that would change; empty while one would be added")
    source_item_id: UUID = Field(description="The entry it follows from")
    source_version: int
    elements: dict[str, Any] = Field(description="Proposed values", examples=[{"state": "cancelled"}])
    reason: str = Field(examples=["来源事项已变更：“互联网+监管”事项清单对应行政许可"])
    state: str = Field(description="open, accepted, objected or superseded", examples=["open"])
    adjustment_id: UUID | None
    opinion: str | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None


class Acceptance(Strict):
    """Which drafts to accept: by id, or the oldest of a list."""

    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_AT_ONCE)
    list_id: UUID | None = Field(default=None, description="Accept the oldest open drafts of this list")
    limit: int = Field(default=1_000, ge=1, le=MOST_AT_ONCE, description="With list_id: most drafts to accept")
    reason: Words = Field(examples=["经核对与行政许可事项清单一致，予以纳入"])
    atomic: bool = Field(default=False, description="All or none: one that cannot be accepted rejects the others")

    @model_validator(mode="after")
    def _one_way(self) -> Acceptance:
        if (self.ids is None) == (self.list_id is None):
            raise ValueError("请给出 ids 或 list_id 之一")
        return self


class DraftResult(BaseModel):
    """What became of one draft."""

    draft_id: UUID
    outcome: Literal["accepted", "superseded", "objected", "refused"]
    item_id: UUID | None = Field(default=None, description="The entry it has become")
    code: str | None = Field(default=None, description="Why it was refused", examples=["draft_closed"])
    message: str | None = None


class AcceptanceResult(BaseModel):
    """What came of an acceptance. When no draft at all can be accepted, the answer is the refusal of the first."""

    accepted: int = Field(examples=[510])
    superseded: int = Field(description="Not needed any more: the entry is there by now", examples=[0])
    remaining: int = Field(description="Open drafts left in the list (with list_id)", examples=[0])
    item_ids: list[UUID] = Field(description="Entries that were added or changed")
    results: list[DraftResult] = Field(description="Draft by draft, what stays open or was closed by others included")


class Objections(Strict):
    """Why drafts are refused."""

    ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    opinion: Words = Field(examples=["该许可由省级统一监管，本级不设监管事项"])
    atomic: bool = Field(default=False, description="All or none: one that cannot be refused holds up the others")


class ObjectionResult(BaseModel):
    """What came of objections."""

    objected: int = Field(examples=[12])
    results: list[DraftResult]


class Objection(Strict):
    """Why a draft is refused."""

    opinion: Words = Field(examples=["该许可由省级统一监管，本级不设监管事项"])

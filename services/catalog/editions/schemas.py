"""Models of editions and of the differences of lists."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.items.schemas import ElementDifference


class Edition(BaseModel):
    """A list as it stood at an instant, under a name."""

    list_id: UUID
    name: str = Field(examples=["2017版"])
    in_force_at: datetime
    named_by: str = Field(examples=["account:0197f3a0-0000-7000-8000-000000000001"])
    reason: str | None
    named_at: datetime


class EntryDifference(BaseModel):
    """An entry that two states of a list show differently."""

    item_id: UUID
    name: str = Field(examples=["食品经营许可"])
    change: str = Field(description="added, removed or changed", examples=["changed"])
    from_version: int | None = Field(examples=[1])
    to_version: int | None = Field(examples=[3])
    differences: list[ElementDifference] = Field(description="Of a changed entry, element by element")


class ListDifference(BaseModel):
    """How two states of a list differ, a page of entries at a time; the later state is `to`."""

    list_id: UUID
    from_at: datetime
    to_at: datetime
    items: list[EntryDifference]
    next: str | None = Field(default=None, description="Cursor of the next page")

"""Models of concerns."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Condition = Literal[
    "repealed", "void", "suspended", "expired", "not_yet", "amended", "article_amended", "article_repealed"
]  # fmt: skip


class Concern(BaseModel):
    """A document that entries in use rest on, and what became of it: one line to look at."""

    document_id: UUID
    title: str = Field(examples=["中华人民共和国食品安全法"])
    number: str | None
    condition: Condition = Field(examples=["repealed"])
    condition_title: str = Field(examples=["已废止"])
    day: str | None = Field(description="Since when", examples=["2026-01-01"])
    entries: int = Field(description="Entries with an open finding", examples=[400])
    lists: int = Field(examples=[3])
    organs: int = Field(examples=[5])
    overdue: int = Field(description="Findings after their day", examples=[0])
    due_at: datetime | None = Field(description="The first of their days")
    href: str = Field(description="The entries behind it")


class ConcernedEntry(BaseModel):
    """An open finding on an entry that rests on the document."""

    model_config = ConfigDict(from_attributes=True)

    finding_id: UUID
    item_id: UUID
    name: str = Field(examples=["食品经营许可"])
    list_id: UUID
    list_title: str
    region_code: str = Field(examples=["130922000000"])
    region_name: str
    organ_id: UUID | None
    organ_name: str | None
    element: str = Field(examples=["basis"])
    articles: list[str] = Field(description="Comparable form", examples=[["35"]])
    severity: str = Field(examples=["error"])
    message: str
    due_at: datetime | None

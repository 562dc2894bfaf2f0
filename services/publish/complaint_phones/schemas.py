"""Models of the directory."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field


class ComplaintPhones(BaseModel):
    """Where to complain about an organ."""

    organ_id: UUID
    name: str = Field(examples=["青县市场监督管理局"])
    credit_code: str | None = Field(examples=["11130922MB0000000X"])
    region_code: str = Field(examples=["130922000000"])
    phones: list[str] = Field(description="As its published entries name them", examples=[["0317-4021234", "12345"]])
    entries: int = Field(description="Its published entries", examples=[42])
    without: int = Field(description="Of these, entries that name no number", examples=[0])

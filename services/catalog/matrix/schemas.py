"""Models of the responsibility matrix."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.fields import Grounds, Note


class NewResponsibility(Grounds):
    """Who leads a list in a region, and who assists."""

    lead_organ_id: UUID = Field(description="牵头单位")
    assisting_organ_ids: list[UUID] = Field(default_factory=list, max_length=100, description="配合单位")
    note: Note = Field(default="", max_length=500)


class Responsibility(BaseModel):
    """A row of the responsibility matrix."""

    model_config = ConfigDict(from_attributes=True)

    region_code: str = Field(examples=["130922000000"])
    region_name: str = Field(examples=["青县"])
    list_kind: str = Field(examples=["power"])
    list_title: str = Field(examples=["行政权力清单"])
    lead_organ_id: UUID
    lead_name: str = Field(examples=["中共青县县委机构编制委员会办公室"])
    assisting_organ_ids: list[UUID]
    assisting: list[str] = Field(examples=[["青县司法局"]])
    note: str
    list_id: UUID | None = Field(description="The list, when the region keeps it")
    version: int = Field(examples=[1])
    set_by: str
    set_at: datetime


class MatrixError(BaseModel):
    """One thing wrong with one row of a file."""

    pointer: str = Field(examples=["/rows/3/牵头单位"])
    code: str = Field(examples=["organ_unknown"])
    message: str


class MatrixResult(BaseModel):
    """What became of the rows of a file: the good ones are stored although others were refused."""

    created: int = Field(examples=[12])
    changed: int = Field(examples=[1])
    unchanged: int = Field(examples=[0])
    rejected: int = Field(examples=[0])
    lists_led: int = Field(description="Lists that pass to another lead organ", examples=[1])
    errors: list[MatrixError]

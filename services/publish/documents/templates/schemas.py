"""Models of templates."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.publish.documents.schemas import ID

DocumentKind = Literal["guide", "manual", "review_rules"]


class DocumentTemplate(BaseModel):
    """A template of an administration; its content is what was uploaded."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(examples=[ID])
    region_code: str = Field(examples=["440000000000"])
    document: DocumentKind = Field(examples=["guide"])
    engine: Literal["docx", "typst"] = Field(description="docx makes DOCX, typst makes PDF", examples=["docx"])
    number: int = Field(description="Counts within region, document and engine", examples=[2])
    name: str = Field(examples=["办事指南模板.docx"])
    open_below: bool = Field(description="Regions below may use templates of their own", examples=[False])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    size: int = Field(description="Bytes", examples=[28211])
    state: Literal["draft", "active", "retired"] = Field(examples=["active"])
    uploaded_by: str = Field(examples=[f"account:{ID}"])
    uploaded_at: datetime
    activated_by: str | None = Field(examples=[f"account:{ID}"])
    activated_at: datetime | None
    version: int = Field(description="ETag of its state", examples=[2])

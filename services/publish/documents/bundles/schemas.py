"""Models of bundles."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.publish.documents.bundles.rules import What
from services.publish.documents.schemas import ID


class NewBundle(BaseModel):
    """What is to be made: one of list, region and organ."""

    what: What = Field(description="Documents of entries, or the annex of a list", examples=["guide"])
    format: Literal["pdf", "docx", "html", "json", "xlsx", "csv"] = Field(
        description="xlsx and csv: annexes alone", examples=["pdf"]
    )
    list_id: UUID | None = Field(default=None, description="Entries of this list", examples=[ID])
    region: str | None = Field(
        default=None, min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$",
        description="Entries of this region's lists", examples=[None],
    )  # fmt: skip
    organ: UUID | None = Field(default=None, description="Entries of this implementing body", examples=[None])
    revision: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Annexes: a revision", examples=[None])
    edition: str | None = Field(
        default=None, max_length=500, pattern=r"^[^\x00]*$", description="Annexes: a named edition", examples=[None]
    )

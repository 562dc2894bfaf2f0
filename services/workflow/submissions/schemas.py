"""API models of submissions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class Receipt(BaseModel):
    """The receipt of a submission (报送回执)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": 1,
                "receipt_number": "TZ-2026-000017-01",
                "organ_id": "0197f3a0-0000-7000-8000-000000000002",
                "content_hash": "5f" * 32,
                "submitted_by": "account:0197f3a0-0000-7000-8000-000000000012",
                "submitted_at": "2026-03-02T09:05:00+08:00",
                "paper_copy": True,
                "paper_received_at": None,
                "paper_received_by": None,
            }
        }
    )

    number: int = Field(description="Which submission of the adjustment")
    receipt_number: str
    organ_id: UUID = Field(description="The department that submitted, for its subordinate bodies too")
    content_hash: str = Field(description="SHA-256 of the changes as they were handed over")
    submitted_by: str
    submitted_at: datetime
    paper_copy: bool = Field(description="A paper copy was announced")
    paper_received_at: datetime | None
    paper_received_by: str | None


class Receipts(BaseModel):
    """All receipts of an adjustment."""

    items: list[Receipt]

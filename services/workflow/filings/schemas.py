"""API models of filings."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Evidence, Line, Title


class Filing(BaseModel):
    """The receipt of a recipient that the adjustment was reported to."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"recipient": "上一级审改办", "receipt_number": "沧审改备〔2026〕17号", "date": "2026-03-20"}
        },
    )

    recipient: Title | None = Field(
        default=None, description="As the step names it; may be left out when there is only one"
    )
    receipt_number: Line = Field(description="Number of the receipt")
    date: date
    document: Evidence | None = Field(default=None, description="The receipt itself")

"""API models of papers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.workflow.fields import Line, Title

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class HandedIn(BaseModel):
    """A document that is handed in: where it lies, and by which digest it is known."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"title": "行政执法事项清单编制工作方案", "reference": "档案号 2017-031", "sha256": "0" * 64}
        },
    )

    title: Title
    reference: Line = Field(description="Archive number or address")
    sha256: Digest | None = Field(default=None, description="SHA-256 of the electronic version")


class Receipt(BaseModel):
    """The receipt of a filing."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"recipient": "县编办", "receipt_number": "青编备〔2017〕9号", "date": "2017-09-28"}
        },
    )

    recipient: Title = Field(description="Who has taken it on file")
    receipt_number: Title
    date: date


class ObligationReason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "该单位无此类事项"}})

    reason: Line

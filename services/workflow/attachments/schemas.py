"""API models of attachments."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_ATTACHMENT: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000009",
    "adjustment_id": "0197f3a0-0000-7000-8000-000000000003",
    "step_id": None,
    "step_title": None,
    "title": "论证会会议纪要",
    "file_name": "会议纪要.pdf",
    "media_type": "application/pdf",
    "size": 183042,
    "sha256": "5f" * 32,
    "uploaded_by": "account:0197f3a0-0000-7000-8000-000000000007",
    "uploaded_by_name": "编制人员甲",
    "uploaded_at": "2026-03-02T09:00:00+08:00",
}


class Attachment(BaseModel):
    """A file of an adjustment; it is kept as long as the adjustment is."""

    model_config = ConfigDict(json_schema_extra={"example": _ATTACHMENT})

    id: UUID
    adjustment_id: UUID
    step_id: UUID | None = Field(description="The review step it was attached at; empty: while it was compiled")
    step_title: str | None = None
    title: str
    file_name: str
    media_type: str = Field(description="By its content")
    size: int = Field(description="Bytes")
    sha256: str
    uploaded_by: str
    uploaded_by_name: str | None = None
    uploaded_at: datetime


class Attachments(BaseModel):
    """All files of an adjustment, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [_ATTACHMENT]}})

    items: list[Attachment]

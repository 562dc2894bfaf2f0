"""API models of what the catalog registers and the workflow refers to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

SOURCE: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000071", "title": "关于做好下放行政审批事项承接工作的通知",
    "number": "通市政办发〔2013〕22号", "issuer": "通化市人民政府办公室", "status": "in_force",
}  # fmt: skip


class SourceDocument(BaseModel):
    """A registered normative document that a procedure or a campaign comes from."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": SOURCE})

    id: UUID
    title: str
    number: str | None = Field(description="文号")
    issuer: str
    status: str = Field(description="Whether it still holds, now")

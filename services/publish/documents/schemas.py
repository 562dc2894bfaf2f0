"""Models that documents of every kind share, and how their files are described in OpenAPI."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.publish.documents.printed import MEDIA_TYPES

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
_GUIDE = {
    "kind": "guide", "title": "食品经营许可办事指南", "name": "食品经营许可", "organ": "青县行政审批局",
    "elements": [{"key": "name", "title": "事项名称", "text": "食品经营许可", "source": "implementation"}],
    "missing": [], "complete": True, "revision": "12", "valid_from": "2026年1月5日",
}  # fmt: skip


def described(what: str, example: dict[str, Any] | None = None) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation that gives a document in every form."""
    page: dict[str, Any] = {"schema": {"type": "string"}, "example": "<!DOCTYPE html>…"}
    file = {"schema": {"type": "string", "format": "binary"}, "example": "（文件）"}
    data = {"schema": {"type": "object", "additionalProperties": True}, "example": example or _GUIDE}
    content = {"text/html": page, "application/json": data, MEDIA_TYPES["pdf"]: file, MEDIA_TYPES["docx"]: file}
    return {
        200: {"description": what, "content": content},
        304: {"description": "Nothing has changed since the caller's ETag"},
    }


class Handled(BaseModel):
    """An implementation entry of a matter, with its guide."""

    model_config = ConfigDict(from_attributes=True)

    item_id: UUID = Field(examples=[ID])
    name: str = Field(examples=["食品经营许可"])
    state: str = Field(examples=["in_use"])
    list_id: UUID = Field(examples=[ID])
    list_title: str = Field(examples=["青县实施清单"])
    region_code: str = Field(examples=["130922000000"])
    organ: str | None = Field(examples=["青县行政审批局"])
    guide: str = Field(description="Address of its guide", examples=[f"/publish/v1/items/{ID}/guide"])

"""Models of postings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.publish.channels.schemas import Address, Words

_EXAMPLE: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000005", "list_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "title": "青县行政许可事项清单", "revision": 12, "sha256": "5f" * 32, "posted_on": "2026-03-03",
    "link": None, "evidence_id": "0197f3a0-0000-7000-8000-000000000006", "evidence_name": "公告栏照片.jpg",
    "evidence_sha256": "a3" * 32, "note": None, "confirmed_by": "account:0197f3a0-0000-7000-8000-000000000007",
    "confirmed_at": "2026-03-03T10:00:00+08:00",
}  # fmt: skip


class NewPosting(BaseModel):
    """That a copy was posted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"revision": 12, "posted_on": "2026-03-03",
                                       "evidence_id": "0197f3a0-0000-7000-8000-000000000006"}},
    )  # fmt: skip

    revision: int = Field(ge=1, le=2**31 - 1)
    posted_on: date
    link: Address | None = Field(default=None, description="Where it can be read, if anywhere")
    evidence_id: UUID | None = Field(default=None, description="A photo or scan that was uploaded")
    note: Words | None = Field(default=None, examples=["县政府公告栏东侧"])


class Posting(BaseModel):
    """What people posted, when, with which evidence."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE})

    id: UUID
    list_id: UUID
    title: str
    revision: int
    sha256: str = Field(description="Of the copy that was due then")
    posted_on: date
    link: str | None
    evidence_id: UUID | None
    evidence_name: str | None
    evidence_sha256: str | None
    note: str | None
    confirmed_by: str
    confirmed_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Posting:
        """From the log."""
        digest = row["evidence_digest"]
        more = {"sha256": row["digest"].hex(), "evidence_name": row["file_name"]}
        return cls.model_validate(dict(row) | more | {"evidence_sha256": digest.hex() if digest else None})


class Evidence(BaseModel):
    """A file that shows what was posted."""

    id: UUID
    file_name: str = Field(examples=["公告栏照片.jpg"])
    media_type: str = Field(description="By its content", examples=["image/jpeg"])
    size: int = Field(description="Bytes", examples=[182311])
    sha256: str = Field(examples=["a3" * 32])

"""Models of validity and history."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field


class Successor(BaseModel):
    """What has taken a code's place."""

    item_id: UUID
    code: str | None = Field(examples=["000116102000"])
    name: str = Field(examples=["建设项目环境影响评价审批"])


class CodeEntry(BaseModel):
    """An entry that carries or carried the code."""

    item_id: UUID
    list_id: UUID
    kind: str = Field(examples=["permit"])
    list_title: str = Field(examples=["广州市行政许可事项清单"])
    region_code: str = Field(examples=["440100000000"])
    name: str = Field(examples=["建设项目环境影响评价审批"])
    valid: bool = Field(description="In use under this code on that day")
    state: str | None = Field(description="in_use, suspended or cancelled; null before the list was in force")
    version: int | None = Field(examples=[3])
    effective_from: AwareDatetime | None = Field(description="Since when the version of that day holds")
    valid_until: AwareDatetime | None = Field(
        description="Since when no longer: the entry was cancelled, or carries another code from then on"
    )
    successor: Successor | None = Field(description="The entry's later code, or the entry that took its place")
    successors: list[Successor] = Field(
        default_factory=list, description="All that took its place: one after a merger, several after a split"
    )


class CodeValidity(BaseModel):
    """Whether a code is good on a day."""

    code: str = Field(examples=["000116101000"])
    on: dt.date = Field(description="Day in Asia/Shanghai", examples=["2026-01-01"])
    valid: bool = Field(
        description="A published entry is in use under the code; lists that only refer to the code of another list"
        " (supervision, investment) do not count"
    )
    standing: str = Field(
        description="in_list, suspended, cancelled, replaced, not_yet or not_in_list", examples=["in_list"]
    )
    statement: str = Field(description="The same in words", examples=["该编码的事项在清单内，当日有效。"])
    preview: bool = Field(description="The day lies ahead: what is decided until then may still change the answer")
    entries: list[CodeEntry]


class PublishedVersion(BaseModel):
    """One version of an entry as it was published."""

    version: int = Field(examples=[3])
    revision: int = Field(description="Revision of the list that first showed it", examples=[12])
    state: str = Field(examples=["in_use"])
    effective_from: AwareDatetime
    published_at: AwareDatetime
    changed: list[str] = Field(description="Names of the public elements that changed", examples=[["name"]])
    adjustment_id: UUID | None
    decision: dict[str, Any] | None = Field(
        examples=[{"meeting": "常务会议", "date": "2026-01-04", "number": "穗府〔2026〕1号"}]
    )
    hash: str = Field(description="SHA-256 of the published entry")
    list_hash: str = Field(description="Hash of the revision")
    item: dict[str, Any] = Field(description="The entry as that revision showed it", examples=[{"state": "in_use"}])

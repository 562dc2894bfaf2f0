"""API models of candidates."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.fields import Code, Paragraph

_ENTRY = "0197f3a0-0000-7000-8000-000000000001"
_CANDIDATE: dict[str, Any] = {
    "rule": "superior_ended",
    "entry_id": _ENTRY,
    "item_id": _ENTRY,
    "list_id": "0197f3a0-0000-7000-8000-000000000008",
    "list_kind": "permit",
    "list_title": "青县行政许可事项清单",
    "region_code": "130922000000",
    "name": "建设项目环境影响报告表审批",
    "base_code": "000116001000",
    "operation": "cancel",
    "elements": {},
    "reason": "上级已取消“建设项目环境影响报告表审批”（河北省行政许可事项清单）",
    "required": True,
    "answer": None,
    "by_change": False,
    "answer_reason": None,
    "answered_by": None,
    "answered_at": None,
}


class Candidate(BaseModel):
    """An entry that the cause of the adjustment concerns, and what is proposed for it."""

    model_config = ConfigDict(json_schema_extra={"example": _CANDIDATE})

    rule: str = Field(description="How it was found")
    entry_id: UUID = Field(description="The entry; of one to be taken over, the superior's")
    item_id: UUID | None = Field(description="Empty where it is to be added")
    list_id: UUID | None
    list_kind: str
    list_title: str | None
    region_code: str
    name: str
    base_code: str | None
    operation: str = Field(description="What is proposed: as the operation of a change")
    elements: dict[str, Any] = Field(description="Values that follow; may be sent with the change as they are")
    reason: str
    required: bool = Field(description="The submission is held back while there is no answer")
    answer: Literal["covered", "not_covered"] | None
    by_change: bool = Field(description="Covered by a change of this adjustment")
    answer_reason: str | None
    answered_by: str | None
    answered_at: datetime | None


class Candidates(BaseModel):
    """Everything the cause concerns; at most 1,000."""

    model_config = ConfigDict(json_schema_extra={"example": {"items": [_CANDIDATE]}})

    items: list[Candidate]


_ANSWER: dict[str, Any] = {
    "rule": "superior_ended",
    "entry_id": _ENTRY,
    "answer": "not_covered",
    "reason": "省级仅取消其中的初审环节，本级审批仍依《环境影响评价法》实施",
}


class Answer(BaseModel):
    """What a compiler says of a candidate that this adjustment does not change."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _ANSWER})

    rule: Code
    entry_id: UUID
    answer: Literal["covered", "not_covered"] = Field(
        description="covered 已由其他调整或联动覆盖, not_covered 不需调整"
    )
    reason: Paragraph = Field(description="By what it is covered, or why it stays")


class NewAnswers(BaseModel):
    """Answers; one to the same candidate takes the place of the earlier one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"answers": [_ANSWER]}})

    answers: list[Answer] = Field(min_length=1, max_length=1_000)

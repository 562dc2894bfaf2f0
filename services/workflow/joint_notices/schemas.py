"""API models of notices of the lead and replies of the others."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.workflow.fields import Paragraph
from services.workflow.joint_notices.rules import MOST_DAYS


class NewJointNotice(BaseModel):
    """What the lead asks the others."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"content": "请就联合审批材料的合并提出意见", "limit_days": 5}}
    )

    content: Paragraph
    organ_ids: list[UUID] = Field(default_factory=list, max_length=50, description="All participants when empty")
    limit_days: int = Field(ge=1, le=MOST_DAYS, description="Working days to answer")


class NewJointReply(BaseModel):
    """An organ's answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"outcome": "agreed"}})

    organ_id: UUID | None = Field(default=None, description="For which organ, when the caller speaks for several")
    outcome: Literal["agreed", "objected"]
    opinion: Paragraph | None = Field(default=None, description="Required to object")

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.outcome == "objected" and not self.opinion:
            raise ValueError("不同意的，须写明意见")
        return self


class Reply(BaseModel):
    """Where the answer of an organ stands."""

    organ_id: UUID
    state: str = Field(description="waiting 待答复, agreed 同意, objected 不同意, silent 逾期未答复")
    state_title: str
    opinion: str | None
    due_at: datetime
    late: bool = Field(description="It came after its day")
    replied_by: str | None
    replied_at: datetime | None


class Notice(BaseModel):
    """A notice of the lead, and the replies."""

    id: UUID
    organ_id: UUID = Field(description="The lead")
    content: str = Field(examples=["请就联合审批材料的合并提出意见"])
    limit_days: int
    given_by: str
    given_at: datetime
    replies: list[Reply]


class JointNotices(BaseModel):
    """All notices of an adjustment."""

    items: list[Notice]

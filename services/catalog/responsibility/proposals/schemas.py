"""Models of the proposals about duties."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.catalog.fields import Note, Strict, Words

Target = Literal["strengthen", "add"]


class NewDutyProposal(Strict):
    """What an organ thinks should become of a duty."""

    organ_id: UUID = Field(description="The organ whose opinion it is")
    target: Target = Field(description="strengthen 强化 a duty there is, or add 增加 one", examples=["add"])
    item_id: UUID | None = Field(default=None, description="The duty to be strengthened")
    name: Words = Field(examples=["网络餐饮监管责任"])
    opinion: Note = Field(min_length=1, examples=["建议增加对网络餐饮平台的日常监测职责"])
    legal_basis: Words | None = Field(default=None, examples=["中华人民共和国食品安全法第六十二条"])

    @model_validator(mode="after")
    def _duty_when_strengthened(self) -> NewDutyProposal:
        if (self.target == "strengthen") != (self.item_id is not None):
            raise ValueError("强化须写明现有责任事项（item_id），增加则不写")
        return self


class Answer(Strict):
    """Why a proposal is adopted or rejected."""

    reason: Words = Field(examples=["已列入动态调整"])


class DutyProposal(BaseModel):
    """A proposal and what became of it."""

    id: UUID
    list_id: UUID
    organ_id: UUID
    target: str = Field(examples=["add"])
    item_id: UUID | None
    name: str = Field(examples=["网络餐饮监管责任"])
    opinion: str
    legal_basis: str | None
    state: str = Field(description="open, adopted or rejected", examples=["open"])
    answer: str | None
    proposed_by: str
    proposed_at: datetime
    answered_by: str | None
    answered_at: datetime | None

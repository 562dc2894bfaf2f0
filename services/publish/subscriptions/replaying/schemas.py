"""Models of sending again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.publish.subscriptions.schemas import Strict
from shared.http.instants import Instant

SequenceNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]


class ReplayRequest(Strict):
    """Send again: from a number, or what was published in a time, or of some items; one of the three."""

    model_config = ConfigDict(json_schema_extra={"example": {"from_sequence": 120, "until_sequence": 180}})

    from_sequence: SequenceNumber | None = Field(default=None, description="First number", examples=[120])
    until_sequence: SequenceNumber | None = Field(default=None, description="Last number; left out: all")
    from_time: Instant | None = Field(default=None, description="What was published from then on")
    until_time: Instant | None = Field(default=None, description="... and before then; left out: all")
    items: list[UUID] | None = Field(
        default=None, min_length=1, max_length=100, description="What is about these items"
    )

    @model_validator(mode="after")
    def _one_way(self) -> ReplayRequest:
        given = [self.from_sequence is not None, self.from_time is not None, self.items is not None]
        if sum(given) != 1:
            raise ValueError("请在 from_sequence、from_time、items 中只填一项")
        if self.until_sequence is not None and self.from_sequence is None:
            raise ValueError("until_sequence 只能与 from_sequence 一起填写")
        if self.until_time is not None and (self.from_time is None or self.until_time <= self.from_time):
            raise ValueError("until_time 应晚于 from_time，并与其一起填写")
        return self


class ReplayAnswer(BaseModel):
    """What will be sent again, in the same numbers and under the same ids."""

    from_sequence: int = Field(examples=[120])
    until_sequence: int = Field(examples=[180])
    events: int = Field(description="How many numbers", examples=[61])


class MissingRange(Strict):
    """Numbers from one to another, both included."""

    from_sequence: SequenceNumber = Field(examples=[130])
    until_sequence: SequenceNumber = Field(examples=[134])

    @model_validator(mode="after")
    def _forward(self) -> MissingRange:
        if self.until_sequence < self.from_sequence:
            raise ValueError("until_sequence 不能小于 from_sequence")
        return self


class MissingNumbers(Strict):
    """Numbers that the receiver has not got."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"sequences": [121, 127], "ranges": [{"from_sequence": 130, "until_sequence": 134}]}
        }
    )

    sequences: list[SequenceNumber] = Field(default_factory=list, max_length=1_000)
    ranges: list[MissingRange] = Field(default_factory=list, max_length=1_000)

    @model_validator(mode="after")
    def _some(self) -> MissingNumbers:
        if not self.sequences and not self.ranges:
            raise ValueError("请写明缺少的编号（sequences）或编号区间（ranges）")
        return self

"""Models of the preview."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.publish.subscriptions.schemas import Filter, Strict
from shared.http.instants import Instant


class PreviewRequest(Strict):
    """A filter and a time: left out, the thirty days up to now."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "filter": {"kinds": ["permit"], "changes": ["add", "cancel"]},
                "from": "2026-01-01T00:00:00+08:00", "until": "2026-02-01T00:00:00+08:00", "limit": 10,
            }
        }
    )  # fmt: skip

    filter: Filter = Field(default_factory=Filter)
    since: Instant | None = Field(default=None, alias="from", description="What was published from then on")
    until: Instant | None = Field(default=None, description="... and before then")
    limit: int = Field(default=10, ge=0, le=50, description="How many events are shown")

    @model_validator(mode="after")
    def _forward(self) -> PreviewRequest:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("until 应晚于 from")
        return self


class Count(BaseModel):
    """How many events of one sort."""

    name: str = Field(examples=["cn.qingdan.item.updated.v1"])
    title: str = Field(examples=["事项修改"])
    events: int = Field(examples=[42])


class Preview(BaseModel):
    """What would have been received."""

    since: Instant = Field(serialization_alias="from")
    until: Instant
    events: int = Field(description="How many", examples=[57])
    complete: bool = Field(description="False: there are more, only the first 100,000 were counted")
    types: list[Count]
    kinds: list[Count]
    regions: list[Count]
    first: list[dict[str, Any]] = Field(
        description="The first events as they would be sent today; `sequence` is that of the public feed"
    )

"""API models of compilation guides."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.workflow.campaigns.schemas import Act, Day
from services.workflow.fields import Paragraph, Title

_NODES: list[dict[str, Any]] = [
    {"title": "部门报送", "act": "submission", "ends_on": "2017-08-31"},
    {"title": "审核", "act": "review", "ends_on": "2017-09-20"},
    {"title": "公布", "act": "publication", "ends_on": "2017-10-20"},
]
_GUIDE: dict[str, Any] = {
    "principles": "职权法定、统一标准、便民高效",
    "scope": "县直各执法部门和乡镇的行政执法事项",
    "review_standard": "事项名称、依据、主体、对象口径统一，依据现行有效",
    "time_nodes": _NODES,
}


class TimeNode(BaseModel):
    """A stage of compiling and the day it ends."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _NODES[0]})

    title: Title
    act: Act = Field(description="The days of submission and publication become due dates")
    ends_on: Day


class NewGuide(BaseModel):
    """How the lists of a kind are compiled: the four things QX asks for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _GUIDE})

    principles: Paragraph = Field(description="编制原则")
    scope: Paragraph = Field(description="编制范围")
    review_standard: Paragraph = Field(description="审核标准")
    time_nodes: list[TimeNode] = Field(min_length=1, max_length=20, description="时间节点")


class GuideView(BaseModel):
    """A guide as it is stored."""

    campaign_id: UUID
    list_kind: str = Field(examples=["enforcement"])
    principles: str
    scope: str
    review_standard: str
    time_nodes: list[TimeNode]
    set_by: str
    set_at: datetime


class Guides(BaseModel):
    """The guides of a campaign."""

    items: list[GuideView]

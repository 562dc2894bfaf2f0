"""API models of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.workflow.messages.rules import ACTS, KINDS, SUBSCRIPTION
from shared.http.instants import Instant

# What every mail server takes (RFC 5321 without quoted names and address literals).
Address = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$",
    ),
]
Act = Literal[
    "opened", "assigned", "released", "warned", "overdue", "escalated", "endpoint_failing", "endpoint_disabled",
    "event_parked", "subscription_behind",
]  # fmt: skip


class Message(BaseModel):
    """What somebody was told of: one task, or several of one cause."""

    id: UUID
    act: Act
    text: str = Field(examples=["新的待办：疑似问题 400 项（某某管理条例）"])
    kind: str = Field(description="Of the tasks", examples=["finding"])
    tasks: int = Field(description="How many it is about", examples=[400])
    cause: str | None = Field(examples=["document/0197f3a0-0000-7000-8000-000000000005"])
    cause_title: str | None
    href: str = Field(description="Where the tasks are", examples=["/workflow/v1/tasks?kind=finding&cause=rule%2FK10"])
    region_code: str
    due_at: datetime | None = Field(description="The first of them")
    behalf_of: UUID | None = Field(description="The account the caller stands in for")
    made_at: datetime
    read_at: datetime | None


class Unread(BaseModel):
    """Unread messages of a kind."""

    act: Act
    messages: int = Field(examples=[3])
    tasks: int = Field(examples=[402])


class UnreadMessages(BaseModel):
    """What the caller has not read."""

    items: list[Unread]
    messages: int


class ReadMessages(BaseModel):
    """Which messages were read: those named, or all up to an instant."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"until": "2026-03-05T09:00:00+08:00"}})

    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=1_000)
    until: Instant | None = None

    @model_validator(mode="after")
    def _one_way(self) -> ReadMessages:
        if (self.ids is None) == (self.until is None):
            raise ValueError("请填写 ids 或 until 之一")
        return self


class ReadCount(BaseModel):
    """How many messages were unread before."""

    read: int = Field(examples=[3])


class MessagePreference(BaseModel):
    """How one wants to be told outside of the product. E-mail names kinds, numbers and days only."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"email": "jingban@example.gov.cn", "email_mode": "digest", "digest_hour": 8, "messenger": False}
        },
    )

    email: Address | None = None
    email_mode: Literal["off", "each", "digest"] = "off"
    digest_hour: int = Field(default=8, ge=0, le=23, description="Hour of the day, Asia/Shanghai")
    messenger: bool = Field(default=False, description="Through the messenger of the administration")

    @model_validator(mode="after")
    def _reachable(self) -> MessagePreference:
        if self.email_mode != "off" and self.email is None:
            raise ValueError("接收邮件须填写 email")
        return self


def view(row: dict[str, Any]) -> Message:
    """A message as the API tells it."""
    if row["kind"] == SUBSCRIPTION:
        href = f"/publish/v1/subscriptions/{row['cause'].rpartition('/')[2]}"
        return Message.model_validate(row | {"text": f"{ACTS[row['act']]}：{row['title']}", "href": href})
    one = row["task_id"] is not None
    what = row["title"] if one else f"{KINDS.get(row['kind'], '事项')} {row['tasks']} 项"
    about = f"（{row['cause_title']}）" if row["cause_title"] and not one else ""
    where = f"?kind={row['kind']}" + (f"&cause={quote(row['cause'], safe='')}" if row["cause"] else "")
    where += "&escalated=true" if row["act"] == "escalated" else ""
    href = f"/workflow/v1/tasks/{row['task_id']}" if one else f"/workflow/v1/tasks{where}"
    return Message.model_validate(row | {"text": f"{ACTS[row['act']]}：{what}{about}", "href": href})

"""API models of notices."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.workflow.campaigns.schemas import Day
from services.workflow.fields import Line, Paragraph, Title
from services.workflow.notices import rules
from services.workflow.standings.schemas import FACT, LINE, Evidence, Grouping, Reason, StandingLine
from shared.statement import Row

NoticeKind = Literal["commendation", "criticism"]
NoticeState = Literal["draft", "approved", "discarded"]
UnitKey = Annotated[str, StringConstraints(pattern=r"^(organ|region):[0-9A-Za-z._-]{2,36}$")]

_NAME: dict[str, Any] = LINE | {"evidence": [FACT], "evidence_total": 3}
_LINE: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000051", "campaign_id": "0197f3a0-0000-7000-8000-000000000021",
    "campaign": "完善清单管理制度", "region_code": "130922000000", "region_name": "青县", "kind": "criticism",
    "kind_title": "通报批评", "by": "lead", "first_day": "2017-09-01", "last_day": "2017-09-30",
    "title": "关于对“完善清单管理制度”工作推进不力单位的通报批评", "state": "draft", "state_title": "草稿",
    "number": None, "issued_on": None, "content_hash": None, "file_hash": None,
    "drafted_at": "2017-10-01T09:00:00+08:00", "approved_at": None,
}  # fmt: skip


class NewNotice(BaseModel):
    """Which units a notice is to name; the figures say who they are."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"kind": "criticism", "by": "lead", "first_day": "2017-09-01", "last_day": "2017-09-30"}
        },
    )

    kind: NoticeKind
    by: Grouping = "lead"
    first_day: Day | None = Field(default=None, description="That of the campaign when empty")
    last_day: Day | None = Field(default=None, description="Today when empty")
    title: Title | None = Field(default=None, description="As the product words it when empty")
    best: int = Field(default=3, ge=1, le=50, description="Of a commendation: how many ranks, equal units together")
    reasons: list[Reason] = Field(
        default=["slow", "not_reported", "late"], min_length=1, max_length=3, description="Of a criticism: for what"
    )


class Omission(BaseModel):
    """A unit that is left out."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"unit": LINE["unit"], "reason": "因机构改革，已另行约谈"}},
    )

    unit: UnitKey
    reason: Line


class NoticeChange(BaseModel):
    """What people write of a draft."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"title": _LINE["title"], "preamble": "现将有关情况通报如下。", "omitted": []}},
    )

    title: Title
    preamble: Paragraph
    omitted: list[Omission] = Field(default_factory=list, max_length=rules.MOST_NAMES)


class Approval(BaseModel):
    """Under which number a notice is issued."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"number": "青政办通报〔2017〕3号", "issued_on": "2017-10-08"}}
    )

    number: Title
    issued_on: Day


class NoticeReason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "情况有变化，重新起草"}})

    reason: Line


class Named(StandingLine):
    """A unit that is named, with its evidence."""

    model_config = ConfigDict(json_schema_extra={"example": _NAME})

    evidence: list[Evidence]
    evidence_total: int = Field(description="All there is; as much as people read is shown")


class NoticeLine(BaseModel):
    """A notice in a list of them."""

    model_config = ConfigDict(json_schema_extra={"example": _LINE | {"named": 4}})

    id: UUID
    campaign_id: UUID
    campaign: str
    region_code: str
    region_name: str
    kind: NoticeKind
    kind_title: str
    by: Grouping
    first_day: date
    last_day: date
    title: str
    state: NoticeState
    state_title: str
    number: str | None
    issued_on: date | None
    content_hash: str | None = Field(description="SHA-256 of what it says, once approved")
    file_hash: str | None = Field(description="SHA-256 of its text document, once approved")
    drafted_at: datetime
    approved_at: datetime | None
    named: int = Field(description="How many units it names")


class NoticeView(NoticeLine):
    """A notice with everybody it names."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": _LINE
            | {
                "named": 1, "allowed": ["update", "approve", "discard"], "counted_at": "2017-09-30T23:59:59+08:00",
                "preamble": "现将有关情况通报如下。", "order": ["按时完成率高的在前"], "names": [_NAME], "omitted": [],
                "discarded_because": None,
            }
        }
    )  # fmt: skip

    allowed: list[str]
    counted_at: datetime = Field(description="As of when the figures count")
    preamble: str
    order: list[str]
    names: list[Named]
    omitted: list[dict[str, Any]] = Field(
        description="Units left out, with the reason; only drafts show them", examples=[[]]
    )
    discarded_because: str | None


def line(row: Row) -> NoticeLine:
    """A notice in a list."""
    return NoticeLine.model_validate(_titled(dict(row)))


def view(row: Row) -> NoticeView:
    """A notice as the API tells it; what was left out is nobody's to read once it is issued."""
    content = rules.content_of(dict(row))
    known = _titled(dict(row)) | content | {
        "by": row.grouping,
        "allowed": list(rules.ALLOWED[row.state]),
        "named": len(content["names"]),
        "omitted": row.omitted if row.state == rules.DRAFT else [],
    }  # fmt: skip
    return NoticeView.model_validate(known)


def _titled(row: dict[str, Any]) -> dict[str, Any]:
    return row | {
        "by": row["grouping"],
        "kind_title": rules.KIND_TITLES[row["kind"]],
        "state_title": rules.STATE_TITLES[row["state"]],
    }

"""Models of the rectification orders API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.workflow.fields import Digest, Line, Paragraph, Storable, Title
from services.workflow.rectification.rules import MEASURES, REMEDIES, SEVERITIES, STATES

Remedy = Literal["stop", "change", "complete_basis", "correct"]
Severity = Literal["ordinary", "serious"]
OrderState = Literal["issued", "reported", "accepted", "withdrawn"]
Measure = Literal["criticism", "admonition", "accountability", "referral", "none"]
Origin = Literal["finding", "suspect", "violation", "complaint", "inspection"]
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
Subject = Annotated[str, StringConstraints(pattern=rf"^(finding|suspect|violation|complaint)/{_UUID}$")]
_LAST = date(2199, 12, 31)


def written_out(value: object) -> object:
    """Refuse what is no date written out: a bare number would be read as seconds since 1970. Raises ValueError."""
    if isinstance(value, (int, float)) or (isinstance(value, str) and value.strip().lstrip("+-").isdigit()):
        raise ValueError("应为日期（YYYY-MM-DD）")
    return value


PersonId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), Storable]
Day = Annotated[date, BeforeValidator(written_out), Field(le=_LAST)]


class NewOrder(BaseModel):
    """An order to put something right."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "subject": "suspect/0197f3a0-0000-7000-8000-000000000041",
                "number": "青整〔2026〕3号",
                "requirement": "停止以备案名义实施的审批，清理已收取的材料",
                "remedy": "stop",
                "severity": "serious",
                "due_on": "2026-04-10",
            }
        },
    )

    subject: Subject = Field(description="finding/…, suspect/…, violation/… or complaint/…, with the id")
    organ_id: UUID | None = Field(default=None, description="Who puts it right; the subject's organ when empty")
    number: Title | None = None
    title: Title | None = None
    requirement: Paragraph
    remedy: Remedy = Field(
        description="stop 停止实施, change 调整实施方式, complete_basis 完善设定依据, correct 限期改正"
    )
    severity: Severity = "ordinary"
    due_on: Day


class Evidence(BaseModel):
    """What proves that something was put right."""

    model_config = ConfigDict(extra="forbid")

    title: Title = Field(examples=["窗口公告照片"])
    reference: Line = Field(description="Archive number or address", examples=["档案号 2026-031"])
    sha256: Digest | None = Field(default=None, description="Of the file; a serious case needs it")


class NewReport(BaseModel):
    """The organ's word that it is done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "statement": "已停止实施并公告",
                "evidence": [{"title": "停止实施公告", "reference": "青环发〔2026〕8号"}],
            }
        },
    )

    statement: Paragraph
    evidence: list[Evidence] = Field(min_length=1, max_length=50)
    adjustment_id: UUID | None = Field(default=None, description="The adjustment that carries it out")


class Reason(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"reason": "已核验，整改到位"}})

    reason: Line


class NewReturn(BaseModel):
    """What is still missing, and the new day."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "公告未张贴", "due_on": "2026-04-20"}}
    )

    reason: Line
    due_on: Day


class NewMeasure(BaseModel):
    """Somebody is held to account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"measure": "criticism", "basis": "县政府督查通报〔2026〕2号", "reason": "逾期未整改"}
        },
    )

    measure: Measure = Field(
        description="criticism 通报批评, admonition 约谈, accountability 行政问责, referral 移送, none 不予追责"
    )
    basis: Line
    reason: Line
    person_id: PersonId | None = Field(default=None, description="Of the person, where it is one; never public")
    role: Title | None = Field(
        default=None, description="Of that person: in charge, or handler", examples=["分管负责人"]
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.person_id is None) != (self.role is None):
            raise ValueError("追究个人责任的，人员编号和职责须同时填写")
        return self


class OrderAct(BaseModel):
    """Something that happened to an order."""

    at: datetime
    act: str = Field(examples=["reported"])
    by: str
    reason: str | None


class Order(BaseModel):
    """A rectification order."""

    id: UUID
    subject: str = Field(examples=["violation/0197f3a0-0000-7000-8000-000000000032"])
    number: str | None
    region_code: str
    organ_id: UUID
    organ_name: str | None
    item_id: UUID | None
    title: str
    requirement: str
    remedy: Remedy
    remedy_title: str = Field(examples=["停止实施"])
    severity: Severity
    severity_title: str
    state: OrderState
    state_title: str
    escalation: int = Field(description="How many levels up it has gone because it was late", examples=[0])
    adjustment_id: UUID | None
    evidence: list[Evidence]
    measures: list[dict[str, Any]] | None = Field(
        description="Only for those who supervise, and only in answers to GET"
    )
    history: list[OrderAct]
    issued_by: str
    issued_at: datetime
    due_at: datetime
    overdue: bool
    reported_at: datetime | None
    closed_at: datetime | None
    version: int


def view(row: Any, now: datetime, *, persons: bool) -> Order:
    """An order as the API tells it; who was held to account only where `persons` are named."""
    titles = {
        "remedy_title": REMEDIES[row["remedy"]],
        "severity_title": SEVERITIES[row["severity"]],
        "state_title": STATES[row["state"]],
        "overdue": row["state"] == "issued" and row["due_at"] < now,
    }
    measures = [taken | {"title": MEASURES[taken["measure"]]} for taken in row["measures"]] if persons else None
    return Order.model_validate(dict(row) | titles | {"measures": measures})

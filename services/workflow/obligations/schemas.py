"""API models of obligations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.workflow.campaigns.rules import SUBJECT_TITLES
from services.workflow.campaigns.schemas import Subject, Unit
from services.workflow.obligations import rules
from shared.statement import Row

ObligationState = Literal["open", "submitted", "done", "waived"]


class ObligationView(BaseModel):
    """What one unit owes by one day, and what has become of it."""

    id: UUID
    campaign_id: UUID
    milestone: int = Field(description="Number of the milestone it follows from", examples=[1])
    phase: int | None
    subject: Subject
    subject_title: str = Field(examples=["清单公布"])
    unit: Unit
    region_code: str
    region_name: str = Field(examples=["青县"])
    organ_id: UUID | None
    organ_name: str | None = Field(examples=["县市场监管局"])
    organisers: list[UUID] = Field(description="Organs that organise it as well")
    list_kind: str | None = Field(examples=["power"])
    list_id: UUID | None
    title: str = Field(examples=["规范调整权力清单、责任清单并备案：青县行政权力清单"])
    due_at: datetime
    state: ObligationState
    state_title: str = Field(examples=["未完成"])
    paper_state: str | None = Field(description="Of papers: not_submitted, submitted or filed", examples=["submitted"])
    overdue: bool = Field(description="Open, and the day is over")
    late: bool = Field(description="Done or handed in after its day, or not yet and the day is over")
    allowed: list[str] = Field(examples=[["submit", "waive"]])
    submitted_at: datetime | None
    decided_at: datetime | None
    published_at: datetime | None
    filed_at: datetime | None
    done_at: datetime | None
    document: dict[str, Any] | None
    returned: list[dict[str, Any]] = Field(description="Papers that were given back, with the reason")
    receipt: dict[str, Any] | None
    waiver: dict[str, Any] | None


def view(row: Row, now: datetime) -> ObligationView:
    """An obligation as the API tells it."""
    overdue = row.state == "open" and row.due_at < now
    met = row.done_at or (row.submitted_at if row.subject != "list" else None) or now
    known = dict(row) | {
        "subject_title": SUBJECT_TITLES[row.subject],
        "state_title": rules.STATE_TITLES[row.state],
        "paper_state": rules.paper_state(row),
        "overdue": overdue,
        "late": row.state != "waived" and met > row.due_at,
        "allowed": rules.allowed(row),
    }
    return ObligationView.model_validate(known)

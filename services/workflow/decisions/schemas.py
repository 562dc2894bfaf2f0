"""API models of the acts that carry an adjustment through its procedure."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.workflow.adjustments.schemas import Decision
from services.workflow.corrections.rules import MOST_DAYS
from services.workflow.fields import Code, Evidence, Paragraph

_LATE = "Why something is asked for that was to be seen, and was not named, at an earlier return; goes on record"
_DAYS = "Of a return: working days the correction may take; 10 unless told"


class Seal(Evidence):
    """Evidence of signature and seal: where the signed and sealed document lies, its digest or electronic seal."""

    electronic_seal: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._:/-]{5,127}$")] | None = Field(
        default=None, description="Identifier of the electronic seal put on the document"
    )


class Signature(BaseModel):
    """The signature of an organ's principal."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"seal": {"reference": "档案号 2026-环评-017"}}}
    )

    organ_id: UUID | None = Field(default=None, description="For which organ, when the caller heads several")
    outcome: Literal["signed", "returned"] = "signed"
    opinion: Paragraph | None = None
    seal: Seal | None = Field(default=None, description="Required to sign")


class ElementOpinion(BaseModel):
    """An opinion on one element of one entry."""

    model_config = ConfigDict(extra="forbid")

    item_id: UUID
    element: Code
    opinion: Paragraph


class Review(BaseModel):
    """The review by the administrators of the lists (审改办)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"outcome": "pass", "opinion": "与省级实施规范一致"}},
    )

    step_id: UUID | None = Field(default=None, description="At which step, when the caller may act at several")
    outcome: Literal["pass", "return"]
    opinion: Paragraph | None = None
    element_opinions: list[ElementOpinion] = Field(default_factory=list, max_length=500)
    late_reason: Paragraph | None = Field(default=None, description=_LATE)
    correction_days: int | None = Field(default=None, ge=1, le=MOST_DAYS, description=_DAYS)


class LegalityReview(BaseModel):
    """The legality review (合法性审查): anything but legal sends the adjustment back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"verdict": "legal", "opinion": "设定依据有效，内容合法"}},
    )

    step_id: UUID | None = Field(default=None, description="At which step, when the caller may act at several")
    verdict: Literal["legal", "illegal", "needs_change"]
    opinion: Paragraph
    element_opinions: list[ElementOpinion] = Field(default_factory=list, max_length=500)
    late_reason: Paragraph | None = Field(default=None, description=_LATE)
    correction_days: int | None = Field(default=None, ge=1, le=MOST_DAYS, description=_DAYS)


class DecisionAct(BaseModel):
    """The government's decision, or its refusal."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "decision": {"meeting": "区政府第12次常务会议", "date": "2026-03-02", "number": "区政审〔2026〕3号"}
            }
        },
    )

    outcome: Literal["approved", "returned"] = "approved"
    opinion: Paragraph | None = None
    decision: Decision = Field(description="Record of the meeting that decided, also when it sends back")
    document: Evidence | None = Field(default=None, description="The document of the decision, for the file")

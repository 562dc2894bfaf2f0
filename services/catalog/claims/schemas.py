"""Models of the claim API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.catalog.claims.rules import MOST_AT_ONCE
from services.catalog.fields import Decision, Grounds, Identifier, RegionText, Strict, Words

ItemTypeCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")]
State = Literal["offered", "claimed", "not_applicable", "disputed", "withdrawn"]


class NewPlan(Grounds):
    """Which matters of superiors a region, and those below it, claim for a kind of list."""

    source_kinds: list[Identifier] = Field(
        min_length=1, max_length=10, examples=[["base_catalogue", "permit"]],
        description="Kinds of a superior's list that are claimed from; the first that is kept above counts",
    )  # fmt: skip
    item_types: list[ItemTypeCode] = Field(default_factory=list, max_length=30, examples=[["01"]],
                                           description="Only matters of these types; all when empty")  # fmt: skip
    due_days: int = Field(ge=1, le=730, description="Natural days from the offer or the superior's change",
                          examples=[30])  # fmt: skip
    required: bool = Field(description="All must be handled before the list is decided on", examples=[True])
    active: bool = Field(default=True)
    source: Words = Field(description="Document that says so", examples=["泽州县行政许可事项清单编制工作方案"])


class Plan(BaseModel):
    """A plan of claiming."""

    region_code: str = Field(examples=["140525000000"])
    list_kind: str = Field(examples=["permit"])
    source_kinds: list[str]
    item_types: list[str]
    due_days: int = Field(examples=[30])
    required: bool
    active: bool
    source: str
    version: int = Field(examples=[1])
    set_by: str
    set_at: datetime


class Missing(BaseModel):
    """Something that keeps a claim from closing."""

    element: str = Field(examples=["process_steps"])
    title: str = Field(examples=["办理流程"])


class Claim(BaseModel):
    """A matter of a superior's list in one region: who takes it, or why nobody does."""

    id: UUID
    superior_item_id: UUID
    superior_name: str = Field(examples=["食品经营许可"])
    superior_code: str | None = Field(examples=["000116102000"])
    superior_state: str = Field(examples=["in_use"])
    superior_list_id: UUID
    superior_region: str = Field(examples=["130000000000"])
    superior_version: int = Field(description="Version whose specification is to be followed", examples=[3])
    confirmed_version: int | None = Field(description="Version the organ has confirmed", examples=[3])
    list_kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["130922000000"])
    organ_id: UUID | None
    organ_name: str | None = Field(examples=["青县市场监督管理局"])
    assigned_by: str = Field(description="entry, system, lead, nobody or person", examples=["system"])
    state: str = Field(description="offered, claimed, not_applicable, disputed or withdrawn", examples=["offered"])
    reason: str | None = Field(examples=["本县无港口，不涉及该事项"])
    local_item_id: UUID | None
    pending: bool = Field(description="Claimed, but the local entry is not complete", examples=[False])
    missing: list[Missing]
    offered_at: datetime
    due_at: datetime
    overdue: bool
    handled_at: datetime | None
    handled_by: str | None
    closed_at: datetime | None
    dispute: dict[str, Any] | None
    decision: dict[str, Any] | None
    version: int = Field(examples=[1])


class Chosen(Grounds):
    """Claims an act is done to: by id, or all that are offered to an organ in a region."""

    claim_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_AT_ONCE)
    region_code: RegionText | None = Field(default=None, examples=["130922"])
    list_kind: Identifier | None = Field(default=None, examples=["permit"])
    organ_id: UUID | None = Field(default=None, description="The organ that claims; its offers when no ids are given")


class Exclusion(Chosen):
    """Why matters do not apply in a region."""

    reason: Words = Field(description="Why they do not apply", examples=["本县无港口，不涉及该事项"])


class Assignment(Strict):
    """The organ that is to answer offers."""

    claim_ids: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    organ_id: UUID
    reason: Words | None = Field(default=None, examples=["按三定规定分派"])


class NewDispute(Strict):
    """Why an organ does not accept that a matter is its own."""

    opinion: Words = Field(examples=["该事项按三定规定由交通运输部门负责"])
    proposed_organ_id: UUID | None = None


class DisputeDecision(Grounds):
    """The government's decision of a dispute."""

    outcome: Literal["claimed", "not_applicable"]
    organ_id: UUID | None = Field(default=None, description="Whose claim it is")
    decision: Decision


class NewContact(Strict):
    """What was said to and by the superior about a claim (对接)."""

    counterpart: Words = Field(examples=["市行政审批局政策法规科"])
    contacted_on: date = Field(examples=["2026-11-20"])
    note: Words = Field(examples=["确认由县级实施，委托手续年内完成"])


class Contact(BaseModel):
    """A contact with the superior, or a confirmation that its specification is followed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str = Field(description="contact or confirmation", examples=["contact"])
    counterpart: str
    contacted_on: date
    note: str
    superior_version: int = Field(examples=[3])
    recorded_by: str
    recorded_at: datetime


class Refusal(BaseModel):
    """A claim that stays as it is, and why."""

    claim_id: UUID
    code: str = Field(examples=["illegal_transition"])
    message: str


class BulkResult(BaseModel):
    """What became of the claims an act was done to."""

    done: int = Field(examples=[120])
    refused: list[Refusal]
    more: bool = Field(description="There are further offers: ask again", examples=[False])


class Metric(BaseModel):
    """Claims of an organ in a region for a kind, counted."""

    region_code: str = Field(examples=["130922000000"])
    list_kind: str = Field(examples=["permit"])
    organ_id: UUID | None
    organ_name: str | None
    total: int = Field(description="All that were offered and not withdrawn", examples=[210])
    offered: int = Field(description="Not handled yet", examples=[3])
    claimed: int = Field(examples=[180])
    closed: int = Field(description="Claimed, and the local entry is complete", examples=[172])
    pending: int = Field(description="Claimed, and something is missing", examples=[8])
    not_applicable: int = Field(examples=[25])
    disputed: int = Field(examples=[2])
    overdue: int = Field(examples=[0])
    rate: float = Field(description="Claimed or not applicable, of all (认领率)", examples=[0.9762])

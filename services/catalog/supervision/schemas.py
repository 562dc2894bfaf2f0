"""Models of the supervision API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.fields import Decision, Grounds, Strict, Words

_ORGAN = "0190a1f0-0000-7000-8000-000000000001"


class StatedBody(Strict):
    """A body that law or the 三定 rules name as supervisor."""

    body: UUID = Field(examples=[_ORGAN])
    source: Words = Field(
        description="Document and article", examples=["《食品安全法》第六条；县市场监管局三定规定第三条"]
    )


class NewDetermination(Grounds):
    """What is known of who is in charge; the rule finds the rest."""

    industry_department: UUID | None = Field(
        default=None,
        description="Who is in charge of the matter; taken from the one-seal catalogue when left out",
        examples=[_ORGAN],
    )
    concentrated: bool | None = Field(
        default=None, description="Licensing is concentrated; taken from the one-seal catalogue when left out"
    )
    stated: list[StatedBody] = Field(default_factory=list, max_length=20)
    sharing: list[UUID] = Field(default_factory=list, max_length=50, description="Further organs that share the duty")


class Determined(BaseModel):
    """Who answers for the approval, who leads the supervision, who is beside it, and why."""

    id: UUID
    item_id: UUID
    branch: Literal["concentrated", "by_law", "silent", "several", "decided"]
    approval_responsible: UUID
    supervising_body: UUID
    joint_bodies: list[UUID]
    reason: str = Field(examples=["集中行使许可权：县行政审批局对审批负责，行业主管部门县市场监督管理局负责监管"])
    source: str = Field(examples=["集中行使行政许可权的，谁审批谁负责、谁主管谁监管"])
    dispute_id: UUID | None
    draft_id: UUID = Field(description="What it proposes to the authority of the permit's list")
    determined_by: str
    determined_at: datetime


class NewDispute(Strict):
    """Organs that do not agree on who supervises."""

    organ_ids: list[UUID] = Field(min_length=2, max_length=20, examples=[[_ORGAN, _ORGAN[:-1] + "2"]])
    question: Words = Field(examples=["餐饮油烟由生态环境部门还是城管部门监管"])


class DisputeDecision(Strict):
    """What the government decided."""

    supervising_body: UUID = Field(examples=[_ORGAN])
    joint_bodies: list[UUID] = Field(default_factory=list, max_length=50)
    decision: Decision


class Dispute(BaseModel):
    """A dispute about who supervises; while it is open nobody changes the element."""

    id: UUID
    item_id: UUID
    region_code: str = Field(examples=["130922000000"])
    organ_ids: list[UUID]
    question: str
    state: Literal["open", "decided"]
    opened_by: str
    opened_at: datetime
    decision: dict[str, str] | None
    decided_by: str | None
    decided_at: datetime | None


class GateSetting(Grounds):
    """Whether permits without supervision subject, items and measures may be published."""

    mode: Literal["report", "block"] = Field(examples=["block"])


class Gate(BaseModel):
    """What holds in a region."""

    region_code: str = Field(examples=["130922000000"])
    mode: Literal["report", "block"]
    version: int = Field(description="0 while the region has said nothing of its own", examples=[1])


class NewCheck(Strict):
    """Which permits are looked at."""

    list_id: UUID | None = Field(
        default=None,
        description="One permit list; all when left out",
        examples=["0197f3a0-0000-7000-8000-000000000004"],
    )


class Share(BaseModel):
    """How many of how many."""

    covered: int = Field(examples=[18])
    total: int = Field(examples=[20])


class Uncovered(BaseModel):
    """Something no random inspection covers."""

    kind: Literal["inspection_power", "supervision_sub_item"]
    item_id: UUID
    name: str = Field(examples=["对食品经营的监督检查"])
    organ_id: UUID | None


class OrganCoverage(BaseModel):
    """The powers of inspection of one organ."""

    organ_id: UUID
    name: str = Field(examples=["县市场监督管理局"])
    inspection_powers: Share


class Coverage(BaseModel):
    """What random inspection and supervision reach in a region (TH-32, ZZ-49)."""

    region_code: str = Field(examples=["130922000000"])
    inspection_powers: Share = Field(description="Powers of inspection with a random inspection")
    supervision_sub_items: Share = Field(description="Sub-items with a check list that a random inspection uses")
    random_inspections: Share = Field(description="Random inspections that belong to a power and a sub-item")
    permits_with_body: Share
    permits_with_items: Share
    permits_with_measures: Share
    organs: list[OrganCoverage]
    uncovered: list[Uncovered] = Field(description="The first 200")


class MappingRow(Strict):
    """One line of the mapping sheet: a supervision item and a permit it supervises."""

    supervision_code: str = Field(
        min_length=1, max_length=50, pattern=r"^[0-9A-Za-z._-]+$", examples=["33013100100001"]
    )
    base_code: str = Field(min_length=12, max_length=12, pattern=r"^[0-9A-Z]+$", examples=["000131001000"])
    implementing_body: UUID | None = Field(
        default=None, description="Which organ's permit; all of the region's when left out"
    )


class NewMappings(Grounds):
    """Lines of the mapping sheet; none: the pairs that the entries themselves state."""

    region_code: str = Field(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$", examples=["130922"])
    rows: list[MappingRow] = Field(default_factory=list, max_length=2_000)


class MappingResult(BaseModel):
    """What became of a line."""

    row: int = Field(description="Place among the lines, from 0; of a spreadsheet the number of its row", examples=[0])
    state: Literal["linked", "unknown_supervision_item", "unknown_permit", "unknown_body", "unreadable"]
    links: int = Field(description="Pairs it stands for", examples=[1])


class Mappings(BaseModel):
    """What became of the lines."""

    created: int = Field(description="Links that were not there", examples=[2])
    present: int = Field(description="Pairs that are linked now", examples=[2])
    rows: list[MappingResult]

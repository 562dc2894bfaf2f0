"""Models of the slots and of what is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.publish.documents.schemas import ID

Slot = Literal["policy_documents", "guide", "review_rules", "specification", "manual"]


class PolicyDocument(BaseModel):
    """A document an entry rests on, with its state in the register."""

    title: str = Field(examples=["食品安全法"])
    number: str = Field(examples=["主席令第22号"])
    articles: list[str] = Field(examples=[["第三十五条"]])
    address: str = Field(description="Where it can be read, if the list says so", examples=[""])
    document_id: UUID | None = Field(description="In the register; null: not registered", examples=[ID])
    status: str | None = Field(examples=["in_force"])
    status_title: str = Field(examples=["现行有效"])
    in_force: bool | None = Field(description="Null: the register does not know it", examples=[True])


class PolicySlot(BaseModel):
    """First slot: policy documents (政策文件)."""

    state: Literal["present", "missing"] = Field(examples=["present"])
    documents: list[PolicyDocument]


class GuideSlot(BaseModel):
    """Second slot: the guide (办事指南)."""

    state: Literal["present", "incomplete"] = Field(examples=["present"])
    missing: list[str] = Field(description="Elements nobody has said anything about", examples=[[]])
    address: str = Field(examples=[f"/publish/v1/items/{ID}/guide"])


class ReviewRulesFile(BaseModel):
    """Review rules that an organ has uploaded."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(description="Which upload it is; its ETag", examples=[1])
    file_name: str = Field(examples=["食品经营许可审查细则.pdf"])
    media_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes", examples=[182044])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    uploaded_at: datetime


class ReviewSlot(BaseModel):
    """Third slot: review rules (审查细则)."""

    state: Literal["present", "missing"] = Field(examples=["present"])
    source: Literal["generated", "uploaded"] | None = Field(
        description="Generated where entry or specification has review standards", examples=["generated"]
    )
    address: str | None = Field(examples=[f"/publish/v1/items/{ID}/review-rules"])
    file: ReviewRulesFile | None = None


class ItemDocuments(BaseModel):
    """The three public slots of an entry."""

    item_id: UUID = Field(examples=[ID])
    policy_documents: PolicySlot
    guide: GuideSlot
    review_rules: ReviewSlot


class OrganCoverage(BaseModel):
    """What is there of an organ's entries of one kind of list."""

    kind: str = Field(examples=["implementation"])
    organ_id: UUID | None = Field(examples=[ID])
    organ: str | None = Field(examples=["青县行政审批局"])
    entries: int = Field(examples=[128])
    missing: dict[str, int] = Field(
        description="Entries that lack each thing", examples=[{"policy_documents": 0, "guide": 3, "review_rules": 12}]
    )


class DocumentCoverage(BaseModel):
    """Which documents are there: by organ, and in all."""

    region_code: str = Field(examples=["130922000000"])
    items: list[OrganCoverage]
    entries: int = Field(examples=[128])
    complete: bool = Field(description="Nothing is missing anywhere", examples=[False])
    covered: dict[str, float] = Field(
        description="Share of entries that have each thing, by kind and thing, rounded down",
        examples=[{"implementation.guide": 0.9765, "permit.specification": 1.0}],
    )


class LackingItem(BaseModel):
    """An entry that lacks something."""

    model_config = ConfigDict(from_attributes=True)

    item_id: UUID = Field(examples=[ID])
    name: str = Field(examples=["食品经营许可"])
    kind: str = Field(examples=["implementation"])
    organ_id: UUID | None = Field(examples=[ID])
    organ: str | None = Field(examples=["青县行政审批局"])
    lacking: list[str] = Field(examples=[["guide"]])
    missing: list[str] = Field(description="Elements of its guide that nobody has said", examples=[["consult_phone"]])

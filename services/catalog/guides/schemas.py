"""Models of the guide API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class GuideElement(BaseModel):
    """One of the fourteen elements of a guide."""

    model_config = ConfigDict(from_attributes=True)

    key: str = Field(examples=["materials"])
    title: str = Field(examples=["申请材料"])
    value: Any = Field(description="As the list stores it")
    text: str = Field(description="For readers; empty when nothing is said", examples=["申请表；营业执照"])
    source: str | None = Field(description="implementation or permit", examples=["implementation"])


class Readability(BaseModel):
    """How a guide reads."""

    model_config = ConfigDict(from_attributes=True)

    sentences: int = Field(description="Sentences and list entries in all elements", examples=[31])
    longest: int = Field(description="Characters of the longest one", examples=[58])
    long_sentences: int = Field(description="Sentences of more than 120 characters", examples=[0])
    vague: dict[str, str] = Field(
        description="Elements that send readers elsewhere, with the words that do",
        examples=[{"process_steps": "按有关规定"}],
    )


class Guide(BaseModel):
    """A service guide, generated; it is never typed or stored."""

    item_id: UUID
    version: int = Field(examples=[3])
    permit_id: UUID | None = Field(description="The permit whose specification fills what the entry leaves open")
    permit_version: int | None = Field(examples=[2])
    elements: list[GuideElement]
    notices: list[str] = Field(examples=[["符合要求的，当场受理并出具受理通知书。"]])
    missing: list[str] = Field(description="Elements nobody has said anything about", examples=[["consult_phone"]])
    completeness: float = Field(description="Share of the fourteen that somebody has said something about",
                                examples=[0.9285])  # fmt: skip
    readability: Readability

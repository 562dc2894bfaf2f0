"""Models of the list API."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.catalog.fields import Decision, Grounds, Identifier, RegionText, Words


class NewList(Grounds):
    """A list of a kind in a region; one of each."""

    kind: Identifier = Field(examples=["permit"])
    region_code: RegionText = Field(examples=["130922"])
    title: Words | None = Field(default=None, description="By region and kind when empty", examples=["青县权力清单"])
    lead_organ_id: UUID | None = Field(default=None, description="牵头单位; by the responsibility matrix when empty")
    member_organ_ids: list[UUID] = Field(default_factory=list, max_length=500, description="成员单位")


class ListChange(Grounds):
    """What can be changed of a list itself."""

    title: Words = Field(examples=["青县行政许可事项清单"])
    lead_organ_id: UUID


class Members(Grounds):
    """The organs that bring items into a list; the lead organ always belongs."""

    organ_ids: list[UUID] = Field(max_length=500)


class Enactment(Grounds):
    """The decision that puts a list into force."""

    decision: Decision


class JointEnactment(Enactment):
    """One decision that puts several lists into force, all of them or none."""

    list_ids: list[UUID] = Field(min_length=2, max_length=50, description="Each once")


class NewEdition(Grounds):
    """A name for the list as it stands, or as it stood at an instant."""

    name: Words = Field(examples=["2017版"])
    in_force_at: AwareDatetime | None = Field(
        default=None, description="The list as it stood then; as it stands now when empty"
    )


class List(BaseModel):
    """A list."""

    id: UUID
    kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["130922000000"])
    title: str = Field(examples=["青县行政许可事项清单"])
    lead_organ_id: UUID
    state: str = Field(description="compiling or in_force", examples=["compiling"])
    edition: str | None = Field(examples=["2026版"])
    decision: dict[str, Any] | None = Field(examples=[{"meeting": "常务会议", "date": "2026-11-20", "number": "8号"}])
    enacted_at: datetime | None
    mirrored_from: UUID | None = Field(description="The platform whose catalogue it mirrors; nobody compiles it here")
    version: int = Field(examples=[1])


class EnactedLists(BaseModel):
    """Lists that one decision has put into force; they are published together."""

    enactment: UUID = Field(description="What they have in common: their publication is one")
    items: list[List]


class Member(BaseModel):
    """An organ that brings items into a list."""

    organ_id: UUID
    name: str = Field(examples=["青县市场监督管理局"])
    lead: bool

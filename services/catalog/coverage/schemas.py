"""Models of coverage."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field


class Candidate(BaseModel):
    """An entry of another list from which an entry of this list follows."""

    item_id: UUID
    list_id: UUID
    list_title: str = Field(examples=["青县权力清单"])
    kind: str = Field(examples=["power"])
    region_code: str = Field(examples=["130922000000"])
    rules: list[str] = Field(description="The rules that lead from it to this list", examples=[["K02"]])
    name: str = Field(examples=["食品经营许可"])
    base_code: str | None
    implementing_body: UUID | None
    organ_name: str | None = Field(examples=["青县市场监督管理局"])
    covered: bool = Field(description="This list shows the matter", examples=[False])
    shown_by: UUID | None = Field(description="The entry that shows it")


class OrganCoverage(BaseModel):
    """How many candidates of an organ a list shows, by the list they stand in."""

    organ_id: UUID | None
    organ_name: str | None = Field(examples=["青县市场监督管理局"])
    kind: str = Field(examples=["power"])
    covered: int = Field(examples=[41])
    missing: int = Field(examples=[2])


class Coverage(BaseModel):
    """Which matters of other lists a list shows, by organ."""

    list_id: UUID
    origins: dict[str, list[str]] = Field(
        description="Kinds of list the candidates stand in, and the rules that lead here", examples=[{"power": ["K02"]}]
    )
    covered: int = Field(examples=[510])
    missing: int = Field(examples=[2])
    organs: list[OrganCoverage]


class OrganFailures(BaseModel):
    """What the three detectors say of an organ (不漏报、不瞒报、不错报); all are suspects until people have looked."""

    organ_id: UUID
    organ_name: str = Field(examples=["青县市场监督管理局"])
    omission: int = Field(description="漏报: in another list and not reported", examples=[2])
    concealment: int = Field(
        description="瞒报: matters denied although a superior's list assigns them here, or claimed and held back",
        examples=[0],
    )
    error: int = Field(description="错报: open findings that block or are errors", examples=[1])
    drafts: list[UUID] = Field(description="Denied entries: the drafts that were objected to, at most 20")
    claims: list[UUID] = Field(description="Superiors' matters that are held back: their claims, at most 20")


class RegionFailures(BaseModel):
    """The three detectors, counted by organ; those with most come first."""

    region_code: str = Field(examples=["130922000000"])
    omission: int = Field(examples=[2])
    concealment: int = Field(examples=[0])
    error: int = Field(examples=[1])
    organs: list[OrganFailures]

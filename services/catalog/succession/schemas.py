"""Models of succession."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.fields import Grounds, RegionText, Strict
from services.catalog.regions.schemas import RowError


class OrganSuccession(Grounds):
    """An organ that is no more, and who goes on in its place."""

    kind: Literal["merged", "split", "replaced"] = Field(description="合并、分设、更替")
    successors: list[UUID] = Field(min_length=1, max_length=20)
    since: date = Field(description="Day of the reform", examples=["2026-03-01"])


class OrganSuccessor(BaseModel):
    """An organ that took the place of another."""

    organ_id: UUID
    successor_id: UUID
    name: str = Field(description="The successor's", examples=["青县行政审批局"])
    state: str = Field(description="The successor's: one that is abolished itself has successors, too")
    kind: str = Field(examples=["merged"])
    since: date


class RegionSuccession(Strict):
    """A region code that was given up, and the one that took its place."""

    code: RegionText = Field(examples=["130922"])
    successor_code: RegionText = Field(examples=["130902"])
    kind: Literal["recoded", "merged", "split"] = Field(description="换码、并入、分设")
    since: date = Field(examples=["2026-01-01"])


class RegionSuccessions(Grounds):
    """Changes of GB/T 2260 as they are announced, many at once."""

    items: list[RegionSuccession] = Field(min_length=1, max_length=5_000)


class RegionSuccessor(BaseModel):
    """A region that took the place of a code."""

    code: str = Field(examples=["130922000000"])
    successor_code: str = Field(examples=["130902000000"])
    name: str = Field(description="The successor's", examples=["新华区"])
    kind: str = Field(examples=["merged"])
    since: date


class SuccessionResult(BaseModel):
    """What became of the rows: the good ones are kept although others were refused."""

    recorded: int
    unchanged: int
    rejected: int
    errors: list[RowError]

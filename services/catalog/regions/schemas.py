"""Models of the region API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from services.catalog.fields import Grounds, RegionText, Strict, Words

Level = Literal["nation", "province", "city", "county", "township", "village"]
Kind = Literal["administrative", "zone", "virtual"]


class RegionContent(Strict):
    """What can be said of a region."""

    name: Words = Field(examples=["青县经济开发区"])
    level: Level = Field(description="From the register, not from the digits of the code", examples=["county"])
    kind: Kind = Field(default="administrative", description="zone: 开发区、高新区 …, hangs under a parent")
    parent_code: RegionText | None = Field(default=None, examples=["130922000000"])
    participates: bool = Field(default=True, description="Whether it takes part in the lists (乡镇、街道参照)")


class RegionChange(RegionContent, Grounds):
    """A region to be registered or changed."""


class NewRegion(RegionContent):
    """One row of a bulk load."""

    code: RegionText = Field(description="6, 9 or 12 digits, or a zone's local code", examples=["130922-KFQ"])


class RegionLoad(Grounds):
    """Regions to be registered or changed in one request; parents may be among them, in any order."""

    items: list[NewRegion] = Field(min_length=1, max_length=5_000)


class Region(BaseModel):
    """A region of the register."""

    code: str = Field(examples=["130922000000"])
    name: str = Field(examples=["青县"])
    level: str = Field(examples=["county"])
    kind: str = Field(examples=["administrative"])
    parent_code: str | None = Field(examples=["130900000000"])
    ancestors: list[str] = Field(description="Nearest first", examples=[["130900000000", "130000000000"]])
    participates: bool
    version: int = Field(examples=[1])


class RowError(BaseModel):
    """One thing wrong with one row."""

    pointer: str = Field(examples=["/items/3/parent_code"])
    code: str = Field(examples=["parent_unknown"])
    message: str = Field(examples=["上级区划不在区划库中，请先登记上级"])


class LoadResult(BaseModel):
    """What became of the rows: the good ones are registered although others were refused."""

    created: int = Field(examples=[3348])
    updated: int = Field(examples=[0])
    unchanged: int = Field(examples=[0])
    rejected: int = Field(examples=[0])
    errors: list[RowError]
    warnings: list[RowError] = Field(description="Registered all the same; a person should look")

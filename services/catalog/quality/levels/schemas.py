"""Models of the levels API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from services.catalog.fields import Grounds, RegionText, Strict

RuleId = Annotated[str, StringConstraints(pattern=r"^V[0-9]{2}$")]
Severity = Literal["block", "error", "warn", "off"]


class Validator(BaseModel):
    """A rule about an entry, by itself or beside others."""

    rule: str = Field(examples=["V08"])
    title: str = Field(examples=["申请材料有依据和来源，不得要求兜底性材料"])
    fixed: bool = Field(description="Its level is the same everywhere", examples=[False])


class NewLevel(Strict):
    """How severe a rule, or one of its findings, is to be taken."""

    rule: RuleId = Field(examples=["V08"])
    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{0,60}$")] = Field(
        default="", description="One finding of the rule; all of them when empty", examples=["material_basis_missing"]
    )
    severity: Severity | None = Field(description="Null takes the region's own level back", examples=["error"])


class NewLevels(Grounds):
    """Levels of a region; regions below follow unless they say otherwise."""

    region_code: RegionText = Field(examples=["130922"])
    levels: list[NewLevel] = Field(min_length=1, max_length=200)


class Level(BaseModel):
    """A level a region has set."""

    region_code: str = Field(examples=["130922000000"])
    rule: str = Field(examples=["V08"])
    code: str = Field(examples=["material_basis_missing"])
    severity: str = Field(examples=["error"])
    reason: str | None
    legal_basis: str | None
    set_by: str
    set_at: datetime


class Levels(BaseModel):
    """What a region has set itself, and what holds there with what its superiors have set."""

    items: list[Level]
    in_force: dict[str, str] = Field(
        description="Rule, or rule and code with a slash between, to severity", examples=[{"V08": "error"}]
    )

"""Models of the rule set API."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.fields import Grounds
from services.catalog.linkage.ruleset import Rule


class NewRuleSet(Grounds):
    """All rules of the next version; rules left out no longer hold once it is adopted."""

    rules: list[Rule] = Field(min_length=1, max_length=200)


class Adoption(Grounds):
    """From when a rule set holds."""

    effective_from: datetime | None = Field(default=None, description="Now when empty; never in the past")
    adjustment_id: UUID | None = Field(default=None, description="The adjustment that decided it")


class RuleSetHead(BaseModel):
    """A rule set without its rules."""

    version: int = Field(examples=[1])
    state: str = Field(description="saved or adopted", examples=["adopted"])
    effective_from: datetime | None
    adjustment_id: UUID | None
    created_by: str
    created_at: datetime


class StoredRuleSet(RuleSetHead):
    """A rule set."""

    rules: list[Rule]

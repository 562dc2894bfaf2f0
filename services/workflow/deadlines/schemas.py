"""API models of deadline rules."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.workflow.clocks.rules import LimitUnit
from services.workflow.clocks.schemas import limit_given
from services.workflow.deadlines.rules import LIST_ENACTED, MONTH_BEGUN, DeadlineRule
from services.workflow.fields import Line, RegionCode, Title
from shared import problems

Level = Literal["nation", "province", "city", "county", "township", "village"]
Role = Literal["reviewer", "list_authority", "compiler", "principal", "decider", "legality_reviewer"]
KindCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]

_EXAMPLE: dict[str, Any] = {
    "title": "省级公开新清单后一个月内编制公开本级清单",
    "region_code": "130922000000",
    "trigger": "list.enacted",
    "trigger_level": "province",
    "kinds": [],
    "levels": ["county"],
    "amount": 1,
    "unit": "calendar_month",
    "role": "reviewer",
    "task_title": "编制并公开本级清单",
    "source": "青县清单制度建设通知四（三）2",
    "verified": False,
    "active": True,
}


class NewDeadlineRule(BaseModel):
    """What makes what due, and for whom."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    title: Title
    region_code: RegionCode | None = Field(default=None, description="Holds there and below; everywhere when empty")
    trigger: Literal["list.enacted", "month.begun", "adjustment.opened"]
    trigger_level: Level | None = Field(default=None, description="Level of the region whose list is the cause")
    kinds: list[KindCode] = Field(default_factory=list, max_length=50, description="Kinds of list; empty: all")
    levels: list[Level] = Field(min_length=1, max_length=6, description="Levels of the regions that have to act")
    amount: int = Field(ge=0, le=4_000)
    unit: LimitUnit
    extension_most: int | None = Field(
        default=None,
        ge=0,
        le=4_000,
        description="Longest extension in all, in the unit (working days for a day of the month); half when empty",
    )
    role: Role = Field(description="Who has to act")
    task_title: Title
    source: Line = Field(description="The document that says so")
    verified: bool = Field(default=False, description="Somebody has compared it with the document")
    active: bool = False

    @model_validator(mode="after")
    def _fits(self) -> NewDeadlineRule:
        if (self.trigger_level is None) == (self.trigger == LIST_ENACTED):
            raise ValueError("按清单公布触发的规则须填写 trigger_level，其他规则不填")
        return self

    def as_rule(self, code: str) -> DeadlineRule:
        """The rule of this code.

        Raises
        ------
        problems.Invalid
            The limit is none, or one that does not come again each month.
        """
        limit_given(self.amount, self.unit, None, "/amount")
        if self.trigger == MONTH_BEGUN and self.unit is not LimitUnit.NTH_DAY_OF_MONTH:
            place = problems.FieldError("/unit", "limit_unit", "按月触发的规则以每月第几日为限（nth_day_of_month）")
            raise problems.Invalid("期限单位与触发方式不符。", code="limit_unit", errors=[place])
        lists = {"kinds": tuple(self.kinds), "levels": tuple(self.levels)}
        return DeadlineRule(code=code, **(self.model_dump() | lists))


class DeadlineRuleView(BaseModel):
    """A deadline rule as it is stored."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["new_list_after_superior"])
    title: str
    region_code: str | None
    trigger: str = Field(examples=["list.enacted"])
    trigger_level: str | None
    kinds: list[str]
    levels: list[str]
    amount: int
    unit: LimitUnit
    extension_most: int | None
    role: str
    task_title: str
    source: str
    verified: bool
    active: bool
    begun_month: date | None = Field(description="The last month it has opened tasks in")
    set_by: str

"""Models of the levels beside one another."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Problem = Literal["orphan", "code", "name", "basis", "unclaimed"]
Scope = Literal["own", "with_townships", "with_townships_and_zones"]
Pairing = Literal["only", "name", "to_map"]


class VerticalProblem(BaseModel):
    """A matter that does not agree between two levels."""

    model_config = ConfigDict(from_attributes=True)

    problem: Problem = Field(
        description="orphan: no superior's entry; code, name, basis: it says otherwise; unclaimed: nobody lists it here"
    )
    region_code: str = Field(examples=["130922000000"])
    item_id: UUID | None = Field(description="The local entry")
    name: str | None = Field(examples=["食品经营许可证核发"])
    base_code: str | None = Field(examples=["000116102000"])
    superior_item_id: UUID | None
    superior_name: str | None = Field(examples=["食品经营许可"])
    superior_code: str | None = Field(examples=["000116102000"])


class SuperiorRow(BaseModel):
    """A superior's row that an entry is held against, or that it may correspond to."""

    item_id: UUID
    region_code: str = Field(examples=["440000000000"])
    name: str = Field(examples=["建设项目环境影响报告表审批"])
    handling_item: str = Field(examples=[""])
    statutory_limit: dict[str, Any] | None = Field(examples=[{"amount": 30, "unit": "natural_day"}])


class SuperiorPair(BaseModel):
    """An entry beside the rows of the nearest superior that lists the matter."""

    item_id: UUID
    region_code: str = Field(examples=["440100000000"])
    list_id: UUID
    name: str = Field(examples=["建设项目环境影响报告表审批"])
    base_code: str = Field(examples=["440113106002"])
    implementation_code: str | None
    handling_item: str = Field(examples=["01"])
    implementing_body: UUID | None
    pairing: Pairing = Field(
        description="only: the superior has one row; name: the one of the same name; to_map: several, and no name"
        " says which, so nothing is compared until people say (待对应)"
    )
    statutory_limit: dict[str, Any] | None = Field(examples=[{"amount": 30, "unit": "working_day"}])
    limit_differs: bool | None = Field(
        description="Its limit amounts to other working days than that of any row shown; null: not comparable"
    )
    superiors: list[SuperiorRow]


class CoveredEntry(BaseModel):
    """An entry of a list that covers downwards, with the region it is from."""

    id: UUID
    list_id: UUID
    region_code: str = Field(examples=["130922100000"])
    region_name: str = Field(examples=["马厂镇"])
    region_level: str = Field(examples=["township"])
    region_kind: str = Field(examples=["administrative"])
    version: int = Field(examples=[1])
    effective_from: datetime
    name: str = Field(examples=["农村村民宅基地审批"])
    base_code: str | None = Field(examples=["000120051000"])
    implementation_code: str | None
    handling_item: str
    item_type: str | None = Field(examples=["01"])
    level: str | None = Field(examples=["5"])
    implementing_body: UUID | None
    state: str = Field(examples=["in_use"])
    audience: str = Field(examples=["public"])


class LocalOptimisation(BaseModel):
    """An element in which an entry asks less than its superior's (本地优化)."""

    model_config = ConfigDict(from_attributes=True)

    item_id: UUID
    element: str = Field(examples=["materials"])
    list_id: UUID
    list_kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["130922000000"])
    item_version: int = Field(examples=[2])
    superior_item_id: UUID
    superior_version: int = Field(examples=[1])
    actual: Any
    superior_value: Any
    message: str = Field(examples=["本地优化：申请材料减少：承诺书"])
    noted_at: datetime

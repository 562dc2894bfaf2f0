"""Models of the public search."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from shared.search.models import Facets, Highlight


class PublishedHit(BaseModel):
    """A published entry that was found, with why."""

    id: UUID
    list_title: str = Field(examples=["广州市行政许可事项清单"])
    kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["440100000000"])
    revision: int = Field(description="Present revision of its list", examples=[12])
    name: str = Field(examples=["建设项目环境影响报告表审批"])
    base_code: str | None = Field(examples=["440113106002"])
    implementation_code: str | None = None
    handling_item: str | None = None
    item_type: str | None = Field(examples=["01"])
    level: str | None = Field(examples=["3"])
    state: str = Field(examples=["in_use"])
    organ: dict[str, Any] | None = Field(examples=[{"name": "广州市生态环境局", "credit_code": "11440100MB2C93184J"}])
    permit_name: str | None = None
    version: int = Field(examples=[3])
    effective_from: AwareDatetime
    hash: str = Field(description="SHA-256 of the published entry")
    match: str = Field(
        description="exact_name, name_begins, name, basis or elsewhere; without words: elsewhere", examples=["name"]
    )
    highlights: list[Highlight]


class PublishedSearchPage(BaseModel):
    """Published entries, best first."""

    items: list[PublishedHit]
    next: str | None = Field(default=None, description="Cursor of the next page")
    entries: int = Field(description="How many were found and ranked", examples=[12])
    complete: bool = Field(
        description="False: there are more than were ranked; narrow the search by words or filters", examples=[True]
    )
    facets: Facets | None = None

"""Models of the staff's search."""

from __future__ import annotations

from pydantic import BaseModel, Field

from services.catalog.items.schemas import ItemRow
from shared.search.models import Facets, Highlight


class SearchHit(ItemRow):
    """An entry that was found, with why."""

    list_title: str = Field(examples=["青县行政许可事项清单"])
    region_name: str | None = Field(examples=["青县"])
    organ_name: str | None = Field(examples=["青县市场监督管理局"])
    match: str = Field(
        description="exact_name, name_begins, name, basis or elsewhere; without words: elsewhere", examples=["name"]
    )
    highlights: list[Highlight]


class SearchPage(BaseModel):
    """Entries, best first."""

    items: list[SearchHit]
    next: str | None = Field(default=None, description="Cursor of the next page")
    entries: int = Field(description="How many were found and ranked", examples=[12])
    complete: bool = Field(
        description="False: there are more than were ranked; narrow the search by words or filters", examples=[True]
    )
    facets: Facets | None = None

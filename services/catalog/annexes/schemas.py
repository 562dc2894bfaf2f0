"""Models of the annex API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.catalog.annexes.rules import Format
from services.catalog.fields import Grounds, Identifier, Strict, Words
from shared.annex.layout import LEAST_WEIGHT, MOST_WEIGHT

Edition = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
MOST_REVISION = 2**31 - 1


class LayoutColumn(Strict):
    """A column of the annex of a kind; the serial number stands before all of them."""

    element: Identifier = Field(examples=["implementing_body"])
    title: Words | None = Field(default=None, description="The element's own when empty", examples=["实施机关"])
    weight: int | None = Field(default=None, ge=LEAST_WEIGHT, le=MOST_WEIGHT, description="Width beside the others")


class NewLayout(Grounds):
    """The columns of a kind's annex."""

    columns: list[LayoutColumn] = Field(
        min_length=1, max_length=30, examples=[[{"element": "name"}, {"element": "implementing_body"}]]
    )


class Layout(BaseModel):
    """The columns of a kind's annex; version 0 is what is shown where nobody has decided otherwise."""

    kind: str = Field(examples=["permit"])
    version: int = Field(examples=[1])
    columns: list[dict[str, Any]] = Field(examples=[[{"element": "name", "title": "许可事项名称", "weight": 2}]])


class NewAnnex(Strict):
    """An annex to be written in the background."""

    format: Format = Field(examples=["pdf"])
    as_of: AwareDatetime | None = Field(default=None, description="The list as it was at this instant")
    revision: int | None = Field(default=None, ge=1, le=MOST_REVISION, description="A published revision")
    edition: Edition | None = Field(default=None, description="A named edition", examples=["2026版"])
    unit: str | None = Field(default=None, max_length=36, description="An implementing body, or `none`")
    by_unit: bool = Field(default=False, description="A file for each implementing body, in a ZIP")


class AnnexUnit(BaseModel):
    """An implementing body and how many entries of the list are its own."""

    organ_id: UUID | None = Field(description="Null: entries that name no implementing body")
    name: str | None = Field(examples=["青县行政审批局"])
    entries: int = Field(examples=[128])


class AnnexUnits(BaseModel):
    """The parts whose union is the list."""

    list_id: UUID
    entries: int = Field(examples=[510])
    as_of: datetime | None = None
    revision: int | None = None
    items: list[AnnexUnit]

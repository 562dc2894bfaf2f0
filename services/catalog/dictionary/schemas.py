"""Models of the dictionary API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.fields import Grounds, Identifier, Note, RegionText, Words
from services.catalog.kinds.schemas import ColumnDefinition


class NewDictionaryElement(Grounds):
    """An element with one meaning in all lists of a region."""

    region_code: RegionText | None = Field(
        default=None, description="Region whose lists it holds for, with those below; everywhere when empty"
    )
    key: Identifier = Field(examples=["credit_grade"])
    title: Words = Field(description="What the element is called", examples=["信用等级"])
    aliases: list[Words] = Field(default_factory=list, max_length=20, description="Titles that mean the same")
    type: Identifier = Field(description="What its value looks like", examples=["choice"])
    vocabulary: dict[str, str] = Field(
        default_factory=dict,
        max_length=500,
        description="Values and their names",
        examples=[{"A": "守信", "D": "失信"}],
    )
    columns: list[ColumnDefinition] = Field(default_factory=list, max_length=60, description="Of a sub-table")
    description: Note = ""
    source: Note = Field(default="", description="Document it follows")


class DictionaryElement(BaseModel):
    """An element of the dictionary in one version."""

    model_config = ConfigDict(from_attributes=True)

    key: str = Field(examples=["service_objects"])
    number: int = Field(description="Version", examples=[1])
    region_code: str | None = Field(description="Empty: everywhere")
    title: str = Field(examples=["服务对象"])
    aliases: list[str] = Field(description="Other titles in use")
    any_title: bool = Field(description="Each kind may call it by what it is about", examples=[False])
    type: str = Field(examples=["choices"])
    vocabulary: dict[str, str] = Field(description="Empty: any value", examples=[{"enterprise": "企业法人"}])
    columns: list[dict[str, Any]] = Field(description="Of a sub-table")
    description: str
    source: str
    created_by: str
    created_at: datetime

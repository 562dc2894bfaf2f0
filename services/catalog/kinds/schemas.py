"""Models of the list kind API."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.catalog.fields import Grounds, Identifier, Note, RegionText, Storable, Strict, Words

# As `shared/secrecy.py` has them.
Ground = Literal["", "state_secret", "state_security", "trade_secret", "privacy", "internal_affairs"]
_EXAMPLE = {"key": "measure_code", "title": "措施编码", "type": "code", "mandatory": True}


class ColumnDefinition(Strict):
    """One column of a sub-table."""

    key: Identifier = Field(examples=["standard"])
    title: Words = Field(description="Chinese name", examples=["收费标准"])
    type: Identifier = Field(description="What a cell holds, e.g. text, choice, limit", examples=["text"])
    mandatory: bool = Field(default=False, description="A row without it is malformed")
    vocabulary: dict[str, str] = Field(default_factory=dict, max_length=500, description="Values and their names")
    description: Note = ""


class ElementDefinition(Strict):
    """One element of the entries of a kind."""

    key: Identifier = Field(examples=["measure_code"])
    title: Words = Field(description="Chinese name", examples=["措施编码"])
    type: Identifier = Field(description="What its value looks like, e.g. text, organ, basis", examples=["code"])
    group: Note = Field(default="", description="Chinese heading it stands under", examples=["编码"])
    mandatory: bool = Field(default=False, description="An entry without it is incomplete (V01)")
    mandatory_for: list[str] = Field(default_factory=list, max_length=20, description="Item types that must have it")
    mandatory_when: dict[Identifier, Annotated[list[str], Field(min_length=1, max_length=50)]] = Field(
        default_factory=dict, max_length=5, description="Mandatory with these values of another element",
        examples=[{"section": ["boundary"]}],
    )  # fmt: skip
    vocabulary: dict[str, str] = Field(default_factory=dict, max_length=500, description="Values and their names")
    order: list[str] = Field(default_factory=list, max_length=500, description="Values in the order of listing")
    public: bool = Field(default=True, description="Whether citizens see it")
    withheld_because: Ground = Field(
        default="", description="The ground on which they do not; there must be one", examples=["internal_affairs"]
    )
    inherited: bool = Field(default=False, description="Comes from the leading list; read-only here")
    minor: bool = Field(default=False, description="May be corrected without an adjustment")
    description: Note = ""
    default: Storable = Field(default=None, description="What holds where an entry says nothing")
    columns: list[ColumnDefinition] = Field(
        default_factory=list, max_length=60, description="What the rows of a sub-table consist of (type rows)"
    )


class NewProfile(Grounds):
    """A profile to be added: the next number of its kind."""

    item_type: str | None = Field(default=None, pattern=r"^[0-9]{2}$", description="Item type it is for")
    region_code: RegionText | None = Field(default=None, description="Region it holds in, with all below it")
    valid_from: date | None = Field(default=None, description="First day; today when empty", examples=["2026-12-01"])
    source: Note = Field(default="", description="Document the profile follows", examples=["GB/T 39046-2020 表4"])
    name: Words | None = Field(default=None, description="What people call it", examples=["2017-36"])
    verified: bool = Field(default=False, description="Whether somebody compared it with its source")
    elements: list[ElementDefinition] = Field(
        min_length=1, max_length=300, examples=[[{"key": "name", "title": "事项名称", "type": "text"}, _EXAMPLE]]
    )


class Adoption(Grounds):
    """A profile taken over for a region: its elements become the next profile, which holds there (ZL-22)."""

    region_code: RegionText | None = Field(default=None, description="Region it is to hold in; everywhere when null")
    item_type: str | None = Field(default=None, pattern=r"^[0-9]{2}$", description="Only for this item type")
    valid_from: date | None = Field(default=None, description="First day; today when empty", examples=["2026-12-01"])


class NewKind(NewProfile):
    """A list kind with its first profile: usable at once (QX-03)."""

    code: Identifier = Field(examples=["market_entity_credit"])
    title: Words = Field(examples=["市场主体信用监管清单"])
    description: Note = ""
    unique_code: Literal["base", "implementation"] | None = Field(
        default=None, description="Code that names exactly one entry and is never given again"
    )
    list_class: Literal["comprehensive", "special"] = Field(
        default="comprehensive", description="Special: of one field of responsibility; targets count it by itself"
    )


class KindChange(Grounds):
    """What can be changed of a kind; its elements change by a new profile."""

    title: Words = Field(examples=["市场主体信用监管清单"])
    description: Note = ""


class Kind(BaseModel):
    """A list kind."""

    code: str = Field(examples=["permit"])
    title: str = Field(examples=["行政许可事项清单"])
    origin: str = Field(description="built_in or custom", examples=["built_in"])
    region_code: str | None = Field(description="Where it may be used; everywhere when null")
    description: str
    unique_code: str | None = Field(examples=["implementation"])
    list_class: str = Field(description="comprehensive or special", examples=["comprehensive"])
    version: int = Field(examples=[1])


class Profile(BaseModel):
    """What an entry of a kind consists of."""

    kind: str = Field(examples=["permit"])
    number: int = Field(examples=[1])
    item_type: str | None
    region_code: str | None
    valid_from: date
    name: str | None = Field(description="What people call it", examples=["2017-36"])
    offered: bool = Field(description="Applies nowhere until a region adopts it", examples=[False])
    source: str
    verified: bool
    elements: list[dict[str, Any]] = Field(examples=[[_EXAMPLE]])


class KindWithProfile(Kind):
    """A kind and the profile that is in force today for all item types, where the kind may be used."""

    profile: Profile | None

"""Models of the code API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from services.catalog.fields import Grounds, RegionText, Strict, Words
from services.catalog.regions.schemas import RowError

LocalCode = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=50, pattern=r"^[!-~]+$")
]
"""A code of a local scheme: up to 50 printable characters without blanks (varchar(50) of the exchange tables)."""
BaseText = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[0-9A-Za-z]{12}$")]
Relation = Literal["exact", "narrower", "broader"]


class CodeMappingRow(Strict):
    """A local base code and the national one of the same matter."""

    local_code: LocalCode = Field(examples=["440116101001"])
    national_code: BaseText = Field(examples=["000116101000"])
    relation: Relation = Field(default="exact", description="What the local matter is to the national one")
    source: Words = Field(description="Document or comparison it rests on", examples=["省级基本目录对照表（2022年）"])


class CodeMappingLoad(Grounds):
    """Mappings of a region's local codes, many at once."""

    region_code: RegionText = Field(examples=["440000"])
    items: list[CodeMappingRow] = Field(min_length=1, max_length=5_000)


class CodeMapping(BaseModel):
    """A local code of a region and its national counterpart."""

    region_code: str = Field(examples=["440000000000"])
    local_code: str = Field(examples=["440116101001"])
    national_code: str = Field(examples=["000116101000"])
    relation: str = Field(examples=["exact"])
    source: str
    version: int
    recorded_by: str
    recorded_at: datetime


class CodeMappingResult(BaseModel):
    """What became of the rows: the good ones are kept although others were refused."""

    recorded: int
    unchanged: int
    rejected: int
    errors: list[RowError]


class CodeHolder(BaseModel):
    """An entry that has or had the code."""

    item_id: UUID
    list_id: UUID
    kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["440113000000"])
    name: str
    state: str = Field(examples=["in_use"])
    valid_from: datetime
    valid_until: datetime | None
    successor: str | None = Field(description="The code the entry has had since")
    successors: list[UUID] = Field(description="Entries that took its place when it was merged or split")


class CodeAnswer(BaseModel):
    """What is known of a code."""

    code: str
    scheme: str | None = Field(description="National scheme by its length; null: a local code", examples=["base"])
    problem: str | None = Field(description="What is wrong with its structure, in Chinese")
    segments: dict[str, str] = Field(examples=[{"area": "00", "type": "01", "department": "16"}])
    holders: list[CodeHolder]
    mappings: list[CodeMapping] = Field(description="Where it stands for another code, or another stands for it")


class NextCode(Strict):
    """Which code is wanted: below an organ's matter, below a main item, or below a department."""

    scheme: Literal["base", "implementation", "handling_item", "material"] = Field(examples=["handling_item"])
    area: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None
    item_type: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None
    department: Annotated[str, StringConstraints(to_upper=True, pattern=r"^[0-9A-Za-z]{2}$")] | None = None
    main_item: BaseText | None = Field(default=None, description="base: the next sub-item of this one")
    organ_id: UUID | None = None
    level: Annotated[str, StringConstraints(pattern=r"^[1-7]$")] | None = None
    base_code: BaseText | None = None
    implementation_code: Annotated[str, StringConstraints(to_upper=True, pattern=r"^[0-9A-Za-z]{31}$")] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        wanted = {
            "base": ("main_item",) if self.main_item else ("area", "item_type", "department"),
            "implementation": ("organ_id", "level", "base_code"),
        }.get(self.scheme, ("implementation_code",))
        missing = [name for name in wanted if getattr(self, name) is None]
        if missing:
            raise ValueError(f"请填写：{'、'.join(missing)}")
        return self


class FreeCode(BaseModel):
    """A code that no entry has or ever had; entry refuses it if another one takes it first."""

    scheme: str = Field(examples=["handling_item"])
    code: str = Field(examples=["11440113MB2C91234X300011610100003"])

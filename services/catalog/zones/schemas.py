"""Models of mandatory lists, coverage and delegations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.catalog.fields import Grounds, Identifier, RegionText, Words

Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{12}$")]
Purpose = Literal["mandatory", "reference"]


class Duties(Grounds):
    """Kinds of list that regions of a kind must have, or are built against."""

    list_kinds: list[Identifier] = Field(max_length=100, examples=[["power", "responsibility", "intermediary"]])
    source: Words = Field(examples=["县政府办公室通知三（四）"])
    verified: bool = Field(default=True, description="Whether it was checked against the document")


class Duty(BaseModel):
    """A kind of list that regions of a kind must have, or are built against."""

    region_code: str = Field(examples=["130922000000"])
    region_kind: str = Field(examples=["zone"])
    purpose: str = Field(examples=["mandatory"])
    list_kind: str = Field(examples=["power"])
    source: str
    verified: bool


class MandatoryList(BaseModel):
    """A mandatory list of a region and what there is of it."""

    model_config = ConfigDict(from_attributes=True)

    list_kind: str = Field(examples=["intermediary"])
    title: str = Field(examples=["行政许可中介服务事项清单"])
    status: str = Field(description="missing, not_applicable, compiling or in_force", examples=["missing"])
    list_id: UUID | None
    exempt_reason: str | None
    source: str
    verified: bool


class Completeness(BaseModel):
    """Which mandatory lists a region lacks."""

    region_code: str = Field(examples=["130922-KFQ"])
    region_kind: str = Field(examples=["zone"])
    complete: bool
    missing: int = Field(examples=[1])
    lists: list[MandatoryList]


class KindCoverage(BaseModel):
    """A zone's list of a kind against the list of the region above."""

    model_config = ConfigDict(from_attributes=True)

    list_kind: str = Field(examples=["power"])
    title: str = Field(examples=["行政权力清单"])
    status: str = Field(description="missing, not_applicable, compiling or in_force", examples=["in_force"])
    list_id: UUID | None
    exempt_reason: str | None
    above_list_id: UUID | None
    above_list: str | None = Field(examples=["青县行政权力清单"])
    entries: int = Field(description="Entries of the zone", examples=[120])
    from_above: int = Field(description="Of these, entries the region above lists", examples=[110])
    delegated: int = Field(description="Of these, entries that rest on a delegation alone", examples=[8])
    without_source: int = Field(description="Of these, entries with neither: findings K21", examples=[2])
    above_entries: int = Field(description="Entries of the region above", examples=[300])
    covered: int = Field(examples=[110])
    not_applicable: int = Field(examples=[150])
    missing: int = Field(description="Neither taken over nor said not to apply", examples=[40])


class Coverage(BaseModel):
    """A zone's lists against those of the region above."""

    region_code: str = Field(examples=["130922-KFQ"])
    above_region: str | None = Field(examples=["130922000000"])
    kinds: list[KindCoverage]


class MissingEntry(BaseModel):
    """An entry above that a zone neither has nor says does not apply."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(examples=["食品经营许可"])
    base_code: str | None = Field(examples=["000116102000"])
    implementing_body: UUID | None


class NewExemption(Grounds):
    """Why a kind of list, or a matter of it, does not apply in a region."""

    reason: Words = Field(examples=["开发区不承担该类职能"])


class Exemption(BaseModel):
    """A kind of list, or a matter of it, that does not apply in a region."""

    region_code: str
    list_kind: str
    base_code: str = Field(description="Empty: the whole kind", examples=["000116102000"])
    reason: str = Field(examples=["开发区不承担该类职能"])
    set_by: str
    set_at: datetime


class NewDelegation(Grounds):
    """A power that a superior gives to a zone or a township."""

    region_code: RegionText = Field(description="Who receives it", examples=["130922-KFQ"])
    list_kind: Identifier = Field(examples=["permit"])
    base_code: Code = Field(examples=["000116102000"])
    granting_organ_id: UUID = Field(description="Who gives it: an organ of a region above")
    document_title: Words = Field(examples=["关于委托开发区实施部分行政许可事项的通知"])
    document_number: Words = Field(examples=["沧政发〔2026〕3号"])
    valid_from: date = Field(examples=["2026-01-01"])
    valid_until: date | None = Field(default=None, description="Last day; until it is revoked when empty")

    @model_validator(mode="after")
    def _in_order(self) -> NewDelegation:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("截止日期不能早于起始日期")
        return self


class Delegation(BaseModel):
    """A power that a superior gave to a zone or a township."""

    id: UUID
    region_code: str
    list_kind: str
    base_code: str
    granting_organ_id: UUID
    document_title: str
    document_number: str
    valid_from: date
    valid_until: date | None
    state: str = Field(description="in_force or revoked", examples=["in_force"])
    version: int = Field(examples=[1])
    recorded_by: str
    recorded_at: datetime


class Revocation(Grounds):
    """Why a delegation ends before its day."""

    reason: Words = Field(examples=["委托事项收回"])

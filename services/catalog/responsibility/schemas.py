"""Models of lists in sections: sections, entries, declarations, coverage."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.catalog.fields import Identifier, Strict, Words


class SectionState(BaseModel):
    """One section of a list, and whether anything stands in it."""

    section: str = Field(examples=["boundary"])
    title: str = Field(examples=["职责边界"])
    entries: int = Field(description="Entries that are not cancelled", examples=[12])
    state: Literal["filled", "declared_empty", "empty"] = Field(examples=["filled"])
    declaration_id: UUID | None = Field(description="Who says that there is nothing to list")


class SectionEntry(BaseModel):
    """An entry of a section with everything it says."""

    id: UUID
    version: int = Field(examples=[1])
    effective_from: datetime
    name: str = Field(examples=["消防监督检查责任"])
    implementing_body: UUID | None
    state: str = Field(examples=["in_use"])
    elements: dict[str, Any] = Field(examples=[{"section": "duty", "duty_category": "special_business"}])


class NewDeclaration(Strict):
    """Somebody answers for it that there is nothing to list: in a section, or for one entry of another list."""

    section: Identifier | None = Field(default=None, description="The section that is empty", examples=["boundary"])
    item_id: UUID | None = Field(
        default=None, description="A cancelled or devolved power that needs no supervision afterwards"
    )
    reason: Words = Field(examples=["本级部门职责无交叉"])
    legal_basis: Words | None = Field(default=None, examples=["三定规定"])

    @model_validator(mode="after")
    def _one_subject(self) -> NewDeclaration:
        if (self.section is None) == (self.item_id is None):
            raise ValueError("请给出 section 或 item_id 之一")
        return self


class Declaration(BaseModel):
    """A declaration that there is nothing to list; withdrawn ones stay on record."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    list_id: UUID
    section: str | None = Field(examples=["boundary"])
    item_id: UUID | None
    rule: str | None = Field(description="The rule that asks for a counterpart of the entry", examples=["K25"])
    reason: str = Field(examples=["本级部门职责无交叉"])
    legal_basis: str | None
    declared_by: str = Field(examples=["account:0190a1f0-0000-7000-8000-000000000001"])
    declared_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class NewDutyDrafts(Strict):
    """Whose powers are to become drafts of duties."""

    organ_id: UUID = Field(examples=["0197f3a0-0000-7000-8000-000000000002"])


class CoverageEntry(BaseModel):
    """An entry that lacks something."""

    item_id: UUID
    name: str = Field(examples=["消防监督检查"])
    organ_id: UUID | None
    organ: str | None = Field(examples=["青县应急管理局"])


class Gap(BaseModel):
    """How many entries lack something, and the first of them by organ and name."""

    count: int = Field(examples=[0])
    items: list[CoverageEntry]


class Body(BaseModel):
    """An organ."""

    organ_id: UUID
    organ: str = Field(examples=["青县应急管理局"])


class SpecialBody(Body):
    """A department that a special list names."""

    list_kind: str = Field(examples=["environment_responsibility"])


class FieldCoverage(BaseModel):
    """Boundaries in one field."""

    field: str = Field(examples=["food_safety"])
    title: str = Field(examples=["食品安全"])
    boundaries: int = Field(examples=[2])
    missing: bool = Field(description="A field to be delimited before all others that has no boundary")


class Coverage(BaseModel):
    """What a responsibility list owes its region."""

    list_id: UUID
    at: datetime
    sections: list[SectionState]
    powers_without_duty: Gap = Field(description="0 before publication (V15, HB-02)")
    unsupervised: Gap = Field(description="Cancelled or devolved, without a record or a declaration (V18, TH-33)")
    organs_without_duties: list[Body] = Field(description="With powers, but not in the responsibility list (K07)")
    organs_without_powers: list[Body] = Field(description="In the responsibility list, but without a power (K07)")
    fields: list[FieldCoverage] = Field(description="Duty boundaries by field (HB-15)")
    special_departments: list[SpecialBody] = Field(
        description="Named in a special list, without a duty of its field in the responsibility list (K19)"
    )
    services_not_in_catalogue: Gap = Field(description="Public services the catalogue lacks (K03, ZL-19)")

"""Models of the organ API."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from services.catalog.fields import Grounds, RegionText, Strict, Words
from services.catalog.regions.schemas import RowError

Kind = Literal[
    "government", "department", "department_managed", "institution_with_administrative_duties", "party_body",
    "public_service_enterprise", "township", "zone_committee",
]  # fmt: skip
CreditCode = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True, min_length=1, max_length=40)]


class OrganContent(Strict):
    """What can be said of an organ."""

    name: Words = Field(examples=["青县行政审批局"])
    credit_code: CreditCode | None = Field(default=None, examples=["11440000006939756B"])
    kind: Kind = Field(examples=["department"])
    region_code: RegionText = Field(description="Region it serves; never derived from its code", examples=["130922"])
    administrative_subject: bool | None = Field(
        default=None,
        description="行政主体资格; when empty as it is registered, of a new organ by its kind. Without it no power"
        " items (HB-06)",
    )
    vertical: bool = Field(default=False, description="垂直管理: mirrored, not claimable")
    system: Words | None = Field(default=None, description="条线", examples=["市场监管"])
    state: Literal["active", "abolished"] | None = Field(
        default=None,
        description="As it is registered, of a new organ active; changed by `/organs/{organ_id}/successors` alone",
    )


class NewOrgan(OrganContent, Grounds):
    """An organ to be registered."""

    supervising_organ_id: UUID | None = Field(default=None, description="主管部门")


class OrganRow(OrganContent):
    """One row of a bulk load; the credit code tells organs apart."""

    credit_code: CreditCode = Field(examples=["11440000006939756B"])
    supervising_credit_code: CreditCode | None = Field(default=None, description="Credit code of the 主管部门")


class OrganLoad(Grounds):
    """Organs to be registered or changed in one request, known by their credit codes."""

    items: list[OrganRow] = Field(min_length=1, max_length=2_000)


class Organ(BaseModel):
    """An organ of the register."""

    id: UUID
    name: str = Field(examples=["广东省发展和改革委员会"])
    credit_code: str | None = Field(examples=["11440000006939756B"])
    credit_code_check: str | None = Field(description="ok, wrong_check_digit or wrong_organisation_check_digit")
    kind: str = Field(examples=["department"])
    region_code: str = Field(examples=["440000000000"])
    administrative_subject: bool
    supervising_organ_id: UUID | None
    vertical: bool
    system: str | None
    state: str = Field(examples=["active"])
    version: int = Field(examples=[1])


class OrganLoadResult(BaseModel):
    """What became of the rows: the good ones are registered although others were refused."""

    created: int = Field(examples=[177])
    updated: int
    unchanged: int
    rejected: int
    ids: dict[str, UUID] = Field(description="Credit code -> organ")
    errors: list[RowError]
    warnings: list[RowError] = Field(description="Registered all the same, e.g. a wrong check digit")

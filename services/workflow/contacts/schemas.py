"""API models of the contacts of organs."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from services.workflow.contacts.rules import ALONE, MOST, TITLES
from services.workflow.fields import Line, Storable

PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50), Storable]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[0-9+()\- ]{5,30}$")]


class NewContact(BaseModel):
    """Somebody of an organ and his duty."""

    model_config = ConfigDict(extra="forbid")

    duty: Literal["principal", "deputy", "operator"] = Field(examples=["operator"])
    name: PersonName = Field(examples=["编制岗一"])
    account_id: UUID | None = Field(default=None, description="His account here, where he has one")
    phone: Phone | None = Field(default=None, description="Of the office", examples=["0317-4020000"])
    note: Line | None = Field(default=None, examples=["同时梳理并优化审批流程"])


class Contact(NewContact):
    """The same, with the duty in words."""

    duty_title: str = Field(examples=["经办人员"])


class NewContacts(BaseModel):
    """Everybody of an organ who is in charge; replaces what was there."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"contacts": [{"duty": "principal", "name": "局主要负责人"}]}},
    )

    contacts: list[NewContact] = Field(max_length=MOST)

    @model_validator(mode="after")
    def _one_leads(self) -> NewContacts:
        if sum(contact.duty == ALONE for contact in self.contacts) > 1:
            raise ValueError(f"{TITLES[ALONE]}只能填写一人")
        return self


class Contacts(BaseModel):
    """Who leads, who is concretely in charge, who does the work."""

    organ_id: UUID
    contacts: list[Contact]

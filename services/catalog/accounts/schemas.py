"""Models of the account API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, SecretStr, StringConstraints

from services.catalog.fields import Grounds, RegionText, Strict, Words

# Lower case from the start, so that two accounts never differ by case alone.
Login = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,62}$")
]
Password = Annotated[SecretStr, Field(min_length=1, max_length=256, examples=["x7-Tq9-bamboo"])]


class SignIn(Strict):
    """Login and password."""

    login: Annotated[str, StringConstraints(max_length=200)] = Field(examples=["bianzhi-01"])
    password: Password


class Token(BaseModel):
    """A short-lived access token, sent as `Authorization: Bearer …`."""

    access_token: str = Field(examples=["eyJhbGciOiJFZDI1NTE5In0.e30.c2ln"])
    token_type: str = "Bearer"
    expires_in: int = Field(description="Seconds", examples=[900])


class Grant(Strict):
    """A role in a region and everything below it; with an organ, for that organ alone."""

    role: Words = Field(examples=["compiler"])
    region_code: RegionText = Field(examples=["130922"])
    organ_id: UUID | None = None


class NewGrant(Grant, Grounds):
    """A role to be granted."""


class NewAccount(Grounds):
    """An account for one person."""

    login: Login = Field(examples=["bianzhi-01"])
    name: Words = Field(description="The person's name", examples=["编制岗一"])
    password: Password = Field(description="First password; the person changes it")
    organ_id: UUID | None = Field(default=None, description="Where the person works")
    roles: list[Grant] = Field(default_factory=list, max_length=50)


class AccountChange(Grounds):
    """What can be changed of an account."""

    name: Words = Field(examples=["编制岗一"])
    organ_id: UUID | None = None
    active: bool = True


class OwnPassword(Strict):
    """The present password and the new one."""

    current: Password
    new: Password


class NewPassword(Grounds):
    """A password set by an administrator."""

    password: Password


class GrantedRole(BaseModel):
    """A role an account holds."""

    id: UUID
    role: str = Field(examples=["compiler"])
    region_code: str = Field(examples=["130922000000"])
    organ_id: UUID | None


class Account(BaseModel):
    """An account; never its password."""

    id: UUID
    login: str = Field(examples=["bianzhi-01"])
    name: str = Field(examples=["编制岗一"])
    organ_id: UUID | None
    active: bool
    locked_until: datetime | None
    created_at: datetime
    version: int = Field(examples=[1])


class AccountWithRoles(Account):
    """An account and what it may do."""

    roles: list[GrantedRole]

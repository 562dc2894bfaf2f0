"""Models of the API of service clients."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.catalog.clients.rules import LONGEST_OVERLAP_HOURS, USUAL_OVERLAP_HOURS
from services.catalog.fields import Grounds, RegionText, Words

Scope = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]{0,62}$")]
_ID = "0197f3a0-0000-7000-8000-000000000031"
_SECRET_ID = "0197f3a0-0000-7000-8000-000000000032"
_AT = "2026-03-02T09:00:00+08:00"


class ClientChange(Grounds):
    """What can be changed of a client: everything but its id and its secrets."""

    name: Words = Field(description="The system's name", examples=["市一体化政务服务平台"])
    organ_id: UUID | None = Field(default=None, description="The organ whose system it is; else `operator`")
    operator: Words | None = Field(
        default=None, description="Who runs it, where that is no organ of the register", examples=["市大数据有限公司"]
    )
    region_code: RegionText = Field(description="Whose administrators look after it", examples=["130900"])
    scopes: list[Scope] = Field(
        min_length=1, max_length=20, description="What it may do: GET /catalog/v1/scopes", examples=[["subscriptions"]]
    )
    contact: Words = Field(
        description="Whom to call when it misbehaves: a post with a telephone, not a person's private number",
        examples=["运维值班 0317-4020000"],
    )


class NewClient(ClientChange):
    """A system that is to act for itself."""


class Rotation(Grounds):
    """A new secret in place of the present one."""

    overlap_hours: int = Field(
        default=USUAL_OVERLAP_HOURS, ge=0, le=LONGEST_OVERLAP_HOURS,
        description="How long the present secret stays good beside the new one; 0 ends it at once (it has leaked)",
    )  # fmt: skip


class ShownSecret(BaseModel):
    """A secret as people see it: when it began, when it ends, when it was last used; never itself."""

    id: UUID = Field(examples=[_SECRET_ID])
    created_at: datetime
    valid_until: datetime | None = Field(description="Null: until it is replaced", examples=[None])
    last_used_at: datetime | None = Field(examples=[_AT])


class Client(BaseModel):
    """A service client; its id is its OAuth 2.0 `client_id`."""

    id: UUID = Field(description="`client_id`", examples=[_ID])
    name: str = Field(examples=["市一体化政务服务平台"])
    organ_id: UUID | None
    operator: str | None = Field(examples=["市大数据有限公司"])
    region_code: str = Field(examples=["130900000000"])
    scopes: list[str] = Field(examples=[["subscriptions"]])
    contact: str = Field(examples=["运维值班 0317-4020000"])
    active: bool
    locked_until: datetime | None = Field(description="After too many wrong secrets", examples=[None])
    created_at: datetime
    version: int = Field(examples=[1])


class ClientWithSecrets(Client):
    """A client and what may be seen of its secrets."""

    secrets: list[ShownSecret]


class RegisteredClient(Client):
    """A client that was just registered, with its secret."""

    client_id: UUID = Field(examples=[_ID])
    client_secret: str | None = Field(
        description="Shown once; null when the request is repeated", examples=["qds_hY3c0Qk6y0m8…"]
    )


class NewSecret(BaseModel):
    """The new secret, and until when the one before is good."""

    id: UUID = Field(examples=[_SECRET_ID])
    client_id: UUID = Field(examples=[_ID])
    client_secret: str | None = Field(
        description="Shown once; null when the request is repeated", examples=["qds_hY3c0Qk6y0m8…"]
    )
    previous_valid_until: datetime | None = Field(examples=["2026-03-03T09:00:00+08:00"])


class ScopeTitle(BaseModel):
    """A scope and what people call it."""

    scope: str = Field(examples=["subscriptions"])
    title: str = Field(examples=["订阅管理"])


class Scopes(BaseModel):
    """All scopes there are."""

    items: list[ScopeTitle]


class AccessToken(BaseModel):
    """RFC 6749 section 5.1."""

    access_token: str = Field(examples=["eyJhbGciOiJFZDI1NTE5In0.e30.c2ln"])
    token_type: str = Field(examples=["Bearer"])
    expires_in: int = Field(description="Seconds", examples=[900])
    scope: str = Field(description="What the token allows, separated by spaces", examples=["subscriptions"])


class TokenRefusal(BaseModel):
    """RFC 6749 section 5.2; the description is for developers and in ASCII, as the standard has it."""

    error: str = Field(examples=["invalid_client"])
    error_description: str = Field(examples=["unknown client, wrong or ended secret, or client not active"])


class ServerMetadata(BaseModel):
    """RFC 8414 section 2."""

    model_config = ConfigDict(json_schema_extra={})

    issuer: str = Field(examples=["https://qingdan.example"])
    token_endpoint: str = Field(examples=["https://qingdan.example/catalog/v1/oauth/token"])
    token_endpoint_auth_methods_supported: list[str] = Field(examples=[["client_secret_basic", "client_secret_post"]])
    grant_types_supported: list[str] = Field(examples=[["client_credentials"]])
    response_types_supported: list[str] = Field(description="None: nobody is redirected here", examples=[[]])
    scopes_supported: list[str] = Field(examples=[["handling_records", "subscriptions", "subscriptions.read"]])

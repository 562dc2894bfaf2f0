"""Models of appKeys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publish.app_keys.rules import MOST_PER_MINUTE, USUAL_PER_MINUTE
from services.publish.platform.peers.schemas import PeerCode
from shared.appkey.signature import Algorithm

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
KeyCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class NewAppKey(BaseModel):
    """A key for a service client that signs its requests."""

    model_config = ConfigDict(extra="forbid")

    client_id: UUID = Field(description="A service client with the scope `signed_api`")
    peer_code: PeerCode | None = Field(
        default=None, description="The platform that answers about our rows with this key", examples=["hebei"]
    )
    algorithm: Algorithm = Field(default="HMAC-SHA256", examples=["HMAC-SM3"])
    per_minute: int = Field(
        default=USUAL_PER_MINUTE, ge=1, le=MOST_PER_MINUTE, description="Requests a minute at most", examples=[600]
    )
    reason: Reason | None = Field(default=None, examples=["省平台接入"])


class AppKey(BaseModel):
    """A key, without its secret."""

    app_key: str = Field(examples=["qdk_5TzU0mQX1s2v"])
    client_id: UUID
    client_name: str | None = Field(examples=["省一体化平台"])
    peer_code: str | None = Field(examples=["hebei"])
    algorithm: Algorithm = Field(examples=["HMAC-SM3"])
    per_minute: int = Field(examples=[600])
    created_by: str
    created_at: datetime
    ended_at: datetime | None


class RegisteredAppKey(AppKey):
    """A key that was just made; the secret is shown this once."""

    secret: str | None = Field(examples=["qds_Yk1h3cEXAMPLE"])


class EndAppKey(BaseModel):
    """Why a key ends."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason | None = Field(default=None, examples=["密钥更换"])

"""Models of the subscriptions API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publish.subscriptions import registry
from services.publish.subscriptions.rules import Ordering, State
from shared.webhook.signature import Scheme

_PLAIN = r"^[^\x00]*$"
_EXAMPLE_ID = "0197f3a0-0000-7000-8000-000000000021"

Outcome = Literal["waiting", "sending", "delivered", "failed"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PLAIN)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
RegionText = Annotated[str, StringConstraints(min_length=2, max_length=32, pattern=r"^[0-9A-Za-z._-]+$")]
TypeText = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_PLAIN)]
UrlText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=2_000, pattern=_PLAIN)]
FeedSequence = Annotated[int, Field(ge=0, le=2**63 - 1)]
MOST_NAMES = 100
MOST_ITEMS = 1_000


class Strict(BaseModel):
    """Base of request bodies: an unknown field is an error, not silently lost."""

    model_config = ConfigDict(extra="forbid")


class Filter(Strict):
    """Which changes are wanted; each part narrows, one that is left out lets everything through."""

    kinds: list[Identifier] | None = Field(
        default=None, min_length=1, max_length=MOST_NAMES, description="Kinds of list", examples=[["permit"]]
    )
    regions: list[RegionText] | None = Field(
        default=None, min_length=1, max_length=MOST_NAMES, description="Regions, with everything below them",
        examples=[["440100000000"]],
    )  # fmt: skip
    types: list[TypeText] | None = Field(
        default=None, min_length=1, max_length=len(registry.SELECTABLE), description="Event types of the registry",
        examples=[["cn.qingdan.item.updated.v1"]],
    )  # fmt: skip
    items: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_ITEMS, description="Entries")
    elements: list[Identifier] | None = Field(
        default=None, min_length=1, max_length=MOST_NAMES, examples=[["materials"]],
        description="Of updates, only those that change one of these elements",
    )  # fmt: skip
    changes: list[Identifier] | None = Field(
        default=None, min_length=1, max_length=len(registry.CHANGES), examples=[["add", "cancel", "devolve"]],
        description="Only what adjustments brought about that did one of these things; see GET /publish/v1/event-types",
    )  # fmt: skip


# The name of a secret file, between `webhook-client.` and `.pem`.
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]


class Content(Strict):
    """What can be changed of a subscription."""

    name: Name = Field(examples=["市政务服务一体机"])
    endpoint: UrlText | None = Field(
        default=None,
        description="Where events are sent; without one they are only read (GET .../events)",
        examples=["https://kiosk.example.gov.cn/hooks/qingdan"],
    )
    filter: Filter = Field(default_factory=Filter)
    ordering: Ordering = Field(
        default="item", description="`item`: events of one item come in order; `none`: a failing one holds back nothing"
    )
    requests_per_second: int | None = Field(
        default=None, ge=1, le=10_000, examples=[50],
        description="Most requests a second; at most, and left out: what the installation allows",
    )  # fmt: skip
    concurrency: int | None = Field(
        default=None, ge=1, le=100, examples=[4],
        description="Most requests on their way at once; at most, and left out: what the installation allows",
    )  # fmt: skip
    client_certificate: FileName | None = Field(
        default=None, examples=["kiosk"],
        description="We show this certificate (mTLS); the operator stores it as `webhook-client.<name>.pem`. The name"
        " of a system's is its client id, or begins with it and a hyphen",
    )  # fmt: skip
    authority: FileName | None = Field(
        default=None, examples=["government"],
        description="Your certificate is signed by this authority; the operator stores it as"
        " `webhook-authority.<name>.pem`. Left out: those the system trusts",
    )  # fmt: skip


class NewSubscription(Content):
    """A subscription to be opened."""

    after: FeedSequence | None = Field(
        default=None, description="Begin behind this number of the feed; left out: from now on", examples=[1200]
    )
    paused: bool = Field(default=False, description="Send nothing before it is resumed: time to store the secret")
    scheme: Scheme = Field(default=Scheme.HMAC_SHA256, description="How requests are signed")


_SECRET = "Shown this once. Of `ed25519` there is none: verify with `public_key` of `secrets`"


class SecretState(BaseModel):
    """A signing secret, never the secret itself."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    scheme: Scheme
    public_key: str | None = Field(
        description="Of `ed25519`: what you verify with", examples=["whpk_3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs="]
    )
    valid_from: datetime
    valid_until: datetime | None = Field(description="Empty: until it is replaced")


class Subscription(BaseModel):
    """A subscription and how far it is."""

    id: UUID = Field(examples=[_EXAMPLE_ID])
    name: str = Field(examples=["市政务服务一体机"])
    owner: str = Field(description="Account or service client it belongs to", examples=[f"client:{_EXAMPLE_ID}"])
    endpoint: str | None
    state: State
    state_reason: str | None = Field(description="Why, in Chinese")
    state_since: datetime
    filter: Filter
    filter_version: int
    ordering: Ordering
    requests_per_second: int | None
    concurrency: int | None
    client_certificate: str | None
    authority: str | None
    position: int = Field(description="Of the feed: everything up to here was looked at")
    first_sequence: int = Field(description="The first number that can still be read or sent again")
    last_sequence: int = Field(description="The last number that was given; 0: none yet")
    outstanding: int = Field(description="Numbered and not acknowledged yet; at most 1,000")
    failures: int = Field(description="Of the endpoint as such, in a row")
    retry_at: datetime | None = Field(description="While the endpoint fails: when it is tried again")
    delivered_at: datetime | None = Field(description="Last acknowledgement")
    failing_since: datetime | None = Field(description="The endpoint's first failure since then")
    parked: int = Field(description="Numbers put aside, see GET .../parked")
    secrets: list[SecretState]
    version: int
    created_at: datetime
    updated_at: datetime


class OpenedSubscription(Subscription):
    """A subscription with its secret, which is shown this once."""

    secret: str | None = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], description=_SECRET)


class Rotation(Strict):
    """How a secret is replaced."""

    overlap_hours: int = Field(
        default=24, ge=0, le=168, description="How long the old ones still sign as well", examples=[24]
    )
    scheme: Scheme | None = Field(default=None, description="How the new one signs; left out: as the one before")


class NewSecret(SecretState):
    """A secret, which is shown this once."""

    secret: str | None = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], description=_SECRET)


class Delivery(BaseModel):
    """A number that was not acknowledged yet."""

    sequence: int = Field(examples=[121])
    attempts: int = Field(examples=[2])
    retry_at: datetime | None
    error: str | None = Field(examples=["answered 503"])
    queued_at: datetime


class ParkedDelivery(BaseModel):
    """A number that was put aside."""

    sequence: int = Field(examples=[121])
    attempts: int = Field(examples=[18])
    error: str | None = Field(examples=["answered 422"])
    parked_by: str = Field(description="The owner, or the sender after three days", examples=["system:subscriptions"])
    parked_at: datetime


class Attempt(BaseModel):
    """One attempt to deliver."""

    id: UUID = Field(examples=["0197f3a0-0000-7000-8000-000000000022"])
    sequence: int | None = Field(description="Empty: a test", examples=[121])
    outcome: Outcome
    status: int | None = Field(examples=[200])
    milliseconds: int
    error: str | None
    answer: str | None = Field(description="Beginning of the answer's body, when it was no success")
    attempted_at: datetime
    request_headers: dict[str, str] | None = Field(
        description="As they were sent; of each signature its beginning. Empty: nothing was sent",
        examples=[{"webhook-id": _EXAMPLE_ID, "webhook-timestamp": "1767574800", "webhook-signature": "v1,g0hM9SsE…"}],
    )
    body_size: int | None = Field(description="Bytes", examples=[1532])
    body_sha256: str | None = Field(description="SHA-256 of the body that was sent, in hexadecimal")
    answer_headers: dict[str, str] | None = Field(
        description="The first headers of the answer; `…` where a value could be a secret of yours",
        examples=[{"content-type": "text/plain", "set-cookie": "…"}],
    )


class EventType(BaseModel):
    """A type of event in the registry."""

    type: str = Field(examples=["cn.qingdan.item.updated.v1"])
    title: str = Field(examples=["事项修改"])
    description: str
    selectable: bool = Field(description="Whether a filter may name it; the others always come")
    data: dict[str, Any] | None = Field(description="JSON Schema of `data`; empty when the event carries none")


class Change(BaseModel):
    """Something an adjustment can do."""

    code: str = Field(examples=["devolve"])
    title: str = Field(examples=["下放"])


class EventTypes(BaseModel):
    """The registry."""

    items: list[EventType]
    changes: list[Change] = Field(description="What adjustments do, for the part `changes` of a filter")
    next: None = None

"""Models of offline exchange."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publish.offline.rules import Kind
from services.publish.platform.peers.schemas import KindCode, PeerCode, RegionCode, Words

_ID = "0197f3a0-0000-7000-8000-000000000031"
_HASH = "3b1f6f0a5c1d4d0b8a2e7c9d6f3e1a0b5c4d7e8f9a0b1c2d3e4f5a6b7c8d9e0f"
_KEY = (
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n"
)
Keys = Annotated[str, StringConstraints(min_length=100, max_length=5_000, pattern=r"^[\x09\x0a\x0d\x20-\x7e]*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Mirrored(_Strict):
    """A list here that mirrors a list of the partner."""

    source_list_id: UUID = Field(description="At the partner", examples=[_ID])
    list_id: UUID = Field(description="Here; empty until then", examples=[_ID])


class PartnerChange(_Strict):
    """What can be changed of a partner."""

    name: Words = Field(examples=["涉密网清单系统"])
    own_code: PeerCode = Field(description="Under which the partner knows us", examples=["outer"])
    public_keys: Keys = Field(
        description="PEM of the partner's Ed25519 keys; two while it changes its key", examples=[_KEY]
    )
    region_codes: list[RegionCode] = Field(
        min_length=1, max_length=100, description="It gets lists of these regions and all below",
        examples=[["440100000000"]],
    )  # fmt: skip
    list_kinds: list[KindCode] = Field(
        max_length=100, description="It gets lists of these kinds; none: it gets nothing", examples=[["permit"]]
    )
    mirrors: list[Mirrored] = Field(
        default_factory=list, max_length=100, description="What is taken of its lists; lists are only ever added"
    )
    reason: Words | None = Field(default=None, description="Why", examples=["新增内网交换"])


class NewPartner(PartnerChange):
    """A system in another network that packages are exchanged with."""

    code: PeerCode = Field(description="Under which we know it", examples=["inner"])


class Partner(BaseModel):
    """A system in another network that packages are exchanged with."""

    id: UUID = Field(examples=[_ID])
    code: str = Field(examples=["inner"])
    name: str = Field(examples=["涉密网清单系统"])
    own_code: str = Field(examples=["outer"])
    public_keys: str = Field(examples=[_KEY])
    region_codes: list[str] = Field(examples=[["440100000000"]])
    list_kinds: list[str] = Field(examples=[["permit"]])
    mirrors: list[Mirrored]
    version: int = Field(examples=[1])
    created_by: str = Field(examples=[f"account:{_ID}"])
    created_at: datetime


class PartnerStatus(BaseModel):
    """How far the exchange with a partner is."""

    code: str = Field(examples=["inner"])
    position: int = Field(description="Last number of the feed that was packed", examples=[1200])
    lag: int = Field(description="Numbers of the feed not packed yet", examples=[14])
    sent_serial: int = Field(description="Of the last package made; 0: none", examples=[7])
    received_serial: int = Field(description="Of the last package taken; 0: none", examples=[3])
    acknowledged_serial: int = Field(description="Up to which of those the partner was answered", examples=[3])
    whole_next: bool = Field(description="The log was restored: the next package holds everything", examples=[False])
    accepted: int = Field(description="Entries of ours it holds, as it last said", examples=[1200])
    rejected: int = Field(description="Entries of ours it could not take", examples=[2])


class NewPackage(_Strict):
    """A package to be made."""

    kind: Kind = Field(default="entries", description="Entries for the partner, or what we say of its own",
                       examples=["entries"])  # fmt: skip
    everything: bool = Field(
        default=False,
        description="All entries, or all that was said of the partner's, not only what is new: for a lost package",
        examples=[False],
    )
    after_serial: int = Field(
        default=0,
        ge=0,
        le=2**31 - 2,
        description="The partner's last serial, when ours was lost by a restore",
        examples=[0],
    )


class Package(BaseModel):
    """A package that was made or taken."""

    direction: Literal["out", "in"] = Field(examples=["out"])
    serial: int = Field(examples=[7])
    kind: Kind = Field(examples=["entries"])
    hash: str = Field(description="SHA-256 of its manifest", examples=[_HASH])
    from_position: int = Field(examples=[1100])
    until_position: int = Field(examples=[1200])
    rows: int = Field(examples=[85])
    whole: bool = Field(examples=[False])
    ignored: list[dict[str, Any]] = Field(description="Lists that nothing here mirrors", examples=[[]])
    made_by: str = Field(examples=[f"account:{_ID}"])
    made_at: datetime
    at_hand: bool = Field(description="It can be fetched: the newest that was made", examples=[True])


class Taken(BaseModel):
    """What came of a package that was handed in."""

    serial: int = Field(examples=[3])
    kind: Kind = Field(examples=["entries"])
    rows: int = Field(examples=[85])
    whole: bool = Field(examples=[False])
    again: bool = Field(description="It, or a newer one, was taken before: nothing changed", examples=[False])
    ignored: list[dict[str, Any]] = Field(
        description="Lists that nothing here mirrors, with the number of entries", examples=[[]]
    )

"""Models of the peers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publish.platform.mapping import Mapping
from services.publish.platform.peers.rules import CREDENTIAL
from services.publish.platform.transports import registry

_PLAIN = r"^[^\x00]*$"
PeerCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PLAIN)]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{2,32}$")]
KindCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
SourceCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z]{1,50}$")]
TransportCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,62}$")]
Credential = Annotated[str, StringConstraints(pattern=CREDENTIAL.pattern)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PeerChange(_Strict):
    """What can be changed of a peer."""

    name: Words = Field(examples=["河北省政务服务平台"])
    base_url: Annotated[str, StringConstraints(max_length=500, pattern=r"^[\x21-\x7e]*$")] = Field(
        default="",
        description="https; an address or plain http only in networks that are allowed. Empty where the transport has"
        " its address in the secret file",
        examples=["https://zwfw.example.gov.cn/exchange/v1"],
    )
    source_code: SourceCode = Field(description="DATA_SOURCE: the platform's name for us", examples=["130922000000"])
    region_codes: list[RegionCode] = Field(
        min_length=1,
        max_length=100,
        description="It takes lists of these regions and all below",
        examples=[["130922000000"]],
    )
    list_kinds: list[KindCode] = Field(max_length=100, examples=[["implementation"]])
    credential: Credential | None = Field(
        default=None,
        description="Name of a file `peer.<code>` or `peer.<code>.<name>` among the secrets; never the secret itself",
        examples=["peer.hebei"],
    )  # fmt: skip
    mirror_list_id: UUID | None = Field(
        default=None, description="The list here that mirrors the platform's catalogue; empty until then"
    )
    batch_size: int = Field(default=500, ge=1, le=1_000, description="Rows in one request at most", examples=[500])
    rows_per_second: int | None = Field(
        default=None, ge=1, le=100_000, description="It is sent no more; empty: as fast as it answers", examples=[200]
    )
    compare_hours: int | None = Field(
        default=24, ge=1, le=24 * 31, description="How often all it holds is compared, with repair; empty: never"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, max_length=50, description="What can be set of the transport", examples=[{}]
    )
    reason: Words | None = Field(default=None, description="Why", examples=["省平台升级"])


class NewPeer(PeerChange):
    """A platform that lists are to be exchanged with."""

    code: PeerCode = Field(examples=["hebei"])
    transport: TransportCode = Field(
        default=registry.DEFAULT, description="How the platform is spoken to", examples=[registry.DEFAULT]
    )
    mapping: Mapping | None = Field(default=None, description="The transport's shipped profile when empty")


class Peer(BaseModel):
    """A platform that lists are exchanged with."""

    id: UUID
    code: str = Field(examples=["hebei"])
    name: str = Field(examples=["河北省政务服务平台"])
    base_url: str = Field(examples=["https://zwfw.example.gov.cn/exchange/v1"])
    source_code: str = Field(examples=["130922000000"])
    region_codes: list[str]
    list_kinds: list[str]
    credential: str | None = Field(examples=["peer.hebei"])
    mirror_list_id: UUID | None
    batch_size: int = Field(examples=[500])
    rows_per_second: int | None
    compare_hours: int | None = Field(examples=[24])
    transport: str = Field(examples=[registry.DEFAULT])
    options: dict[str, Any] = Field(examples=[{}])
    state: str = Field(description="active or paused", examples=["active"])
    mapping_title: str = Field(examples=["实施清单一般事项（UP_TASK_GENERAL_BASIC）与上级基本目录"])
    version: int = Field(examples=[1])
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: dict[str, Any]) -> Peer:
        """From a row of the register."""
        return cls.model_validate(row | {"mapping_title": row["mapping"]["title"]})


class PeerStatus(BaseModel):
    """How the exchange with a platform stands."""

    code: str = Field(examples=["hebei"])
    state: str = Field(examples=["active"])
    position: int = Field(description="Last feed sequence that was looked at", examples=[1200])
    lag: int = Field(description="Feed entries not looked at yet", examples=[0])
    waiting: int = Field(examples=[0])
    sending: int = Field(examples=[0])
    accepted: int = Field(examples=[1200])
    rejected: int = Field(examples=[2])
    superseded: int = Field(examples=[0])
    oldest_unsent: datetime | None = Field(description="Since when the oldest row waits")
    open_batch: str | None = Field(description="Sent, its answer not known", examples=["2026112200002"])
    last_batch: str | None = Field(examples=["2026112200002"])
    last_success_at: datetime | None
    failed_at: datetime | None
    last_error: str | None = Field(examples=["平台应答 HTTP 503"])
    failures: int = Field(description="In a row", examples=[0])
    unkept: int = Field(
        description="Acknowledged, and the last comparison found the platform not to hold it", examples=[0]
    )
    compared_at: datetime | None = Field(description="When the last comparison by the clock was begun")
    unmatched_feedback: int = Field(examples=[0])
    pulled: int = Field(description="Entries of its catalogue", examples=[1900])
    pulled_refused: int = Field(examples=[1])


RowState = Literal["waiting", "sending", "accepted", "rejected", "superseded"]


class PeerRow(BaseModel):
    """One version of an item as the platform has it, or is to have it."""

    item_id: UUID
    task_version: int = Field(examples=[3])
    list_id: UUID | None
    name: str | None = Field(description="As published now", examples=["食品经营许可"])
    operation: str = Field(description="I, U or D", examples=["U"])
    row_guid: UUID
    state: RowState
    batch: str | None = Field(examples=["2026112200002"])
    err_type: str | None = Field(examples=["E02"])
    remark: str | None = Field(description="What the platform said", examples=["实施编码校验位错误"])
    queued_at: datetime
    answered_at: datetime | None


class FeedbackMessage(BaseModel):
    """A message of the platform's quality control."""

    feedback_id: str = Field(examples=["17"])
    row_guid: str | None
    batch: str | None = Field(examples=["2026112200002"])
    err_type: str = Field(examples=["Q01"])
    remark: str = Field(examples=["设定依据已失效"])
    table_name: str | None = Field(examples=["UP_TASK_GENERAL_BASIC"])
    item_id: UUID | None = Field(description="Empty: no row of ours has this row_guid")
    task_version: int | None
    received_at: datetime


class PulledEntry(BaseModel):
    """An entry of the platform's catalogue."""

    external_id: str = Field(examples=["MU-000116102000"])
    version: int = Field(examples=[2])
    item_id: UUID = Field(description="The item here that mirrors it")
    item_version: int | None
    name: str | None = Field(examples=["食品经营许可"])
    base_code: str | None = Field(examples=["000116102000"])
    state: str = Field(description="received, mirrored or refused", examples=["mirrored"])
    element: str | None = Field(examples=["base_code"])
    code: str | None = Field(examples=["code_in_use"])
    remark: str | None = Field(description="Why it could not be taken")
    received_at: datetime


class NewComparison(_Strict):
    """Compare everything the platform holds with everything published here."""

    repair: bool = Field(default=False, description="Queue what differs", examples=[True])
    include_rejected: bool = Field(
        default=False, description="Also what the platform has rejected and nobody has corrected yet", examples=[False]
    )

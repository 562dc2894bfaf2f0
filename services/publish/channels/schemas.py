"""Models of the channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.publish.channels.rules import CREDENTIAL, KINDS

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_SOME_HASH = "5f" * 32
_LIST = "01890a5d-ac96-774b-bcce-b302099a8057"
ChannelCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PLAIN)]
Address = Annotated[str, StringConstraints(min_length=8, max_length=500, pattern=r"^[\x21-\x7e]*$")]
# Stands in a microblog post, with room for a word beside it.
Link = Annotated[str, StringConstraints(max_length=120, pattern=r"^https?://[\x21-\x7e]+$")]
ChannelKind = Literal[
    "portal", "department_site", "hall", "service_window", "wechat", "microblog", "gazette", "notice_board",
    "press_conference", "newspaper", "radio", "television", "open_data",
]  # fmt: skip
Delivery = Literal["pull", "put", "post"]
CopyState = Literal["due", "current", "late", "differs", "unreachable"]
Role = Literal["list_authority", "reviewer", "compiler", "principal"]
CopyFormat = Literal[
    "data.json", "kiosk.json", "sheet.html", "sheet.pdf", "article.html", "article.txt", "posts.txt", "gazette.txt",
    "gazette.docx", "press.txt", "press.docx", "bulk.jsonl", "bulk.csv", "checksums.txt",
]  # fmt: skip


class ChannelChange(BaseModel):
    """What can be changed of a channel."""

    model_config = ConfigDict(extra="forbid")

    name: Words = Field(examples=["青县人民政府网站"])
    organ_id: UUID | None = Field(default=None, description="The organ that tends it; empty: the role in the region")
    shows: Literal["list", "unit"] = Field(
        default="list", description="list: all of a list; unit: only what the organ implements"
    )
    role: Role = Field(default="list_authority", description="Whose inbox its matters lie in")
    delivery: Delivery | None = Field(
        default=None, description="pull: it reads our copy; put: we send it; post: people post and confirm it"
    )
    format: CopyFormat | None = Field(default=None, description="The copy it shows; the first of its kind when empty")
    compares: Literal["content", "marker"] = Field(
        default="content", description="content: byte for byte; marker: only which version its page says it is"
    )
    put_url: Address | None = Field(
        default=None, description="Where copies are put; `{list_id}` stands for the list",
        examples=["https://www.example.gov.cn/qingdan/{list_id}"],
    )  # fmt: skip
    read_url: Address | None = Field(default=None, description="Where what it shows is read back")
    credential: Annotated[str, StringConstraints(pattern=CREDENTIAL.pattern)] | None = Field(
        default=None, description="Name of the file `channel.<code>` among the secrets, with a bearer token"
    )
    link: Link | None = Field(default=None, description="Where people read all of it; stands in the copies")
    progress_url: Link | None = Field(default=None, description="Where people ask about their cases")
    list_kinds: list[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]] = Field(
        default_factory=list, max_length=100, description="Kinds of list it shows; all when empty"
    )
    window_seconds: int | None = Field(
        default=None, ge=1, le=90 * 86_400, description="Within which it has to show a new revision; by kind when empty"
    )
    reason: Words | None = Field(default=None, description="Why", examples=["网站改版"])


class NewChannel(ChannelChange):
    """A channel that lists of a region are shown on."""

    code: ChannelCode = Field(examples=["qingxian-portal"])
    kind: ChannelKind = Field(examples=["portal"])
    region_code: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z._-]{2,32}$")] = Field(examples=["130922000000"])


_CHANNEL: dict[str, Any] = {
    "id": "0197f3a0-0000-7000-8000-000000000001", "code": "qingxian-portal", "name": "青县人民政府网站",
    "kind": "portal", "kind_title": "政府门户网站", "region_code": "130922000000", "organ_id": None,
    "shows": "list", "role": "list_authority", "delivery": "pull", "format": "data.json", "compares": "content",
    "put_url": None, "read_url": "https://www.example.gov.cn/qingdan/{list_id}.json", "credential": None,
    "link": "https://www.example.gov.cn/qingdan", "progress_url": None, "list_kinds": ["permit"],
    "window_seconds": 600, "state": "active", "standing": "current", "copies": {"current": 3}, "lag_seconds": 0,
    "version": 1, "created_by": "account:0197f3a0-0000-7000-8000-000000000007",
    "created_at": "2026-03-02T09:00:00+08:00",
}  # fmt: skip


class Channel(BaseModel):
    """A channel, and how it stands."""

    model_config = ConfigDict(json_schema_extra={"example": _CHANNEL})

    id: UUID
    code: str
    name: str
    kind: ChannelKind
    kind_title: str
    region_code: str
    organ_id: UUID | None
    shows: Literal["list", "unit"]
    role: str
    delivery: Delivery
    format: CopyFormat
    compares: str
    put_url: str | None
    read_url: str | None
    credential: str | None
    link: str | None
    progress_url: str | None
    list_kinds: list[str]
    window_seconds: int
    state: Literal["active", "paused"]
    standing: CopyState | None = Field(description="How the worst of its copies stands; empty: it has none")
    copies: dict[str, int] = Field(description="How many lists it shows in each state")
    lag_seconds: int = Field(description="Age of the oldest published revision it does not show")
    version: int
    created_by: str
    created_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Channel:
        """From the register."""
        more = {"kind_title": KINDS[row["kind"]].title, "standing": row["worst"], "lag_seconds": row["lag"] or 0}
        return cls.model_validate(dict(row) | more)


_COPY: dict[str, Any] = {
    "list_id": _LIST, "title": "青县行政许可事项清单", "state": "current", "due_revision": 12,
    "due_hash": _SOME_HASH, "sha256": _SOME_HASH, "size": 182_311, "base_revision": 11,
    "published_at": "2026-03-02T09:00:00+08:00", "until": "2026-03-02T09:10:00+08:00", "shown_revision": 12,
    "shown_hash": _SOME_HASH, "shown_sha256": _SOME_HASH, "switched_at": "2026-03-02T09:00:04+08:00",
    "lag_seconds": 4, "checked_at": "2026-03-02T09:10:04+08:00", "failures": 0, "last_error": None,
    "href": f"/publish/v1/channels/qingxian-portal/lists/{_LIST}/copies/data.json",
}  # fmt: skip


class ChannelCopy(BaseModel):
    """What a channel is due to show of a list, and what it shows."""

    model_config = ConfigDict(json_schema_extra={"example": _COPY})

    list_id: UUID
    title: str
    state: CopyState
    due_revision: int
    due_hash: str
    base_revision: int = Field(description="What it showed before: changes are told from there")
    sha256: str | None = Field(description="Of the copy; empty: not made yet")
    size: int | None = Field(description="Bytes")
    published_at: datetime = Field(description="From when the window runs")
    until: datetime = Field(description="End of the window")
    shown_revision: int | None
    shown_hash: str | None
    shown_sha256: str | None
    switched_at: datetime | None = Field(description="When it was first seen to show the due revision")
    lag_seconds: int | None = Field(description="From the publication until then")
    checked_at: datetime | None
    failures: int = Field(description="Looks in a row that did not find it level")
    last_error: str | None
    href: str = Field(description="The copy, to be downloaded")

    @classmethod
    def of(cls, row: Mapping[str, Any], channel: Mapping[str, Any]) -> ChannelCopy:
        """From the row of a channel and list."""
        hexed = {
            "due_hash": row["due_hash"], "sha256": row["digest"], "shown_hash": row["shown_hash"],
            "shown_sha256": row["shown_digest"],
        }  # fmt: skip
        href = f"/publish/v1/channels/{channel['code']}/lists/{row['list_id']}/copies/{channel['format']}"
        told = {name: value.hex() if value else None for name, value in hexed.items()}
        return cls.model_validate(dict(row) | told | {"published_at": row["since"], "href": href})


class ShownAt(BaseModel):
    """Where a list is shown, and whether it is the same there (ZL-38)."""

    code: str = Field(examples=["qingxian-portal"])
    name: str = Field(examples=["青县人民政府网站"])
    kind: ChannelKind
    kind_title: str = Field(examples=["政府门户网站"])
    link: str | None = Field(examples=["https://www.example.gov.cn/qingdan"])
    revision: int | None = Field(description="Which it shows, as far as is known", examples=[12])
    identical: bool = Field(description="It shows the present revision, unchanged", examples=[True])
    since: datetime | None = Field(description="Since when it shows the present revision")
    checked_at: datetime | None = Field(description="When that was last looked at")


class ListChannels(BaseModel):
    """All channels of a list, beside its present revision."""

    list_id: UUID = Field(examples=[_LIST])
    title: str = Field(examples=["青县行政许可事项清单"])
    revision: int = Field(examples=[12])
    hash: str = Field(examples=[_SOME_HASH])
    items: list[ShownAt]


class ChannelFinding(BaseModel):
    """Something people have to do about a channel."""

    id: UUID
    reason: Literal["to_post", "lagging", "differs"]
    channel: str = Field(examples=["qingxian-portal"])
    channel_name: str = Field(examples=["青县人民政府网站"])
    list_id: UUID
    title: str = Field(examples=["青县行政许可事项清单"])
    revision: int = Field(examples=[12])
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    href: str = Field(description="The copy, to be downloaded")

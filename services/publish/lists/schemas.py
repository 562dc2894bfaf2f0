"""Models of the published lists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

HASH = "1f0e3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f"


class ListSummary(BaseModel):
    """A list in force, as its present revision shows it."""

    list_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    kind: str = Field(examples=["permit"])
    kind_title: str = Field(examples=["行政许可事项清单"])
    region_code: str = Field(examples=["440100000000"])
    region_name: str = Field(examples=["广州市"])
    title: str = Field(examples=["广州市行政许可事项清单"])
    revision: int = Field(examples=[12])
    hash: str = Field(description="SHA-256 over the list's 256 buckets", examples=[HASH])
    entries: int = Field(examples=[510])
    published_at: AwareDatetime


class Edition(BaseModel):
    """A name that pins a revision."""

    name: str = Field(examples=["2026版"])
    revision: int = Field(examples=[12])
    named_at: AwareDatetime


class ListDetail(ListSummary):
    """A list with its named editions."""

    editions: list[Edition]


class Revision(BaseModel):
    """One revision: what decided it, when it took effect and when it was published."""

    revision: int = Field(examples=[12])
    hash: str = Field(examples=[HASH])
    entries: int = Field(examples=[510])
    purged: int = Field(description="Entries withdrawn since; with any, the hash can no longer be recomputed")
    decision: dict[str, Any] | None = Field(
        description="Meeting, date and number of the decision that put the list in force",
        examples=[{"meeting": "常务会议", "date": "2026-01-04", "number": "穗府〔2026〕1号"}],
    )
    adjustment_id: UUID | None = Field(description="Root adjustment, when the revision goes back to a single one")
    effective_at: AwareDatetime
    published_at: AwareDatetime
    publication: str | None = Field(
        default=None, description="GET /publish/v1/publications/{number}", examples=["440100000000-2026-0012"]
    )


class RowChange(BaseModel):
    """A row of an element that only one state shows, or that both show differently."""

    change: str = Field(description="added, removed or changed", examples=["changed"])
    key: str = Field(description="What the row is called", examples=["申请书"])
    before: Any
    after: Any
    columns: list[str] = Field(description="Of a changed row: columns that differ", examples=[["copies"]])


class ElementChange(BaseModel):
    """An element that two states show differently."""

    element: str = Field(examples=["materials"])
    before: Any
    after: Any
    rows: list[RowChange] = Field(description="Of an element that is a list in both: its rows that differ")


class EntryChange(BaseModel):
    """An entry that two states of a list show differently."""

    item_id: UUID
    name: str = Field(examples=["建设项目环境影响评价审批"])
    change: str = Field(description="added, removed or changed", examples=["changed"])
    from_version: int | None = Field(examples=[1])
    to_version: int | None = Field(examples=[3])
    differences: list[ElementChange] = Field(description="Of a changed entry; order of rows is no difference")


class ListComparison(BaseModel):
    """How two revisions of a list differ, a page of entries at a time."""

    list_id: UUID
    from_revision: int = Field(examples=[1])
    to_revision: int = Field(examples=[12])
    items: list[EntryChange]
    next: str | None = Field(default=None, description="Cursor of the next page")


class Bucket(BaseModel):
    """One of the 256 parts a list is hashed in."""

    bucket: int = Field(ge=0, le=255, examples=[87])
    hash: str = Field(examples=[HASH])
    entries: int = Field(examples=[2])


class ListHash(BaseModel):
    """The two levels of a revision's hash; buckets that are not listed are empty."""

    list_id: UUID
    revision: int = Field(examples=[12])
    algorithm: str = Field(examples=["sha256-256-buckets"])
    hash: str = Field(examples=[HASH])
    entries: int = Field(examples=[510])
    purged: int = Field(examples=[0])
    empty_bucket: str = Field(description="Hash that stands for an empty bucket: SHA-256 of nothing")
    buckets: list[Bucket]

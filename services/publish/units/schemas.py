"""Models of units."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.publish.lists.schemas import HASH

UNIT = "11440100MB2C000000"


class UnitPart(BaseModel):
    """What a revision of a list shows of one implementing body."""

    unit: str = Field(description="What the part is asked for by: credit code, else id; `none` for entries without"
                                  " an implementing body", examples=[UNIT])  # fmt: skip
    name: str = Field(examples=["广州市生态环境局"])
    credit_code: str | None = Field(examples=[UNIT])
    hash: str = Field(description="The hash of a list, over the unit's entries alone", examples=[HASH])
    entries: int = Field(examples=[32])
    open_data: str = Field(
        examples=[f"/publish/v1/lists/01890a5d-ac96-774b-bcce-b302099a8057/units/{UNIT}/open-data?revision=12"]
    )


class _OfRevision(BaseModel):
    list_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    title: str = Field(examples=["广州市行政许可事项清单"])
    revision: int = Field(examples=[12])
    hash: str = Field(description="Of the consolidated list", examples=[HASH])
    entries: int = Field(description="Of the consolidated list", examples=[510])
    purged: int = Field(description="Entries that left public reading since; with any, hashes cannot be recomputed")
    lead: str | None = Field(description="Who publishes the consolidated list", examples=["广州市政务服务和数据管理局"])
    published_at: AwareDatetime


class Units(_OfRevision):
    """The parts of one revision; together they are the consolidated list."""

    algorithm: str = Field(examples=["sha256-256-buckets"])
    items: list[UnitPart]
    next: str | None = Field(default=None, description="Cursor of the next page")


class UnitList(_OfRevision):
    """A unit's own list (本单位清单) in one revision, a page of entries at a time."""

    algorithm: str = Field(examples=["sha256-256-buckets"])
    part: UnitPart
    items: list[dict[str, Any]] = Field(
        description="Lines of the entries, as in GET /publish/v1/lists/{list_id}/items",
        examples=[[{"id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "建设项目环境影响评价审批"}]],
    )
    next: str | None = Field(default=None, description="Cursor of the next page")

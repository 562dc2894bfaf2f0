"""Models of the item API."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.catalog.fields import Elements, Grounds, Strict
from services.catalog.items.rules import Difference

_ELEMENTS = {"name": "食品经营许可", "base_code": "000116102000", "state": "in_use"}


class NewEntry(Strict):
    """One entry: its elements by key, as the kind's profile defines them."""

    elements: Elements


class NewEntries(Grounds):
    """Entries for a list that is being compiled."""

    items: list[NewEntry] = Field(min_length=1, max_length=500)


class Correction(Grounds):
    """New values of elements; null removes an element."""

    elements: Elements


class Remark(BaseModel):
    """Something about one element of one row."""

    pointer: str = Field(examples=["/items/0/elements/basis/0/article"])
    rule: str = Field(examples=["V04"])
    code: str = Field(examples=["article_missing"])
    message: str = Field(examples=["设定依据未写明条款，请补充条款号"])


class RowResult(BaseModel):
    """What became of one row."""

    index: int = Field(examples=[0])
    item_id: UUID | None = Field(description="Null when the row was refused")
    errors: list[Remark]
    remarks: list[Remark] = Field(description="Entered all the same; a person should look")


class EntryResult(BaseModel):
    """What became of the rows: the good ones are entered although others were refused."""

    created: int = Field(examples=[1])
    rejected: int = Field(examples=[0])
    rows: list[RowResult]


class ItemRow(BaseModel):
    """An item in a page: its key elements."""

    id: UUID
    list_id: UUID
    kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["440000000000"])
    version: int = Field(examples=[1])
    effective_from: datetime
    name: str = Field(examples=["建设项目环境影响报告表审批"])
    base_code: str | None = Field(examples=["440113106002"])
    implementation_code: str | None
    handling_item: str
    item_type: str | None = Field(examples=["01"])
    level: str | None = Field(examples=["2"])
    implementing_body: UUID | None
    permit_name: str | None
    state: str = Field(examples=["in_use"])
    audience: str = Field(examples=["public"])


class Item(BaseModel):
    """An item in one of its versions."""

    id: UUID
    list_id: UUID
    kind: str = Field(examples=["permit"])
    region_code: str = Field(examples=["440000000000"])
    version: int = Field(examples=[2])
    current_version: int = Field(examples=[2])
    effective_from: datetime
    recorded_at: datetime
    elements: dict[str, Any] = Field(examples=[_ELEMENTS])
    changed: list[str] = Field(description="Elements that differ from the version before", examples=[["name"]])
    provenance: dict[str, Any] = Field(description="Elements that follow another list, and which version of it")
    rule_set: int | None
    adjustment_id: UUID | None
    operation: str = Field(examples=["modify"])


class ItemWithCodes(Item):
    """An item and all codes it has or had."""

    codes: list[dict[str, Any]]


class Version(BaseModel):
    """One line of an item's history: what changed, when, by whom, why."""

    number: int = Field(examples=[2])
    effective_from: datetime
    recorded_at: datetime
    changed: list[str] = Field(examples=[["name", "basis"]])
    operation: str = Field(examples=["sync"])
    adjustment_id: UUID | None
    rule_set: int | None
    actor: str | None = Field(examples=["system:cascade"])
    reason: str | None
    legal_basis: str | None
    rules: list[str] = Field(description="Linkage rules by which elements that changed follow", examples=[["K01"]])
    decision: dict[str, Any] | None = Field(
        description="Of the adjustment: meeting, date and number",
        examples=[{"meeting": "常务会议", "date": "2026-11-20", "number": "8号"}],
    )


class RowChange(BaseModel):
    """A row of an element (a material, a basis) that only one version has, or that both show differently."""

    change: str = Field(description="added, removed or changed", examples=["changed"])
    key: str = Field(description="What the row is called", examples=["申请书"])
    before: Any
    after: Any
    columns: list[str] = Field(description="Of a changed row: columns that differ", examples=[["copies"]])


class ElementDifference(BaseModel):
    """An element that two versions show differently."""

    element: str = Field(examples=["name"])
    title: str = Field(examples=["事项名称"])
    before: Any
    after: Any
    rows: list[RowChange] = Field(
        default_factory=list, description="Of an element that is a list in both: its rows that differ, whatever order"
    )

    @classmethod
    def of(cls, found: Difference) -> ElementDifference:
        """From the rules."""
        rows = [RowChange(change=row.change, key=row.key, before=row.before, after=row.after,
                          columns=list(row.columns)) for row in found.rows]  # fmt: skip
        return cls(element=found.element, title=found.title, before=found.before, after=found.after, rows=rows)


class Diff(BaseModel):
    """How two versions of an item differ."""

    item_id: UUID
    from_version: int = Field(examples=[1])
    to_version: int = Field(examples=[2])
    differences: list[ElementDifference]

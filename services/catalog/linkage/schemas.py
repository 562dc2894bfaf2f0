"""Models of the linkage API: check, preview, cascade ledger, why."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.catalog.fields import Elements, Strict


class NewCheck(Strict):
    """What to check: everything, or the targets in one list."""

    list_id: UUID | None = Field(default=None, description="Everything when empty")
    record: bool = Field(
        default=True, description="Open and close findings and drafts by what is found", examples=[True]
    )


class ProposedChange(Strict):
    """A change somebody thinks of."""

    operation: Literal["add", "modify", "suspend", "resume", "cancel", "transfer"] = "modify"
    list_id: UUID
    item_id: UUID | None = Field(default=None, description="Empty for an addition")
    elements: Elements = Field(default_factory=dict, examples=[{"name": "建设项目环境影响评价文件审批"}])

    @model_validator(mode="after")
    def _has_an_item(self) -> ProposedChange:
        if self.operation != "add" and self.item_id is None:
            raise ValueError("除新增外须给出 item_id")
        return self


class NewPreview(Strict):
    """Changes to preview: those given, or those of an adjustment."""

    changes: list[ProposedChange] | None = Field(default=None, min_length=1, max_length=500)
    adjustment_id: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> NewPreview:
        if (self.changes is None) == (self.adjustment_id is None):
            raise ValueError("请给出 changes 或 adjustment_id 之一")
        return self


class Followed(BaseModel):
    """An element that would follow at once."""

    item_id: UUID
    list_id: UUID
    list_kind: str = Field(examples=["power"])
    element: str = Field(examples=["name"])
    value: Any
    rule: str = Field(examples=["K01"])
    source_item_id: UUID


class Left(BaseModel):
    """What would be left for people: a draft of a change, a draft of a missing entry, or a finding."""

    rule: str = Field(examples=["K10"])
    action: str = Field(description="draft, missing or flag", examples=["draft"])
    list_id: UUID
    item_id: UUID | None
    source_item_id: UUID | None
    elements: dict[str, Any] = Field(description="Proposed or expected values", examples=[{"state": "cancelled"}])
    messages: dict[str, str] = Field(default_factory=dict, description="By element, of a finding")


class PreviewResult(BaseModel):
    """What would come of the changes; nothing was changed."""

    rule_set: int = Field(examples=[1])
    at: datetime = Field(description="The state the preview was made on")
    followed: list[Followed]
    left: list[Left]
    verdicts: list[dict[str, Any]] = Field(description="What validation would say (V01-V05, V13, V14, V32)")
    truncated: bool = Field(description="More than could be shown", examples=[False])


class LedgerRow(BaseModel):
    """What an adjustment did in a list by one rule (`direct`: the change itself)."""

    list_id: UUID
    kind: str = Field(examples=["power"])
    region_code: str = Field(examples=["440100000000"])
    title: str = Field(examples=["广州市权力清单"])
    rule: str = Field(examples=["K01"])
    touched: int = Field(examples=[1])
    unchanged: int = Field(examples=[0])
    waiting: int = Field(examples=[0])
    failed: int = Field(examples=[0])
    error: str | None
    first_at: datetime
    last_at: datetime


class CascadeLedger(BaseModel):
    """The cascade ledger (联动台账) of an adjustment."""

    adjustment_id: UUID
    complete: bool = Field(description="Nothing waits for people and nothing failed", examples=[True])
    open_drafts: int = Field(examples=[0])
    open_findings: int = Field(examples=[0])
    rows: list[LedgerRow]


class Origin(BaseModel):
    """The entry an element follows."""

    item_id: UUID
    version: int
    name: str = Field(examples=["建设项目环境影响报告表审批"])
    element: str | None = Field(description="The element there", examples=["name"])
    value: Any = Field(description="What it said then")
    list_id: UUID
    list_kind: str = Field(examples=["permit"])
    list_title: str = Field(examples=["广州市行政许可事项清单"])
    region_code: str = Field(examples=["440100000000"])


class Why(BaseModel):
    """Why an element says what it says."""

    item_id: UUID
    element: str = Field(examples=["name"])
    value: Any
    version: int = Field(description="The version that gave it this value")
    effective_from: datetime
    operation: str = Field(description="What wrote it", examples=["sync"])
    adjustment_id: UUID | None = Field(description="The adjustment it goes back to")
    rule: str | None = Field(examples=["K01"])
    rule_title: str | None
    rule_set: int | None
    source: Origin | None = Field(description="Empty: the entry's own")

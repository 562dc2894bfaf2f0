"""API models of changes."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.workflow.fields import Paragraph, StorableJson

Operation = Literal["add", "modify", "suspend", "resume", "cancel", "transfer"]
Elements = Annotated[dict[str, Any], StorableJson]

# An adjustment of this size is decided, cascaded and published within seconds; more belongs into several.
MOST_CHANGES = 2_000

_EXAMPLE: dict[str, Any] = {
    "operation": "modify",
    "item_id": "0197f3a0-0000-7000-8000-000000000001",
    "elements": {"name": "建设项目环境影响报告表审批"},
}


class Terms(BaseModel):
    """How long a suspension holds: until a day, or until something has come about."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"until": "2026-12-31"}})

    until: date | None = Field(default=None, description="Last day of the suspension")
    condition: Paragraph | None = Field(default=None, description="What must come about for it to end")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if self.until is None and self.condition is None:
            raise ValueError("请写明暂停至何日（until）或恢复的条件（condition）")
        return self


class ChangeInput(BaseModel):
    """What is to happen to one entry."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    operation: Operation = Field(description="新增、修改、暂停、恢复、取消、划转")
    list_id: UUID | None = Field(default=None, description="The list; required for `add`")
    item_id: UUID | None = Field(default=None, description="The entry; required except for `add`")
    elements: Elements = Field(
        default_factory=dict,
        description="New values by element; null removes one; empty for suspend, resume, cancel; of a transfer the"
        " taking organ as implementing_body, from which the new codes follow",
    )
    successors: list[UUID] = Field(
        default_factory=list,
        max_length=50,
        description="Of a cancellation: entries of the same list that take its place (合并、拆分); new ones are"
        " added to the adjustment first",
    )
    terms: Terms | None = Field(default=None, description="Of a suspension, required: how long it holds")


class Selection(BaseModel):
    """All entries of an organ in a list, for which the same is to happen: a merger of organs is one adjustment."""

    model_config = ConfigDict(extra="forbid")

    list_id: UUID = Field(description="The list")
    organ_id: UUID = Field(description="The organ that implements the entries now")
    operation: Literal["modify", "suspend", "resume", "cancel", "transfer"] = "transfer"
    elements: Elements = Field(default_factory=dict, description="New values by element, for every entry")
    terms: Terms | None = Field(default=None, description="Of a suspension: how long it holds")


class OrganReform(BaseModel):
    """Organs that give way to another one: all entries of all lists that name them come to name it (机构改革)."""

    model_config = ConfigDict(extra="forbid")

    from_organs: list[UUID] = Field(min_length=1, max_length=20, description="Organs that are merged or abolished")
    to_organ: UUID = Field(description="The organ that takes over")

    @model_validator(mode="after")
    def _another(self) -> Self:
        if self.to_organ in self.from_organs:
            raise ValueError("承接机构不能在被撤并机构之中")
        return self


class ChangesInput(BaseModel):
    """Changes to add: all of them or none, since an adjustment is one decision."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"changes": [_EXAMPLE]}})

    changes: list[ChangeInput] = Field(default_factory=list, max_length=MOST_CHANGES)
    selection: Selection | None = Field(default=None, description="Entries that are not in the adjustment yet")
    reform: OrganReform | None = Field(default=None, description="Organs whose entries pass to another one, everywhere")
    confirm_overlap: bool = Field(
        default=False, description="Go on although another open adjustment names the same element of the entry"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.changes and self.selection is None and self.reform is None:
            raise ValueError("请至少列出一项变更，或写明选择范围、机构改革")
        return self


class ChangeReplacement(BaseModel):
    """New content of a change; the entry stays the same."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"operation": "modify", "elements": {"name": "建设项目环境影响报告表审批"}}},
    )

    operation: Operation
    elements: Elements = Field(default_factory=dict)
    successors: list[UUID] = Field(default_factory=list, max_length=50)
    terms: Terms | None = None
    confirm_overlap: bool = False


class OtherAdjustment(BaseModel):
    """Another adjustment that is still open on the same entry."""

    item_id: UUID
    adjustment_id: UUID
    number: str
    title: str
    state: str
    elements: list[str] = Field(description="Elements it names")
    same_elements: list[str] = Field(description="Those this adjustment names as well")


class StoredChange(BaseModel):
    """A change as it was taken in."""

    id: UUID
    number: int
    operation: Operation
    item_id: UUID = Field(description="Of an added entry: the id it will have")


class ChangesAnswer(BaseModel):
    """Changes that were added, and who else works on these entries."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "adjustment_id": "0197f3a0-0000-7000-8000-000000000003",
                "version": 2,
                "changes": [
                    {
                        "id": "0197f3a0-0000-7000-8000-000000000004",
                        "number": 1,
                        "operation": "modify",
                        "item_id": "0197f3a0-0000-7000-8000-000000000001",
                    }
                ],
                "others": [],
            }
        }
    )

    adjustment_id: UUID
    version: int
    changes: list[StoredChange]
    others: list[OtherAdjustment]


class ConflictingValues(BaseModel):
    """The three values of an element in conflict."""

    base: Any
    proposed: Any
    current: Any


class Change(BaseModel):
    """A change in full."""

    id: UUID
    number: int
    operation: Operation
    list_id: UUID
    item_id: UUID
    organ_id: UUID
    base_version: int | None
    base: dict[str, Any]
    proposed: dict[str, Any]
    outcome: Literal["applied", "no_change", "conflict"] | None
    conflict: dict[str, ConflictingValues] | None
    successors: list[UUID] | None = Field(description="Entries that take the place of a cancelled one")
    terms: dict[str, Any] | None = Field(default=None, description="Of a suspension: how long it holds")
    compiled_by: str

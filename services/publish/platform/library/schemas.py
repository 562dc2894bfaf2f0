"""Models of the item library: the envelope platforms know."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

_AGGREGATE = {
    "ITEM_ID": "01890a5d-ac96-774b-bcce-b302099a8057", "ROWGUID": "6b8f0c4e-6d52-5d0c-9b7e-0d5f2a3c4b11",
    "TASK_VERSION": 3, "CD_OPERATION": "U", "AREACODE": "130922000000",
    "AUDIT_ITEM": {"TASK_NAME": "食品经营许可", "CATALOG_CODE": "000131001000", "TASK_STATE": "1"},
    "AUDIT_MATERIAL": [{"MATERIAL_NAME": "申请表", "IS_NEED": "1", "ORDER_NUM": "1"}],
}  # fmt: skip


class Status(BaseModel):
    """Whether all is well: 00."""

    CODE: str = Field(default="00", examples=["00"])
    TEXT: str = Field(default="", examples=[""])


class Changes(BaseModel):
    """What changed after a moment."""

    LASTTIMESTAMP: int = Field(description="The moment to ask for next, in milliseconds", examples=[1732262400000])
    RETURNITEMSUNNUM: int = Field(description="Items in this answer; none: there is no more", examples=[1])
    items: list[dict[str, Any]] = Field(serialization_alias="list", examples=[[_AGGREGATE]])


class LibraryAnswer(BaseModel):
    """The envelope of an item library."""

    STATUS: Status
    data: Changes

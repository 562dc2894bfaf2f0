"""The registry of event types that leave the house: what each tells, and the shape of its data. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PREFIX = "cn.qingdan."
SUFFIX = ".v1"

_UUID = {"type": "string", "format": "uuid"}
_NULLABLE_UUID = {"type": ["string", "null"], "format": "uuid"}
_NULLABLE_TEXT = {"type": ["string", "null"]}
_INSTANT = {"type": "string", "format": "date-time"}
_FILTER: dict[str, Any] = {
    "type": "object",
    "properties": {
        name: {"type": ["array", "null"], "items": {"type": "string"}}
        for name in ("kinds", "regions", "types", "items", "elements", "changes")
    },
}

ITEM_DATA: dict[str, Any] = {
    "type": "object",
    "description": "What may be seen of the entry when the event is sent",
    "properties": {
        "item": {"type": "object", "description": "The published entry, as GET /publish/v1/items/{item_id} shows it"},
        "changed": {"type": "array", "items": {"type": "string"}, "description": "Names of the changed elements"},
        "version": {"type": "integer", "description": "Drop what is older than what you have"},
        "list_id": _UUID,
        "revision": {"type": "integer"},
        "list_hash": _NULLABLE_TEXT,
        "adjustment": _NULLABLE_UUID,
        "root": _NULLABLE_UUID,
        "effective_at": {"type": ["string", "null"], "format": "date-time"},
        "transitional_rule": {"type": "string"},
        "replaces": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
            "description": "New code -> the codes it takes the place of, when the matter has passed to another body",
        },
    },
    "required": ["item", "changed", "version", "list_id", "revision"],
}
LIST_DATA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "list_id": _UUID,
        "title": {"type": "string"},
        "region_code": {"type": "string"},
        "revision": {"type": "integer"},
        "list_hash": _NULLABLE_TEXT,
        "entries": {"type": ["integer", "null"]},
        "editions": {"type": ["array", "null"], "items": {"type": "string"}},
        "decision": {"type": ["object", "null"]},
        "publication": _NULLABLE_TEXT | {"description": "Number of the publication: GET /publish/v1/publications/..."},
    },
    "required": ["list_id", "title", "region_code", "revision"],
}


@dataclass(frozen=True)
class EventType:
    """A type of event.

    Attributes
    ----------
    name : as the feed stores it, `<thing>.<past participle>`.
    title : Chinese, for people who choose.
    data : JSON Schema of `data`; None when the event carries none.
    selectable : whether a filter may name it; notices of the subscription itself always come.
    """

    name: str
    title: str
    description: str
    data: dict[str, Any] | None
    selectable: bool = True

    @property
    def type(self) -> str:
        """The CloudEvents type."""
        return f"{PREFIX}{self.name}{SUFFIX}"


WITHDRAWN = "item.withdrawn"
FILTER_CHANGED = "subscription.filter_changed"
RESYNC = "subscription.resync"
TEST = "subscription.test"

TYPES: tuple[EventType, ...] = (
    EventType("item.created", "事项新增", "An entry appears in a published list.", ITEM_DATA),
    EventType("item.updated", "事项修改", "Elements of a published entry changed; `changed` names them.", ITEM_DATA),
    EventType("item.suspended", "事项暂停", "The matter is suspended.", ITEM_DATA),
    EventType("item.resumed", "事项恢复", "A suspended or cancelled matter is in use again.", ITEM_DATA),
    EventType("item.cancelled", "事项取消", "The matter is cancelled; the entry stays readable.", ITEM_DATA),
    EventType(
        WITHDRAWN,
        "事项不再公开",
        "The entry is no longer public: delete what you hold of it. It also replaces, under the same id and sequence,"
        " earlier events about the entry that are sent or read again. Filters by type, element or change never hold it"
        " back.",
        None,
    ),
    EventType("list.enacted", "清单公布", "A list is in force; its entries follow as events of their own.", LIST_DATA),
    EventType("list.edition_named", "清单版次命名", "A revision of a list got a name, such as 2017版.", LIST_DATA),
    EventType(
        "publication.corrected",
        "公布更正",
        "A later publication puts `publication` right; one event for each of its lists. The notice is at its address.",
        LIST_DATA,
    ),
    EventType(
        "publication.withdrawn",
        "公布撤回",
        "`publication` is taken back by decision; what its lists go back to follows as changes of entries.",
        LIST_DATA,
    ),
    EventType(
        FILTER_CHANGED,
        "订阅条件变更",
        "The filter of this subscription was changed; events from `holds_from` on were chosen by the new one.",
        {
            "type": "object",
            "properties": {
                "filter_version": {"type": "integer"},
                "old": _FILTER,
                "new": _FILTER,
                "holds_from": {"type": "integer", "description": "First sequence the new filter has chosen"},
            },
            "required": ["filter_version", "old", "new", "holds_from"],
        },
        selectable=False,
    ),
    EventType(
        RESYNC,
        "需要重新同步",
        "Events are missing or void: after `last_valid_sequence` of the epoch before, start again from the lists.",
        {
            "type": "object",
            "properties": {
                "reason": {"enum": ["restored", "behind_retention"]},
                "last_valid_sequence": {"type": "integer"},
                "epoch": _UUID,
                "previous_epoch": _UUID,
                "lists": {"type": "string", "description": "Where the lists and their revisions are read"},
            },
            "required": ["reason", "last_valid_sequence", "epoch", "lists"],
        },
        selectable=False,
    ),
    EventType(
        TEST,
        "测试推送",
        "Sent on request, outside of the sequence: shows that address and signature are right.",
        {"type": "object", "properties": {"at": _INSTANT}, "required": ["at"]},
        selectable=False,
    ),
)
# What an adjustment can do to entries, as the workflow service tells it (调整类型); a filter may ask for some of them.
CHANGES: dict[str, str] = {
    "add": "新增",
    "take_over": "承接",
    "modify": "要素修改",
    "suspend": "暂停",
    "resume": "恢复",
    "merge": "合并",
    "split": "拆分",
    "transfer": "划转",
    "devolve": "下放",
    "cancel": "取消",
}
BY_TYPE = {one.type: one for one in TYPES}
SELECTABLE = {one.type: one.name for one in TYPES if one.selectable}


def outward(name: str) -> str:
    """The CloudEvents type of a feed's type."""
    return f"{PREFIX}{name}{SUFFIX}"

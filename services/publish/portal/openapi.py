"""OpenAPI of the reads that are plain ASGI: written by hand, tested against what they answer."""

from __future__ import annotations

from typing import Any

from services.publish.portal import cloud_events, feed, pages, parameters
from shared.http.documents import responses

TAGS = ["published entries"]
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
DIGEST = "1f0e3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f"

_NULLABLE_TEXT = {"type": ["string", "null"]}
_ORGAN = {
    "type": ["object", "null"],
    "properties": {"name": {"type": "string"}, "credit_code": _NULLABLE_TEXT},
    "required": ["name", "credit_code"],
}
_ITEM: dict[str, Any] = {
    "type": "object",
    "description": "A published entry: the elements its profile makes public. Its bytes are what its hash is of.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"type": "string"},
        "kind_title": {"type": "string"},
        "list_id": {"type": "string", "format": "uuid"},
        "list_title": {"type": "string"},
        "region_code": {"type": "string"},
        "region_name": {"type": "string"},
        "version": {"type": "integer"},
        "state": {"enum": list(parameters.STATES)},
        "effective_from": {"type": "string", "format": "date-time"},
        "transitional_rule": {"type": "string"},
        "elements": {"type": "object", "additionalProperties": True},
    },
    "required": ["id", "kind", "list_id", "version", "state", "effective_from", "transitional_rule", "elements"],
}
_ROW: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "base_code": _NULLABLE_TEXT,
        "implementation_code": _NULLABLE_TEXT,
        "item_type": _NULLABLE_TEXT,
        "level": _NULLABLE_TEXT,
        "state": {"enum": list(parameters.STATES)},
        "organ": _ORGAN,
        "version": {"type": "integer"},
        "effective_from": {"type": "string", "format": "date-time"},
        "hash": {"type": "string"},
    },
    "required": ["id", "name", "state", "version", "effective_from", "hash"],
}
_PAGE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "list_id": {"type": "string", "format": "uuid"},
        "revision": {"type": "integer", "description": "The whole walk through the pages shows this revision"},
        "hash": {"type": "string"},
        "entries": {"type": "integer"},
        "purged": {"type": "integer", "description": "Entries withdrawn from this revision since"},
        "count": {"type": "integer", "description": "With count=exact: entries the filters leave"},
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/PublishedRow"}},
        "next": _NULLABLE_TEXT,
    },
    "required": ["list_id", "revision", "hash", "entries", "items", "next"],
}
_OF_CODE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "string"},
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/PublishedItem"}},
        "next": _NULLABLE_TEXT,
    },
    "required": ["code", "items", "next"],
}
_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0. An event whose content was withdrawn has the type …withdrawn and no data.",
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"type": "string"},
        "type": {"type": "string", "pattern": "^cn\\.qingdan\\.(item|list)\\.[a-z_]+\\.v1$"},
        "subject": {"type": "string", "description": "<kind of list>/<id of the item or list>"},
        "time": {"type": "string", "format": "date-time"},
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$", "description": "Without gaps"},
        "datacontenttype": {"type": "string"},
        "data": {"type": "object"},
    },
    "required": ["specversion", "id", "source", "type", "subject", "time", "sequence"],
}
_ROW_EXAMPLE = {
    "id": ID, "name": "建设项目环境影响评价审批", "base_code": "000116101000", "implementation_code": None,
    "item_type": "01", "level": "3", "state": "in_use",
    "organ": {"name": "广州市生态环境局", "credit_code": "114401007594349999"},
    "version": 3, "effective_from": "2026-01-05T09:00:00+08:00", "hash": DIGEST,
}  # fmt: skip
_ITEM_EXAMPLE = {
    "id": ID, "kind": "permit", "kind_title": "行政许可事项清单", "list_id": ID, "list_title": "广州市行政许可事项清单",
    "region_code": "440100000000", "region_name": "广州市", "version": 3, "state": "in_use",
    "effective_from": "2026-01-05T09:00:00+08:00", "transitional_rule": "生效前已受理的办件，按受理时有效的版本办结。",
    "elements": {"name": "建设项目环境影响评价审批", "base_code": "000116101000"},
}  # fmt: skip
PUBLISHED_ITEM = _ITEM | {"examples": [_ITEM_EXAMPLE]}
_PAGE_EXAMPLE = {"list_id": ID, "revision": 12, "hash": DIGEST, "entries": 1, "items": [_ROW_EXAMPLE], "next": None}
_EVENT_EXAMPLE = {
    "specversion": "1.0", "id": ID, "source": f"/publish/v1/lists/{ID}", "type": "cn.qingdan.item.updated.v1",
    "subject": f"permit/{ID}", "time": "2026-01-05T01:00:00+00:00", "sequence": "00000000000000000042",
    "datacontenttype": "application/json", "data": {"changed": ["name"], "version": 3, "revision": 12},
}  # fmt: skip


def describe_hot_reads(schema: dict[str, Any]) -> None:
    """Add the plain ASGI reads to an OpenAPI document."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components |= {"PublishedItem": PUBLISHED_ITEM, "PublishedRow": _ROW, "PublishedPage": _PAGE}
    components |= {"PublishedItemsOfCode": _OF_CODE, "PublicEvent": _EVENT}
    schema["paths"] |= {
        "/publish/v1/items/{item_id}": {"get": _item()},
        "/publish/v1/items/by-code/{code}": {"get": _by_code()},
        "/publish/v1/lists/{list_id}/items": {"get": _page()},
        "/publish/v1/lists/{list_id}/open-data": {"get": _open_data()},
        "/publish/v1/lists/{list_id}/units/{unit}/open-data": {"get": _unit_open_data()},
        "/publish/v1/feed": {"get": _feed()},
    }


def _item() -> dict[str, Any]:
    return _operation(
        "get_published_item", "One published entry", [_path("item_id", {"type": "string", "format": "uuid"}, ID), _TAG],
        _answer("application/json", "PublishedItem", _ITEM_EXAMPLE), cached=True,
    )  # fmt: skip


def _by_code() -> dict[str, Any]:
    given = [
        _path("code", {"type": "string", "pattern": "^[0-9A-Za-z-]{1,50}$"}, "000116101000"),
        _query("kind", _text(), "Kind of list", "permit"), *_paging(), _TAG,
    ]  # fmt: skip
    example = {"code": "000116101000", "items": [_ITEM_EXAMPLE], "next": None}
    answer = _answer("application/json", "PublishedItemsOfCode", example)
    return _operation("list_items_by_code", "Published entries that carry a code", given, answer, cached=True)


def _page() -> dict[str, Any]:
    given = [
        _path("list_id", {"type": "string", "format": "uuid"}, ID),
        *_paging(),
        _query("edition", _text(), "Named edition that pins the revision", "2026版"),
        _query("organ", _text(), "Credit code or name of the implementing body", "广州市生态环境局"),
        _query("as_of", {"type": "string", "format": "date"}, "As it stood on this day (Asia/Shanghai)", "2026-01-01"),
        _query("service_object", _text(), "Service object", "enterprise"),
        _query("topic", _text(), "Topic of services", "准营准办"),
        _query("item_type", _text(), "Item type", "01"),
        _query("state", {"enum": list(parameters.STATES)}, "State", "in_use"),
        _query("level", _text(), "Level of exercise", "3"),
        _query("q", _text(), "Part of the name", "环境"),
        _query("count", {"enum": ["exact"]}, "Ask for the number of entries the filters leave", "exact"),
        _TAG,
    ]
    answer = _answer("application/json", "PublishedPage", _PAGE_EXAMPLE)
    return _operation("list_published_items", "A page of a list, all pages of one revision", given, answer, cached=True)


def _open_data() -> dict[str, Any]:
    given = [
        _path("list_id", {"type": "string", "format": "uuid"}, ID),
        _query("revision", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "Revision", 12),
        _query("edition", _text(), "Named edition that pins the revision", "2026版"),
    ]
    answer = {
        "description": "JSON Lines: a manifest (list, revision, hash), then every entry in the order of item ids",
        "content": {"application/jsonl": {"schema": {"type": "string"}, "example": '{"revision":12}\n'}},
    }
    return _operation("download_open_data", "Open data of one revision", given, answer, cached=False)


def _unit_open_data() -> dict[str, Any]:
    given = [
        _path("list_id", {"type": "string", "format": "uuid"}, ID),
        _path("unit", {"type": "string", "pattern": "^[0-9A-Za-z-]{1,36}$"}, "11440100MB2C000000"),
        _query("revision", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "Revision", 12),
        _query("edition", _text(), "Named edition that pins the revision", "2026版"),
    ]
    answer = {
        "description": "JSON Lines as of the whole list; the manifest names the unit, and `hash` is that of its part",
        "content": {"application/jsonl": {"schema": {"type": "string"}, "example": '{"revision":12}\n'}},
    }
    return _operation("download_unit_open_data", "Open data of a unit's own list", given, answer, cached=False)


def _feed() -> dict[str, Any]:
    given = [
        _query("after", _number(0, parameters.MOST_SEQUENCE), "Last sequence already known", 41),
        _query("limit", _number(1, feed.MOST), "Most events", 100),
        _query("wait", _number(0, feed.LONGEST_WAIT), "Seconds to wait when there is nothing new", 0),
    ]
    answer = {
        "description": "The events after `after`, oldest first; `Qingdan-Next` is the next `after`",
        "content": {
            cloud_events.MEDIA_TYPE: {
                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/PublicEvent"}},
                "example": [_EVENT_EXAMPLE],
            }
        },
    }
    return _operation("read_feed", "What changed after a number", given, answer, cached=False, found=False)


_TAG = {
    "name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "ETag of what the caller has: 304 when nothing changed",
}  # fmt: skip


def _operation(
    operation_id: str, summary: str, given: list[dict[str, Any]], answer: dict[str, Any], *, cached: bool,
    found: bool = True,
) -> dict[str, Any]:  # fmt: skip
    described: dict[str, Any] = {"200": answer}
    if cached:
        described["304"] = {"description": "Unchanged"}
    problems = responses(405, *([404] if found else []), 422, 503)
    described |= {str(status): document for status, document in problems.items()}
    return {
        "operationId": operation_id, "summary": summary, "tags": TAGS, "parameters": given, "responses": described,
    }  # fmt: skip


def _answer(media_type: str, schema: str, example: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": summary_of(schema),
        "headers": {"ETag": {"schema": {"type": "string"}}},
        "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "example": example}},
    }


def summary_of(schema: str) -> str:
    """What an answer is, in a few words."""
    return {
        "PublishedItem": "The entry, exactly the bytes its hash is of",
        "PublishedPage": "A page and the revision it shows",
        "PublishedItemsOfCode": "The entries",
    }[schema]


def _paging() -> list[dict[str, Any]]:
    return [
        _query("limit", _number(1, pages.MOST), "Entries a page", pages.PAGE),
        _query("cursor", {"type": "string", "maxLength": 2000}, "`next` of the page before", ""),
    ]


def _path(name: str, schema: dict[str, Any], example: object) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema, "example": example}


def _query(name: str, schema: dict[str, Any], description: str, example: object) -> dict[str, Any]:
    return {
        "name": name, "in": "query", "required": False, "schema": schema, "description": description,
        "example": example,
    }  # fmt: skip


def _text() -> dict[str, Any]:
    return {"type": "string", "maxLength": parameters.LONGEST_TEXT}


def _number(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}

"""Comparing events with what the AsyncAPI document says of them; for everybody who receives some."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from jsonschema import Draft7Validator, FormatChecker

from services.publish.events.document import asyncapi
from services.publish.subscriptions import registry

FORMATS = FormatChecker(())


@FORMATS.checks("uuid", ValueError)
def is_uuid(value: object) -> bool:
    """A UUID as RFC 9562 writes it."""
    return not isinstance(value, str) or str(UUID(value)) == value


@FORMATS.checks("date-time", ValueError)
def is_instant(value: object) -> bool:
    """An instant with its zone (RFC 3339)."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def _document() -> dict[str, Any]:
    return asyncapi()


def problems_of(schema: Mapping[str, Any], value: Any) -> list[str]:
    """What of a value a schema of the document does not allow."""
    whole = {"allOf": [dict(schema)], "components": _document()["components"]}
    checked = Draft7Validator(whole, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message[:200]}" for error in checked.iter_errors(value)]


def as_described(event: Mapping[str, Any]) -> list[str]:
    """What of an event is not as documented; fields beyond the documented ones are faults of ours too."""
    described = registry.BY_TYPE.get(event["type"])
    if described is None:
        return [f"there is no type {event['type']}"]
    found = problems_of({"$ref": f"#/components/schemas/{described.name}"}, event)
    envelope = _document()["components"]["schemas"]["envelope"]["properties"]
    extra = event.keys() - envelope.keys() - {"data"}
    if described.data is not None:
        extra |= event.get("data", {}).keys() - described.data["properties"].keys()
    return found + [f"{name} is not documented" for name in sorted(extra)]

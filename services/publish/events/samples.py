"""An example of what a JSON Schema describes: the one it gives itself, else one put together from its parts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OF_FORMAT = {
    "uuid": "01890a5d-ac96-774b-bcce-b302099a8057",
    "date-time": "2026-01-05T01:00:00+00:00",
    "date": "2026-01-05",
}
_OF_TYPE = {"string": "示例", "integer": 1, "number": 1, "boolean": True, "null": None}


def sample(schema: Mapping[str, Any]) -> Any:
    """A value that fits; of several types the first one, of an array one entry."""
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        return {name: sample(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema["items"])] if "items" in schema else []
    return _OF_FORMAT.get(schema.get("format", ""), _OF_TYPE[kind])

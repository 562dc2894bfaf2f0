"""What differs between two states of a list: entries that came, went or changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CANCELLED = "cancelled"


def change_of(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """`added`, `removed` or `changed`; a cancelled entry stands in the list no more."""
    was = before is not None and before.get("state") != CANCELLED
    now = after is not None and after.get("state") != CANCELLED
    if not was:
        return "added"
    return "changed" if now else "removed"

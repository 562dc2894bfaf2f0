"""What a rule says about a pair of entries, as it goes back to the database to become a draft or a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

# Actions that leave nothing to people: both agree, or what differs follows in the same walk.
AGREED = frozenset({"equal", "sync"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A row of `difference` and the adjustment it goes back to; `expected`, `actual`, `messages` are JSON text."""

    rule: str
    action: str
    source_id: UUID | None
    source_version: int | None
    target_list: UUID
    target_id: UUID | None
    target_version: int | None
    expected: str | None
    actual: str | None
    messages: str | None
    adjustment_id: UUID | None = None


def judged(row: Sequence[Any], adjustment_id: UUID | None) -> Judged:
    """A row of `difference`, columns in the order of the fields, with what it goes back to."""
    columns: list[Any] = [*row, adjustment_id]
    return Judged(*columns)


@dataclass(frozen=True, slots=True)
class Changed:
    """An item that got a new version in this cascade.

    Attributes
    ----------
    elements : what changed; empty where that is not known: anything may have.
    before : the version it had before the cascade; 0 when it is new, `version` when it has no new one.
    direct : True when people changed it, False when it followed.
    """

    item_id: UUID
    version: int
    list_id: UUID
    kind: str
    region_code: str
    elements: tuple[str, ...]
    state: str
    before: int
    direct: bool


@dataclass(frozen=True, slots=True)
class Sync:
    """A target that is to show what its source says."""

    item_id: UUID
    kind: str
    list_id: UUID
    patch: str
    provenance: str

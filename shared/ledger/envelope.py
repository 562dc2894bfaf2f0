"""What an event carries: references and names, never values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.identifiers import new_id


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """An event to be appended with the transaction that brings it about.

    Attributes
    ----------
    item_ids, versions
        Parallel: versions[n] is the version of item_ids[n] this event speaks of; versions may be empty.
    elements
        Names of the changed elements.
    adjustment_id
        The root adjustment (or import) everything in this chain goes back to.
    cause_id
        The event that directly led to this one.
    """

    type: str
    region_code: str | None = None
    list_kind: str | None = None
    list_id: UUID | None = None
    item_ids: Sequence[UUID] = ()
    versions: Sequence[int] = ()
    elements: Sequence[str] = ()
    adjustment_id: UUID | None = None
    cause_id: UUID | None = None
    effective_at: datetime | None = None
    reason: str | None = None
    legal_basis: str | None = None
    refs: Mapping[str, Any] = field(default_factory=dict)
    actor: str | None = None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, kw_only=True)
class Event(NewEvent):
    """An event as it stands in the ledger."""

    position: int
    recorded_at: datetime
    service: str
    request_id: str | None = None

"""Events of the linkage, grouped so that thousands of changes are a few events. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.rules import chunks, event_type
from shared.ledger.envelope import NewEvent


@dataclass(frozen=True, slots=True)
class Root:
    """What a change goes back to: the adjustment, the event that set it off, and the decision's instant."""

    adjustment_id: UUID | None
    cause_id: UUID | None
    effective_at: datetime


def of_items(changes: Iterable[Changed], roots: Mapping[UUID, Root], **more: Any) -> Iterator[NewEvent]:
    """`item.*` events, one for all items of a list that changed in the same elements by the same adjustment."""
    groups: dict[tuple[Any, ...], list[Changed]] = defaultdict(list)
    for change in changes:
        key = (event_type(change), change.list_id, change.elements, roots[change.item_id])
        groups[key].append(change)
    for (kind, list_id, elements, root), members in groups.items():
        for part in chunks(members):
            yield NewEvent(
                type=kind,
                region_code=part[0].region_code,
                list_kind=part[0].kind,
                list_id=list_id,
                item_ids=[change.item_id for change in part],
                versions=[change.version for change in part],
                elements=elements,
                adjustment_id=root.adjustment_id,
                cause_id=root.cause_id,
                effective_at=root.effective_at,
                **more,
            )


def of_outcomes(
    subject: str, rows: Sequence[Any], *, item: str, cause_id: UUID | None, words: Mapping[str, str] | None = None
) -> Iterator[NewEvent]:
    """`draft.*` or `finding.*` events; `item` names the column of the item each is about."""
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.change, row.list_id, row.adjustment_id].append(row)
    for (change, list_id, adjustment_id), members in groups.items():
        for part in chunks(members):
            yield NewEvent(
                type=f"{subject}.{(words or {}).get(change, change)}",
                region_code=part[0].region_code,
                list_kind=part[0].list_kind,
                list_id=list_id,
                item_ids=list(dict.fromkeys(getattr(row, item) for row in part)),
                adjustment_id=adjustment_id,
                cause_id=cause_id,
                refs={f"{subject}s": [str(row.id) for row in part]},
            )

"""Applying a chunk of an import: from the staged rows into the lists, inside the database, and the events of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.catalog.exchange import repository
from services.catalog.exchange.statements.repository import ADDED, CHANGED
from services.catalog.items import repository as items
from shared import problems
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that were applied together: how many, and the last of them."""

    count: int
    last: int


@dataclass(slots=True)
class _InList:
    """What a chunk did in one list, as its event tells it."""

    kind: str
    region_code: str
    item_ids: list[UUID]
    versions: list[int]
    elements: set[str]


async def apply_chunk(tx: Transaction, run: Row[Any], after: int, size: int) -> Chunk | None:
    """Write the rows that come after one into their lists and tell of it, one event a list; None when none is left.

    Raises
    ------
    problems.Conflict
        A list among them is no longer compiling, or a code was given away meanwhile.
    """
    taken = await repository.take_chunk(
        tx.connection, run.operation_id, after=after, new_ids=[new_id() for _ in range(size)]
    )
    if taken.last is None:
        return None
    if len(await repository.lock_compiling(tx.connection, sorted(taken.list_ids))) < len(taken.list_ids):
        raise problems.Conflict("清单在导入期间已生效，其余各行未导入；请通过调整程序修改。", code="list_in_force")
    added, changed = taken.added or (), taken.changed or ()
    for list_id, wrote in (await _write(tx, run.operation_id, added, changed)).items():
        tx.append(_event(tx, run, list_id, wrote))
    return Chunk(len(added) + len(changed), taken.last)


async def _write(
    tx: Transaction, operation_id: UUID, added: Sequence[int], changed: Sequence[int]
) -> dict[UUID, _InList]:
    """Create what is new and give new versions to what differs."""
    given = {"operation_id": operation_id, "at": tx.now}
    lists: dict[UUID, _InList] = {}
    if added:
        for new in await items.create_selected(tx.connection, ADDED, given | {"rows": list(added)}):
            lists[new.list_id] = _InList(new.kind, new.region_code, new.item_ids, new.versions, set(new.changed))
    if changed:
        for row in await items.write_selected(tx.connection, CHANGED, given | {"rows": list(changed)}):
            wrote = lists.setdefault(row.list_id, _InList(row.kind, row.region_code, [], [], set()))
            wrote.item_ids.append(row.item_id)
            wrote.versions.append(row.version)
            wrote.elements.update(row.changed)
    return lists


def _event(tx: Transaction, run: Row[Any], list_id: UUID, wrote: _InList) -> NewEvent:
    return NewEvent(
        type="item.imported",
        region_code=wrote.region_code,
        list_kind=wrote.kind,
        list_id=list_id,
        item_ids=wrote.item_ids,
        versions=wrote.versions,
        elements=sorted(wrote.elements),
        adjustment_id=run.operation_id,
        effective_at=tx.now,
        reason=run.reason,
        legal_basis=run.legal_basis,
        refs={"operation": str(run.operation_id), "file": run.file_name},
    )

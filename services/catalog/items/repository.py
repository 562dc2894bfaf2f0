"""Writing items: the only place where a version, its key columns, its digests and its codes come into being.

A writer takes up to some 2,000 entries, as parallel arrays or as a SELECT, and is one statement. A code once given in a
list kind is never given to another item: the statement writes nothing when one is taken, and the error says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.items.statements.repository import ENTER, ENTER_BY_LIST, GIVEN, NEW, PATCH
from shared import problems
from shared.statement import Row, Statement

Document = Mapping[str, Any] | str
"""A jsonb value: a mapping, or JSON text that is passed on as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """Changes of existing items, one an item, as parallel sequences.

    Attributes
    ----------
    item_ids : the items; each at most once.
    patch : element name -> new value; null removes the element.
    provenance : for elements that follow another list {element: {"rule", "item", "version"}}, else {}.
    adjustment_ids : the root adjustment (or import) of each change.
    effective_ats : the decision's instant; a version begins at least a microsecond after the one before.
    operation : modify | suspend | resume | cancel | transfer | sync | import | accept, one for all or one for each.
    rule_set : version of the rule set that demanded the change.
    """

    item_ids: Sequence[UUID]
    patch: Sequence[Document]
    effective_ats: Sequence[datetime]
    operation: str | Sequence[str]
    provenance: Sequence[Document] | None = None
    adjustment_ids: Sequence[UUID | None] | None = None
    rule_set: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """New items as parallel sequences; `elements` are complete entries, the rest as in `Patches`.

    An entry without `state` is in use. `name` must be there.
    """

    item_ids: Sequence[UUID]
    list_ids: Sequence[UUID]
    elements: Sequence[Document]
    effective_ats: Sequence[datetime]
    operation: str | Sequence[str] = "add"
    provenance: Sequence[Document] | None = None
    adjustment_ids: Sequence[UUID | None] | None = None
    rule_set: int | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A version that was written; `changed` are the names of the elements that differ from the one before."""

    item_id: UUID
    version: int
    list_id: UUID
    kind: str
    region_code: str
    changed: list[str]
    state: str


@dataclass(frozen=True, slots=True)
class Entered:
    """New items of one list, `versions` parallel to `item_ids`; `changed` are the elements any of them has."""

    list_id: UUID
    kind: str
    region_code: str
    item_ids: list[UUID]
    versions: list[int]
    changed: list[str]


async def write_versions(connection: AsyncConnection, patches: Patches) -> list[Written]:
    """Give each item whose elements change by its patch a new version; the others get none.

    Items are locked in id order. Ids that are no items are passed over. The order of the answer is that of the ids.

    Raises
    ------
    Conflict
        `code_in_use` or `code_retired`, with a pointer to each element (`/items/<index>/elements/...`).
    ValueError
        Two patches for one item.
    """
    parameters = _arrays(patches.item_ids, patches.effective_ats, patches.operation, patches.provenance,
                         patches.adjustment_ids, patches.rule_set)  # fmt: skip
    parameters["documents"] = [_json(value) for value in patches.patch]
    written = await write_selected(connection, GIVEN, parameters, order=patches.item_ids)
    place = {item_id: index for index, item_id in enumerate(patches.item_ids)}
    return sorted(written, key=lambda row: place[row.item_id])


async def write_selected(
    connection: AsyncConnection, source: str, parameters: Mapping[str, Any], *, order: Sequence[UUID] = ()
) -> list[Written]:
    """`write_versions` with patches that a SELECT yields: no value leaves the database.

    `source` gives (item_id, document, provenance, adjustment_id, effective_at, operation, rule_set), an item at most
    once; `order` are the ids an error's pointers count by. Raises Conflict as `write_versions`.
    """
    statement = _patch(source)
    rows = await _guarded(connection, statement, {**parameters, "only": None})
    stale = [row.item_id for row in rows if row.stale]
    if stale:
        # Another transaction wrote these while we waited for its locks; now they are ours and a new snapshot sees them.
        again = await _guarded(connection, statement, {**parameters, "only": stale})
        rows = [row for row in rows if not row.stale] + again
    _refuse_taken([row for row in rows if row.taken is not None], order)
    return [_written(row) for row in rows]


@lru_cache(maxsize=32)
def _patch(source: str) -> Statement:
    """The statement for a source of patches."""
    return Statement(PATCH.replace("{source}", source))


async def create_items(connection: AsyncConnection, entries: Entries) -> list[Written]:
    """Insert items with their first version and codes; the order of the answer is that of the ids.

    Raises
    ------
    Conflict
        `code_in_use` or `code_retired`, with a pointer to each element (`/items/<index>/elements/...`).
    NotFound
        A list does not exist.
    """
    parameters = _arrays(entries.item_ids, entries.effective_ats, entries.operation, entries.provenance,
                         entries.adjustment_ids, entries.rule_set)  # fmt: skip
    parameters["documents"] = [_json(value) for value in entries.elements]
    parameters["list_ids"] = list(entries.list_ids)
    rows = await _guarded(connection, _enter(ENTER, NEW), parameters)
    if len({row.item_id for row in rows}) < len(entries.item_ids):
        raise problems.NotFound("清单不存在，请核对清单编号", code="list_not_found")
    _refuse_taken([row for row in rows if row.taken is not None], entries.item_ids)
    place = {item_id: index for index, item_id in enumerate(entries.item_ids)}
    return sorted((_written(row) for row in rows), key=lambda row: place[row.item_id])


async def create_selected(connection: AsyncConnection, source: str, parameters: Mapping[str, Any]) -> list[Entered]:
    """`create_items` with entries that a SELECT yields: no value leaves the database.

    `source` gives (item_id, list_id, document, provenance, adjustment_id, effective_at, operation, rule_set); entries
    of unknown lists are passed over. Raises Conflict as `create_items`, pointers by id.
    """
    rows = await _guarded(connection, _enter(ENTER_BY_LIST, source), parameters)
    if rows:
        _refuse_taken([_Taken.of(one) for one in rows[0].taken or ()], ())
    return [
        Entered(row.list_id, row.kind, row.region_code, list(row.item_ids), list(row.versions), list(row.changed))
        for row in rows
    ]


@lru_cache(maxsize=8)
def _enter(statement: str, source: str) -> Statement:
    return Statement(statement.replace("{source}", source))


def _arrays(
    item_ids: Sequence[UUID],
    effective_ats: Sequence[datetime],
    operation: str | Sequence[str],
    provenance: Sequence[Document] | None,
    adjustment_ids: Sequence[UUID | None] | None,
    rule_set: int | None,
) -> dict[str, Any]:
    if len(set(item_ids)) < len(item_ids):
        raise ValueError("one change an item: fold the changes of an item before writing them")
    count = len(item_ids)
    return {
        "item_ids": list(item_ids),
        "effective_ats": list(effective_ats),
        "operations": [operation] * count if isinstance(operation, str) else list(operation),
        "provenance": [_json(value) for value in provenance] if provenance is not None else ["{}"] * count,
        "adjustment_ids": list(adjustment_ids) if adjustment_ids is not None else [None] * count,
        "rule_set": rule_set,
    }


def _json(value: Document) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _written(row: Row) -> Written:
    return Written(row.item_id, row.version, row.list_id, row.kind, row.region_code, list(row.changed), row.state)


async def _guarded(connection: AsyncConnection, statement: Statement, parameters: Mapping[str, Any]) -> list[Row]:
    """Execute; a code that another transaction took at the same time is the same domain error as one taken before."""
    try:
        return await statement.rows(connection, parameters)
    except IntegrityError as error:
        if "uq_item_code_space_code" in str(error.orig):
            raise problems.Conflict("编码刚刚被其他事项使用，请刷新后重试", code="code_in_use") from None
        raise


@dataclass(frozen=True, slots=True)
class _Taken:
    """A code that cannot be given: whose it was to be, and whether its holder has retired it."""

    item_id: UUID
    scheme: str
    taken: str
    retired: bool

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> _Taken:
        """From a row of the statement's `taken` as JSON."""
        return cls(UUID(document["item_id"]), document["scheme"], document["code"], document["retired"])


def _refuse_taken(taken: Sequence[Row | _Taken], order: Sequence[UUID]) -> None:
    if not taken:
        return
    place = {item_id: index for index, item_id in enumerate(order)}
    errors = [_taken_error(row, place.get(row.item_id)) for row in taken]
    raise problems.Conflict(
        f"有{len(errors)}个编码已被其他事项使用或已停用，编码不得重复使用，请另行编码",
        code=errors[0].code,
        errors=errors,
    )


def _taken_error(row: Row | _Taken, index: int | None) -> problems.FieldError:
    element = f"{row.scheme}_code"
    pointer = f"/items/{row.item_id if index is None else index}/elements/{element}"
    if row.retired:
        return problems.FieldError(pointer, "code_retired", f"编码{row.taken}已随原事项停用，不得再用，请另行编码")
    return problems.FieldError(pointer, "code_in_use", f"编码{row.taken}已由另一事项使用，请核对或另行编码")


__all__ = [
    "Document",
    "Entered",
    "Entries",
    "Patches",
    "Written",
    "create_items",
    "create_selected",
    "write_selected",
    "write_versions",
]

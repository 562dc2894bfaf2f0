"""Use case of comparing two published states of a list, from the public bodies they showed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import RowMapping

from services.publish.lists import repository
from services.publish.lists.schemas import ElementChange, EntryChange, ListComparison, RowChange
from shared import differences, problems
from shared.http.pages import encode_cursor, id_of
from shared.ledger.transaction import Transaction

State = tuple[str | None, int | None]
"""An edition's name or a revision's number; the present revision when both are None."""


async def compare(
    tx: Transaction, list_id: UUID, *, first: State, second: State, cursor: str | None, limit: int
) -> ListComparison:
    """Entries that two revisions of a list show differently.

    Raises
    ------
    problems.NotFound
        No such list, edition or revision.
    problems.Invalid
        The earlier state is not named, or a foreign cursor.
    """
    if first == (None, None):
        raise _refuse("query/from", "state_unclear", "请用 from（版次名称）或 from_revision（修订号）指明较早的状态")
    after = id_of(cursor) or UUID(int=0)
    old = await _revision(tx, list_id, first, "from")
    new = await _revision(tx, list_id, second, "to")
    rows = await repository.different(tx.connection, list_id, old, new, after=after, count=limit + 1)
    items = [_entry(row) for row in rows[:limit]]
    following = encode_cursor([str(items[-1].item_id)]) if len(rows) > limit else None
    return ListComparison(list_id=list_id, from_revision=old, to_revision=new, items=items, next=following)


async def _revision(tx: Transaction, list_id: UUID, state: State, name: str) -> int:
    edition, number = state
    row = await repository.named_revision(tx.connection, list_id, edition=edition, number=number)
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row["revision"] is None:
        wanted = f"名为“{edition}”的版次" if edition else f"第 {number} 次修订"
        place = {"pointer": f"query/{name}", "code": "state_not_found", "message": f"该清单没有{wanted}"}
        raise problems.NotFound(f"该清单没有{wanted}。", code="state_not_found", extra={"errors": [place]})
    return int(row["revision"])


def _entry(row: RowMapping) -> EntryChange:
    before, after = (orjson.loads(body) if body else None for body in (row["before"], row["after"]))
    was, now = _standing(before), _standing(after)
    shown: dict[str, Any] = after or before or {}
    found = differences.differences(before["elements"], after["elements"]) if before and after else []
    return EntryChange(
        item_id=row["item_id"],
        name=shown["elements"].get("name", ""),
        change="changed" if was and now else "added" if now else "removed",
        from_version=before["version"] if before else None,
        to_version=after["version"] if after else None,
        differences=[
            ElementChange(
                element=one.element,
                before=one.before,
                after=one.after,
                rows=[
                    RowChange(change=r.change, key=r.key, before=r.before, after=r.after, columns=list(r.columns))
                    for r in one.rows
                ],
            )
            for one in (found if was and now else [])
        ],
    )


def _standing(body: dict[str, Any] | None) -> bool:
    """Whether an entry stands in the list: a cancelled one is only remembered there."""
    return body is not None and body["state"] != "cancelled"


def _refuse(pointer: str, code: str, message: str) -> problems.Invalid:
    return problems.Invalid(f"{message}。", code=code, errors=[problems.FieldError(pointer, code, message)])

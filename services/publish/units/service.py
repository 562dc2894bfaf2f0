"""Reading the parts of units: the consolidated list of the lead unit, cut by who implements (QX-41)."""

from __future__ import annotations

from uuid import UUID

import orjson

from services.publish.lists.service import ALGORITHM
from services.publish.units import repository, rules
from services.publish.units.schemas import UnitList, UnitPart, Units
from shared import problems
from shared.http.pages import decode_cursor, encode_cursor
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def units(tx: Transaction, list_id: UUID, number: int | None, *, cursor: str | None, limit: int) -> Units:
    """The parts of a revision, by unit; together they are all of it.

    Raises
    ------
    problems.NotFound, problems.Invalid
    """
    place = _place(cursor)
    row = await _revision(tx, list_id, place[0] if place else number)
    after = place[1] if place else None
    found = await repository.parts(
        tx.connection, list_id, row.revision, kept=rules.is_kept(row.units, row.purged), unit=None, after=after,
        limit=limit + 1,
    )  # fmt: skip
    shown = found[:limit]
    following = encode_cursor([row.revision, str(shown[-1].unit_id)]) if len(found) > limit else None
    return Units(**_head(row), items=[_part(row, one) for one in shown], next=following)


async def unit(
    tx: Transaction, list_id: UUID, word: str, number: int | None, *, cursor: str | None, limit: int
) -> UnitList:
    """A unit's own list, a page of it.

    Raises
    ------
    problems.NotFound
        No such list or revision, or it shows nothing of the unit.
    problems.Invalid
        A foreign cursor.
    """
    place = _place(cursor)
    row = await _revision(tx, list_id, place[0] if place else number)
    unit_id = await _unit_id(tx, word)
    kept = rules.is_kept(row.units, row.purged)
    parts = [] if unit_id is None else await repository.parts(
        tx.connection, list_id, row.revision, kept=kept, unit=unit_id, after=None, limit=1
    )  # fmt: skip
    if not parts or unit_id is None:
        raise problems.NotFound("该清单中没有该单位实施的事项，请核对单位代码。", code="unit_not_in_list")
    found = await repository.rows(
        tx.connection, list_id, row.revision, unit_id, after=place[1] if place else rules.NOBODY, limit=limit + 1
    )
    shown = found[:limit]
    following = encode_cursor([row.revision, str(shown[-1].item_id)]) if len(found) > limit else None
    lines = [orjson.loads(one.line) for one in shown]
    return UnitList(**_head(row), part=_part(row, parts[0]), items=lines, next=following)


async def _unit_id(tx: Transaction, word: str) -> UUID | None:
    asked = rules.asked_unit(word)
    return await repository.unit_of(tx.connection, asked) if isinstance(asked, str) else asked


async def _revision(tx: Transaction, list_id: UUID, number: int | None) -> Row:
    row = await repository.revision(tx.connection, list_id, number)
    if row is None:
        raise problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")
    if row.revision is None:
        raise problems.NotFound(f"该清单没有第 {number} 次修订。", code="revision_not_found")
    return row


def _head(row: Row) -> dict[str, object]:
    names = ("list_id", "title", "revision", "entries", "purged", "lead", "published_at")
    return {name: row[name] for name in names} | {"hash": row.hash.hex(), "algorithm": ALGORITHM}


def _part(row: Row, one: Row) -> UnitPart:
    word = rules.word_of(one.unit_id, one.credit_code)
    return UnitPart(
        unit=word,
        name=rules.name_of(one.unit_id, one.name),
        credit_code=one.credit_code,
        hash=one.hash.hex(),
        entries=one.entries,
        open_data=f"/publish/v1/lists/{row.list_id}/units/{word}/open-data?revision={row.revision}",
    )


def _place(cursor: str | None) -> tuple[int, UUID] | None:
    """Where a walk through pages is: its revision, and after which unit or item it goes on. Raises problems.Invalid."""
    if not cursor:
        return None
    number, last = decode_cursor(cursor, 2)
    if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**31:
        try:
            return number, UUID(str(last))
        except ValueError:
            pass
    place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
    raise problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])

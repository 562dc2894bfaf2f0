"""Whether a code held on a date, and what was published of an item."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import orjson
from sqlalchemy import RowMapping

from services.publish.portal import parameters
from services.publish.portal.repository import column_of
from services.publish.validity import repository
from services.publish.validity.rules import STATEMENTS, Standing, instant_of, public_decision, standing_of
from services.publish.validity.schemas import CodeEntry, CodeValidity, PublishedVersion, Successor
from shared import problems
from shared.http.pages import Page, decode_cursor, encode_cursor
from shared.ledger.transaction import Transaction
from shared.visibility import changed_elements

# A national base code stands in many lists; the answer names some and says whether any is valid among them.
MOST_ENTRIES = 200
BEYOND = 2**31 - 1


async def code_on(tx: Transaction, code: str, *, on: date | None, kind: str | None) -> CodeValidity:
    """Whether a code is valid on a day (TH-48); an unknown code is simply not valid.

    Raises
    ------
    problems.Invalid
        No code, or a day out of range.
    """
    code = parameters.code(code)
    day, at = instant_of(on, tx.now)
    rows = await repository.code(tx.connection, code, column=column_of(code), kind=kind, at=at, count=MOST_ENTRIES)
    entries = [_entry(row, code) for row in rows]
    # A list that only refers to a code (supervision goes on after its permit ended) says nothing of its validity.
    giving = [entry for entry, row in zip(entries, rows, strict=True) if row["gives_codes"]]
    valid = any(entry.valid for entry in giving or entries)
    # A code that only lists referring to it know is none of a list that gives codes.
    counted = [row for row in rows if row["gives_codes"]] or rows
    standing = standing_of([Standing(row["state"], row["held_code"]) for row in counted], code)
    return CodeValidity(
        code=code, on=day, valid=valid, standing=standing, statement=STATEMENTS[standing], preview=at > tx.now,
        entries=entries,
    )  # fmt: skip


async def history(tx: Transaction, item_id: UUID, *, cursor: str | None, limit: int) -> Page[PublishedVersion]:
    """Everything published of an item, newest first.

    Raises
    ------
    problems.NotFound
        Nothing of it is public.
    """
    before = BEYOND
    if cursor:
        before = decode_cursor(cursor, 1)[0]
        if not isinstance(before, int) or not 0 <= before <= BEYOND:
            raise parameters.refuse("query/cursor", "bad_cursor", "翻页标记无效，请从第一页重新开始")
    rows = await repository.history(tx.connection, item_id, before=before, count=limit + 1)
    if not rows and cursor is None:
        raise problems.NotFound("没有公布过该事项，请检查事项标识。", code="item_not_published")
    shown = rows[:limit]
    following = encode_cursor([shown[-1]["revision"]]) if len(rows) > limit else None
    return Page(items=[_version(row) for row in shown], next=following)


def _entry(row: RowMapping, code: str) -> CodeEntry:
    successors = [Successor(**heir) for heir in orjson.loads(row["heirs"] or "[]")]
    if not successors and row["later_code"] is not None:
        successors = [Successor(item_id=row["item_id"], code=row["later_code"], name=row["name"])]
    return CodeEntry(
        **{name: row[name] for name in CodeEntry.model_fields if name in row},
        valid=row["state"] == "in_use" and row["held_code"] == code,
        successor=successors[0] if successors else None,
        successors=successors,
    )


def _version(row: RowMapping) -> PublishedVersion:
    body = orjson.loads(row["body"])
    before = orjson.loads(row["before"]) if row["before"] else None
    return PublishedVersion(
        version=row["version"],
        revision=row["revision"],
        state=row["state"],
        effective_from=row["effective_from"],
        published_at=row["published_at"],
        changed=changed_elements(before, body),
        adjustment_id=row["adjustment_id"],
        decision=public_decision(orjson.loads(row["decision"]) if row["decision"] else None),
        hash=row["hash"].hex(),
        list_hash=row["list_hash"].hex(),
        item=body,
    )

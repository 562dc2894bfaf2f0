"""Reading published lists."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.publish.lists import repository
from services.publish.lists.schemas import Bucket, Edition, ListDetail, ListHash, ListSummary, Revision
from shared import problems
from shared.http.pages import Page, decode_cursor, encode_cursor
from shared.ledger.transaction import Transaction

ALGORITHM = "sha256-256-buckets"
BEYOND = 2**31 - 1


async def lists(
    tx: Transaction, *, kind: str | None, region: str | None, cursor: str | None, limit: int
) -> Page[ListSummary]:
    """A page of the lists in force. Raises problems.Invalid for a foreign cursor."""
    after = _id_of(decode_cursor(cursor, 1)[0]) if cursor else UUID(int=0)
    rows = await repository.lists(tx.connection, kind=kind, region=region, after=after, count=limit + 1)
    shown = rows[:limit]
    following = encode_cursor([str(shown[-1]["list_id"])]) if len(rows) > limit else None
    return Page(items=[ListSummary(**_with_hex(row)) for row in shown], next=following)


async def one(tx: Transaction, list_id: UUID) -> ListDetail:
    """A list with its editions. Raises problems.NotFound."""
    row = await repository.one(tx.connection, list_id)
    if row is None:
        raise _unknown()
    editions = [Edition(**edition) for edition in await repository.editions(tx.connection, list_id)]
    return ListDetail(**_with_hex(row), editions=editions)


async def revisions(tx: Transaction, list_id: UUID, *, cursor: str | None, limit: int) -> Page[Revision]:
    """Revisions of a list, newest first. Raises problems.NotFound."""
    before = _number_of(decode_cursor(cursor, 1)[0]) if cursor else BEYOND
    rows = await repository.revisions(tx.connection, list_id, before=before, count=limit + 1)
    if not rows and await repository.one(tx.connection, list_id) is None:
        raise _unknown()
    shown = rows[:limit]
    following = encode_cursor([shown[-1]["revision"]]) if len(rows) > limit else None
    return Page(items=[Revision(**_with_hex(row)) for row in shown], next=following)


async def proof(tx: Transaction, list_id: UUID, number: int | None) -> ListHash:
    """Both levels of a revision's hash. Raises problems.NotFound."""
    row = await repository.revision(tx.connection, list_id, number)
    if row is None:
        raise _unknown()
    if row["revision"] is None:
        raise problems.NotFound(f"该清单没有第 {number} 次修订。", code="revision_not_found")
    current = row["revision"] == row["current"]
    buckets = await repository.buckets(tx.connection, list_id, row["revision"], current=current)
    return ListHash(
        list_id=list_id,
        revision=row["revision"],
        algorithm=ALGORITHM,
        hash=row["hash"].hex(),
        entries=row["entries"],
        purged=row["purged"],
        empty_bucket=sha256(b"").hexdigest(),
        buckets=[Bucket(**_with_hex(bucket)) for bucket in buckets],
    )


def _with_hex(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {**row, "hash": row["hash"].hex()}


def _unknown() -> problems.NotFound:
    return problems.NotFound("没有公布过该清单，请检查清单标识。", code="list_not_published")


def _id_of(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise _bad_cursor() from error


def _number_of(value: object) -> int:
    if isinstance(value, int) and 0 <= value <= BEYOND:
        return value
    raise _bad_cursor()


def _bad_cursor() -> problems.Invalid:
    place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
    return problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])

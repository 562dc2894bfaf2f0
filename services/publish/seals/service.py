"""Use cases of the public seals."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from services.publish.seals import repository
from services.publish.seals.schemas import Seal, SealKey
from shared import clock, problems
from shared.http.pages import Page, decode_cursor, encode_cursor
from shared.ledger.transaction import Transaction
from shared.seals import keys, rules

# Nothing was sealed before the first release; a cursor beyond is none of ours.
FIRST_DAY = date(2026, 1, 1)


async def of_days(tx: Transaction, *, cursor: str | None, limit: int) -> Page[Seal]:
    """The last seal of each day, newest first: `limit` days a page, days without seals left out.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    today = tx.now.astimezone(clock.ZONE).date()
    newest = _day(decode_cursor(cursor, 1)[0], today) if cursor else today
    oldest = newest - timedelta(days=limit - 1)
    found = await repository.of_days(tx.connection, newest, oldest)
    more = await repository.is_older(tx.connection, oldest)
    following = encode_cursor([(oldest - timedelta(days=1)).isoformat()]) if more else None
    return Page(items=[_shown(seal) for seal in found], next=following)


async def find(tx: Transaction, number: int) -> Seal:
    """A seal by its number.

    Raises
    ------
    problems.NotFound
        There is none.
    """
    seal = await repository.find(tx.connection, number)
    if seal is None:
        raise problems.NotFound("没有这个编号的封存记录。", code="seal_not_found")
    return _shown(seal)


def public_key(secrets: Path) -> SealKey:
    """The key to verify with; whoever wants to be sure compares it with one he got by another way.

    Raises
    ------
    problems.Unavailable
        This process has not been given the public key.
    """
    try:
        key = keys.read_public(secrets)
    except RuntimeError as error:
        raise problems.Unavailable("封存公钥尚未配置，请联系运维人员。", code="seal_key_missing") from error
    return SealKey(key=keys.key_id(key), algorithm="Ed25519", public_key=keys.public_pem(key).decode())


def _shown(seal: rules.Seal) -> Seal:
    return Seal.model_validate(rules.document(seal) | {"signature": seal.signature.hex()})


def _day(value: object, today: date) -> date:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        day = date.min
    if not FIRST_DAY <= day <= today:
        place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效，请从第一页重新开始")
        raise problems.Invalid("翻页标记无效。", code="bad_cursor", errors=[place])
    return day

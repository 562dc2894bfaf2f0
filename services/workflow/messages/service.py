"""Use cases of messages: read one's own, and say how one wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.workflow.clocks.service import position_of
from services.workflow.messages import repository, rules
from services.workflow.messages.channels import MESSENGER, configured
from services.workflow.messages.schemas import MessagePreference
from shared import problems, settings
from shared.http.etag import require_match
from shared.http.pages import decode_cursor, encode_cursor
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

_END = (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=2**128 - 1))


async def page(
    tx: Transaction, principal: Principal, *, unread: bool | None, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A page of the caller's messages, the youngest first, and the cursor of the next.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    before = position_of(decode_cursor(cursor, 2)) if cursor else _END
    rows = await repository.page(tx.connection, principal.account_id, unread=unread, before=before, limit=limit + 1)
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor([last.made_at.isoformat(), str(last.id)])


async def unread(tx: Transaction, principal: Principal) -> list[Row]:
    """What the caller has not read, counted."""
    return await repository.unread(tx.connection, principal.account_id)


async def read(tx: Transaction, principal: Principal, *, ids: Sequence[UUID] | None, until: datetime | None) -> int:
    """Note the caller's messages as read; those of others are left alone. Returns how many were not before."""
    return await repository.read(tx.connection, principal.account_id, ids=ids, until=until, now=tx.now)


async def preference(tx: Transaction, principal: Principal) -> tuple[MessagePreference, int]:
    """How the caller wants to be told, and its version (0: he has never said)."""
    row = await repository.preference(tx.connection, principal.account_id)
    if row is None:
        return MessagePreference(), 0
    return MessagePreference(
        email=row.email, email_mode=row.email_mode, digest_hour=row.digest_hour, messenger=row.messenger
    ), row.version


async def set_preference(tx: Transaction, principal: Principal, given: MessagePreference, if_match: str | None) -> int:
    """Say how one wants to be told. The event names no address.

    Raises
    ------
    problems.PreconditionRequired, problems.PreconditionFailed
    problems.Invalid
        The domain is none that e-mail may go to, or there is no messenger.
    """
    await repository.lock_preference(tx.connection, principal.account_id)
    _, version = await preference(tx, principal)
    require_match(if_match, version)
    _check(given)
    values: dict[str, Any] = given.model_dump()
    version = await repository.set_preference(tx.connection, principal.account_id, values, tx.now)
    refs = {"email_mode": given.email_mode, "messenger": given.messenger, "version": version}
    tx.append(NewEvent(type="message_preference.changed", refs=refs | {"account": str(principal.account_id)}))
    return version


def _check(given: MessagePreference) -> None:
    domains = {domain.lower() for domain in settings.load().mail_domains}
    if given.email is not None and domains and rules.domain_of(given.email) not in domains:
        message = f"只能使用以下域名的邮箱：{'、'.join(sorted(domains))}"
        place = problems.FieldError("/email", "mail_domain", message)
        raise problems.Invalid("该邮箱不在允许的域名内，请改用单位邮箱。", code="mail_domain", errors=[place])
    if given.messenger and MESSENGER not in configured():
        place = problems.FieldError("/messenger", "no_messenger", "系统未接入即时通讯工具，请改为 false")
        raise problems.Invalid("系统未接入单位的即时通讯工具。", code="no_messenger", errors=[place])

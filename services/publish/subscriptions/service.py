"""Use cases of subscriptions: open, change, pause, resume, end, and their secrets.

Whatever changes a subscription takes the matcher's lock first: a filter holds from one number on, exactly.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.publish.subscriptions import filters, registry, repository, rules, secrets
from services.publish.subscriptions.matching import repository as matching
from services.publish.subscriptions.matching.service import resync_data
from services.publish.subscriptions.schemas import Content, Filter, NewSubscription, SecretState, Subscription
from shared import problems, settings
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.scopes import SUBSCRIPTIONS, SUBSCRIPTIONS_READ
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row
from shared.webhook import signature

FIRST = UUID(int=0)


def owner_seen(principal: Principal, *, changes: bool) -> str | None:
    """Whose subscriptions somebody sees, or `changes`: a service client its own, the nation's administrator all (None).

    Raises
    ------
    problems.Forbidden
    """
    if principal.client:
        if changes:
            principal.require_scope(SUBSCRIPTIONS)
        else:
            principal.require_scope(SUBSCRIPTIONS_READ, SUBSCRIPTIONS)
        return principal.actor
    principal.require("administrator", region=[NATION])
    return None


async def find(
    tx: Transaction, principal: Principal, subscription_id: UUID, *, changes: bool = False, lock: bool = False
) -> Row:
    """A subscription that the caller may see; with `lock` he may change it and nobody else does, or matches it.

    Raises
    ------
    problems.Forbidden, problems.NotFound
    """
    owner = owner_seen(principal, changes=changes or lock)
    if lock:
        await matching.lock(tx.connection)
    row = await repository.find(tx.connection, subscription_id)
    if row is None or owner not in (None, row.owner):
        raise problems.NotFound("没有这个订阅。", code="subscription_not_found")
    return row


async def open_(tx: Transaction, principal: Principal, wanted: NewSubscription) -> tuple[UUID, str]:
    """Open a subscription; its id and its secret.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    """
    owner_seen(principal, changes=True)
    _check_endpoint(wanted.endpoint)
    stored = await filters.checked(tx, wanted.filter)
    if wanted.after is not None and await repository.is_before_feed(tx.connection, wanted.after):
        message = "该编号之后的变更已超出保留期限，请先按清单下载，再从当前位置订阅"
        place = FieldError("/after", "behind_retention", message)
        raise problems.Invalid(message, code="behind_retention", errors=[place])
    await matching.lock(tx.connection)
    subscription_id, key = new_id(), secrets.new_key()
    await repository.add(
        tx.connection,
        stored | {"id": subscription_id, "name": wanted.name, "owner": principal.actor, "endpoint": wanted.endpoint,
                  "after": wanted.after, "now": tx.now, "state": "paused" if wanted.paused else "active"},
    )  # fmt: skip
    await _add_secret(tx, subscription_id, key)
    _tell(tx, "subscription.created", subscription_id)
    return subscription_id, signature.secret_of(key)


async def change(tx: Transaction, row: Row, wanted: Content) -> None:
    """Change name, endpoint and filter; a new filter is told in the stream, with the number from which it holds.

    Raises
    ------
    problems.Invalid
    problems.Conflict
        The window has no room for the notice.
    """
    _check_endpoint(wanted.endpoint)
    stored = await filters.checked(tx, wanted.filter)
    narrowed = any(stored[part] != row[part] for part in filters.PARTS)
    number = row.filter_version + int(narrowed)
    changed = [name for name in ("name", "endpoint") if getattr(wanted, name) != row[name]]
    if narrowed:
        changed.append("filter")
        await _tell_filter(tx, row, stored, number)
    await repository.change(
        tx.connection,
        stored | {"id": row.id, "name": wanted.name, "endpoint": wanted.endpoint, "filter_version": number,
                  "now": tx.now},
    )  # fmt: skip
    if row.endpoint is not None and wanted.endpoint is None:
        await repository.empty(tx.connection, row.id)
    elif "endpoint" in changed:
        await repository.open_endpoint(tx.connection, row.id)
    _tell(tx, "subscription.updated", row.id, elements=changed)


async def _tell_filter(tx: Transaction, row: Row, stored: dict[str, Any], number: int) -> None:
    if row.outstanding >= rules.WINDOW:
        raise problems.Conflict("待推送的事件已满，请待对方接收后再修改条件。", code="window_full",
                                headers={"Retry-After": "60"})  # fmt: skip
    data = {
        "filter_version": number,
        "old": filters.document(row),
        "new": filters.document(stored),
        "holds_from": row.last_sequence + 2,
    }
    await matching.notify(tx.connection, registry.FILTER_CHANGED, [(new_id(), row.id, data)], tx.now)


async def pause(tx: Transaction, row: Row) -> None:
    """Stop sending; its position stays, nothing is skipped. Raises IllegalTransition."""
    await _move(tx, row, "paused", since=("active",), reason="由订阅方暂停")
    _tell(tx, "subscription.paused", row.id)


async def resume(tx: Transaction, row: Row) -> None:
    """Go on from the oldest number that was not acknowledged.

    Where the feed does not hold what comes next, the stream goes on from the present with a notice that says so.

    Raises
    ------
    problems.IllegalTransition
    """
    await _move(tx, row, "active", since=("paused", "disabled", "resync_required"), reason=None)
    await repository.open_endpoint(tx.connection, row.id)
    if row.state == "resync_required":
        at = await repository.to_head(tx.connection, row.id)
        data = resync_data("behind_retention", at.last, at.epoch)
        await matching.notify(tx.connection, registry.RESYNC, [(new_id(), row.id, data)], tx.now)
    _tell(tx, "subscription.resumed", row.id)


async def end(tx: Transaction, row: Row) -> None:
    """Delete: nothing is sent any more, and the secrets are gone; that there was one stays in the log."""
    await _move(tx, row, "deleted", since=rules.STATES, reason=None)
    await repository.empty(tx.connection, row.id)
    await repository.forget_secrets(tx.connection, row.id)
    await tx.audit("api:subscription:delete", "done", {"subscription": str(row.id)})
    _tell(tx, "subscription.deleted", row.id)


async def rotate(tx: Transaction, row: Row, overlap_hours: int) -> tuple[UUID, str]:
    """A new secret; the ones before sign as well for some hours.

    Raises
    ------
    problems.Conflict
        Too many are valid at once: a header holds only so many signatures.
    """
    if len(await repository.secrets(tx.connection, [row.id], tx.now)) >= MOST_SECRETS:
        raise problems.Conflict("同时有效的密钥过多，请先停用旧密钥。", code="too_many_secrets")
    await repository.end_secrets(tx.connection, row.id, tx.now + timedelta(hours=overlap_hours))
    key = secrets.new_key()
    secret_id = await _add_secret(tx, row.id, key)
    await repository.touch(tx.connection, row.id, tx.now)
    _tell(tx, "subscription.secret_rotated", row.id)
    return secret_id, signature.secret_of(key)


# Each signature adds 48 bytes to every request.
MOST_SECRETS = 5


async def revoke(tx: Transaction, row: Row, secret_id: UUID) -> None:
    """End a secret that was replaced, at once.

    Raises
    ------
    problems.Conflict
        It is the present one, or has ended.
    """
    if not await repository.revoke_secret(tx.connection, row.id, secret_id, tx.now):
        raise problems.Conflict("只能停用已被替换且仍有效的旧密钥；请先更换密钥。", code="secret_not_replaced")
    await repository.touch(tx.connection, row.id, tx.now)
    _tell(tx, "subscription.secret_revoked", row.id)


async def disable(tx: Transaction, subscription_id: UUID, reason: str) -> bool:
    """Stop a subscription whose endpoint is gone; False when it was not active any more."""
    moved = await repository.move(
        tx.connection, subscription_id, "disabled", since=("active",), reason=reason, now=tx.now
    )  # fmt: skip
    if moved:
        await tx.audit("system:subscription:disable", "done", {"subscription": str(subscription_id), "reason": reason})
        _tell(tx, "subscription.disabled", subscription_id, reason=reason)
    return moved


async def shown(tx: Transaction, rows: list[Row]) -> list[Subscription]:
    """Subscriptions as the API shows them."""
    valid: dict[UUID, list[SecretState]] = {row.id: [] for row in rows}
    for secret in await repository.secrets(tx.connection, list(valid), tx.now):
        valid[secret.subscription_id].append(
            SecretState(id=secret.id, valid_from=secret.valid_from, valid_until=secret.valid_until)
        )
    return [
        Subscription(
            **{name: row[name] for name in Subscription.model_fields if name not in ("filter", "secrets")},
            filter=Filter.model_construct(**(filters.document(row) | {"items": row["items"]})),
            secrets=valid[row.id],
        )
        for row in rows
    ]


async def _add_secret(tx: Transaction, subscription_id: UUID, key: bytes) -> UUID:
    secret_id = new_id()
    await repository.add_secret(
        tx.connection,
        secrets.sealed(key, subscription_id, secret_id)
        | {"id": secret_id, "subscription": subscription_id, "now": tx.now},
    )
    return secret_id


async def _move(tx: Transaction, row: Row, state: str, *, since: tuple[str, ...], reason: str | None) -> None:
    if not await repository.move(tx.connection, row.id, state, since=since, reason=reason, now=tx.now):
        allowed = {"active": ["pause"], "paused": ["resume"]}.get(row.state, ["resume"])
        raise problems.IllegalTransition("订阅当前状态不允许此操作。", allowed=allowed)


def _check_endpoint(endpoint: str | None) -> None:
    wrong = None if endpoint is None else rules.wrong_with(endpoint, settings.load().webhook_allowed_networks)
    if wrong is not None:
        place = FieldError("/endpoint", "endpoint_refused", wrong)
        raise problems.Invalid(f"推送地址不可用：{wrong}。", code="endpoint_refused", errors=[place])


def _tell(tx: Transaction, kind: str, subscription_id: UUID, **more: Any) -> None:
    tx.append(NewEvent(type=kind, refs={"subscription": str(subscription_id)}, **more))

"""Use cases of subscriptions: open, change, pause, resume, end, and their secrets.

Whatever changes a subscription takes the matcher's lock first: a filter holds from one number on, exactly.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.publish.subscriptions import filters, registry, repository, rotation, rules
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


async def open_(tx: Transaction, principal: Principal, wanted: NewSubscription) -> tuple[UUID, str | None]:
    """Open a subscription; its id and its secret, where both sides have the same one.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    """
    owner_seen(principal, changes=True)
    _check_way(wanted, owner=principal.actor)
    stored = await filters.checked(tx, wanted.filter)
    if wanted.after is not None and await repository.is_before_feed(tx.connection, wanted.after):
        message = "该编号之后的变更已超出保留期限，请先按清单下载，再从当前位置订阅"
        place = FieldError("/after", "behind_retention", message)
        raise problems.Invalid(message, code="behind_retention", errors=[place])
    await matching.lock(tx.connection)
    subscription_id = new_id()
    await repository.add(
        tx.connection,
        stored | _way(wanted)
        | {"id": subscription_id, "name": wanted.name, "owner": principal.actor, "endpoint": wanted.endpoint,
           "after": wanted.after, "now": tx.now, "state": "paused" if wanted.paused else "active"},
    )  # fmt: skip
    _, secret = await rotation.add(tx, subscription_id, wanted.scheme)
    _tell(tx, "subscription.created", subscription_id)
    return subscription_id, secret


async def change(tx: Transaction, row: Row, wanted: Content) -> None:
    """Change name, endpoint and filter; a new filter is told in the stream, with the number from which it holds.

    Raises
    ------
    problems.Invalid
    problems.Conflict
        The window has no room for the notice.
    """
    _check_way(wanted, owner=row.owner, given=row.client_certificate)
    stored, way = await filters.checked(tx, wanted.filter, row), _way(wanted)
    narrowed = any(stored[part] != row[part] for part in filters.PARTS)
    number = row.filter_version + int(narrowed)
    changed = [name for name in ("name", "endpoint", *way) if getattr(wanted, name) != row[name]]
    if narrowed:
        changed.append("filter")
        await _tell_filter(tx, row, stored, number)
    await repository.change(
        tx.connection,
        stored | way | {"id": row.id, "name": wanted.name, "endpoint": wanted.endpoint, "filter_version": number,
                  "now": tx.now},
    )  # fmt: skip
    if row.endpoint is not None and wanted.endpoint is None:
        await repository.empty(tx.connection, row.id)
    elif "endpoint" in changed:
        await repository.open_endpoint(tx.connection, row.id)
    elif "ordering" in changed:
        await repository.begin_anew(tx.connection, row.id)
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


async def disable(tx: Transaction, subscription_id: UUID, reason: str) -> bool:
    """Stop a subscription whose endpoint is gone; False when it was not active any more."""
    moved = await repository.move(
        tx.connection, subscription_id, "disabled", since=("active",), reason=reason, now=tx.now
    )  # fmt: skip
    if moved:
        await tx.audit("system:subscription:disable", "done", {"subscription": str(subscription_id), "reason": reason})
        _tell(tx, "subscription.disabled", subscription_id, reason=reason)
    return moved


async def warn_failing(tx: Transaction) -> None:
    """Tell the owners of endpoints that have failed for a day, once, and stop those that have for three.

    The senders stop an endpoint when its attempts are used up; one that asks for long pauses would never get there.
    """
    told = await repository.warn_failing(tx.connection, before=tx.now - rules.WARNED_AFTER, now=tx.now)
    for subscription_id in told:
        _tell(tx, "subscription.warned", subscription_id)
    reason = f"推送地址连续 {rules.DISABLED_AFTER.days} 天未能成功接收，请修复后恢复订阅"
    before = tx.now - rules.DISABLED_AFTER
    stopped = await repository.disable_failing(tx.connection, before=before, reason=reason, now=tx.now)
    for subscription_id in stopped:
        _tell(tx, "subscription.disabled", subscription_id, reason=reason)
    if stopped:
        named = {"subscriptions": [str(one) for one in stopped], "reason": reason}
        await tx.audit("system:subscription:disable", "done", named)


async def shown(tx: Transaction, rows: list[Row]) -> list[Subscription]:
    """Subscriptions as the API shows them."""
    valid: dict[UUID, list[SecretState]] = {row.id: [] for row in rows}
    for secret in await repository.secrets(tx.connection, list(valid), tx.now):
        valid[secret.subscription_id].append(SecretState(**{name: secret[name] for name in SecretState.model_fields}))
    return [
        Subscription(
            **{name: row[name] for name in Subscription.model_fields if name not in ("filter", "secrets")},
            filter=Filter.model_construct(**(filters.document(row) | {"items": row["items"]})),
            secrets=valid[row.id],
        )
        for row in rows
    ]


async def _move(tx: Transaction, row: Row, state: str, *, since: tuple[str, ...], reason: str | None) -> None:
    if not await repository.move(tx.connection, row.id, state, since=since, reason=reason, now=tx.now):
        allowed = {"active": ["pause"], "paused": ["resume"]}.get(row.state, ["resume"])
        raise problems.IllegalTransition("订阅当前状态不允许此操作。", allowed=allowed)


def _way(wanted: Content) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in repository.WAY}


def _check_way(wanted: Content, *, owner: str, given: str | None = None) -> None:
    """Whether it can be sent there, in this way; `given`: the certificate it has already. Raises Invalid."""
    installed = settings.load()
    errors = rules.wrong_limits(
        requests_per_second=(wanted.requests_per_second, installed.webhook_requests_per_second),
        concurrency=(wanted.concurrency, installed.webhook_concurrency),
    )
    endpoint = wanted.endpoint
    if endpoint is not None and (wrong := rules.wrong_with(endpoint, installed.webhook_allowed_networks)):
        errors.append(FieldError("/endpoint", "endpoint_refused", wrong))
    if endpoint is None or not endpoint.startswith("https:"):
        message = "只有 https 推送地址才能使用证书；请改用 https 地址，或去掉该项"
        named = [name for name in ("client_certificate", "authority") if getattr(wanted, name) is not None]
        errors += [FieldError(f"/{name}", "certificate_needs_https", message) for name in named]
    elif wanted.client_certificate not in (None, given) and not rules.may_show(wanted.client_certificate, owner):
        message = "系统只能使用以自身标识命名的证书（标识，或“标识-名称”）；其他证书请由管理员设置"
        errors.append(FieldError("/client_certificate", "certificate_of_others", message))
    if errors:
        raise problems.Invalid(f"推送方式不可用：{errors[0].message}。", code=errors[0].code, errors=errors)


def _tell(tx: Transaction, kind: str, subscription_id: UUID, **more: Any) -> None:
    tx.append(NewEvent(type=kind, refs={"subscription": str(subscription_id)}, **more))

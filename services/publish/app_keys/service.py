"""Use cases of appKeys: register and end them, and tell who has signed a request.

A client may have several keys: the secret is exchanged by registering another and ending the first once it is unused.
"""

from __future__ import annotations

import secrets as random_secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.publish.app_keys import repository, rules
from services.publish.app_keys.rules import Given
from services.publish.app_keys.schemas import AppKey, NewAppKey, RegisteredAppKey
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers import rules as peer_rules
from services.publish.subscriptions.secrets import cipher
from shared import clock, problems, telemetry
from shared.appkey import signature
from shared.appkey.signature import Algorithm
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.identity.scopes import SIGNED_API
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row

log = telemetry.get_logger(__name__)
# Compared with when there is no such key, so that an answer takes the same time.
_DECOY = bytes(signature.SECRET_BYTES)
_DECOY_ALGORITHM: Algorithm = "HMAC-SHA256"


@dataclass(frozen=True)
class SignedBy:
    """Who has signed a request; `peer_id`: the platform it speaks for."""

    principal: Principal
    peer_id: UUID | None


async def register(tx: Transaction, who: Principal, given: NewAppKey) -> RegisteredAppKey:
    """Make a key for a service client; its secret is in the answer and nowhere else in the clear.

    Raises
    ------
    problems.Forbidden
        The caller does not administer the client's region.
    problems.Invalid
        No such client or platform for the caller to administer, or the client lacks the scope.
    """
    client = await repository.client(tx.connection, given.client_id)
    if client is None or not _administers(who, client.chain):
        raise _wrong("/client_id", "client_unknown", "没有这个接入系统，或不归您管理")
    if SIGNED_API not in client.scopes:
        raise _wrong("/client_id", "scope_missing", f"该接入系统没有“签名接口”权限（{SIGNED_API}），请先开通")
    peer = await _administered_peer(tx, who, given.peer_code) if given.peer_code else None
    key, code = new_id(), rules.CODE_PREFIX + random_secrets.token_urlsafe(12)
    secret = rules.SECRET_PREFIX + random_secrets.token_urlsafe(signature.SECRET_BYTES)
    used = cipher()
    values: dict[str, Any] = {
        "id": key, "code": code, "client_id": client.id, "peer_id": peer["id"] if peer else None,
        "algorithm": given.algorithm, "key_id": used.key_id, "ciphertext": used.encrypt(secret.encode(), _about(key)),
        "per_minute": given.per_minute, "created_by": tx.actor, "created_at": tx.now,
    }  # fmt: skip
    await repository.add(tx.connection, values)
    tx.append(_event("app_key.registered", client.region_code, code, client.id, given.reason))
    found = await repository.find(tx.connection, code)
    assert found is not None
    return RegisteredAppKey(**shown(found).model_dump(), secret=secret)


async def _administered_peer(tx: Transaction, who: Principal, code: str) -> dict[str, Any]:
    """A platform the caller administers: who has a key of it decides what becomes of its rows.

    Raises
    ------
    problems.Invalid
        There is none; others are not told whether there is.
    """
    peer = await peers.find(tx.connection, code)
    codes = peer["region_codes"] if peer is not None else []
    chains = await peers.region_chains(tx.connection, codes)
    if peer is None or not peer_rules.may_administer(who, {one: chains.get(one, [one]) for one in codes}):
        raise _wrong("/peer_code", "peer_unknown", f"没有代码为“{code}”的平台，或不归您管理")
    return peer


async def get(tx: Transaction, who: Principal, code: str) -> Row:
    """A key, for administrators of its client. Raises NotFound."""
    row = await repository.find(tx.connection, code)
    client = await repository.client(tx.connection, row.client_id) if row else None
    if row is None or client is None or not _administers(who, client.chain):
        raise problems.NotFound("没有这个 appKey，或不归您管理。", code="app_key_not_found")
    return row


async def end(tx: Transaction, who: Principal, code: str, reason: str | None) -> Row:
    """End a key at once.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition
    """
    row = await get(tx, who, code)
    if row.ended_at is not None:
        raise problems.IllegalTransition("该 appKey 已停用，无需重复操作。", allowed=[])
    await repository.end(tx.connection, code, tx.now)
    tx.append(_event("app_key.ended", row.region_code, code, row.client_id, reason))
    return await get(tx, who, code)


def administered(who: Principal) -> list[str] | None:
    """The regions whose keys a person sees; None: all. Raises Forbidden for who administers nothing."""
    tops = [grant.region_code for grant in who.grants if grant.role == "administrator" and not grant.organ_id]
    if not tops:
        raise problems.Forbidden("只有系统管理员可以查看 appKey。", extra={"role": "administrator"})
    return None if NATION in tops else tops


def shown(row: Row) -> AppKey:
    """A key as people see it."""
    return AppKey.model_validate({**dict(row), "app_key": row.code})


async def authenticate(
    engine: AsyncEngine, *, method: str, path: bytes, query: bytes, body: bytes, given: Given
) -> SignedBy:
    """Who has signed a request. The nonce is used up in a transaction of its own, whatever becomes of the request.

    Raises
    ------
    problems.Unauthenticated
        Out of time, a wrong signature, or a nonce that was used before.
    problems.TooMany
        More requests in a minute than were agreed.
    """
    now = clock.now()
    rules.check_timely(given, now)
    async with engine.begin() as connection:
        key = await repository.opening(connection, given.signed.app_key)
        algorithm: Algorithm = key.algorithm if key is not None else _DECOY_ALGORITHM
        text = signature.canonical(
            method=method, path=path, query=query, body=body, signed=given.signed, algorithm=algorithm
        )
        secret = _opened(key) if key is not None else _DECOY
        if not signature.is_right(secret, text, given.sign, algorithm) or key is None:
            log.warning("signed request refused", app_key=given.signed.app_key)
            raise rules.wrong_signature()
        await _spend(connection, key, given, now)
    scopes = frozenset(key.scopes)
    principal = Principal(key.client_id, str(key.client_id), key.name, None, (), client=True, scopes=scopes)
    return SignedBy(principal, key.peer_id)


async def _spend(connection: AsyncConnection, key: Row, given: Given, now: Any) -> None:
    spent = await repository.spend(connection, key.id, given.signed.nonce, expires=given.expires_at, now=now)
    if spent.throttled:
        raise rules.throttled(spent.seconds)
    if not spent.fresh:
        raise rules.replayed()


def _opened(key: Row) -> bytes:
    """The secret of a key. Raises problems.Unavailable when it was encrypted under another key of the installation."""
    try:
        return cipher().decrypt(key.ciphertext, _about(key.id))
    except ValueError as error:
        log.error("secret of an appKey cannot be read", app_key=key.code, key_id=key.key_id)
        detail = "签名密钥无法读取，请联系运维人员；更换过安装密钥的，须重新发放 appKey。"
        raise problems.Unavailable(detail, code="app_key_unreadable") from error


def _administers(who: Principal, chain: list[str]) -> bool:
    return who.holds("administrator", region=[*chain, NATION])


def _about(key: UUID) -> bytes:
    """What a secret belongs to: apart from those of subscriptions, which lie under the same key of the installation."""
    return b"app-key:" + key.bytes


def _event(kind: str, region: str | None, code: str, client: UUID, reason: str | None) -> NewEvent:
    refs = {"app_key": code, "client": str(client)}
    return NewEvent(type=kind, region_code=region, reason=reason, refs=refs)


def _wrong(pointer: str, code: str, message: str) -> problems.Invalid:
    return problems.Invalid(f"{message}。", code=code, errors=[FieldError(pointer, code, message)])

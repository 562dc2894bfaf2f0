"""Use cases of a subscription's secrets: the first, further ones that overlap with it, and their end."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from services.publish.subscriptions import repository, secrets
from services.publish.subscriptions.schemas import NewSecret, Rotation
from shared import problems
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row
from shared.webhook.signature import Scheme

# Each signature adds 48 to 93 bytes to every request.
MOST_SECRETS = 5


async def add(tx: Transaction, subscription_id: UUID, scheme: Scheme) -> tuple[UUID, str | None]:
    """A further secret: its id, and what the subscriber is shown of it this once."""
    secret_id, key = new_id(), secrets.new_key()
    await repository.add_secret(
        tx.connection,
        secrets.sealed(key, subscription_id, secret_id)
        | {"id": secret_id, "subscription": subscription_id, "now": tx.now, "scheme": scheme.value,
           "public_key": secrets.public_key(key, scheme)},
    )  # fmt: skip
    return secret_id, secrets.secret_shown(key, scheme)


async def rotate(tx: Transaction, row: Row, wanted: Rotation) -> NewSecret:
    """A new secret, of the same scheme or another; the ones before sign as well for some hours.

    Raises
    ------
    problems.Conflict
        Too many are valid at once: a header holds only so many signatures.
    """
    valid = await repository.secrets(tx.connection, [row.id], tx.now)
    if len(valid) >= MOST_SECRETS:
        raise problems.Conflict("同时有效的密钥过多，请先停用旧密钥。", code="too_many_secrets")
    await repository.end_secrets(tx.connection, row.id, tx.now + timedelta(hours=wanted.overlap_hours))
    scheme = wanted.scheme or (Scheme(valid[0].scheme) if valid else Scheme.HMAC_SHA256)
    secret_id, secret = await add(tx, row.id, scheme)
    await repository.touch(tx.connection, row.id, tx.now)
    tx.append(NewEvent(type="subscription.secret_rotated", refs={"subscription": str(row.id)}))
    (stored, *_) = await repository.secrets(tx.connection, [row.id], tx.now)
    return NewSecret(
        id=secret_id, scheme=scheme, public_key=stored.public_key, valid_from=tx.now, valid_until=None, secret=secret
    )


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
    tx.append(NewEvent(type="subscription.secret_revoked", refs={"subscription": str(row.id)}))

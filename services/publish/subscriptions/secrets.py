"""Secrets of subscriptions: made here, shown once, stored encrypted."""

from __future__ import annotations

import secrets as random_secrets
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from shared import problems, settings
from shared.encryption import WEBHOOK_KEY_FILE, Cipher
from shared.webhook import signature
from shared.webhook.signature import Scheme, SigningKey


@lru_cache(maxsize=4)
def _opened(folder: Path) -> Cipher:
    return Cipher(folder, WEBHOOK_KEY_FILE)


def cipher() -> Cipher:
    """The key of this installation.

    Raises
    ------
    problems.Unavailable
        This process has not been given it.
    """
    try:
        return _opened(settings.load().secrets)
    except RuntimeError as error:
        raise problems.Unavailable("推送密钥尚未配置，请联系运维人员。", code="webhook_key_missing") from error


def new_key() -> bytes:
    """A fresh signing key; of every scheme it is 32 random bytes."""
    return random_secrets.token_bytes(signature.KEY_BYTES)


def secret_shown(key: bytes, scheme: Scheme) -> str | None:
    """What the subscriber is shown once; None where it verifies with a public key."""
    return signature.secret_of(key) if scheme.is_shared else None


def public_key(key: bytes, scheme: Scheme) -> str | None:
    """What a subscriber verifies with and everybody may know; None where both sides have the same key."""
    return None if scheme.is_shared else signature.public_key_of(key)


def sealed(key: bytes, subscription_id: UUID, secret_id: UUID) -> dict[str, Any]:
    """Columns of a secret as it is stored."""
    used = cipher()
    return {"key_id": used.key_id, "ciphertext": used.encrypt(key, _about(subscription_id, secret_id))}


def opened(rows: Sequence[Any]) -> list[SigningKey]:
    """The signing keys of stored secrets.

    Raises
    ------
    ValueError
        One was encrypted under another key.
    """
    used = cipher()
    return [
        SigningKey(used.decrypt(row.ciphertext, _about(row.subscription_id, row.id)), Scheme(row.scheme))
        for row in rows
    ]


def _about(subscription_id: UUID, secret_id: UUID) -> bytes:
    """What a secret belongs to: a row copied to another subscription cannot be decrypted."""
    return subscription_id.bytes + secret_id.bytes

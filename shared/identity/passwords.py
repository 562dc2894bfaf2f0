"""Passwords: argon2id with the library's recommended parameters (RFC 9106, low-memory profile)."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()
# Verified for logins that do not exist, so that an answer takes the same time.
_DECOY = _hasher.hash(secrets.token_urlsafe(16))
SHORTEST = 12


def hash_password(password: str) -> str:
    """The stored form. CPU-heavy (tens of milliseconds): call it in a thread."""
    return _hasher.hash(password)


def verify_password(password: str, stored: str | None) -> bool:
    """Compare in constant time; `stored` None (no such account) takes as long and is never right."""
    try:
        return _hasher.verify(stored or _DECOY, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False

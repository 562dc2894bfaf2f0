"""Which secret a client may show, how long a replaced one stays good, and which scopes a token gets."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared import problems
from shared.identity.scopes import SCOPES
from shared.problems import FieldError

# 256 random bits cannot be guessed or found from their hash, so a fast hash does (NIST SP 800-63B section 5.1.2.2);
# the prefix is for programs that look for secrets in what is published by mistake.
SECRET_BYTES = 32
SECRET_PREFIX = "qds_"
# A replaced secret is good for a day unless told otherwise: time to bring the new one to every machine of a client.
USUAL_OVERLAP_HOURS = 24
LONGEST_OVERLAP_HOURS = 30 * 24
# An ended secret is remembered for so long, to tell who still shows it from who guesses.
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True)
class Secret:
    """A secret as it is stored."""

    id: UUID
    secret_hash: bytes
    valid_until: datetime | None

    def is_good(self, now: datetime) -> bool:
        """Whether it opens the door."""
        return self.valid_until is None or now < self.valid_until


def digest(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def matching(secrets: Sequence[Secret], shown: str) -> Secret | None:
    """The secret that was shown, good or ended; None when it is none of them."""
    wanted = digest(shown)
    found = [secret for secret in secrets if hmac.compare_digest(secret.secret_hash, wanted)]
    return found[0] if found else None


def end_of_overlap(secrets: Sequence[Secret], now: datetime, overlap: timedelta) -> dict[UUID, datetime]:
    """When each good secret ends once there is a new one: the newest after the overlap, all others now.

    Parameters
    ----------
    secrets
        Oldest first.
    """
    good = [secret for secret in secrets if secret.is_good(now)]
    ends = {secret.id: now for secret in good}
    if good:
        newest = good[-1]
        after = now + overlap
        ends[newest.id] = min(newest.valid_until or after, after)
    return ends


def granted(registered: Collection[str], asked: Collection[str] | None) -> frozenset[str] | None:
    """The scopes of a token: those asked for, or all registered ones; None when more is asked than is registered."""
    if asked is None:
        return frozenset(registered)
    return frozenset(asked) if set(asked) <= set(registered) else None


def check_scopes(scopes: Sequence[str]) -> None:
    """Refuse scopes that do not exist. Raises Invalid with a pointer to each."""
    known = "、".join(f"{name}（{title}）" for name, title in SCOPES.items())
    errors = [
        FieldError(f"/scopes/{index}", "scope_unknown", f"没有这个权限，可用：{known}")
        for index, scope in enumerate(scopes)
        if scope not in SCOPES
    ]
    if errors:
        raise problems.Invalid(f"权限不存在，可用：{known}。", code="scope_unknown", errors=errors)

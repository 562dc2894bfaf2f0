"""What a seal is of: the exact bytes of an event and of a seal's statement, and how they are hashed together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

# What the first seal has before it.
NOTHING = bytes(32)


@dataclass(frozen=True, kw_only=True)
class Seal:
    """A signed statement that the log had this content.

    Attributes
    ----------
    number : of the seal, without gaps from 1.
    epoch : of the log; a restore to an earlier point begins another.
    from_position, to_position : the sealed events, both inclusive; the next seal begins behind them.
    hash : SHA-256 over the hash of the seal before and those of the lines of the events.
    previous : hash of the seal before; 32 zero bytes before the first.
    key_id : which key signed.
    signature : Ed25519 (RFC 8032) over `statement`.
    """

    number: int
    epoch: UUID
    from_position: int
    to_position: int
    hash: bytes
    previous: bytes
    sealed_at: datetime
    key_id: str
    signature: bytes = b""


def line(event: Mapping[str, Any]) -> bytes:
    """The bytes an event is hashed as, and exported as: JSON in UTF-8, names in order, instants in UTC."""
    document = {name: _plain(value) for name, value in event.items()}
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def instant(value: datetime) -> str:
    """An instant in UTC to the microsecond, always in the same form."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Chain:
    """The hash of a seal, line by line: its events need not be in memory together."""

    def __init__(self, previous: bytes) -> None:
        self._digest = sha256(previous)

    def add(self, lines: Iterable[bytes]) -> None:
        """Take in the next lines."""
        for one in lines:
            self._digest.update(sha256(one).digest())

    @property
    def hash(self) -> bytes:
        """The hash of what was taken in so far."""
        return self._digest.digest()


def document(seal: Seal) -> dict[str, Any]:
    """A seal as it is exported and answered, without its signature."""
    return {
        "number": seal.number,
        "epoch": str(seal.epoch),
        "from": seal.from_position,
        "to": seal.to_position,
        "hash": seal.hash.hex(),
        "previous": seal.previous.hex(),
        "sealed_at": instant(seal.sealed_at),
        "key": seal.key_id,
    }


def statement(seal: Seal) -> bytes:
    """The bytes that are signed."""
    return orjson.dumps(document(seal), option=orjson.OPT_SORT_KEYS)

"""The signature of a request: `appKey`, `timestamp`, `nonce` and `sign` in its headers. Pure.

`sign` is the HMAC of seven lines - method, path, query, digest of the body, appKey, timestamp, nonce - in lower-case
hexadecimal. Both sides write path and query in one form, whatever a client or a proxy has escaped (docs/signed-api.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac

Algorithm = Literal["HMAC-SHA256", "HMAC-SM3"]
# SM3 (GB/T 32905-2016) where commercial cryptography of the state is asked for (GB/T 39786).
HASHES: Mapping[str, hashes.HashAlgorithm] = {"HMAC-SHA256": hashes.SHA256(), "HMAC-SM3": hashes.SM3()}
# How far the clocks of both sides may be apart, as platforms usually allow.
TOLERANCE = timedelta(minutes=5)
# 256 bits: as long as what both hashes give.
SECRET_BYTES = 32
SIGN_LENGTH = 64
# RFC 3986 section 2.3: what is never escaped.
_UNRESERVED = "-._~"


@dataclass(frozen=True)
class Signed:
    """What a signature says of a request, as its headers carry it.

    Attributes
    ----------
    timestamp : milliseconds since 1970 (UTC), as text.
    nonce : never sent twice under one appKey.
    """

    app_key: str
    timestamp: str
    nonce: str


def canonical(*, method: str, path: bytes, query: bytes, body: bytes, signed: Signed, algorithm: Algorithm) -> bytes:
    """The seven lines that are signed.

    Parameters
    ----------
    path, query : as they stand in the request line, still escaped, without `?`.
    """
    lines = (
        method.upper(), canonical_path(path), canonical_query(query), digest(body, algorithm), signed.app_key,
        signed.timestamp, signed.nonce,
    )  # fmt: skip
    return "\n".join(lines).encode()


def canonical_path(path: bytes) -> str:
    """Each segment unescaped and escaped again; an escaped slash stays one."""
    return "/".join(_escaped(part) for part in path.split(b"/"))


def canonical_query(query: bytes) -> str:
    """The pairs sorted by name and value; `+` is a space, a name without `=` has an empty value."""
    pairs = []
    for pair in query.replace(b"+", b"%20").split(b"&") if query else ():
        name, _, value = pair.partition(b"=")
        pairs.append((_escaped(name), _escaped(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def digest(body: bytes, algorithm: Algorithm) -> str:
    """Digest of the body as it is sent, by the hash of the algorithm; of nothing when there is no body."""
    made = hashes.Hash(HASHES[algorithm])
    made.update(body)
    return made.finalize().hex()


def sign(secret: bytes, text: bytes, algorithm: Algorithm) -> str:
    """The value of the header `sign`."""
    return _mac(secret, text, algorithm).finalize().hex()


def is_right(secret: bytes, text: bytes, given: str, algorithm: Algorithm) -> bool:
    """Whether a signature is that of the text; compared in constant time."""
    try:
        _mac(secret, text, algorithm).verify(bytes.fromhex(given))
    except (InvalidSignature, ValueError):
        return False
    return True


def is_timely(timestamp: str, now: datetime) -> bool:
    """Whether a request was signed within the tolerance, before or after now."""
    return abs(int(timestamp) - milliseconds(now)) <= TOLERANCE / timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    """An instant as `timestamp` says it."""
    return int(at.timestamp() * 1000)


def headers(
    secret: bytes, *, method: str, path: bytes, query: bytes, body: bytes, signed: Signed, algorithm: Algorithm
) -> dict[str, str]:
    """The headers of a request one sends."""
    text = canonical(method=method, path=path, query=query, body=body, signed=signed, algorithm=algorithm)
    return {
        "appKey": signed.app_key, "timestamp": signed.timestamp, "nonce": signed.nonce,
        "sign": sign(secret, text, algorithm),
    }  # fmt: skip


def _mac(secret: bytes, text: bytes, algorithm: Algorithm) -> hmac.HMAC:
    made = hmac.HMAC(secret, HASHES[algorithm])
    made.update(text)
    return made


def _escaped(part: bytes) -> str:
    return quote(unquote_to_bytes(part), safe=_UNRESERVED)

"""Standard Webhooks: keys, and signatures over `id.timestamp.body` in three schemes. Pure.

Two schemes are those of the specification (https://www.standardwebhooks.com): `v1`, HMAC-SHA256, and `v1a`, Ed25519
(RFC 8032). `v1sm3` is ours: the same content under HMAC (GB/T 15852.2) with SM3 (GB/T 32905), for receivers that may
use commercial cryptography of the state only. Libraries of the specification pass over what they do not know.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PREFIX = "whsec_"
PUBLIC_PREFIX = "whpk_"
# The specification asks for 24 to 64 bytes of a shared key; a private key of Ed25519 has 32.
KEY_BYTES = 32


class Scheme(StrEnum):
    """How requests are signed."""

    HMAC_SHA256 = "hmac_sha256"
    ED25519 = "ed25519"
    HMAC_SM3 = "hmac_sm3"

    @property
    def is_shared(self) -> bool:
        """Whether the receiver has the same key as we; else it has the public one."""
        return self is not Scheme.ED25519


# What a signature begins with in the header.
VERSIONS = {Scheme.HMAC_SHA256: b"v1", Scheme.ED25519: b"v1a", Scheme.HMAC_SM3: b"v1sm3"}


class SigningKey:
    """A key that is ready to sign.

    Parameters
    ----------
    key : the shared key, or the 32 bytes of a private key of Ed25519.
    """

    def __init__(self, key: bytes, scheme: Scheme = Scheme.HMAC_SHA256) -> None:
        self.scheme = scheme
        self._sign = _signer(key, scheme)

    def signature(self, signed: bytes) -> bytes:
        """`<version>,<signature in base64>`, as it stands in the header."""
        return VERSIONS[self.scheme] + b"," + base64.b64encode(self._sign(signed))


def _signer(key: bytes, scheme: Scheme) -> Callable[[bytes], bytes]:
    if scheme is Scheme.ED25519:
        return Ed25519PrivateKey.from_private_bytes(key).sign
    if scheme is Scheme.HMAC_SM3:
        return lambda signed: _hmac_sm3(key, signed)
    return lambda signed: hmac.digest(key, signed, "sha256")


def _hmac_sm3(key: bytes, signed: bytes) -> bytes:
    """With the library's own SM3: the one of the system may be left out of what Python is linked with."""
    digest = HMAC(key, hashes.SM3())
    digest.update(signed)
    return digest.finalize()


def secret_of(key: bytes) -> str:
    """The text a subscriber is given of a shared key."""
    return PREFIX + base64.b64encode(key).decode()


def public_key_of(key: bytes) -> str:
    """The text a subscriber is given of a private key of Ed25519: its public one."""
    public = Ed25519PrivateKey.from_private_bytes(key).public_key()
    return PUBLIC_PREFIX + base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def key_of(secret: str) -> bytes:
    """The key a secret stands for.

    Raises
    ------
    ValueError
        Not a secret of this form.
    """
    if not secret.startswith(PREFIX):
        raise ValueError("a secret begins with whsec_")
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


# Enough to tell signatures apart, too little to be used.
_KEPT = 8


def cut(header: bytes) -> str:
    """A header of signatures as it may be written down: of each its version and its beginning."""
    parts = (each.partition(",") for each in header.decode().split(" "))
    return " ".join(f"{version},{signed[:_KEPT]}…" for version, _, signed in parts)


def headers(event_id: str, at: datetime, body: bytes, keys: Sequence[SigningKey]) -> list[tuple[bytes, bytes]]:
    """The three headers of a request; one signature for each key that is valid, the newest first."""
    name, seconds = event_id.encode(), b"%d" % int(at.timestamp())
    signed = b"%b.%b.%b" % (name, seconds, body)
    return [
        (b"webhook-id", name),
        (b"webhook-timestamp", seconds),
        (b"webhook-signature", b" ".join(key.signature(signed) for key in keys)),
    ]

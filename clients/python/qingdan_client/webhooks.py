"""Webhooks are verified before they are read: Standard Webhooks (HMAC-SHA256, Ed25519), and HMAC-SM3 beside it."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from qingdan_client.errors import QingdanError
from qingdan_client.events import Event, event_of
from qingdan_client.sm3 import hmac_sm3

Scheme = Literal["hmac_sha256", "ed25519", "hmac_sm3"]
# What a signature begins with in the header `webhook-signature`.
VERSIONS: Mapping[str, str] = {"hmac_sha256": "v1", "ed25519": "v1a", "hmac_sm3": "v1sm3"}
TOLERANCE_SECONDS = 300
# The specification asks for as much of a shared key. An empty one, as of a setting that was cut off, would let anybody
# sign.
LEAST_KEY_BYTES = 24


class NotVerified(QingdanError):
    """Do not read it: answer 401."""


@dataclass(frozen=True)
class Key:
    """What you were given when the subscription was opened or its secret replaced.

    Attributes
    ----------
    text : `whsec_...`, the shared key, or `whpk_...`, our public one.
    scheme : left out: `ed25519` of a public key, else `hmac_sha256`.
    """

    text: str
    scheme: Scheme | None = None

    def check(self) -> tuple[str, Callable[[bytes, bytes], bool]]:
        """The version of its signatures, and whether (what was signed, a signature) is right.

        Raises
        ------
        ValueError
            It is no key.
        RuntimeError
            Public keys need the package `cryptography` (`pip install qingdan-client[ed25519]`).
        """
        prefix, _, encoded = self.text.partition("_")
        scheme = self.scheme or ("ed25519" if prefix == "whpk" else "hmac_sha256")
        if prefix != ("whpk" if scheme == "ed25519" else "whsec"):
            raise ValueError(f"a key of {scheme} begins otherwise")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ValueError("the key is no base64") from error
        if scheme == "ed25519":
            return VERSIONS[scheme], _ed25519(key)
        if len(key) < LEAST_KEY_BYTES:
            raise ValueError(f"a shared key has at least {LEAST_KEY_BYTES} bytes: this one was cut off")
        digest = hmac_sm3 if scheme == "hmac_sm3" else _hmac_sha256
        return VERSIONS[scheme], lambda signed, signature: hmac.compare_digest(digest(key, signed), signature)


class Verifier:
    """Verifies requests; with several keys, while one takes the place of another, one that is right is enough.

    Parameters
    ----------
    keys : `Key`, or its text where the scheme is plain from it.
    """

    def __init__(self, *keys: Key | str, tolerance: int = TOLERANCE_SECONDS) -> None:
        if not keys:
            raise ValueError("a verifier needs a key")
        self._checks = [(Key(key) if isinstance(key, str) else key).check() for key in keys]
        self._tolerance = tolerance

    def verify(self, headers: Mapping[str, str], body: bytes, now: float | None = None) -> None:
        """Whether a request is from us, unchanged, and not older than five minutes.

        Raises
        ------
        NotVerified
        """
        given = {name.lower(): value for name, value in headers.items()}
        try:
            id_, at, header = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        except KeyError as error:
            raise NotVerified(f"the header {error.args[0]} is missing") from None
        if not (at.isascii() and at.isdigit()):
            raise NotVerified("the time is no number")
        if abs((time.time() if now is None else now) - int(at[:15])) > self._tolerance:
            raise NotVerified("too old, or from the future")
        signed = f"{id_}.{at}.".encode() + body
        for part in header.split(" "):
            version, _, encoded = part.partition(",")
            try:
                signature = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                continue
            if any(named == version and check(signed, signature) for named, check in self._checks):
                return
        raise NotVerified("no signature is right")

    def event(self, headers: Mapping[str, str], body: bytes, now: float | None = None) -> Event:
        """The event of a request, verified.

        Raises
        ------
        NotVerified
            Also where the body is no event, or another than the header says.
        """
        self.verify(headers, body, now)
        try:
            event = event_of(json.loads(body))
        except ValueError as error:
            raise NotVerified(str(error)) from error
        named = next(value for name, value in headers.items() if name.lower() == "webhook-id")
        if event.id != named:
            raise NotVerified("the header names another event")
        return event


def _hmac_sha256(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, signed, "sha256")


def _ed25519(key: bytes) -> Callable[[bytes, bytes], bool]:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        raise RuntimeError("ed25519 needs the package cryptography: pip install qingdan-client[ed25519]") from error
    public = Ed25519PublicKey.from_public_bytes(key)

    def check(signed: bytes, signature: bytes) -> bool:
        try:
            public.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return check

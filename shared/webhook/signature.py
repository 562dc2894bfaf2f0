"""Standard Webhooks: secrets `whsec_...`, and the signature over `id.timestamp.body`. Pure."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
# The specification asks for 24 to 64 bytes.
KEY_BYTES = 32


def secret_of(key: bytes) -> str:
    """The text a subscriber is given."""
    return PREFIX + base64.b64encode(key).decode()


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


def headers(event_id: str, at: datetime, body: bytes, keys: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    """The three headers of a request; one signature for each key that is valid, the newest first."""
    name, seconds = event_id.encode(), b"%d" % int(at.timestamp())
    signed = b"%b.%b.%b" % (name, seconds, body)
    signatures = (b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256")) for key in keys)
    return [
        (b"webhook-id", name),
        (b"webhook-timestamp", seconds),
        (b"webhook-signature", b" ".join(signatures)),
    ]

"""Verify webhooks of Qingdan: HMAC-SHA256, Ed25519, HMAC-SM3. Python 3.9 or later with `cryptography`.

    verify("hmac_sha256", "whsec_...", request.headers, request.body)

Take the body as it came, byte for byte: verify first, read the JSON afterwards. The scheme is the one the subscription
was given its key for; a signature made another way does not count.
"""

import base64
import hmac
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as keyed
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE = 5 * 60
LEAST_KEY_BYTES = 24  # Standard Webhooks asks for as much; with an empty key anybody could sign
VERSIONS = {"hmac_sha256": "v1", "ed25519": "v1a", "hmac_sm3": "v1sm3"}


def verify(scheme, key, headers, body, now=None):
    """Whether a request is genuine: `key` is `whsec_...` or, with Ed25519, `whpk_...`; `body` is bytes.

    Raises ValueError when the key itself is none: mend the configuration, and answer 500 until then.
    """
    secret = base64.b64decode(key.partition("_")[2])
    if len(secret) < LEAST_KEY_BYTES:
        told = f"{len(secret)} bytes of at least {LEAST_KEY_BYTES}"
        raise ValueError(f"the webhook key is empty or was cut off: {told}")
    event_id = headers.get("webhook-id") or ""
    seconds = headers.get("webhook-timestamp") or ""
    if not event_id or not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return False
    if abs((time.time() if now is None else now) - int(seconds)) > TOLERANCE:
        return False
    content = event_id.encode() + b"." + seconds.encode() + b"." + body
    found = False
    for part in (headers.get("webhook-signature") or "").split(" "):  # several while keys are exchanged
        version, _, text = part.partition(",")
        if version == VERSIONS[scheme]:
            try:
                given = base64.b64decode(text, validate=True)
            except ValueError:
                continue
            found |= _signed(scheme, secret, content, given)
    return found


def _signed(scheme, secret, content, given):
    if scheme == "ed25519":
        try:
            Ed25519PublicKey.from_public_bytes(secret).verify(given, content)
        except InvalidSignature:
            return False
        return True
    code = keyed.HMAC(secret, hashes.SHA256() if scheme == "hmac_sha256" else hashes.SM3())
    code.update(content)
    return hmac.compare_digest(code.finalize(), given)


def main():
    """For the tests: a request a line, its seven parts in base64; answers true, false, or why the key is none."""
    for line in sys.stdin:
        scheme, key, event_id, seconds, signature, body, now = (
            base64.b64decode(part) for part in line.rstrip("\n").split("\t")
        )
        headers = {"webhook-id": event_id.decode(), "webhook-timestamp": seconds.decode(),
                   "webhook-signature": signature.decode()}  # fmt: skip
        try:
            print(str(verify(scheme.decode(), key.decode(), headers, body, int(now))).lower())
        except ValueError as error:
            print(error)


if __name__ == "__main__":
    main()

"""Secrets at rest: AES-256-GCM under a key that is a file, never a row - who reads the database cannot use them."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared import secret_file

# What secrets of webhooks are encrypted with.
WEBHOOK_KEY_FILE = "webhook.key"
KEY_BYTES = 32
# The size NIST SP 800-38D recommends; random, so at most 2^32 values a key: far more than there are secrets.
NONCE_BYTES = 12
KEY_ID_LENGTH = 16


def ensure_key(folder: Path, name: str) -> None:
    """Create the key file unless it is there, readable by its owner only."""
    secret_file.ensure(folder / name, lambda: AESGCM.generate_key(KEY_BYTES * 8))


class Cipher:
    """Encrypts and decrypts small secrets.

    Attributes
    ----------
    key_id
        A short name of the key: the beginning of the SHA-256 of it, in hexadecimal.

    Raises
    ------
    RuntimeError
        There is no key file, or it holds no key.
    """

    def __init__(self, folder: Path, name: str) -> None:
        path = folder / name
        if not path.exists():
            raise RuntimeError(f"no key in {path}: run `qingdan roles`")
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise RuntimeError(f"{path} holds no key of {KEY_BYTES} bytes")
        self._aead = AESGCM(key)
        self.key_id = sha256(key).hexdigest()[:KEY_ID_LENGTH]

    def encrypt(self, secret: bytes, about: bytes) -> bytes:
        """The stored form; `about` names what it belongs to, and it can be decrypted for that alone."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, secret, about)

    def decrypt(self, stored: bytes, about: bytes) -> bytes:
        """The secret.

        Raises
        ------
        ValueError
            It was encrypted under another key or for something else, or was changed.
        """
        try:
            return self._aead.decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], about)
        except InvalidTag as error:
            raise ValueError("the secret does not belong to this key and this owner") from error

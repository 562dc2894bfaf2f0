"""The key pair of the seals: files, never rows - who administers the database must not be able to sign for it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import secret_file

PRIVATE_FILE = "seal.private.pem"
PUBLIC_FILE = "seal.public.pem"
# What packages of offline exchange are signed with: who seals the log does not sign them, and the other way round.
PACKAGES = "offline"
KEY_ID_LENGTH = 16


def ensure_keys(folder: Path, name: str = "seal") -> None:
    """Create a key pair unless it is there; the private file is readable by its owner only."""
    private_file, public_file = folder / f"{name}.private.pem", folder / f"{name}.public.pem"
    if public_file.exists() and not private_file.exists():
        return  # whoever only shows seals has been given the public half
    private = secret_file.ensure(private_file, _new)
    secret_file.ensure(public_file, lambda: public_pem(_private(private).public_key()))


def public_pem(key: Ed25519PublicKey) -> bytes:
    """The public half as a PEM file (SubjectPublicKeyInfo)."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(key: Ed25519PublicKey) -> str:
    """A short name of a key: the beginning of the SHA-256 of its 32 bytes, in hexadecimal."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return sha256(raw).hexdigest()[:KEY_ID_LENGTH]


def read_public(folder: Path) -> Ed25519PublicKey:
    """The public half.

    Raises
    ------
    RuntimeError
        The file is missing or holds no Ed25519 key.
    """
    path = folder / PUBLIC_FILE
    if not path.exists():
        raise RuntimeError(f"no public key of the seals in {path}: run `qingdan roles`")
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise RuntimeError(f"{path} holds no Ed25519 key")
    return key


class Signer:
    """Signs seals, or packages."""

    def __init__(self, folder: Path, name: str = "seal") -> None:
        path = folder / f"{name}.private.pem"
        if not path.exists():
            command = "roles" if name == "seal" else f"{name}-keys"
            raise RuntimeError(f"no private key in {path}: run `qingdan {command}`")
        self._key = _private(path.read_bytes())
        self.key_id = key_id(self._key.public_key())

    def sign(self, statement: bytes) -> bytes:
        """The signature over a seal's statement or a package's manifest."""
        return self._key.sign(statement)


def _new() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _private(pem: bytes) -> Ed25519PrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise RuntimeError("the private key is no Ed25519 key")
    return key

"""What a package says of itself, whether it may be taken now, and how it is signed. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any, Literal

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from shared import problems
from shared.seals.keys import key_id

FORMAT = "qingdan-offline-1"
# What the first package of a chain names as the one before it.
NOTHING = "0" * 64
# Rows of one package: an import stays one transaction of some seconds.
MOST_ROWS = 20_000
# As many rows are taken while the request waits, within a second; the worker takes more.
AT_ONCE_ROWS = 2_000
MOST_KEYS = 10
# SubjectPublicKeyInfo of Ed25519 (RFC 8410): twelve bytes, then the key.
_SPKI = bytes.fromhex("302a300506032b6570032100")
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+?)-----END PUBLIC KEY-----\s*")

Kind = Literal["entries", "acknowledgement"]


@dataclass(frozen=True)
class File:
    """A file of a package."""

    name: str
    sha256: str
    bytes: int
    rows: int


@dataclass(frozen=True)
class Manifest:
    """What a package says of itself; its bytes are what is signed.

    Attributes
    ----------
    source, destination : codes under which the receiver knows the sender, and the sender the receiver.
    serial : rises by one with each package to this destination.
    previous : SHA-256 of the manifest before, hexadecimal.
    from_position, until_position : numbers of the sender's public feed, the first exclusive.
    whole : it holds everything there is; earlier ones are not needed.
    key : which key signed.
    """

    source: str
    destination: str
    serial: int
    kind: Kind
    previous: str
    epoch: str
    from_position: int
    until_position: int
    whole: bool
    made_at: str
    key: str
    files: Sequence[File]

    @property
    def document(self) -> bytes:
        """The bytes of `manifest.json`: keys sorted, no spaces, UTF-8."""
        return orjson.dumps({"format": FORMAT, **asdict(self)}, option=orjson.OPT_SORT_KEYS)

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)


class BadPackage(problems.Invalid):
    """A package that cannot be taken: nothing of it was."""

    def __init__(self, code: str, message: str, place: str = "/manifest.json") -> None:
        super().__init__(message, code=code, errors=[problems.FieldError(place, code, message)])


def digest(document: bytes) -> str:
    """By what the next package names this manifest."""
    return sha256(document).hexdigest()


def file_of(name: str, content: bytes) -> File:
    """How a manifest names a file of JSON Lines."""
    return File(name, sha256(content).hexdigest(), len(content), content.count(b"\n"))


_TYPES: Mapping[str, type] = {
    "source": str, "destination": str, "serial": int, "kind": str, "previous": str, "epoch": str,
    "from_position": int, "until_position": int, "whole": bool, "made_at": str, "key": str,
}  # fmt: skip


def read_manifest(document: bytes) -> Manifest:
    """The manifest of a package.

    Raises
    ------
    BadPackage
    """
    try:
        told = orjson.loads(document)
        if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
            raise BadPackage("unknown_format", f"包的格式不是 {FORMAT}，请用本系统导出的包")
        files = [File(**one) for one in told.pop("files")]
        made = Manifest(files=files, **told)
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BadPackage("bad_manifest", "manifest.json 无法识别，请向对方索取完整的包") from error
    sound = all(type(getattr(made, name)) is kind for name, kind in _TYPES.items()) and all(
        type(one.name) is str and type(one.sha256) is str and type(one.bytes) is int and type(one.rows) is int
        for one in files
    )
    if not sound or made.kind not in ("entries", "acknowledgement") or not 1 <= made.serial < 2**31:
        raise BadPackage("bad_manifest", "manifest.json 内容不完整，请向对方索取完整的包")
    if made.rows > MOST_ROWS:
        raise BadPackage("too_many_rows", f"包内超过 {MOST_ROWS} 行，请对方分批导出")
    return made


def public_keys(pem: str) -> dict[str, Ed25519PublicKey]:
    """The keys of a PEM text, by their names.

    Raises
    ------
    ValueError
        It holds something else, none, or too many.
    """
    blocks = _PEM.findall(pem)
    if not 1 <= len(blocks) <= MOST_KEYS or _PEM.sub("", pem).strip():
        raise ValueError("no PEM of public keys")
    found = {}
    for block in blocks:
        try:
            der = base64.b64decode("".join(block.split()), validate=True)
        except binascii.Error as error:
            raise ValueError("no PEM of public keys") from error
        if len(der) != len(_SPKI) + 32 or not der.startswith(_SPKI):
            raise ValueError("no Ed25519 key")
        key = Ed25519PublicKey.from_public_bytes(der[len(_SPKI) :])
        found[key_id(key)] = key
    return found


def verify(document: bytes, signature: bytes, manifest: Manifest, keys: Mapping[str, Ed25519PublicKey]) -> None:
    """The manifest was signed with a registered key.

    Raises
    ------
    BadPackage
    """
    key = keys.get(manifest.key)
    if key is None:
        raise BadPackage(
            "unknown_key", f"签名所用的密钥 {manifest.key[:32]} 未登记，请先登记对方的公钥", "/manifest.sig"
        )
    try:
        key.verify(bytes.fromhex(signature.decode("ascii").strip()), document)
    except (InvalidSignature, ValueError) as error:
        raise BadPackage("bad_signature", "签名不符：包在途中被改动，或不是对方签发的", "/manifest.sig") from error


@dataclass(frozen=True)
class Chain:
    """How far the packages of a partner were taken."""

    serial: int
    hash: str


def follows(chain: Chain, manifest: Manifest, hash_: str) -> bool:
    """Whether a package is the next to be taken; False when it was taken already.

    Raises
    ------
    problems.Conflict
        Packages before it are missing, or another one was taken under its number.
    """
    if manifest.serial == chain.serial and hash_ == chain.hash:
        return False
    if manifest.serial <= chain.serial:
        if manifest.serial < chain.serial:
            return False  # older than what was taken: whatever it says was said
        raise problems.Conflict(
            f"第 {manifest.serial} 号包已导入过另一个内容不同的包；请对方在第 {chain.serial} 号之后重新导出全量包。",
            code="package_differs",
        )
    if manifest.whole:
        return True
    missing = list(range(chain.serial + 1, manifest.serial))
    if missing:
        told = "、".join(str(one) for one in missing[:20])
        raise problems.Conflict(
            f"缺少第 {told} 号包，请按顺序导入；找不回时请对方导出全量包。", code="package_missing",
            extra={"missing": missing[:100]},
        )  # fmt: skip
    if manifest.previous != chain.hash:
        raise problems.Conflict(
            f"第 {manifest.serial} 号包不是接在已导入的第 {chain.serial} 号包之后的，请对方导出全量包。",
            code="package_differs",
        )
    return True


def addressed(manifest: Manifest, *, code: str, own_code: str) -> None:
    """The package is from this partner and for us.

    Raises
    ------
    BadPackage
    """
    if manifest.source != code or manifest.destination != own_code:
        raise BadPackage(
            "wrong_address",
            f"此包由“{manifest.source[:64]}”发给“{manifest.destination[:64]}”，应为“{code}”发给“{own_code}”",
        )


def result(manifest: Manifest, **more: Any) -> dict[str, Any]:
    """What is told of a package that was made or taken."""
    return {"serial": manifest.serial, "kind": manifest.kind, "rows": manifest.rows, "whole": manifest.whole, **more}

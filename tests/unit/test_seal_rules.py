"""The bytes of seals, and the script's own arithmetic of signatures against the library's."""

import importlib.util
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.seals import keys, rules

_SPEC = importlib.util.spec_from_file_location(
    "verify_log", Path(__file__).resolve().parents[2] / "docs" / "verify_log.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
script = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(script)

# RFC 8032, section 7.1: (public key, message, signature).
VECTORS = [
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24"
     "655141438e7a100b"),
    ("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aee"
     "b00d291612bb0c00"),
]  # fmt: skip


def test_an_event_has_one_form_whatever_zone_and_order_it_comes_in() -> None:
    at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    one = {"position": 1, "recorded_at": at, "id": UUID(int=1), "refs": {"b": 1, "a": "数"}, "item_ids": [UUID(int=2)]}
    other = dict(reversed(one.items())) | {"recorded_at": at.astimezone(timezone(timedelta(hours=8)))}
    assert rules.line(one) == rules.line(other)
    assert b'"recorded_at":"2026-03-02T08:00:00.000000Z"' in rules.line(one)


def chained(previous: bytes, *slices: list[bytes]) -> bytes:
    chain = rules.Chain(previous)
    for lines in slices:
        chain.add(lines)
    return chain.hash


def test_a_hash_depends_on_every_line_and_on_the_seal_before() -> None:
    base = chained(rules.NOTHING, [b"one", b"two"])
    assert base == chained(rules.NOTHING, [b"one"], [b"two"]), "however it is sliced"
    assert base != chained(rules.NOTHING, [b"two", b"one"])
    assert base != chained(rules.NOTHING, [b"onetwo"])
    assert base != chained(base, [b"one", b"two"])


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_script_verifies_the_vectors_of_the_standard(key: str, message: str, signature: str) -> None:
    arguments = bytes.fromhex(message), bytes.fromhex(signature), bytes.fromhex(key)
    assert script.signed(*arguments)
    assert not script.signed(b"x" + arguments[0], *arguments[1:])


@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 511))
def test_the_script_accepts_what_the_library_signs_and_nothing_that_differs_in_a_bit(message: bytes, bit: int) -> None:
    private = Ed25519PrivateKey.generate()
    pem = keys.public_pem(private.public_key()).decode()
    key = script.public_keys(pem)[keys.key_id(private.public_key())]
    signature = private.sign(message)
    assert script.signed(message, signature, key)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert not script.signed(message, bytes(changed), key)


def test_the_script_signs_off_on_the_same_bytes_as_the_sealer() -> None:
    seal = rules.Seal(
        number=3, epoch=UUID(int=7), from_position=11, to_position=20, hash=b"h" * 32, previous=b"p" * 32,
        sealed_at=datetime(2026, 3, 2, tzinfo=UTC), key_id="0123456789abcdef", signature=b"s",
    )  # fmt: skip
    assert script.statement(rules.document(seal) | {"signature": "73"}) == rules.statement(seal)


@pytest.mark.parametrize("signature", [b"", b"\x00" * 63, b"\xff" * 64])
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    assert not script.signed(b"", signature, bytes.fromhex(VECTORS[0][0]))

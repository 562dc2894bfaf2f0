"""The verifier of the Python client against the published vectors, our own signer, and the libraries of others."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from qingdan_client import Key, NotVerified, Verifier
from qingdan_client import sm3 as client_sm3
from shared.webhook.signature import VERSIONS, Scheme, SigningKey, headers, public_key_of, secret_of

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "docs" / "webhook-vectors.json").read_text(encoding="utf-8")
)
VECTORS = [pytest.param(each, id=each["name"]) for each in DOCUMENT["vectors"]]


@pytest.mark.parametrize("vector", VECTORS)
def test_the_client_judges_every_published_vector_as_it_says(vector: dict[str, Any]) -> None:
    verifier = Verifier(Key(vector["key"], vector["scheme"]), tolerance=DOCUMENT["tolerance_seconds"])
    body = vector["body"].encode()
    if vector["valid"]:
        verifier.verify(vector["headers"], body, vector["now"])
    else:
        with pytest.raises(NotVerified):
            verifier.verify(vector["headers"], body, vector["now"])


@pytest.mark.parametrize("vector", [pytest.param(each, id=each["name"]) for each in DOCUMENT["refused_keys"]])
def test_the_client_says_that_a_key_is_none_before_it_judges_anything(vector: dict[str, Any]) -> None:
    signed = SigningKey(base64.b64decode(vector["key"].removeprefix("whsec_")), Scheme(vector["scheme"]))
    at = datetime.fromtimestamp(vector["now"], UTC)
    made = dict(headers(vector["headers"]["webhook-id"], at, vector["body"].encode(), [signed]))
    assert made[b"webhook-signature"].decode() == vector["headers"]["webhook-signature"], "rightly signed"
    with pytest.raises(ValueError, match="cut off"):
        Verifier(Key(vector["key"], vector["scheme"]))


def test_the_vectors_are_what_we_sign_and_every_scheme_has_both_sorts() -> None:
    assert DOCUMENT["versions"] == {scheme.value: version.decode() for scheme, version in VERSIONS.items()}
    signing = {one["key"]: SigningKey(base64.b64decode(one["private"]), Scheme(one["scheme"]))
               for one in DOCUMENT["signing_keys"]}  # fmt: skip
    for one in DOCUMENT["signing_keys"]:
        private, scheme = base64.b64decode(one["private"]), Scheme(one["scheme"])
        assert one["key"] == (secret_of(private) if scheme.is_shared else public_key_of(private))
    for vector in DOCUMENT["vectors"]:
        if vector["valid"]:
            at = datetime.fromtimestamp(int(vector["headers"]["webhook-timestamp"]), UTC)
            key = signing[vector["key"]]
            made = dict(headers(vector["headers"]["webhook-id"], at, vector["body"].encode(), [key]))
            assert made[b"webhook-signature"].decode() in vector["headers"]["webhook-signature"].split(" ")
    assert {(one["scheme"], one["valid"]) for one in DOCUMENT["vectors"]} == {
        (scheme.value, valid) for scheme in Scheme for valid in (True, False)
    }


@given(st.binary(max_size=300), st.binary(min_size=24, max_size=100))
def test_the_clients_own_sm3_is_that_of_another_library(message: bytes, key: bytes) -> None:
    digest, keyed = hashes.Hash(hashes.SM3()), HMAC(key, hashes.SM3())
    digest.update(message)
    keyed.update(message)
    assert client_sm3.digest(message) == digest.finalize()
    assert client_sm3.hmac_of_digest(key, message) == client_sm3.hmac_sm3(key, message) == keyed.finalize()


def test_the_example_of_the_sm3_standard() -> None:
    assert client_sm3.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(st.lists(st.sampled_from(list(Scheme)), min_size=1, max_size=5), st.text(max_size=50))
def test_every_key_of_a_rotation_is_enough_and_the_standards_library_takes_its_own(
    schemes: list[Scheme], text: str
) -> None:
    private = [bytes([place + 1]) * 32 for place in range(len(schemes))]
    body = json.dumps({"text": text}).encode()
    at = datetime.now(UTC)
    signing = [SigningKey(key, scheme) for key, scheme in zip(private, schemes, strict=True)]
    sent = {name.decode(): value.decode() for name, value in headers("id", at, body, signing)}
    for key, scheme in zip(private, schemes, strict=True):
        shown = secret_of(key) if scheme.is_shared else public_key_of(key)
        Verifier(Key(shown, scheme.value)).verify(sent, body)
        with pytest.raises(NotVerified):
            Verifier(Key(shown, scheme.value)).verify(sent, body + b" ")
        if scheme is Scheme.HMAC_SHA256:
            Webhook(shown).verify(body, sent)


@pytest.mark.parametrize(
    "key",
    [
        Key("whsec_MTIz*"),
        Key("whpk_MTIz", "hmac_sm3"),
        Key("whsec_MTIz", "ed25519"),
        Key("MTIz"),
        Key("whpk_MTIz"),
        Key("whsec_"),
        Key("whsec_MTIz"),
        Key("whsec_", "hmac_sm3"),
    ],
)
def test_what_is_no_key_is_said_before_anything_is_received(key: Key) -> None:
    with pytest.raises(ValueError, match=r"key|base64"):
        Verifier(key)


def test_the_event_is_read_only_when_it_is_the_one_the_header_names() -> None:
    told = {"specversion": "1.0", "id": "a", "type": "cn.qingdan.item.withdrawn.v1", "source": "/",
            "subject": "permit/1", "time": "2026-03-02T09:00:00+08:00", "sequence": "00000000000000000121"}  # fmt: skip
    key = bytes(range(32))

    def sent(id_: str, body: bytes) -> dict[str, str]:
        made = headers(id_, datetime.now(UTC), body, [SigningKey(key)])
        return {name.decode().title(): value.decode() for name, value in made}

    verifier = Verifier(secret_of(key))
    event = verifier.event(sent("a", body := json.dumps(told).encode()), body)
    assert (event.sequence, event.is_withdrawal, event.version, event.data) == (121, True, None, None)
    for id_, wrong in (("b", body), ("a", b"[]"), ("a", b"{"), ("a", b'{"specversion": "0.3"}'), ("a", b"\xff")):
        with pytest.raises(NotVerified):
            verifier.event(sent(id_, wrong), wrong)

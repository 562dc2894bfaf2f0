"""What is signed of a request, the published vectors, and how long a signature is good."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deploy.simulator.signed_platform import signature as theirs
from deploy.simulator.sm3 import hmac as own_hmac
from deploy.simulator.sm3 import sm3
from services.publish.app_keys import rules
from services.publish.platform.rules import BadAnswer
from services.publish.platform.transports import signed_api
from shared import problems
from shared.appkey import signature
from shared.appkey.signature import Signed
from shared.system import ROOT

SECRET = b"secret-of-the-example"
SIGNED = Signed("qdk_example", "1795392000000", "5f1c0e3a9b7d4c21")
QUERY = b"region=130922000000&kind=permit&q=%e9%a3%9f+%E5%93%81"
BODY = b'{"CD_BATCH":"2026112200001","list":[]}'
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
DOCUMENTED = (ROOT / "docs" / "signed-api.md").read_text(encoding="utf-8")
# As docs/signed-api.md publishes them.
VECTORS = [
    ("HMAC-SHA256", "GET", b"/publish/v1/compat/lists", QUERY, b"",
     "24ca68bce3856219aa7bd2a7e30b0e2a53f739e4dab3e7504777d5d0f3194ec3"),
    ("HMAC-SHA256", "POST", b"/publish/v1/compat/verdicts", b"", BODY,
     "201fd94bf0ae54ee252290f874e42c3e37116503bc191ec2188501f30dd7470b"),
    ("HMAC-SM3", "GET", b"/publish/v1/compat/lists", QUERY, b"",
     "38aebfa857162494657d13c066c4786696ee43e93c45c5c98a27a4486acf395b"),
    ("HMAC-SM3", "POST", b"/publish/v1/compat/verdicts", b"", BODY,
     "640f999383577d529dbafd9cd13e79678109f0ea20158a1e87bebf7618155929"),
]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "method", "path", "query", "body", "expected"), VECTORS)
def test_the_published_vectors_hold(
    algorithm: signature.Algorithm, method: str, path: bytes, query: bytes, body: bytes, expected: str
) -> None:
    text = signature.canonical(method=method, path=path, query=query, body=body, signed=SIGNED, algorithm=algorithm)
    assert signature.sign(SECRET, text, algorithm) == expected
    assert f"`{expected}`" in DOCUMENTED
    assert signature.is_right(SECRET, text, expected, algorithm)
    assert not signature.is_right(SECRET, text + b"x", expected, algorithm)
    assert not signature.is_right(SECRET, text, "no hexadecimal", algorithm)


def test_a_client_that_knows_only_the_documentation_signs_the_same() -> None:
    lines = ["POST", "/publish/v1/compat/verdicts", "", hashlib.sha256(BODY).hexdigest(), "qdk_example",
             "1795392000000", "5f1c0e3a9b7d4c21"]  # fmt: skip
    expected = hmac.new(SECRET, "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    made = signature.headers(
        SECRET, method="post", path=b"/publish/v1/compat/verdicts", query=b"", body=BODY, signed=SIGNED,
        algorithm="HMAC-SHA256",
    )  # fmt: skip
    assert made == {"appKey": "qdk_example", "timestamp": "1795392000000", "nonce": "5f1c0e3a9b7d4c21",
                    "sign": expected}  # fmt: skip


def test_sm3_is_that_of_the_standard() -> None:
    # GB/T 32905-2016, annex A.1.
    assert signature.digest(b"abc", "HMAC-SM3") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_however_a_query_is_escaped_and_ordered_it_reads_the_same(pairs: list[tuple[str, str]]) -> None:
    plus = urlencode(pairs).encode()
    percent = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in reversed(pairs)).encode()
    assert signature.canonical_query(plus) == signature.canonical_query(percent)


def test_an_escaped_slash_never_becomes_another_path() -> None:
    assert signature.canonical_path(b"/items/a%2fb") == "/items/a%2Fb"
    assert signature.canonical_path(b"/items/a/b") == "/items/a/b"
    assert signature.canonical_path(b"/%69tems/x~y") == "/items/x~y"


def test_a_nonce_is_remembered_beyond_its_timestamp_since_clocks_of_processes_differ() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    signed = Signed("qdk_x", str(signature.milliseconds(now)), "n" * 16)
    expires = rules.Given(signed, "0" * 64).expires_at
    behind = expires - timedelta(seconds=30)
    assert not signature.is_timely(signed.timestamp, behind)


def test_a_signature_is_good_for_five_minutes_either_way() -> None:
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    for apart, good in ((299, True), (300, True), (301, False), (-300, True), (-301, False)):
        stamp = str(signature.milliseconds(now - timedelta(seconds=apart)))
        assert signature.is_timely(stamp, now) is good


@pytest.mark.parametrize("wrong", [{"appKey": ""}, {"timestamp": "179539200000"}, {"nonce": "short"}, {"sign": "zz"}])
def test_headers_that_cannot_be_right_are_named_with_what_they_should_be(wrong: dict[str, str]) -> None:
    good = {"appKey": "qdk_example", "timestamp": "1795392000000", "nonce": "5f1c0e3a9b7d4c21", "sign": "ab" * 32}
    assert rules.read(good).signed == SIGNED
    with pytest.raises(problems.BadRequest) as refused:
        rules.read(good | wrong)
    (place,) = refused.value.errors
    assert place.pointer == f"header/{next(iter(wrong))}"


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=100))
def test_the_simulated_platform_computes_both_hashes_by_itself(message: bytes, secret: bytes) -> None:
    assert sm3(message).hex() == signature.digest(message, "HMAC-SM3")
    assert own_hmac(sm3, secret, message).hex() == signature.sign(secret, message, "HMAC-SM3")


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4), st.binary(max_size=30))
def test_both_sides_sign_a_request_alike(pairs: list[tuple[str, str]], body: bytes) -> None:
    query = urlencode(pairs)
    made = signature.headers(
        SECRET, method="POST", path=b"/api/items/push", query=query.encode(), body=body, signed=SIGNED,
        algorithm="HMAC-SM3",
    )  # fmt: skip
    named = (SIGNED.app_key, SIGNED.timestamp, SIGNED.nonce)
    assert made["sign"] == theirs(sm3, SECRET.decode(), "POST", f"/api/items/push?{query}", body, named)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"code": null}', b'{"code": true}', b'{"msg": "x"}', b"\xff"])
def test_what_is_no_envelope_is_no_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        signed_api.read(body)


def test_codes_are_compared_as_text_and_an_unnamed_one_is_neither_refusal_nor_success() -> None:
    options = signed_api.SignedOptions(app_key="qdk_x")
    assert signed_api.read(b'{"code": 0, "msg": null}').code in options.well
    assert signed_api.read(b'{"code": "0"}').code in options.well
    assert options.meanings.get("50012") is None
    with pytest.raises(ValidationError):
        signed_api.SignedOptions(app_key="qdk_x", meanings={"1": "ignore"})  # type: ignore[dict-item]

"""Secrets and scopes of service clients, and reading a token request: RFC 6749 to the letter."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.catalog.clients import rules
from services.catalog.clients.token_request import CONTENT_TYPE, TokenRefused, read
from shared import problems

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD = {"grant_type": "client_credentials", "client_id": "me", "client_secret": "secret"}


def form(**changed: str | None) -> bytes:
    """The body of a good request with changes; None leaves a parameter out."""
    return urlencode({name: value for name, value in {**GOOD, **changed}.items() if value is not None}).encode()


def basic(name: str = "me", secret: str = "secret") -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()


WITHOUT = form(client_id=None, client_secret=None)


def refusal(body: bytes, authorization: list[str] | None = None, kind: str | None = CONTENT_TYPE) -> TokenRefused:
    with pytest.raises(TokenRefused) as caught:
        read(body, kind, authorization or [])
    return caught.value


def test_credentials_are_read_from_the_header_or_from_the_body() -> None:
    assert read(WITHOUT, CONTENT_TYPE, [basic()]) == read(form(), f"{CONTENT_TYPE}; charset=UTF-8", [])
    assert read(form(client_secret=None), CONTENT_TYPE, [basic()]).credentials.secret == "secret"


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30))
def test_any_credentials_come_through_both_ways(name: str, secret: str) -> None:
    try:
        body, header = form(client_id=name, client_secret=secret), basic(name, secret)
    except UnicodeEncodeError:
        return  # half of a surrogate pair cannot be sent
    assert read(body, CONTENT_TYPE, []).credentials == read(WITHOUT, CONTENT_TYPE, [header]).credentials
    assert read(body, CONTENT_TYPE, []).credentials.client_id == name


@pytest.mark.parametrize(
    ("body", "authorization", "error"),
    [
        (form(), [basic()], "invalid_request"),
        (form(client_id="other", client_secret=None), [basic()], "invalid_request"),
        (WITHOUT, [basic(), basic()], "invalid_request"),
        (form(grant_type=None), [], "invalid_request"),
        (form(grant_type=""), [], "invalid_request"),
        (form(grant_type="password"), [], "unsupported_grant_type"),
        (form() + b"&scope=a&scope=b", [], "invalid_request"),
        (form() + b"&x=%ff", [], "invalid_request"),
        (form() + "&x=清".encode(), [], "invalid_request"),
        (b"&".join(b"p%d=1" % number for number in range(50)), [], "invalid_request"),
        (form(scope="a  b"), [], "invalid_scope"),
        (form(scope='a"'), [], "invalid_scope"),
        (form(scope="权限"), [], "invalid_scope"),
        (form(client_secret=None), [], "invalid_client"),
        (form(client_id=None), [], "invalid_client"),
        (WITHOUT, [], "invalid_client"),
        (WITHOUT, ["Bearer a.b.c"], "invalid_client"),
        (WITHOUT, ["Basic"], "invalid_client"),
        (WITHOUT, ["Basic ***"], "invalid_client"),
        (WITHOUT, ["Basic " + base64.b64encode(b"no colon").decode()], "invalid_client"),
        (WITHOUT, ["Basic " + base64.b64encode(b"\xff:x").decode()], "invalid_client"),
        (b"", [], "invalid_request"),
    ],
)
def test_a_bad_request_is_refused_with_the_error_of_the_standard(
    body: bytes, authorization: list[str], error: str
) -> None:
    refused = refusal(body, authorization)
    assert (refused.error, refused.status) == (error, 401 if error == "invalid_client" else 400)
    assert refused.description.isascii()
    assert not set('"\\') & set(refused.description)


@pytest.mark.parametrize("kind", [None, "", "application/json", "multipart/form-data; boundary=x"])
def test_a_body_that_is_no_form_is_refused(kind: str | None) -> None:
    assert refusal(form(), kind=kind).error == "invalid_request"


@given(st.binary(max_size=200), st.lists(st.text(max_size=40), max_size=2))
def test_anything_else_is_a_refusal_too(body: bytes, authorization: list[str]) -> None:
    with suppress(TokenRefused):
        read(body, CONTENT_TYPE, authorization)


def test_a_parameter_without_value_is_one_that_was_not_sent_and_an_unknown_one_is_ignored() -> None:
    assert read(form(scope="", audience="x"), CONTENT_TYPE, []).scopes is None
    assert read(form(scope="a b a"), CONTENT_TYPE, []).scopes == {"a", "b"}


def secret(number: int, until: datetime | None = None) -> rules.Secret:
    return rules.Secret(UUID(int=number), rules.digest(f"secret {number}"), until)


def test_a_secret_is_known_by_its_hash_alone() -> None:
    held = [secret(1, NOW), secret(2)]
    assert rules.matching(held, "secret 2") == held[1]
    assert rules.matching(held, "secret 1") == held[0], "an ended secret is known as one, so that it is no guess"
    assert rules.matching(held, "secret 3") is None
    assert not held[0].is_good(NOW)
    assert held[0].is_good(NOW - HOUR)


def test_when_secrets_are_exchanged_two_are_good_and_never_three() -> None:
    held = [secret(1, NOW - HOUR), secret(2, NOW + HOUR), secret(3)]
    assert rules.end_of_overlap(held, NOW, 24 * HOUR) == {UUID(int=2): NOW, UUID(int=3): NOW + 24 * HOUR}
    assert rules.end_of_overlap([secret(1, NOW + HOUR)], NOW, 24 * HOUR) == {UUID(int=1): NOW + HOUR}, "never longer"
    assert rules.end_of_overlap([secret(1)], NOW, 0 * HOUR) == {UUID(int=1): NOW}
    assert rules.end_of_overlap([], NOW, HOUR) == {}


def test_a_token_gets_what_was_asked_or_everything_that_is_registered() -> None:
    assert rules.granted(["a", "b"], None) == {"a", "b"}
    assert rules.granted(["a", "b"], {"b"}) == {"b"}
    assert rules.granted(["a"], {"a", "b"}) is None


def test_a_scope_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(problems.Invalid, match="订阅管理") as caught:
        rules.check_scopes(["subscriptions", "everything"])
    assert caught.value.errors[0].pointer == "/scopes/1"

"""Reading a token request as RFC 6749 section 4.4.2 has it, with credentials after section 2.3.1. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

CONTENT_TYPE = "application/x-www-form-urlencoded"
GRANT_TYPE = "client_credentials"
# RFC 6749 section 3.3: printable ASCII but for the quotation mark and the backslash, separated by single spaces.
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*")
# Six parameters are known; somebody who sends dozens sends something else.
_MOST_PARAMETERS = 20


class TokenRefused(Exception):
    """A refusal of RFC 6749 section 5.2; `description` is ASCII without quotation mark and backslash."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description

    @property
    def status(self) -> int:
        """401 where the client could not be authenticated, else 400."""
        return 401 if self.error == "invalid_client" else 400


@dataclass(frozen=True)
class Credentials:
    """Who a client says it is, and the secret it shows."""

    client_id: str
    secret: str


@dataclass(frozen=True)
class TokenRequest:
    """A well-formed request; `scopes` None asks for everything the client is registered for."""

    credentials: Credentials
    scopes: frozenset[str] | None


def read(body: bytes, content_type: str | None, authorization: list[str]) -> TokenRequest:
    """The request behind a body and the Authorization headers it came with.

    Raises
    ------
    TokenRefused
        invalid_request, unsupported_grant_type, invalid_scope, or invalid_client without credentials.
    """
    given = _parameters(body, content_type)
    if "grant_type" not in given:
        raise TokenRefused("invalid_request", "the parameter grant_type is missing")
    if given["grant_type"] != GRANT_TYPE:
        raise TokenRefused("unsupported_grant_type", f"the only grant_type here is {GRANT_TYPE}")
    scope = given.get("scope")
    if scope is not None and not _SCOPE.fullmatch(scope):
        raise TokenRefused("invalid_scope", "scope is a list of names separated by single spaces")
    credentials = _credentials(given, authorization)
    return TokenRequest(credentials, None if scope is None else frozenset(scope.split(" ")))


def _parameters(body: bytes, content_type: str | None) -> dict[str, str]:
    if (content_type or "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise TokenRefused("invalid_request", f"the body is to be {CONTENT_TYPE}")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as error:
        raise TokenRefused("invalid_request", "the body is malformed or has too many parameters") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise TokenRefused("invalid_request", "a parameter is repeated")
    # Section 3.2: a parameter without a value is one that was not sent, and unknown ones are ignored.
    return {name: value for name, value in pairs if value}


def _credentials(given: dict[str, str], authorization: list[str]) -> Credentials:
    if len(authorization) > 1:
        raise TokenRefused("invalid_request", "more than one Authorization header")
    if authorization:
        basic = _basic(authorization[0])
        if "client_secret" in given or given.get("client_id", basic.client_id) != basic.client_id:
            raise TokenRefused("invalid_request", "credentials are sent in one way only: header or body")
        return basic
    if "client_id" not in given or "client_secret" not in given:
        raise TokenRefused("invalid_client", "no client credentials: send them by HTTP Basic or in the body")
    return Credentials(given["client_id"], given["client_secret"])


def _basic(header: str) -> Credentials:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise TokenRefused("invalid_client", "the only Authorization scheme here is Basic")
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        if not colon:
            raise ValueError("no colon")
        # Section 2.3.1: both were encoded as form values before they were joined.
        return Credentials(unquote_plus(name, errors="strict"), unquote_plus(secret, errors="strict"))
    except (binascii.Error, ValueError) as error:
        raise TokenRefused("invalid_client", "malformed Basic credentials") from error

"""Requests: with a token that is renewed in time, tried again when that is of use, and errors as exceptions."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import httpx

from qingdan_client.errors import Unauthenticated, Unreachable, problem_of

# Answers after which the same request may succeed. A POST carries an idempotency key, so it has one effect at most.
PASSING = frozenset({429, 502, 503, 504})
# What has no effect, or one at most. Of anything else nobody knows after a lost answer whether it was done: a second
# attempt would be refused as if somebody else had done it.
REPEATABLE = frozenset({"GET", "POST"})
# Nothing was sent, or the server says that nothing was done: that can be tried again whatever it is.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
NOT_DONE = frozenset({429, 503})
MOST_ATTEMPTS = 5
# Seconds: half a one, one, two, ... and never more than this. Who is asked to wait for longer is told so.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
# A token is renewed before it ends: clocks differ, and a request takes its time.
RENEWED_BEFORE = 60.0


class Transport:
    """What all calls go through; threads may share it."""

    def __init__(
        self, http: httpx.Client, *, publish: str, catalog: str, credentials: tuple[str, str] | None, scope: str | None,
        sleep: Callable[[float], None] = time.sleep, now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._http = http
        self._publish, self._catalog = publish.rstrip("/"), catalog.rstrip("/")
        self._credentials, self._scope = credentials, scope
        self._sleep, self._now = sleep, now
        self._renewing = threading.Lock()
        self._token: str | None = None
        self._ends_at = 0.0

    def call(
        self, method: str, path: str, *, json: Any = None, params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, idempotency_key: str | None = None, known: bool = True,
    ) -> httpx.Response:  # fmt: skip
        """A request under `/publish/v1`; `known`: with a token.

        Raises
        ------
        Problem
            The API refused; the class tells how.
        Unreachable
            No answer. Of a PUT or a DELETE it is not known whether it was done: look, then ask again.
        """
        given = dict(headers or {})
        if method == "POST":
            given["Idempotency-Key"] = idempotency_key or str(uuid4())
        options = {"params": {name: value for name, value in (params or {}).items() if value is not None}}
        if json is not None:
            options["json"] = json
        url = f"{self._publish}/publish/v1{path}"
        answer = self._tried(method, url, headers=given, known=known, **options)
        if answer.status_code == 401 and known and self._credentials:
            self._refused(given["Authorization"])  # it was revoked, or the server's clock is another
            answer = self._tried(method, url, headers=given, known=known, **options)
        if not answer.is_success:
            raise problem_of(answer)
        return self._whole(method, answer, known)

    def _whole(self, method: str, answer: httpx.Response, known: bool) -> httpx.Response:
        """The answer, or what its Location shows: a long one is not kept for who asks a second time."""
        place = answer.headers.get("Location", "")
        if method != "POST" or answer.content or not place.startswith("/publish/v1/"):
            return answer
        return self.call("GET", place.removeprefix("/publish/v1"), known=known)

    def _tried(self, method: str, url: str, *, headers: dict[str, str], known: bool, **options: Any) -> httpx.Response:
        attempt = 0
        while True:
            attempt += 1
            if known:
                headers["Authorization"] = f"Bearer {self._bearer()}"
            try:
                answer = self._http.request(method, url, headers=headers, **options)
            except httpx.RequestError as error:
                again = isinstance(error, NOT_SENT) or (
                    method in REPEATABLE and isinstance(error, httpx.TransportError)
                )
                if attempt == MOST_ATTEMPTS or not again:
                    raise Unreachable(f"{method} {url}: {error}") from error
                self._sleep(pause(attempt, None, random.random()))
                continue
            asked = retry_after(answer.headers.get("Retry-After"), datetime.now(UTC))
            passing = answer.status_code in (PASSING if method in REPEATABLE else NOT_DONE) or (
                answer.status_code == 409 and asked is not None
            )
            if not passing or attempt == MOST_ATTEMPTS or (asked or 0.0) > LONGEST_PAUSE:
                return answer
            self._sleep(pause(attempt, asked, random.random()))

    def _refused(self, header: str) -> None:
        """A token is not accepted; another thread may have renewed it meanwhile."""
        with self._renewing:
            if header == f"Bearer {self._token}":
                self._token = None

    def _bearer(self) -> str:
        with self._renewing:
            if self._token is None or self._now() >= self._ends_at:
                self._token = self._renewed()
            return self._token

    def _renewed(self) -> str:
        if self._credentials is None:
            raise Unauthenticated(401, {"code": "no_credentials", "detail": "client_id and client_secret are needed"})
        data = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        answer = self._tried("POST", f"{self._catalog}/catalog/v1/oauth/token", headers={}, known=False, data=data,
                             auth=self._credentials)  # fmt: skip
        if not answer.is_success:
            raise problem_of(answer)
        told = answer.json()
        self._ends_at = self._now() + max(float(told.get("expires_in", 300)) - RENEWED_BEFORE, 1.0)
        return str(told["access_token"])


def pause(attempt: int, asked: float | None, chance: float) -> float:
    """Seconds to wait after an attempt (1: the first); `asked`: by Retry-After; `chance`: between 0 and 1."""
    grown: float = min(FIRST_PAUSE * 2 ** (attempt - 1), LONGEST_PAUSE) * (0.5 + chance / 2)
    return grown if asked is None else min(max(asked, grown), LONGEST_PAUSE)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for: a number or a date (RFC 9110); None when it does not."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return max((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds(), 0.0)

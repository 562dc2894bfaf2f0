"""Asks a service until it answers: the same request with the same Idempotency-Key, however often it is killed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from shared.system import System
from tests.faults.world import PASSWORD, Person

# A killed process is back within two seconds; the first tries are quick so that the answer is asked for at once.
PAUSE_FIRST, PAUSE_MOST = 0.05, 0.6
REQUEST_SECONDS = 20.0
# Bare 500s in a row after which a request is given up: the service is not away, it is broken.
MOST_BROKEN = 6
AWAY = frozenset({502, 503, 504})


@dataclass(frozen=True)
class Told:
    """What a client was told in the end. `status` is None when it gave up without an answer."""

    status: int | None
    body: Any = None
    attempts: int = 1
    # Errors before the answer, oldest first: what a retry has to survive.
    before: tuple[str, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there was an answer at all."""
        return self.status is not None

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return self.status is not None and self.status < 300

    @property
    def code(self) -> str:
        """The problem's code, if it is one."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


@dataclass
class Caller:
    """One client's way to the services."""

    system: System
    rng: random.Random
    deadline: float = float("inf")
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_keepalive_connections=4)
        self._http = httpx.AsyncClient(timeout=REQUEST_SECONDS, trust_env=False, limits=limits)
        self._tokens: dict[str, str] = {}

    async def close(self) -> None:
        """No more requests."""
        await self._http.aclose()

    def forget(self) -> None:
        """Sign in again: the services are others now."""
        self._tokens.clear()

    async def post(self, person: Person, path: str, body: Any, *, key: str, patience: float = 1.0) -> Told:
        """Send until answered.

        Parameters
        ----------
        patience
            Probability to go on after an error; 1 asks until the deadline.
        """
        return await self._until_answered("POST", person, path, body, {"Idempotency-Key": key}, patience)

    async def put(self, person: Person, path: str, body: Any, *, match: str) -> Told:
        """Send until answered; `match` is the version that is to be changed."""
        return await self._until_answered("PUT", person, path, body, {"If-Match": f'"{match}"'}, 1.0)

    async def get(self, person: Person | None, path: str) -> Told:
        """Read until answered."""
        return await self._until_answered("GET", person, path, None, {}, 1.0)

    async def _until_answered(
        self, method: str, person: Person | None, path: str, body: Any, headers: Mapping[str, str], patience: float
    ) -> Told:
        before: list[str] = []
        pause = PAUSE_FIRST
        while True:
            answer, trouble = await self._try(method, person, path, body, headers)
            if answer is not None:
                return Told(answer.status_code, _content(answer), len(before) + 1, tuple(before))
            before.append(trouble)
            broken = len(before) >= MOST_BROKEN and all(each.startswith("500") for each in before[-MOST_BROKEN:])
            if broken or self._now() > self.deadline or self.rng.random() > patience:
                return Told(None, None, len(before), tuple(before))
            await asyncio.sleep(pause * self.rng.uniform(0.5, 1.0))
            pause = min(pause * 2, PAUSE_MOST)

    async def _try(
        self, method: str, person: Person | None, path: str, body: Any, headers: Mapping[str, str]
    ) -> tuple[httpx.Response | None, str]:
        """One attempt: the answer, or why there is none."""
        try:
            token = {"Authorization": f"Bearer {await self._token(person)}"} if person else {}
            answer = await self._http.request(method, self._url(path), json=body, headers={**headers, **token})
        except httpx.TransportError as error:
            return None, type(error).__name__
        if answer.status_code == 401 and person:
            self._tokens.pop(person.login, None)
            return None, "401"
        if answer.status_code == 500:
            self.broken.append(f"{method} {path}: {answer.text[:300]}")
            return None, f"500 {answer.text[:200]}"
        if answer.status_code in AWAY or (answer.status_code == 409 and _content(answer).get("code") == "in_progress"):
            return None, str(answer.status_code)
        return answer, ""

    async def _token(self, person: Person) -> str:
        if person.login not in self._tokens:
            content = {"login": person.login, "password": PASSWORD}
            answer = await self._http.post(self._url("/catalog/v1/tokens"), json=content)
            if answer.status_code >= 300:
                raise httpx.TransportError(f"no token: {answer.status_code} {answer.text[:200]}")
            self._tokens[person.login] = answer.json()["access_token"]
        return self._tokens[person.login]

    def _url(self, path: str) -> str:
        return self.system.url(path.split("/")[1]) + path

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _content(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {}

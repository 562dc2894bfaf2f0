"""How often a caller may ask: a bucket a caller, kept in this process, so that nobody's haste is everybody's delay.

The generic cell rate algorithm (ITU-T I.371): of a caller only one instant is kept, the one at which the bucket is full
again. It is a courtesy among many, not a defence against an attack; that is the business of the network before it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil

from fastapi import FastAPI
from prometheus_client import Counter
from starlette.types import Receive, Scope, Send

from shared import problems
from shared.http.documents import problem_response

LIMITED = Counter("qingdan_requests_limited_total", "Requests refused because their caller asks too often", ["service"])
# Callers that are remembered at once: 10 MB. Beyond that, whoever has not asked for longest begins anew.
MOST_CALLERS = 65_536
# The platform of the installation itself asks for these.
_UNLIMITED = frozenset({"/healthz", "/readyz", "/metrics"})


class Rates:
    """The buckets of one process.

    Parameters
    ----------
    per_second : requests a caller may go on making.
    burst : requests a caller may make at once after a rest.
    """

    def __init__(self, per_second: float, burst: int, most: int = MOST_CALLERS) -> None:
        self._interval = 1.0 / per_second
        self._room = self._interval * burst
        self._most = most
        self._full_at: OrderedDict[bytes, float] = OrderedDict()

    def seconds_to_wait(self, caller: bytes, now: float) -> float:
        """0 when the caller may ask now, which counts; else how long the caller has to wait, which does not."""
        full_at = max(self._full_at.get(caller, now), now) + self._interval
        if (early := full_at - self._room - now) > 1e-9:
            return early
        self._full_at[caller] = full_at
        self._full_at.move_to_end(caller)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return 0.0


# The account or client whose token it is; None of one that is not ours.
AccountOf = Callable[[str], str | None]


def caller_of(scope: Scope, account_of: AccountOf) -> bytes:
    """Who asks: an account or client by its token, everybody else by address.

    A token is looked at before it counts: what is public asks nobody for one, and whoever makes up another with each
    request would have a bucket for each.
    """
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            account = account_of(token.strip()) if scheme.lower() == "bearer" else None
            if account is not None:
                return b"account " + account.encode()
    client = scope.get("client")
    return b"address " + (client[0] if client else "").encode()


def nobody(_token: str) -> str | None:
    """Every caller is counted by address."""
    return None


class Application(FastAPI):
    """FastAPI behind the buckets.

    Attributes
    ----------
    rates : None: nobody is limited.
    account_of : whose a token is.
    """

    rates: Rates | None = None
    account_of: AccountOf = staticmethod(nobody)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        if self.rates is None or scope["type"] != "http" or scope["path"] in _UNLIMITED:
            await self.answer(scope, receive, send)
            return
        wait = self.rates.seconds_to_wait(caller_of(scope, self.account_of), time.monotonic())
        if wait:
            LIMITED.labels(self.state.service).inc()
            await _refuse(scope, receive, send, wait)
            return
        await self.answer(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that is not one too many."""
        await super().__call__(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, wait: float) -> None:
    seconds = max(1, ceil(wait))
    problem = problems.TooMany(
        f"请求过于频繁，请在{seconds}秒后重试；持续需要更高频率的系统请向运维人员申请。",
        code="too_many_requests", headers={"Retry-After": str(seconds)},
    )  # fmt: skip
    await problem_response(problem, scope["path"])(scope, receive, send)

"""The lane of one subscription: keeps its endpoint busy, its items in order, and leaves it alone while it fails."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from services.publish.subscriptions import rules
from services.publish.subscriptions.rules import HEADERS, Verdict
from services.publish.subscriptions.sending.payloads import Payload, Payloads
from services.publish.subscriptions.sending.results import Request, Result, Results
from services.publish.subscriptions.window import Outstanding, Window
from shared import clock, telemetry
from shared.identifiers import new_id
from shared.ledger.failure import is_passing
from shared.webhook import signature
from shared.webhook.addresses import Network
from shared.webhook.certificates import Context
from shared.webhook.connection import Answer, NotDelivered
from shared.webhook.endpoint import Endpoint
from shared.webhook.signature import SigningKey
from shared.webhook.target import target

log = telemetry.get_logger(__name__)

# The database is away: what was to be sent is looked at again then.
PAUSE_SECONDS = 1.0
# A fault of ours would come back at once.
FAULT_SECONDS = 15.0
# Taken in at a time: what is next is held here, the rest waits in the database. More is taken in while so few are left
# that a fast endpoint would have to wait for it (1,000 a second; taking in takes some 10 ms).
TAKEN_IN = 200
FEW = TAKEN_IN // 2
# Versions and generations count from 0.
UNKNOWN = -1


@dataclass(frozen=True)
class Means:
    """What all lanes of a process share."""

    payloads: Payloads
    results: Results
    slots: asyncio.Semaphore
    hungry: Callable[[], None]
    allowed: Sequence[Network]
    disable: Callable[[UUID, str], None]
    park: Callable[[UUID, int, str, str], None]


@dataclass(frozen=True)
class Key:
    """A signing key, until when."""

    key: SigningKey
    valid_until: datetime | None


@dataclass(frozen=True)
class Way:
    """Where to send, what to sign with, how to connect, and how much at once at most.

    Attributes
    ----------
    interval : seconds between the beginnings of requests.
    """

    endpoint: str
    keys: Sequence[Key]
    context: Context
    concurrency: int
    interval: float


@dataclass
class _Attempt:
    """An attempt: when it began, and what was answered."""

    one: Outstanding
    began: float
    at: datetime
    request: Request | None = None
    answer: Answer | None = None
    error: str | None = None
    milliseconds: int = field(default=0)


class Lane:
    """Sends what is outstanding of one subscription.

    Attributes
    ----------
    seen : the highest sequence taken in.
    more : whether the database holds more that is outstanding.
    idle_since : when the window was last found empty.
    """

    def __init__(self, subscription_id: UUID, means: Means, window: Window) -> None:
        self.id = subscription_id
        self.window = window
        self.seen = 0
        self.more = False
        self.version = self.generation = UNKNOWN
        self.idle_since: float | None = None
        self._means = means
        self._way: Way | None = None
        # When the next request may begin.
        self._next_at = 0.0
        self._endpoint: Endpoint | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        # Rises with each success: an endpoint that has not answered yet cannot take more than one place of all.
        self._width = 1
        self._closed_at = 0.0
        self._starved = self._asked = False
        self._loop = asyncio.get_running_loop()
        self._runner: asyncio.Task[None] | None = None

    def is_closed(self, failures: int) -> bool:
        """Whether nothing is on its way and the endpoint is left alone for now, after so many failures."""
        window = self.window
        return not self.busy and 0 < window.failures == failures and window.opens_at > self._loop.time()

    @property
    def busy(self) -> bool:
        """Whether anything is on its way."""
        return bool(self._tasks)

    @property
    def wants(self) -> bool:
        """Whether it should take in more: little is left, or nothing of it may be sent now."""
        return len(self.window) - len(self.window.sent) < FEW or self._starved

    def configure(self, way: Way) -> None:
        """How to send from now on."""
        if self._endpoint is not None:
            self._endpoint.close()
        self._endpoint = Endpoint(target(way.endpoint), self._means.allowed, way.context)
        self._way, self._width = way, min(self._width, way.concurrency)
        if self._runner is None:
            self._runner = asyncio.create_task(self._run())

    def add(self, deliveries: Sequence[Outstanding]) -> None:
        """Take in what is outstanding."""
        self._starved = self._asked = False
        self.window.add(deliveries)
        self._wake.set()

    async def stop(self) -> None:
        """End; what is on its way is given up and will be sent again."""
        tasks = [*self._tasks, *([self._runner] if self._runner else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._endpoint is not None:
            self._endpoint.close()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._begin()
            at = None if len(self._tasks) >= self._width else self.window.next_at()
            try:
                async with asyncio.timeout_at(None if at is None else max(at, self._next_at)):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _begin(self) -> None:
        """Begin what may be sent now, and ask for more when that runs short."""
        assert self._way is not None
        while len(self._tasks) < self._width and self._next_at <= (now := self._loop.time()):
            one = self.window.take(now)
            if one is None:
                # One event that an endpoint cannot digest must not hide that others would show it to be well.
                self._starved = not self.window.failures or self.window.idle_items < FEW
                break
            # Counted from when it was due, for a timer that comes late must not make it slower than was asked for.
            self._next_at = max(self._next_at, now - self._way.interval) + self._way.interval
            task = asyncio.create_task(self._deliver(one))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        if self.more and self.wants and not self._asked:
            self._asked = True
            self._means.hungry()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def _deliver(self, one: Outstanding) -> None:
        try:
            async with self._means.slots:
                await self._attempt(one)
        except Exception as error:  # the database is away, or a fault of ours: nothing is known of the endpoint
            known = is_passing(error)
            log.warning("delivery will be tried again", error=str(error)[:300], exc_info=None if known else error)
            if one.sequence in self.window.sent:
                self.window.put_back(one.sequence, self._loop.time() + (PAUSE_SECONDS if known else FAULT_SECONDS))

    async def _attempt(self, one: Outstanding) -> None:
        attempt = _Attempt(one, time.perf_counter(), clock.now())
        try:
            payload = await self._means.payloads.get(self.id, one.sequence, one.feed_sequence)
        except NotDelivered as error:
            attempt.error = str(error)
            self._refused(attempt, Verdict.REFUSED, None)
            return
        try:
            attempt.answer = await self._post(attempt, payload)
        except NotDelivered as error:
            attempt.error = str(error)
        attempt.milliseconds = int((time.perf_counter() - attempt.began) * 1000)
        self._judge(attempt, payload)

    async def _post(self, attempt: _Attempt, payload: Payload) -> Answer:
        assert self._endpoint is not None
        assert self._way is not None
        now = clock.now()
        keys = [each.key for each in self._way.keys if each.valid_until is None or each.valid_until > now]
        signed = signature.headers(payload.id, now, payload.body, keys)
        attempt.request = Request(
            event_id=UUID(payload.id), signed_at=now, signatures=signature.cut(signed[-1][1]), size=len(payload.body),
            digest=sha256(payload.body).hexdigest(),
        )  # fmt: skip
        return await self._endpoint.post([*HEADERS, *signed], payload.body)

    def _judge(self, attempt: _Attempt, payload: Payload) -> None:
        answer = attempt.answer
        asked = rules.retry_after(answer.retry_after, clock.now()) if answer else None
        verdict = rules.judge(answer.status if answer else None, asked)
        telemetry.ATTEMPTS.labels(verdict.value).inc()
        if verdict is not Verdict.DELIVERED:
            self._refused(attempt, verdict, asked)
            return
        telemetry.RECEIPT.observe((clock.now() - payload.recorded_at).total_seconds())
        self.window.delivered(attempt.one.sequence)
        assert self._way is not None
        self._width = min(self._width * 2, self._way.concurrency)
        self._note(attempt, delivered=True)

    def _refused(self, attempt: _Attempt, verdict: Verdict, asked: float | None) -> None:
        """When to try again: this event, and with the endpoint everything."""
        one, now = attempt.one, self._loop.time()
        wait = rules.pause(one.attempts + 1, random.random())
        if attempt.answer is not None and attempt.error is None:
            attempt.error = f"answered {attempt.answer.status}"
        closes, ends = self._closes(verdict), verdict is Verdict.GONE
        # What was sent before the endpoint was found failing says nothing new.
        if closes and attempt.began >= self._closed_at:
            failures = self.window.failures + 1
            rest = rules.pause(failures, random.random())
            ends = ends or rest is None
            self._closed_at, self._width = time.perf_counter(), 1
            self.window.close(failures, now + max(asked or 0.0, rest or 0.0))
        if wait is None or ends:
            self._give_up(attempt, verdict, ends)
            wait = wait or float(rules.MOST_RETRY_AFTER)
        due = max(wait, asked or 0.0)
        self.window.failed(one.sequence, now + due)
        self._note(attempt, delivered=False, retry_at=clock.now() + timedelta(seconds=due))

    def _give_up(self, attempt: _Attempt, verdict: Verdict, ends: bool) -> None:
        """One event that a well endpoint never takes is put aside; an endpoint that takes none (`ends`) is disabled."""
        one, why = attempt.one, f"编号 {attempt.one.sequence}：{attempt.error}"
        reason = "对方答复 410，推送地址已停用" if verdict is Verdict.GONE else "约三天内多次推送均未成功"
        if one.feed_sequence and not ends:
            self._means.park(self.id, one.sequence, attempt.error or "", f"{reason}（{why}）")
        else:
            self._means.disable(self.id, f"{reason}（{why}）")

    def _closes(self, verdict: Verdict) -> bool:
        if verdict is Verdict.UNWELL:
            self.window.faults += 1
            return bool(self.window.failures) or self.window.faults >= rules.ENDPOINT_FAULTS
        return verdict in (Verdict.AWAY, Verdict.GONE)

    def _note(self, attempt: _Attempt, *, delivered: bool, retry_at: datetime | None = None) -> None:
        answer, opens = attempt.answer, None
        if self.window.failures:
            opens = clock.now() + timedelta(seconds=max(self.window.opens_at - self._loop.time(), 0.0))
        beginning = None if delivered or answer is None else rules.shown_answer(answer.beginning)
        self._means.results.add(
            Result(
                id=new_id(), subscription_id=self.id, sequence=attempt.one.sequence, at=attempt.at,
                queued_at=attempt.one.queued_at,
                delivered=delivered, milliseconds=attempt.milliseconds, status=answer.status if answer else None,
                error=attempt.error, answer=beginning, retry_at=retry_at, failures=self.window.failures,
                opens_at=opens, request=attempt.request,
                answer_headers=rules.shown_headers(answer.headers) if answer else None,
            )
        )  # fmt: skip

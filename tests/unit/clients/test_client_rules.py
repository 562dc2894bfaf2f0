"""The Python client by itself: pauses, tokens, keys of idempotency, typed errors, numbers that are missing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdan_client import (
    UNCHANGED,
    Client,
    Conflict,
    Invalid,
    Numbers,
    Problem,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreachable,
)
from qingdan_client.subscriptions import Subscriptions
from qingdan_client.transport import LONGEST_PAUSE, MOST_ATTEMPTS, Transport, pause, retry_after

Answer = Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers in turn, the last one for ever; and what it was asked."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []
        self.tokens = 0
        self.slept: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"token{self.tokens}", "expires_in": 900})
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def transport(self, now: Callable[[], float] = lambda: 0.0) -> Transport:
        return Transport(
            httpx.Client(transport=httpx.MockTransport(self)), publish="https://p.test/", catalog="https://c.test",
            credentials=("id", "secret"), scope=None, sleep=self.slept.append, now=now,
        )  # fmt: skip


OK = httpx.Response(200, json={})


def test_a_request_that_may_succeed_is_tried_again_under_the_same_key_and_after_what_was_asked_for() -> None:
    server = Server(
        httpx.ConnectError("no"), httpx.Response(503), httpx.Response(429, headers={"Retry-After": "7"}), OK
    )
    server.transport().call("POST", "/x", json={})
    assert len(server.asked) == 3 + 1
    assert len({request.headers["idempotency-key"] for request in server.asked}) == 1
    assert server.slept[2] == 7.0
    assert server.tokens == 1


def test_an_answer_that_was_too_long_to_be_kept_is_read_where_it_lies() -> None:
    place = {"Location": "/publish/v1/subscriptions/7"}
    server = Server(httpx.Response(502), httpx.Response(201, headers=place), httpx.Response(200, json={"id": "7"}))
    assert server.transport().call("POST", "/subscriptions", json={}).json() == {"id": "7"}
    assert [(one.method, one.url.path) for one in server.asked][-1] == ("GET", place["Location"])


def test_in_the_end_it_says_so() -> None:
    gone = Server(httpx.ReadTimeout("no"))
    with pytest.raises(Unreachable):
        gone.transport().call("GET", "/x")
    busy = Server(httpx.Response(503, text="<html>"))
    with pytest.raises(Unavailable) as raised:
        busy.transport().call("GET", "/x")
    assert (raised.value.status, raised.value.code) == (503, "unknown")
    assert len(gone.asked) == len(busy.asked) == MOST_ATTEMPTS


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_may_have_been_done_is_not_done_again_behind_the_callers_back(method: str) -> None:
    """The second attempt would be told 412 or 404, as if somebody else had been first."""
    for lost in (httpx.ReadTimeout("no"), httpx.RemoteProtocolError("no")):
        server = Server(lost, httpx.Response(412, json={}))
        with pytest.raises(Unreachable):
            server.transport().call(method, "/x", json={})
        assert len(server.asked) == 1
    server = Server(httpx.Response(504), httpx.Response(412, json={}))
    with pytest.raises(Unavailable):
        server.transport().call(method, "/x", json={})
    server = Server(httpx.ConnectError("no"), httpx.Response(503), OK)
    assert server.transport().call(method, "/x", json={}).status_code == 200


def test_who_is_asked_to_wait_for_long_is_told_instead_of_asking_too_early() -> None:
    server = Server(httpx.Response(429, headers={"Retry-After": "120"}, json={}), OK)
    with pytest.raises(TooMany) as raised:
        server.transport().call("GET", "/x")
    assert (raised.value.retry_after, len(server.asked), server.slept) == ("120", 1, [])


def test_threads_share_a_token_and_renew_it_once() -> None:
    server, ready = Server(OK), threading.Barrier(8)
    transport = server.transport()

    def slow(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            time.sleep(0.05)  # the others come meanwhile
        return server(request)

    transport._http = httpx.Client(transport=httpx.MockTransport(slow))

    def ask() -> None:
        ready.wait(10)
        transport.call("GET", "/x")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.tokens, len(server.asked)) == (1, 8)


def test_a_change_leaves_what_is_not_given_and_clears_what_is_given_as_none() -> None:
    way = {"ordering": "item", "requests_per_second": 50, "concurrency": None, "client_certificate": "kiosk",
           "authority": None}  # fmt: skip
    stored = {"name": "一体机", "endpoint": "https://kiosk.test/hooks", "filter": {"kinds": ["permit"]}, **way}
    told = {"id": "1", "state": "active", "version": 3, "last_sequence": 0, "outstanding": 0, "parked": 0}
    server = Server(httpx.Response(200, json=stored | told))
    mine = Subscriptions(server.transport())
    known = mine.get("1")

    def sent(**given: Any) -> dict[str, Any]:
        mine.update(known, **given)
        assert server.asked[-1].headers["if-match"] == '"3"'
        body: dict[str, Any] = json.loads(server.asked[-1].content)
        return body

    assert sent() == sent(endpoint=UNCHANGED) == stored
    assert sent(endpoint=None) == stored | {"endpoint": None}
    assert sent(filter=None) == sent(filter={}) == stored | {"filter": {}}
    assert sent(name="新", way={"client_certificate": None}) == stored | {"name": "新", "client_certificate": None}


def test_a_refusal_is_not_tried_again_and_says_where() -> None:
    told = {"code": "filter_unknown", "detail": "有误", "errors": [{"pointer": "/a", "code": "c", "message": "m"}]}
    server = Server(httpx.Response(422, json=told))
    with pytest.raises(Invalid, match="filter_unknown") as raised:
        server.transport().call("POST", "/x")
    assert raised.value.errors[0].pointer == "/a"
    server = Server(httpx.Response(409, json={"code": "window_full"}))
    with pytest.raises(Conflict):
        server.transport().call("POST", "/x")
    assert len(server.asked) == 1
    server = Server(httpx.Response(418, json=[]))
    with pytest.raises(Problem, match="418"):
        server.transport().call("GET", "/x")


def test_a_token_is_renewed_before_it_ends_and_once_when_it_is_not_accepted() -> None:
    time = [0.0]
    server = Server(OK)
    transport = server.transport(lambda: time[0])
    for at in (0.0, 839.0, 841.0):
        time[0] = at
        transport.call("GET", "/x")
    assert [request.headers["authorization"] for request in server.asked] == [
        "Bearer token1", "Bearer token1", "Bearer token2",
    ]  # fmt: skip
    server = Server(httpx.Response(401, json={"code": "token_invalid"}))
    with pytest.raises(Unauthenticated):
        server.transport().call("GET", "/x")
    assert (len(server.asked), server.tokens) == (2, 2)


def test_without_credentials_only_what_is_public_can_be_read() -> None:
    server = Server(httpx.Response(200, content=b"[]", headers={"Qingdan-Next": "0"}))
    with Client("https://p.test", transport=httpx.MockTransport(server)) as client:
        assert list(client.feed()) == []
        assert "authorization" not in server.asked[0].headers
        with pytest.raises(Unauthenticated, match="no_credentials"):
            client.subscriptions.get("x")


def test_the_feed_is_read_page_by_page_to_its_end_and_followed_when_asked_to() -> None:
    def event(number: int) -> dict[str, object]:
        return {"specversion": "1.0", "id": str(number), "type": "t", "source": "/", "sequence": f"{number:020d}",
                "time": "2026-03-02T09:00:00+08:00"}  # fmt: skip

    def page(*numbers: int, following: int) -> httpx.Response:
        content = json.dumps([event(number) for number in numbers])
        return httpx.Response(200, content=content, headers={"Qingdan-Next": str(following)})

    server = Server(page(3, 4, following=4), page(5, following=5), page(following=5))
    with Client("https://p.test", transport=httpx.MockTransport(server)) as client:
        assert [one.sequence for one in client.feed(2)] == [3, 4, 5]
        assert [request.url.params["after"] for request in server.asked] == ["2", "4", "5"]
        server.answers = [page(following=5), page(6, following=6)]
        assert next(client.feed(5, follow=True)).sequence == 6
        assert server.asked[-1].url.params["wait"] == "20"


@given(st.integers(1, 20), st.none() | st.floats(0, 1e6), st.floats(0, 1))
def test_pauses_are_bounded_and_never_shorter_than_asked_for_within_the_bound(
    attempt: int, asked: float | None, chance: float
) -> None:
    found = pause(attempt, asked, chance)
    assert 0 < found <= LONGEST_PAUSE
    assert asked is None or found >= min(asked, LONGEST_PAUSE)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("7", 7.0), (" 7 ", 7.0), ("soon", None), ("Mon, 02 Mar 2026 08:00:30 GMT", 30.0),
     ("Mon, 02 Mar 2026 07:00:00 GMT", 0.0), ("-7", None)],
)  # fmt: skip
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, datetime(2026, 3, 2, 8, tzinfo=UTC)) == seconds


@given(st.lists(st.integers(1, 30)))
def test_what_is_missing_is_what_has_not_come(came: list[int]) -> None:
    numbers = Numbers()
    for place, number in enumerate(came):
        assert numbers.note(number) == (number not in came[:place])
    missing = {each for first, last in numbers.missing() for each in range(first, last + 1)}
    assert missing == set(range(1, max(came, default=0) + 1)) - set(came)
    assert not missing or numbers.complete_up_to == min(missing) - 1
    again = Numbers(numbers.complete_up_to, numbers.beyond)
    assert (again.missing(), again.complete_up_to) == (numbers.missing(), numbers.complete_up_to)
    again.forget_after(5)
    assert again.complete_up_to <= 5
    assert all(number <= 5 for number in again.beyond)

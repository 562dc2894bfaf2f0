"""How often callers may ask: each on its own account, forgiven with time, and no made-up token helps."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import problems
from shared.http import documents
from shared.http.rates import Application, Rates


def application(per_second: float, burst: int) -> Application:
    """A service with one route that is free and one that wants a token."""
    app = Application()
    app.state.service = "publish"
    app.add_exception_handler(problems.Problem, documents.on_problem)
    app.rates = Rates(per_second, burst)

    @app.get("/free")
    def free() -> str:
        return "ok"

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/staff")
    def staff() -> str:
        raise problems.Unauthenticated("令牌无效，请重新登录。")

    return app


def caller(app: Application, address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app, client=(address, 1)), base_url="http://x")


async def test_who_asks_too_often_is_told_when_to_come_back_and_others_notice_nothing() -> None:
    app = application(0.5, 3)
    async with caller(app, "198.51.100.1") as hasty, caller(app, "198.51.100.2") as other:
        assert [(await hasty.get("/free")).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        refused = await hasty.get("/free")
        assert refused.headers["content-type"] == "application/problem+json"
        assert (refused.json()["code"], refused.headers["retry-after"]) == ("too_many_requests", "2")
        assert "秒后重试" in refused.json()["detail"]
        assert (await other.get("/free")).status_code == 200
        assert (await hasty.get("/healthz")).status_code == 200, "whoever watches the installation is never refused"


async def test_made_up_tokens_are_counted_for_their_address_and_good_ones_for_their_account() -> None:
    app = application(0.5, 3)
    app.account_of = {"good": "account:1", "renewed": "account:1", "other": "account:2"}.get
    for path, answered in (("/staff", 401), ("/free", 200)):  # what is public asks nobody for a token
        async with caller(app, f"198.51.100.{answered}") as hasty:
            invented = [await hasty.get(path, headers={"Authorization": f"Bearer {n}"}) for n in range(5)]
            assert [answer.status_code for answer in invented] == [answered, answered, answered, 429, 429]
            for scheme, token, status in (("Basic", "good", 429), ("Bearer", "other", 200)):
                answer = await hasty.get("/free", headers={"Authorization": f"{scheme} {token}"})
                assert answer.status_code == status, "a good token does not suffer for its neighbours"
    async with caller(app, "198.51.100.3") as office:
        tokens = ("good", "renewed", "good", "renewed")
        answers = [await office.get("/free", headers={"Authorization": f"bearer {token}"}) for token in tokens]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429], "one account, one bucket"
        assert (await office.get("/free")).status_code == 200


@given(st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=60))
def test_nobody_gets_more_than_the_burst_and_what_time_gives(pauses: list[float]) -> None:
    rates, now, taken, asked_at = Rates(2.0, 5), 0.0, 0, []
    for pause in pauses:
        now += pause
        asked_at.append(now)
        wait = rates.seconds_to_wait(b"x", now)
        assert 0 <= wait <= 0.5 + 1e-9, "the next place is never further away than one interval"
        taken += wait == 0
    assert taken <= 5 + 2.0 * (asked_at[-1] - asked_at[0]) + 1e-6


def test_the_memory_of_callers_is_bounded() -> None:
    rates = Rates(1.0, 1, most=10)
    for number in range(1000):
        assert rates.seconds_to_wait(b"%d" % number, 0.0) == 0
    assert len(rates._full_at) == 10
    assert rates.seconds_to_wait(b"999", 0.0) == pytest.approx(1.0)

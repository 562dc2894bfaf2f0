"""A query may name what the route knows, and nothing else: an answer to another question misleads."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings
from tests.shared.service_under_test import NOTES, bearer, problem, serving, token


@pytest_asyncio.fixture(scope="module")
async def client(configured: Settings, owner: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(configured) as (_, client):
        client.headers = httpx.Headers(bearer(token(configured)))
        yield client


async def test_a_parameter_nobody_knows_is_refused_with_those_there_are(client: httpx.AsyncClient) -> None:
    document = problem(await client.get(f"{NOTES}?limit=5&Limit=6&at=2026-01-01"), 422, "unknown_parameter")
    assert [place["pointer"] for place in document["errors"]] == ["query/Limit", "query/at"]
    assert "可用的参数：after、" in document["errors"][0]["message"]
    nothing = problem(await client.put(f"{NOTES}/1?dry_run=1", json={"title": "a"}), 422, "unknown_parameter")
    assert "不接受查询参数" in nothing["detail"]


async def test_what_gets_past_a_cache_or_decorates_a_link_is_passed_over(client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{NOTES}?_=1795392000000")).status_code == 200
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert (await client.get(f"{NOTES}?from=timeline&isappinstalled=0", headers=browser)).status_code == 200
    followed = {"Accept": "*/*", "Sec-Fetch-Mode": "navigate"}
    assert (await client.get(f"{NOTES}?from=timeline", headers=followed)).status_code == 200
    problem(await client.get(f"{NOTES}?from=timeline"), 422, "unknown_parameter")


async def test_a_program_that_would_take_a_page_too_is_no_browser(client: httpx.AsyncClient) -> None:
    java = {"Accept": "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"}
    problem(await client.get(f"{NOTES}?from=timeline", headers=java), 422, "unknown_parameter")


async def test_a_parameter_given_twice_is_refused_where_one_counts(client: httpx.AsyncClient) -> None:
    document = problem(await client.get(f"{NOTES}?q=a&q=b&after=1&limit=5&limit=5"), 422, "repeated_parameter")
    assert [place["pointer"] for place in document["errors"]] == ["query/q", "query/limit"]
    assert "只能出现一次" in document["detail"]
    assert (await client.get(f"{NOTES}?q=a&kind=power&kind=permit&_=1&_=2")).status_code == 200


async def test_an_unknown_parameter_says_nothing_to_who_has_a_bad_token(client: httpx.AsyncClient) -> None:
    refused = await client.get(f"{NOTES}?at=1", headers={"Authorization": "Bearer none"})
    problem(refused, 401)


async def test_a_field_nobody_knows_is_refused_with_those_there_are(client: httpx.AsyncClient) -> None:
    document = problem(await client.post(NOTES, json={"titel": "a", "title": "b"}), 422, "invalid")
    assert document["errors"][0] == {
        "pointer": "/titel", "code": "extra_forbidden", "message": "不认识的字段；可用的字段：title、number、elements",
    }  # fmt: skip

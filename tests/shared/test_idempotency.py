"""Idempotency-Key: a request that is sent twice has its effect once and gets the same answer."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from shared.http.idempotency import LARGEST_BODY, fingerprint
from shared.settings import Settings
from tests.shared.room import execute, scalar, until
from tests.shared.service_under_test import NOTES, bearer, serving, token


@pytest_asyncio.fixture(scope="module")
async def service(configured: Settings, owner: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(configured) as (_, client):
        yield client


@pytest.fixture
def client(service: httpx.AsyncClient, configured: Settings) -> httpx.AsyncClient:
    service.headers = httpx.Headers(bearer(token(configured)))
    return service


async def write(client: httpx.AsyncClient, key: str, title: str = "a", query: str = "", **headers: str) -> Any:
    return await client.post(f"{NOTES}{query}", json={"title": title}, headers={"Idempotency-Key": key, **headers})


async def told(engine: AsyncEngine) -> int:
    return int(await scalar(engine, "SELECT count(*) FROM qingdan.event WHERE type = 'note.written'"))


async def test_the_second_sending_gets_the_first_answer_and_has_no_effect(
    client: httpx.AsyncClient, catalog: AsyncEngine
) -> None:
    before, key = await told(catalog), uuid4().hex
    first, second = await write(client, key), await write(client, key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    for name in ("location", "etag", "content-type"):
        assert second.headers[name] == first.headers[name]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert await told(catalog) == before + 1


async def test_without_a_key_every_sending_counts(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before = await told(catalog)
    for _ in range(2):
        await client.post(NOTES, json={"title": "a"})
    assert await told(catalog) == before + 2


async def test_the_key_of_another_request_is_refused(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before, key = await told(catalog), uuid4().hex
    await write(client, key)
    for title, query in (("b", ""), ("a", "?size=1")):
        response = await write(client, key, title, query)
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert await told(catalog) == before + 1


async def test_keys_belong_to_their_client_and_their_operation(
    client: httpx.AsyncClient, catalog: AsyncEngine, configured: Settings
) -> None:
    before, key = await told(catalog), uuid4().hex
    await write(client, key)
    await write(client, key, Authorization=bearer(token(configured))["Authorization"])
    assert await told(catalog) == before + 2


async def test_many_sendings_at_once_have_one_effect(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before, key = await told(catalog), uuid4().hex
    responses = await asyncio.gather(*(write(client, key) for _ in range(12)))
    assert {response.status_code for response in responses} <= {201, 409}
    for response in responses:
        if response.status_code == 409:
            assert response.json()["code"] == "in_progress"
            assert response.headers["retry-after"] == "1"
    assert len({response.content for response in responses if response.status_code == 201}) == 1
    assert await told(catalog) == before + 1


async def test_while_the_first_is_at_work_the_second_is_told_to_wait(
    client: httpx.AsyncClient, catalog: AsyncEngine
) -> None:
    key = uuid4().hex
    async with catalog.begin() as held:
        # The append of the first waits for the head of the log, which we hold.
        await held.exec_driver_sql("SELECT 1 FROM qingdan.log_head FOR UPDATE")
        first = asyncio.create_task(write(client, key))
        await until(lambda: scalar(catalog, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
        second = await write(client, key)
    assert (second.status_code, second.json()["code"]) == (409, "in_progress")
    assert (await first).status_code == 201
    assert (await write(client, key)).content == (await first).content


@pytest.mark.parametrize("query", ["?state=refused", "?state=forbidden", "?size=x"])
async def test_a_refusal_is_not_kept_and_the_key_stays_free(
    client: httpx.AsyncClient, catalog: AsyncEngine, query: str
) -> None:
    before, key = await told(catalog), uuid4().hex
    for _ in range(2):
        response = await write(client, key, query=query)
        assert response.status_code in (403, 409, 422)
        assert "idempotency-replayed" not in response.headers
    assert (await write(client, key)).status_code == 201
    assert await told(catalog) == before + 1


async def test_a_decided_conflict_is_kept(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before, key = await told(catalog), uuid4().hex
    first, second = [await write(client, key, query="?state=decided") for _ in range(2)]
    assert (first.status_code, second.status_code) == (409, 409)
    assert second.content == first.content
    assert second.headers["content-type"] == "application/problem+json"
    assert await told(catalog) == before + 1


async def test_of_a_large_answer_only_its_place_is_kept(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before, key = await told(catalog), uuid4().hex
    query = f"?size={LARGEST_BODY}"
    first, second = await write(client, key, query=query), await write(client, key, query=query)
    assert len(first.content) > LARGEST_BODY
    assert (second.status_code, second.content) == (201, b"")
    assert second.headers["location"] == first.headers["location"]
    assert "content-type" not in second.headers
    assert await told(catalog) == before + 1


@pytest.mark.parametrize("key", ["", "x" * 201, "键", "a\x01b"])
async def test_a_key_that_is_none_is_refused(client: httpx.AsyncClient, catalog: AsyncEngine, key: str) -> None:
    before = await told(catalog)
    response = await client.post(NOTES, json={"title": "a"}, headers=[(b"Idempotency-Key", key.encode())])
    assert (response.status_code, response.json()["code"]) == (422, "bad_idempotency_key")
    assert response.json()["errors"][0]["pointer"] == "header/Idempotency-Key"
    assert await told(catalog) == before


async def test_who_is_not_signed_in_learns_nothing_from_a_key(client: httpx.AsyncClient) -> None:
    key = uuid4().hex
    await write(client, key)
    client.headers = httpx.Headers()
    assert (await write(client, key)).status_code == 401
    assert (await write(client, key, Authorization="Bearer x")).status_code == 401


async def test_an_answer_is_kept_for_seven_days(
    client: httpx.AsyncClient, catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    before, key = await told(catalog), uuid4().hex
    await write(client, key)
    older = (
        "CREATE TABLE qingdan.idempotency_older PARTITION OF qingdan.idempotency"
        " FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')"
    )
    await execute(owner, older)
    await execute(owner, "UPDATE qingdan.idempotency SET day = '2000-06-01' WHERE key = :key", key=key)
    assert "idempotency-replayed" not in (await write(client, key)).headers
    assert await told(catalog) == before + 2


def test_a_form_that_is_sent_again_with_another_boundary_is_the_same_request() -> None:
    def asked(boundary: str, value: str = "a", query: str = "") -> bytes:
        content_type = f"multipart/form-data; boundary={boundary}".encode()
        scope = {"type": "http", "method": "POST", "path": "/x", "query_string": query.encode(),
                 "headers": [(b"content-type", content_type), (b"host", b"t")]}  # fmt: skip
        return fingerprint(Request(scope), f"--{boundary}\r\n\r\n{value}\r\n--{boundary}--".encode())

    assert asked("one") == asked("two")
    assert len({asked("one"), asked("one", "b"), asked("one", query="dry_run=true")}) == 3

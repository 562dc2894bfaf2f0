"""The HTTP frame: bad input gets a problem document that names the place, and never a 500."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import clock
from shared.settings import Settings
from tests.shared.room import scalar
from tests.shared.service_under_test import NOTES, bearer, problem, serving, token

JSON = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(scope="module")
async def running(configured: Settings, owner: AsyncEngine) -> AsyncIterator[tuple[FastAPI, httpx.AsyncClient]]:
    async with serving(configured) as running:
        yield running


@pytest.fixture
def client(running: tuple[FastAPI, httpx.AsyncClient], configured: Settings) -> httpx.AsyncClient:
    running[1].headers = httpx.Headers(bearer(token(configured)))
    return running[1]


async def told(engine: AsyncEngine, kind: str = "note.written") -> int:
    return int(await scalar(engine, "SELECT count(*) FROM qingdan.event WHERE type = :kind", kind=kind))


async def test_a_good_request_is_answered_with_its_effect(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before = await told(catalog)
    response = await client.post(NOTES, json={"title": "登记"}, headers={"X-Request-Id": "from-the-gateway:1"})
    assert (response.status_code, response.headers["etag"]) == (201, '"1"')
    assert response.headers["location"].startswith(NOTES)
    assert response.headers["x-request-id"] == "from-the-gateway:1"
    assert await told(catalog) == before + 1
    found = await scalar(
        catalog, "SELECT request_id FROM qingdan.event WHERE type = 'note.written' ORDER BY position DESC"
    )
    assert found == "from-the-gateway:1"


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        (b"", 422, "invalid", ""),
        (b"{", 400, "malformed_json", None),
        (b"\xff\xfe", 400, "malformed_json", None),
        (b'{"title": NaN}', 400, "malformed_json", None),
        (b'{"title": "\\ud800"}', 400, "malformed_json", None),
        (b'{"\\udfff": 1}', 400, "malformed_json", None),
        (b"[" * 100_000, 400, "malformed_json", None),
        (b'{"title":' + b"[" * 400 + b"]" * 400 + b"}", 422, "too_deep", None),
        (b'{"title": "a", "elements": {"a": ' + b'{"a":' * 300 + b"1" + b"}" * 302, 422, "too_deep", None),
        (b"null", 422, "invalid", ""),
        (b"[]", 422, "invalid", ""),
        (b"{}", 422, "invalid", "/title"),
        (b'{"title": 1}', 422, "invalid", "/title"),
        (b'{"title": "a", "number": "x"}', 422, "invalid", "/number"),
        (b'{"title": "a", "a/b~c": 1}', 422, "invalid", "/a~1b~0c"),
        (b'{"title": "a\\u0000b"}', 422, "bad_character", "/title"),
        (b'{"title": "a", "elements": {"x": ["\\u0000"]}}', 422, "bad_character", "/elements/x/0"),
        (b'{"title": "a", "elements": {"\\u0000": 1}}', 422, "bad_character", "/elements/\u2400"),
        (b'{"title": "a", "number": 9223372036854775808}', 422, "value_out_of_range", None),
        (b'{"title": "a", "number": ' + b"9" * 5_000 + b"}", 400, None, None),
        (b'{"title": "a", "number": 1e400}', 400, "malformed_json", None),
        (b'{"title": "' + "长".encode() * 101 + b'"}', 422, "invalid", "/title"),
    ],
)
async def test_a_body_that_cannot_be_taken_is_refused_with_its_place(
    client: httpx.AsyncClient, catalog: AsyncEngine, body: bytes, status: int, code: str, pointer: str | None
) -> None:
    before = await told(catalog)
    document = problem(await client.post(NOTES, content=body, headers=JSON), status, code)
    if pointer is not None:
        assert pointer in [entry["pointer"] for entry in document["errors"]]
    assert await told(catalog) == before, "nothing may be half-written"


async def test_huge_numbers_inside_free_elements_do_no_harm(client: httpx.AsyncClient) -> None:
    body = b'{"title": "a", "elements": {"visits": 1' + b"0" * 30 + b"}}"
    assert (await client.post(NOTES, content=body, headers=JSON)).status_code == 201


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "application/xml", "nonsense", ""])
async def test_another_content_type_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    document = problem(await client.post(NOTES, content=b'{"title": "a"}', headers={"Content-Type": kind}), 415)
    assert "application/json" in document["detail"]


async def test_a_thousand_errors_are_answered_with_a_hundred(client: httpx.AsyncClient) -> None:
    document = problem(await client.post(NOTES, json={"title": "a", **{f"x{n}": 1 for n in range(1_000)}}), 422)
    assert len(document["errors"]) == 100
    assert "1000" in document["detail"]


@pytest.mark.parametrize(
    "query",
    ["after=x", f"after={10**30}", f"after={'9' * 5_000}", "limit=0", "limit=201", "q=%00", "q=a%00b",
     "cursor=x", "cursor=WyJcdTAwMDAiLDFd", "cursor=W10", "cursor=%F0%9F%98%80", "cursor=" + "A" * 3_000],
)  # fmt: skip
async def test_bad_parameters_are_refused(client: httpx.AsyncClient, query: str) -> None:
    problem(await client.get(f"{NOTES}?{query}"), 422)


@pytest.mark.parametrize("query", ["q=%ED%A0%80", "q=%FF", "q=%C0%80", "q=" + "%E9%95%BF" * 500, "q=a&q=b", "%00=1&"])
async def test_odd_text_in_parameters_never_breaks_anything(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"{NOTES}?{query}")).status_code in (200, 422)


@pytest.mark.parametrize("path", ["x", "%00", "a%00b", "%FF", "%ED%A0%80", "..%2f..", "9" * 2_000, "%E9%95%BF"])
async def test_bad_paths_are_refused(client: httpx.AsyncClient, path: str) -> None:
    response = await client.put(f"{NOTES}/{path}", json={"title": "a"}, headers={"If-Match": '"3"'})
    assert response.status_code in (404, 422)
    problem(response, response.status_code)


@pytest.mark.parametrize("name", ["If-Match", "Idempotency-Key", "X-Request-Id", "Accept", "Authorization"])
@pytest.mark.parametrize("value", [b"\xff\xfe", b"\x01", b"x" * 10_000, b"", "清单".encode()])
async def test_odd_headers_never_break_anything(client: httpx.AsyncClient, name: str, value: bytes) -> None:
    response = await client.post(NOTES, json={"title": "a"}, headers=[(name.encode(), value)])
    assert response.status_code in (201, 401, 422), response.text


async def test_what_is_not_there_and_what_is_not_offered(client: httpx.AsyncClient) -> None:
    problem(await client.get("/catalog/v1/nowhere"), 404, "not_found")
    problem(await client.get(f"{NOTES}/"), 404, "not_found")
    for method in ("DELETE", "PATCH", "OPTIONS", "TRACE"):
        problem(await client.request(method, NOTES), 405, "method_not_allowed")
    assert (await client.head(NOTES)).status_code == 405


async def test_a_body_over_the_limit_is_refused_announced_or_not(
    client: httpx.AsyncClient, configured: Settings
) -> None:
    large = b'{"title": "' + b"x" * configured.body_limit + b'"}'
    problem(await client.post(NOTES, content=large, headers=JSON), 413, "too_large")

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    problem(await client.post(NOTES, content=pieces(), headers=JSON), 413, "too_large")
    problem(await client.post(NOTES, content=pieces(), headers={**JSON, "Idempotency-Key": "large"}), 413, "too_large")
    problem(await client.post(NOTES, content=b"{}", headers={**JSON, "Content-Length": "-5"}), 400)


@pytest.mark.req("ZL-46")
async def test_nobody_writes_without_signing_in(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before = await told(catalog)
    client.headers = httpx.Headers()
    document = problem(await client.post(NOTES, json={"title": "a"}), 401, "unauthenticated")
    assert "登录" in document["detail"]
    for value in ("Basic YTpi", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Token x"):
        response = await client.post(NOTES, json={"title": "a"}, headers={"Authorization": value})
        problem(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert (await client.get(NOTES)).status_code == 200
    assert await told(catalog) == before


async def test_an_expired_token_is_refused(client: httpx.AsyncClient, configured: Settings) -> None:
    old = token(configured, now=clock.now() - timedelta(minutes=16))
    problem(await client.post(NOTES, json={"title": "a"}, headers=bearer(old)), 401)


async def test_a_missing_role_is_named(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before = await told(catalog)
    document = problem(await client.post(f"{NOTES}?state=forbidden", json={"title": "a"}), 403)
    assert (document["role"], document["region"]) == ("administrator", "440000000000")
    assert "系统管理员" in document["detail"]
    assert await told(catalog) == before


async def test_a_change_needs_the_current_version(client: httpx.AsyncClient) -> None:
    url = f"{NOTES}/01890a5d-ac96-774b-bcce-b302099a8057"
    assert problem(await client.put(url, json={"title": "a"}), 428)["current"] == '"3"'
    stale = await client.put(url, json={"title": "a"}, headers={"If-Match": '"2"'})
    assert problem(stale, 412)["current"] == '"3"'
    response = await client.put(url, json={"title": "a"}, headers={"If-Match": '"3"'})
    assert (response.status_code, response.headers["etag"]) == (200, '"4"')


async def test_an_illegal_transition_names_the_legal_ones(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before = await told(catalog)
    document = problem(await client.post(f"{NOTES}?state=refused", json={"title": "a"}), 409, "illegal_transition")
    assert document["allowed"] == ["withdraw"]
    assert await told(catalog) == before


async def test_a_decided_conflict_keeps_its_effect(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before = await told(catalog)
    problem(await client.post(f"{NOTES}?state=decided", json={"title": "a"}), 409, "adjustment_conflict")
    assert await told(catalog) == before + 1


async def test_an_error_of_ours_tells_nothing_but_a_number(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    response = await client.post(f"{NOTES}/breaks", headers={"X-Request-Id": "number-7"})
    document = problem(response, 500, "internal_error")
    assert "number-7" in document["detail"]
    assert response.headers["x-request-id"] == "number-7"
    assert "secret" not in response.text
    assert await told(catalog, "note.broken") == 0


@pytest.mark.parametrize(("how", "status"), [("connection", 503), ("timeout", 503), ("duplicate", 409)])
async def test_trouble_with_the_database_is_told_as_what_it_is(
    client: httpx.AsyncClient, catalog: AsyncEngine, how: str, status: int
) -> None:
    response = await client.post(f"{NOTES}/breaks?how={how}")
    problem(response, status)
    assert (response.headers.get("retry-after") == "1") is (status == 503)
    assert await told(catalog, "note.broken") == 0
    assert (await client.get(NOTES)).status_code == 200, "the next request must find a working connection"


async def test_a_get_cannot_write(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    await client.get(f"{NOTES}/writes")
    assert await told(catalog, "note.read") == 0
    assert (await client.post(NOTES, json={"title": "a"})).status_code == 201, "the connection must be writable again"


async def test_a_database_that_is_away_is_503_everywhere(configured: Settings) -> None:
    away = configured.model_copy(update={"database_url": "postgresql://nobody:x@127.0.0.1:1/nothing"})
    async with serving(away) as (_, client):
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        problem(await client.get(NOTES), 503)
        problem(await client.post(NOTES, json={"title": "a"}, headers=bearer(token(configured))), 503)


async def test_it_says_whether_it_is_ready(client: httpx.AsyncClient) -> None:
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"], ready.json()["warnings"]) == (200, "ready", [])


async def test_what_clients_invent_makes_no_time_series(client: httpx.AsyncClient) -> None:
    for number in range(5):
        await client.request(f"METHOD{number}", f"/catalog/v1/invented/{number}")
        await client.put(f"{NOTES}/01890a5d-ac96-774b-bcce-b302099a805{number}", json={"title": "a"})
    metrics = (await client.get("/metrics")).text
    assert 'route="/catalog/v1/notes/{note_id}"' in metrics
    assert 'method="other"' in metrics
    for word in ("METHOD", "invented", "01890a5d"):
        assert word not in metrics


async def test_every_operation_documents_its_problems(client: httpx.AsyncClient) -> None:
    document = (await client.get("/catalog/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["operationId"], (path, method)
            wanted = {"400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"}
            assert wanted <= operation["responses"].keys()
    assert "ProblemDocument" in document["components"]["schemas"]


async def test_many_requests_at_once_share_the_pool(client: httpx.AsyncClient, catalog: AsyncEngine) -> None:
    before = await told(catalog)
    responses = await asyncio.gather(*(client.post(NOTES, json={"title": str(n)}) for n in range(60)))
    assert {response.status_code for response in responses} == {201}
    assert await told(catalog) == before + 60


async def test_the_body_of_who_is_not_signed_in_is_not_taken_in(client: httpx.AsyncClient) -> None:
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(20):
            taken += 1
            yield b" " * 65_536

    client.headers = httpx.Headers()
    for query in ("", "?nonsense=1"):
        refused = await client.post(f"{NOTES}{query}", content=pieces(), headers=JSON)
        problem(refused, 401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"
    assert taken == 0

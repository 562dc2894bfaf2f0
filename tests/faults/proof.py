"""Promise 6: every list's hash can be computed again from what the public API gives, for all its revisions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import orjson

from tests.faults.facts import Facts, Violation, grouped

# Every revision has its hash; beyond so many a list, the oldest and a sample in between are left to the next run.
MOST_REVISIONS = 25
BUCKETS = 256
# More than an API has pooled connections.
MOST_TRIES = 50


async def check(url: str, facts: Facts) -> AsyncIterator[Violation]:
    """Everything that speaks against promise 6; `url` is that of the publish service."""
    current = {item["id"]: item for item in facts.items}
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        for list_id, rows in grouped(facts.revisions, "list_id").items():
            numbers = [row["revision"] for row in rows]
            for number in _sample(numbers):
                async for violation in _revision(client, list_id, number):
                    yield violation
            async for violation in _present(client, list_id, numbers[-1], facts, current):
                yield violation


def _sample(numbers: Sequence[int]) -> list[int]:
    step = max(1, -(-len(numbers) // MOST_REVISIONS))
    return sorted({*numbers[::step], numbers[0], numbers[-1]})


async def _get(client: httpx.AsyncClient, path: str, **query: Any) -> httpx.Response:
    """Ask again while the answer is 503: after the storm pooled connections to the old Postgres are found broken."""
    for _ in range(MOST_TRIES):
        answer = await client.get(path, params=query)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
    return answer


async def _revision(client: httpx.AsyncClient, list_id: UUID, number: int) -> AsyncIterator[Violation]:
    where = f"{list_id} revision {number}"
    answer = await _get(client, f"/publish/v1/lists/{list_id}/open-data", revision=number)
    if answer.status_code != 200:
        yield Violation(6, "a revision cannot be read", f"{where}: {answer.status_code} {answer.text[:200]}")
        return
    manifest_line, *lines = answer.content.splitlines()
    manifest = orjson.loads(manifest_line)
    told = (await _get(client, f"/publish/v1/lists/{list_id}/hash", revision=number)).json()
    computed = root(lines)
    if not computed == manifest["hash"] == told["hash"]:
        yield Violation(6, "a list's hash cannot be computed again",
                        f"{where}: computed {computed}, file {manifest['hash']}, told {told['hash']}")  # fmt: skip
    if not len(lines) == manifest["entries"] == told["entries"]:
        yield Violation(6, "a file has another number of entries than it says", f"{where}: {len(lines)}")


async def _present(
    client: httpx.AsyncClient, list_id: UUID, newest: int, facts: Facts, current: dict[UUID, Any]
) -> AsyncIterator[Violation]:
    """Page, entries and file of the present revision are the same bytes, and say what is in force."""
    answer = await _get(client, f"/publish/v1/lists/{list_id}/open-data")
    manifest_line, *lines = answer.content.splitlines()
    if orjson.loads(manifest_line)["revision"] != newest:
        yield Violation(6, "the file is not of the present revision", f"{list_id}: {manifest_line[:200]!r}")
    bodies = {orjson.loads(line)["id"]: line for line in lines}
    async for page in pages(client, list_id):
        if page["revision"] != newest:
            yield Violation(6, "a page is not of the present revision", f"{list_id}: {page['revision']}")
        for row in page["items"]:
            body = bodies.pop(row["id"], None)
            if body is None or sha256(body).hexdigest() != row["hash"]:
                yield Violation(6, "a page shows an entry the file does not prove", f"{list_id}: {row['id']}")
            elif row["name"] != current[UUID(row["id"])]["name"]:
                yield Violation(1, "the public API shows an older name", f"{row['name']}", lost=1)
    for item_id in bodies:
        yield Violation(6, "the pages leave out an entry of the file", f"{list_id}: {item_id}", lost=1)


async def pages(client: httpx.AsyncClient, list_id: UUID) -> AsyncIterator[dict[str, Any]]:
    """All pages of a list."""
    cursor = None
    while True:
        given: dict[str, Any] = {"limit": 50} | ({"cursor": cursor} if cursor else {})
        answer = await _get(client, f"/publish/v1/lists/{list_id}/items", **given)
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        yield page
        cursor = page.get("next")
        if not cursor:
            return


def root(lines: Sequence[bytes]) -> str:
    """The list's hash from the lines of its file (docs/publication-hash.md)."""
    entries = sorted((UUID(orjson.loads(line)["id"]).bytes, sha256(line).digest()) for line in lines)
    buckets = [sha256() for _ in range(BUCKETS)]
    for item_id, digest in entries:
        buckets[item_id[15]].update(digest)
    return sha256(b"".join(bucket.digest() for bucket in buckets)).hexdigest()

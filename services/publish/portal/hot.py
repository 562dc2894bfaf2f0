"""The reads most people make, as plain ASGI: an entry, the entries of a code, a page of a list, a download, the feed.

They stand before FastAPI because they only send stored bytes: its layers, routing, validation and models would cost
more than the query. They are described in OpenAPI by hand (`openapi.py`) and tested and fuzzed like every other route.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from hashlib import blake2b

from prometheus_client import Histogram
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from services.publish.portal import answers, parameters, repository
from services.publish.portal.answers import JSON, REVALIDATE
from services.publish.portal.feed import feed
from services.publish.portal.open_data import open_data, unit_open_data
from services.publish.portal.pages import OF_CODE, OF_LIST, code_page, list_page
from services.publish.portal.reads import Reads
from shared import problems, telemetry
from shared.http import documents
from shared.http.rates import Application
from shared.identifiers import new_id
from shared.kept import Kept

Read = Callable[[Scope, Send, Reads, str], Awaitable[None]]

_ITEM = """
    SELECT p.body, p.hash, l.revision, l.hash AS list_hash
    FROM qingdan.published_item AS p JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    WHERE p.item_id = $1 AND p.to_revision IS NULL
"""
_ITEM_TAG = "SELECT hash FROM qingdan.published_item WHERE item_id = $1 AND to_revision IS NULL"
_LIST_TAG = "SELECT revision, hash FROM qingdan.published_list WHERE list_id = $1"


class Portal(Application):
    """FastAPI with the hot reads before it: answers these itself and leaves everything else to the framework.

    Attributes
    ----------
    reads
        What the hot reads ask Postgres through: a replica where there is one; set at the start.
    newest
        The same for the feed, which must not lag behind the bell that rings for it.
    """

    reads: Reads
    newest: Reads

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A hot read, or whatever else was asked."""
        asked = _ADDRESS.fullmatch(scope["path"]) if scope["type"] == "http" else None
        if asked is None:
            await super().answer(scope, receive, send)
            return
        name = asked.lastgroup
        assert name is not None
        scope["app"] = self
        status = 0

        # A plain function: the answer's own awaitable is handed on, there is none to make.
        def noted(message: Message) -> Awaitable[None]:
            nonlocal status
            if "status" in message:
                status = message["status"]
            return send(message)

        started = time.perf_counter()
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise answers.ReadOnly
            reads = self.newest if name == "feed" else self.reads
            await _READS[name](scope, noted, reads, asked[name])
        except problems.Problem as problem:
            await answers.refused(scope, receive, noted, problem)
        except Exception as error:
            scope.setdefault("state", {})["request_id"] = str(new_id())
            response = await documents.on_unexpected(Request(scope), error)
            if not status:
                await response(scope, receive, noted)
            raise  # the server logs it and ends an answer that was begun
        finally:
            _duration(name, scope["method"], status).observe(time.perf_counter() - started)


def _duration(name: str, method: str, status: int) -> Histogram:
    """Where the time of such an answer is noted; found once, since finding costs more than noting."""
    key = (name, method, status)
    found = _DURATIONS.get(key)
    if found is None:
        known = telemetry.known_method(method)
        found = telemetry.REQUESTS.labels("publish", known, PATHS[name], str(status or 500))
        if known == method:  # what a client invents must not grow the memory either
            _DURATIONS[key] = found
    return found


async def item(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """One published entry, exactly the bytes its hash is of."""
    item_id = parameters.item_id(argument, "item_id")
    parameters.query(scope["query_string"], ())
    given = answers.given_tag(scope)
    if given is not None:
        known = await reads.row(_ITEM_TAG, item_id)
        tag = answers.tag_of(known["hash"]) if known is not None else b""
        if known is not None and answers.same(given, tag):
            await answers.unchanged(send, tag)
            return
    row = await reads.row(_ITEM, item_id)
    if row is None:
        raise problems.NotFound("没有公布过该事项，请检查事项标识。", code="item_not_published")
    headers = (
        JSON,
        REVALIDATE,
        (b"etag", answers.tag_of(row["hash"])),
        (b"qingdan-revision", b"%d" % row["revision"]),
        (b"qingdan-list-hash", row["list_hash"].hex().encode()),
    )
    await answers.respond(scope, send, 200, headers, row["body"])


async def by_code(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """Published entries that carry a code."""
    code = parameters.code(argument)
    given = answers.given_tag(scope)
    if given is not None:
        digest = await repository.code_state(reads, code)
        if answers.same(given, _page_tag(digest, 0, scope["query_string"])):
            await answers.unchanged(send, _page_tag(digest, 0, scope["query_string"]))
            return
    digest, body = await code_page(reads, code, parameters.query(scope["query_string"], OF_CODE))
    await _page(scope, send, _page_tag(digest, 0, scope["query_string"]), body)


async def of_list(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """A page of a list in one revision."""
    list_id, asked = parameters.item_id(argument, "list_id"), scope["query_string"]
    state = await reads.row(_LIST_TAG, list_id)
    if state is not None:
        tag, given = _page_tag(state["hash"], state["revision"], asked), answers.given_tag(scope)
        if given is not None and answers.same(given, tag):
            await answers.unchanged(send, tag)
            return
        body = _KEPT.get((list_id, tag))
        if body is not None:
            await _page(scope, send, tag, body)
            return
    query = parameters.query(asked, OF_LIST)
    page = await list_page(reads, list_id, query)
    tag = _page_tag(page.current_hash, page.current_revision, asked)
    # Editions are named, days pass and old bodies are purged without the list's present state telling it.
    if query.keys() <= _PLAIN and page.revision == page.current_revision:
        _KEPT.put((list_id, tag), page.body)
    await _page(scope, send, tag, page.body)


def _page_tag(digest: bytes, revision: int, asked: bytes) -> bytes:
    """Tag of a page: of the whole list's present state, so that what is withdrawn leaves caches of old pages too."""
    return b'"%d-%s-%s"' % (revision, digest.hex().encode()[:32], blake2b(asked, digest_size=8).hexdigest().encode())


async def _page(scope: Scope, send: Send, tag: bytes, body: bytes) -> None:
    await answers.respond(scope, send, 200, (JSON, REVALIDATE, (b"etag", tag)), body)


_READS: dict[str, Read] = {
    "item": item, "by_code": by_code, "of_list": of_list, "open_data": open_data,
    "unit_open_data": unit_open_data, "feed": feed,
}  # fmt: skip
PATHS = {
    "item": "/publish/v1/items/{item_id}",
    "by_code": "/publish/v1/items/by-code/{code}",
    "of_list": "/publish/v1/lists/{list_id}/items",
    "open_data": "/publish/v1/lists/{list_id}/open-data",
    "unit_open_data": "/publish/v1/lists/{list_id}/units/{unit}/open-data",
    "feed": "/publish/v1/feed",
}
# The part of an address that is its argument carries the name of the read.
_ADDRESS = re.compile(
    r"/publish/v1/(?:items/(?:(?P<item>[^/]*)|by-code/(?P<by_code>[^/]*))"
    r"|lists/(?:(?P<of_list>[^/]*)/items|(?P<open_data>[^/]*)/open-data"
    r"|(?P<unit_open_data>[^/]*/units/[^/]*)/open-data)|feed(?P<feed>))"
)
_DURATIONS: dict[tuple[str, str, int], Histogram] = {}
_PLAIN = frozenset({"cursor", "limit"})
# Some 250 pages of 50 lines: the first ones of the lists people read.
_KEPT = Kept(4 << 20)

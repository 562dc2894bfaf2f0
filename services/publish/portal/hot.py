"""The reads most people make, as plain ASGI: an entry, the entries of a code, a page of a list, a download, the feed.

They stand outside FastAPI because they only send stored bytes: routing, validation and models would cost more than
the query. They are described in OpenAPI by hand (`openapi.py`) and tested and fuzzed like every other route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import blake2b

from starlette.types import ASGIApp, Receive, Scope, Send

from services.publish.portal import answers, parameters, repository
from services.publish.portal.answers import JSON, REVALIDATE, Reads
from services.publish.portal.feed import feed
from services.publish.portal.open_data import open_data
from services.publish.portal.pages import code_page, list_page
from shared import problems

PREFIX = "/publish/v1/"

Read = Callable[[Scope, Send, Reads, str], Awaitable[None]]

_ITEM = """
    SELECT p.body, p.hash, l.revision, l.hash AS list_hash
    FROM qingdan.published_item AS p JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    WHERE p.item_id = $1 AND p.to_revision IS NULL
"""
_ITEM_TAG = "SELECT hash FROM qingdan.published_item WHERE item_id = $1 AND to_revision IS NULL"
_LIST_TAG = "SELECT revision, hash FROM qingdan.published_list WHERE list_id = $1"


class HotReads:
    """ASGI middleware: answers the hot reads itself, hands everything else on."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        read, argument = _route(scope["path"][len(PREFIX) :])
        if read is None:
            await self.app(scope, receive, send)
            return
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise answers.ReadOnly
            await read(scope, send, scope["app"].state.reads, argument)
        except problems.Problem as problem:
            await answers.refused(scope, receive, send, problem)


def _route(path: str) -> tuple[Read | None, str]:
    match path.split("/"):
        case ["items", item_id]:
            return item, item_id
        case ["items", "by-code", code]:
            return by_code, code
        case ["lists", list_id, "items"]:
            return of_list, list_id
        case ["lists", list_id, "open-data"]:
            return open_data, list_id
        case ["feed"]:
            return feed, ""
    return None, ""


async def item(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """One published entry, exactly the bytes its hash is of."""
    item_id = parameters.item_id(argument, "item_id")
    given = answers.given_tag(scope)
    if given is not None:
        known = await reads.row(_ITEM_TAG, item_id)
        if known is not None and answers.same(given, answers.tag_of(known["hash"])):
            await answers.unchanged(send, answers.tag_of(known["hash"]))
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
    digest, body = await code_page(reads, code, parameters.query(scope["query_string"]))
    await _page(scope, send, _page_tag(digest, 0, scope["query_string"]), body)


async def of_list(scope: Scope, send: Send, reads: Reads, argument: str) -> None:
    """A page of a list in one revision."""
    list_id = parameters.item_id(argument, "list_id")
    given = answers.given_tag(scope)
    if given is not None:
        state = await reads.row(_LIST_TAG, list_id)
        tag = _page_tag(state["hash"], state["revision"], scope["query_string"]) if state else b""
        if state is not None and answers.same(given, tag):
            await answers.unchanged(send, tag)
            return
    page = await list_page(reads, list_id, parameters.query(scope["query_string"]))
    await _page(scope, send, _page_tag(page.current_hash, page.current_revision, scope["query_string"]), page.body)


def _page_tag(digest: bytes, revision: int, asked: bytes) -> bytes:
    """Tag of a page: of the whole list's present state, so that what is withdrawn leaves caches of old pages too."""
    return b'"%d-%s-%s"' % (revision, digest.hex().encode()[:32], blake2b(asked, digest_size=8).hexdigest().encode())


async def _page(scope: Scope, send: Send, tag: bytes, body: bytes) -> None:
    await answers.respond(scope, send, 200, (JSON, REVALIDATE, (b"etag", tag)), body)

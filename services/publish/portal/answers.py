"""Answers of the plain ASGI reads: stored bytes, their tag, and problem documents."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.types import Receive, Scope, Send

from shared import problems
from shared.http.documents import problem_response

Header = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")
# May be kept, must be asked for each time: what becomes secret has to leave caches as well.
REVALIDATE: Header = (b"cache-control", b"public, no-cache")


async def respond(scope: Scope, send: Send, status: int, headers: Sequence[Header], body: bytes) -> None:
    """Send an answer; to HEAD without its body."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def unchanged(send: Send, tag: bytes) -> None:
    """304: what the caller has is what we have."""
    await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", tag), REVALIDATE]})
    await send({"type": "http.response.body", "body": b""})


class ReadOnly(problems.Problem):
    """405: public reads are read."""

    status, title, default_code = 405, "方法不被允许", "method_not_allowed"

    def __init__(self) -> None:
        super().__init__("该地址只能读取，请使用 GET 或 HEAD。", headers={"Allow": "GET, HEAD"})


async def refused(scope: Scope, receive: Receive, send: Send, problem: problems.Problem) -> None:
    """A problem document."""
    await problem_response(problem, scope["path"])(scope, receive, send)


def tag_of(digest: bytes) -> bytes:
    """A digest as an ETag."""
    return b'"%s"' % digest.hex().encode()


def given_tag(scope: Scope) -> bytes | None:
    """If-None-Match, if there is one."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return bytes(value)
    return None


def same(given: bytes, tag: bytes) -> bool:
    """Whether If-None-Match names the tag (RFC 9110: weak comparison, lists, ``*``)."""
    if given == tag:
        return True
    return any(part.strip().removeprefix(b"W/") in (tag, b"*") for part in given.split(b","))

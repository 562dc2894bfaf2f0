"""The pull feed: what changed after a number, at once or, when asked to, as soon as something does."""

from __future__ import annotations

import asyncio

import asyncpg
from starlette.types import Scope, Send

from services.publish.portal import answers, cloud_events, parameters, repository
from services.publish.portal.reads import Reads
from shared.ledger.bell import Bell

MOST = 500
USUAL = 100
# Below the idle time after which proxies usually cut a connection (30 to 60 s).
LONGEST_WAIT = 20
# A lost ring costs no more than this.
LOOK_AGAIN = 2.0
# What the publication appends when it has written to the feed.
NEWS = frozenset({"list.published"})
_KNOWN = frozenset({"after", "limit", "wait"})


async def feed(scope: Scope, send: Send, reads: Reads, _argument: str) -> None:
    """Answer with the events after `after`; `wait` seconds of patience when there are none."""
    given = parameters.query(scope["query_string"], _KNOWN)
    after = parameters.number(given, "after", default=0, least=0, most=parameters.MOST_SEQUENCE)
    limit = parameters.number(given, "limit", default=USUAL, least=1, most=MOST)
    patience = parameters.number(given, "wait", default=0, least=0, most=LONGEST_WAIT)
    rows = await _patiently(reads, scope["app"].state.bell, after, limit, patience)
    following = rows[-1]["sequence"] if rows else after
    headers = (
        (b"content-type", cloud_events.MEDIA_TYPE.encode()),
        (b"cache-control", b"no-store"),
        (b"qingdan-next", b"%d" % following),
        (b"link", b'</publish/v1/feed?after=%d>; rel="next"' % following),
    )
    await answers.respond(scope, send, 200, headers, cloud_events.batch(rows))


async def _patiently(reads: Reads, bell: Bell, after: int, limit: int, patience: int) -> list[asyncpg.Record]:
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while True:
        # Taken before looking: what is appended in between still rings.
        ring = bell.next_ring(NEWS)
        rows = await repository.feed(reads, after, limit)
        left = end - loop.time()
        if rows or left <= 0:
            return rows
        await bell.wait(min(left, LOOK_AGAIN), ring)

"""Waiting until nothing is under way any more, with a bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg

from tests.faults import journal
from tests.faults.facts import AWAY
from tests.faults.place import Installation

DRAIN_SECONDS = 150.0
LOOK_SECONDS = 0.2
# Looks in a row that must find nothing under way: the last event may itself cause one.
QUIET_LOOKS = 3
# What clocks say within the time that office gives is waited for; what they say tomorrow is not.
SOON_SECONDS = 30.0

_UNDER_WAY = """
    SELECT 'consumer ' || c.name || ' stands at ' || c.position || ' of ' || h.position || ' (' || c.state || ')'
    FROM qingdan.consumer AS c CROSS JOIN qingdan.log_head AS h WHERE c.position <> h.position
    UNION ALL
    SELECT 'adjustment ' || a.number || ' is ' || a.state
    FROM qingdan.adjustment AS a WHERE a.state IN ('checking', 'decided', 'scheduled')
    UNION ALL
    SELECT 'operation ' || o.kind || ' is ' || o.state
    FROM qingdan.operation AS o WHERE o.state IN ('queued', 'running')
    UNION ALL
    SELECT 'subscription ' || s.name || ' is ' || s.state || ' at ' || c.position || ' of ' || f.last || ' with '
           || (c.queued - d.done) || ' outstanding'
    FROM qingdan.subscription AS s
    JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
    JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id
    CROSS JOIN (SELECT coalesce(max(sequence), 0) AS last FROM qingdan.feed_entry) AS f
    WHERE s.state <> 'active' OR c.position <> f.last OR c.queued <> d.done OR c.replay_from IS NOT NULL
    UNION ALL
    SELECT 'delivery of ' || count(*) || ' events to ' || s.name
    FROM qingdan.delivery AS o JOIN qingdan.subscription AS s ON s.id = o.subscription_id GROUP BY s.name
    UNION ALL
    SELECT 'exchange with ' || p.code || ' at ' || g.position || ' of ' || f.last || ' with ' || r.open
           || ' rows under way and ' || m.messages || ' of ' || $1::bigint || ' messages'
    FROM qingdan.peer AS p
    JOIN qingdan.peer_progress AS g ON g.peer_id = p.id
    JOIN qingdan.log_head AS h ON true
    CROSS JOIN (SELECT coalesce(max(sequence), 0) AS last FROM qingdan.feed_entry) AS f
    CROSS JOIN (SELECT count(*) AS open FROM qingdan.peer_row WHERE state IN ('waiting', 'sending')) AS r
    CROSS JOIN (SELECT count(*) AS messages FROM qingdan.peer_feedback) AS m
    WHERE g.position <> f.last OR r.open > 0 OR m.messages <> $1 OR g.epoch <> h.epoch
    UNION ALL
    SELECT count(*) || ' clocks have something to say' FROM qingdan.clock AS c
    WHERE c.recalculate OR c.next_at <= clock_timestamp() + make_interval(secs => $2) HAVING count(*) > 0
    UNION ALL
    SELECT count(*) || ' late tasks have not risen' FROM qingdan.task AS t
    WHERE t.state = 'open' AND t.overdue_at IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM qingdan.task_escalation AS e
          WHERE e.task_id = t.id AND e.overdue_at = t.overdue_at AND coalesce(e.next_at > clock_timestamp(), true))
    HAVING count(*) > 0
    UNION ALL
    SELECT count(*) || ' campaigns have not opened their reports' FROM qingdan.campaign AS c
    WHERE c.reports_begun < date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai') HAVING count(*) > 0
    UNION ALL
    SELECT count(*) || ' e-mails wait' FROM qingdan.message_delivery AS d WHERE d.state = 'waiting'
    HAVING count(*) > 0
"""


async def drain(
    place: Installation, keep: Callable[[], None], complaints: int, seconds: float = DRAIN_SECONDS
) -> list[str]:
    """Wait until nothing is under way; returns what still was when time was over.

    Parameters
    ----------
    keep : starts again what is not alive.
    complaints : how many the platform has made.
    """
    end = asyncio.get_running_loop().time() + seconds
    quiet, left = 0, ["nobody has looked yet"]
    while quiet < QUIET_LOOKS:
        keep()
        try:
            left = await _under_way(place, complaints)
        except AWAY as error:
            left = [f"the database does not answer: {error}"]
        quiet = 0 if left else quiet + 1
        if asyncio.get_running_loop().time() > end:
            return left
        await asyncio.sleep(LOOK_SECONDS)
    return []


async def _under_way(place: Installation, complaints: int) -> list[str]:
    connection: asyncpg.Connection[Any] = await asyncpg.connect(place.database_url, timeout=5)
    try:
        left = [row[0] for row in await connection.fetch(_UNDER_WAY, complaints, SOON_SECONDS)]
        last = int(await connection.fetchval("SELECT coalesce(max(sequence), 0) FROM qingdan.feed_entry"))
    finally:
        await connection.close(timeout=2)
    read = journal.last(place.seen)
    seen = int(read["sequence"]) if read else 0
    return left + ([f"the reader has seen {seen} of {last} feed entries"] if seen < last else [])

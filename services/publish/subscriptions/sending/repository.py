"""SQL of the senders: whose turn it is, what is outstanding, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Whose endpoint is closed has nothing to send until it opens. A lock of the session: it is free the moment the process
# that holds it is gone, and no row is written for it. Tried one after the other until enough are taken, so that those
# another process holds do not hide the ones behind them; hence the CTE, whose rows are only fetched while needed.
_TAKE = Statement(
    """
    WITH waiting AS MATERIALIZED (
        SELECT s.id FROM qingdan.subscription AS s
        JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
        JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id
        WHERE s.state = 'active' AND s.endpoint IS NOT NULL AND c.queued > d.done
          AND (d.retry_at IS NULL OR d.retry_at <= :now) AND s.id <> ALL (CAST(:held AS uuid[]))
        ORDER BY d.retry_at NULLS FIRST, s.id
    )
    SELECT w.id FROM waiting AS w
    WHERE pg_try_advisory_lock(hashtextextended('publish/sender/' || w.id::text, 0)) LIMIT :limit
    """
)
_GIVE_BACK = Statement(
    """
    SELECT pg_advisory_unlock(hashtextextended('publish/sender/' || s.id::text, 0))
    FROM unnest(CAST(:ids AS uuid[])) AS s(id)
    """
)
_STATES = Statement(
    """
    SELECT s.id, s.endpoint, s.state, s.version, c.generation, c.queued - d.done AS outstanding, d.failures, d.retry_at,
           s.ordering, s.requests_per_second, s.concurrency, s.client_certificate, s.authority
    FROM unnest(CAST(:ids AS uuid[])) AS n(id)
    JOIN qingdan.subscription AS s ON s.id = n.id
    JOIN qingdan.subscription_cursor AS c ON c.subscription_id = n.id
    JOIN qingdan.subscription_sending AS d ON d.subscription_id = n.id
    """
)
_OUTSTANDING = Statement(
    """
    SELECT d.subscription_id, d.sequence, d.feed_sequence, d.item_key, d.attempts, d.retry_at, d.queued_at, s.ordering
    FROM unnest(CAST(:ids AS uuid[]), CAST(:after AS bigint[])) AS n(id, after)
    JOIN qingdan.subscription AS s ON s.id = n.id
    CROSS JOIN LATERAL (
        SELECT * FROM qingdan.delivery AS e WHERE e.subscription_id = n.id AND e.sequence > n.after
        ORDER BY e.sequence LIMIT :limit
    ) AS d
    ORDER BY d.subscription_id, d.sequence
    """
)
# Everything a batch of attempts has brought about, in one statement. What was delivered leaves its window, unless it
# was asked for again since, so that its instant is another: whoever asks has lost what was acknowledged a moment ago.
# What failed knows when it is due, each endpoint how it behaves, and the log what came of every attempt. A failure from
# before somebody let the subscription go on is in the log alone: with that everything begins anew.
_SAVE = Statement(
    """
    WITH gone AS (
        DELETE FROM qingdan.delivery AS d
        USING unnest(CAST(:delivered AS uuid[]), CAST(:delivered_sequences AS bigint[]),
                     CAST(:delivered_queued AS timestamptz[])) AS n(subscription_id, sequence, queued_at)
        WHERE d.subscription_id = n.subscription_id AND d.sequence = n.sequence
          AND (n.queued_at IS NULL OR n.queued_at = d.queued_at)
        RETURNING d.subscription_id
    ), later AS (
        UPDATE qingdan.delivery AS d SET attempts = d.attempts + 1, retry_at = n.retry_at, error = n.error
        FROM unnest(CAST(:failed AS uuid[]), CAST(:failed_sequences AS bigint[]), CAST(:retries AS timestamptz[]),
                    CAST(:failed_errors AS text[]), CAST(:failed_instants AS timestamptz[]))
             AS n(subscription_id, sequence, retry_at, error, attempted_at)
        JOIN qingdan.subscription AS u ON u.id = n.subscription_id
        WHERE d.subscription_id = n.subscription_id AND d.sequence = n.sequence
          AND (u.state <> 'active' OR n.attempted_at >= u.state_since)
    ), counted AS (
        SELECT subscription_id, count(*) AS done FROM gone GROUP BY subscription_id
    ), behaved AS (
        UPDATE qingdan.subscription_sending AS s
        SET done = s.done + coalesce(c.done, 0), failures = n.failures, retry_at = n.retry_at,
            delivered_at = CASE WHEN c.done > 0 THEN :now ELSE s.delivered_at END,
            failing_since = CASE WHEN n.failures > 0 THEN coalesce(s.failing_since, :now) END,
            warned_at = CASE WHEN n.failures > 0 THEN s.warned_at END
        FROM (
            SELECT e.subscription_id, CASE WHEN b.anew THEN b.failures ELSE e.failures END AS failures,
                   CASE WHEN b.anew THEN b.retry_at ELSE e.retry_at END AS retry_at
            FROM unnest(CAST(:endpoints AS uuid[]), CAST(:failures AS int[]), CAST(:opens AS timestamptz[]),
                        CAST(:last_instants AS timestamptz[])) AS e(subscription_id, failures, retry_at, attempted_at)
            JOIN qingdan.subscription AS u ON u.id = e.subscription_id
            JOIN qingdan.subscription_sending AS o ON o.subscription_id = e.subscription_id
            CROSS JOIN LATERAL (SELECT o.failures, o.retry_at, u.state = 'active' AND e.attempted_at < u.state_since
                               AND e.failures > 0 AS anew) AS b
        ) AS n
        LEFT JOIN counted AS c ON c.subscription_id = n.subscription_id
        WHERE s.subscription_id = n.subscription_id
    )
    INSERT INTO qingdan.delivery_attempt
        (subscription_id, id, sequence, outcome, status, milliseconds, error, answer, attempted_at, event_id, signed_at,
         signatures, body_size, body_digest, answer_headers)
    SELECT n.subscription_id, n.id, n.sequence, n.outcome, n.status, n.milliseconds, n.error, n.answer, n.attempted_at,
           n.event_id, n.signed_at, n.signatures, n.body_size, decode(n.digest, 'hex'), CAST(n.headers AS jsonb)
    FROM unnest(
        CAST(:subscriptions AS uuid[]), CAST(:ids AS uuid[]), CAST(:sequences AS bigint[]), CAST(:outcomes AS text[]),
        CAST(:statuses AS smallint[]), CAST(:milliseconds AS int[]), CAST(:errors AS text[]), CAST(:answers AS text[]),
        CAST(:instants AS timestamptz[]), CAST(:events AS uuid[]), CAST(:signed AS timestamptz[]),
        CAST(:signatures AS text[]), CAST(:sizes AS int[]), CAST(:digests AS text[]), CAST(:answer_headers AS text[])
    ) AS n(subscription_id, id, sequence, outcome, status, milliseconds, error, answer, attempted_at, event_id,
           signed_at, signatures, body_size, digest, headers)
    ON CONFLICT (subscription_id, id) DO NOTHING
    """
)
# Whoever took a test and was killed has not finished it by now.
_TAKE_TESTS = Statement(
    """
    UPDATE qingdan.delivery_attempt AS a SET outcome = 'sending', attempted_at = :now
    FROM (
        SELECT t.subscription_id, t.id FROM qingdan.delivery_attempt AS t
        WHERE t.outcome = 'waiting' OR (t.outcome = 'sending' AND t.attempted_at < :stale)
        ORDER BY t.id LIMIT 20 FOR UPDATE SKIP LOCKED
    ) AS n
    JOIN qingdan.subscription AS s ON s.id = n.subscription_id
    WHERE a.subscription_id = n.subscription_id AND a.id = n.id
    RETURNING a.subscription_id, a.id, s.endpoint, s.state, s.client_certificate, s.authority
    """
)
_SAVE_TEST = Statement(
    """
    UPDATE qingdan.delivery_attempt SET outcome = :outcome, status = CAST(:status AS smallint),
        milliseconds = :milliseconds, error = CAST(:error AS text), answer = CAST(:answer AS text),
        event_id = CAST(:event AS uuid), signed_at = CAST(:signed AS timestamptz),
        signatures = CAST(:signatures AS text), body_size = CAST(:size AS int),
        body_digest = decode(CAST(:digest AS text), 'hex'), answer_headers = CAST(:answer_headers AS jsonb)
    WHERE subscription_id = :subscription AND id = :id
    """
)


async def take(connection: AsyncConnection, held: Sequence[UUID], now: datetime, limit: int) -> list[UUID]:
    """Lease subscriptions with something to send that nobody has leased; until given back or the connection ends.

    Those this connection holds already must be named: it would get them a second time.
    """
    return await _TAKE.values(connection, {"held": list(held), "now": now, "limit": limit})


async def give_back(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """End leases."""
    await _GIVE_BACK.rows(connection, {"ids": list(ids)})


async def states(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Row]:
    """How the subscriptions stand."""
    return await _STATES.rows(connection, {"ids": list(ids)})


async def outstanding(connection: AsyncConnection, after: dict[UUID, int], limit: int) -> list[Row]:
    """The next deliveries of each subscription with higher sequences than these, in order."""
    given = {"ids": list(after), "after": list(after.values()), "limit": limit}
    return await _OUTSTANDING.rows(connection, given)


async def save(connection: AsyncConnection, columns: dict[str, object]) -> None:
    """Store what came of a batch of attempts."""
    await _SAVE.rows(connection, columns)


async def take_tests(connection: AsyncConnection, now: datetime, stale: datetime) -> list[Row]:
    """Tests to be sent, which nobody else sends."""
    return await _TAKE_TESTS.rows(connection, {"now": now, "stale": stale})


async def save_test(connection: AsyncConnection, values: dict[str, object]) -> None:
    """Store what came of a test."""
    await _SAVE_TEST.rows(connection, values)

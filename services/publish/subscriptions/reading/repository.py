"""SQL of what a subscription has been given: its numbers and what they stand for, its deliveries and attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.portal.repository import FED
from shared.ledger.append import CHANNEL
from shared.statement import Row, Statement

# Tells the senders that a test is wanted.
TEST_RING = "delivery.test_requested"

_NUMBERED = Statement(
    """
    SELECT r.first_sequence + u.place - 1 AS sequence, u.feed_sequence
    FROM qingdan.delivery_range AS r, unnest(r.feed_sequences) WITH ORDINALITY AS u(feed_sequence, place)
    WHERE r.subscription_id = :subscription AND r.first_sequence <= CAST(:after AS bigint) + :limit
      AND r.first_sequence + cardinality(r.feed_sequences) > CAST(:after AS bigint) + 1
      AND r.first_sequence + u.place - 1 > :after
    ORDER BY sequence LIMIT :limit
    """
)
_ENTRIES = Statement(
    FED.format(
        entries="SELECT e.* FROM unnest(CAST(:sequences AS bigint[])) AS n(wanted)"
        " JOIN qingdan.feed_entry AS e ON e.sequence = n.wanted"
    )
)
_NOTICES = Statement(
    """
    SELECT n.subscription_id, n.sequence, n.id, n.type, n.data::text AS data, n.recorded_at
    FROM unnest(CAST(:subscriptions AS uuid[]), CAST(:sequences AS bigint[])) AS w(subscription_id, sequence)
    JOIN qingdan.subscription_notice AS n
      ON n.subscription_id = w.subscription_id AND n.sequence = w.sequence
    """
)
_LISTS = Statement(
    """
    SELECT l.list_id, l.kind, l.region_code, l.title, l.revision FROM qingdan.published_list AS l
    LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE (CAST(:kinds AS text[]) IS NULL OR l.kind = ANY (CAST(:kinds AS text[])))
      AND (CAST(:regions AS text[]) IS NULL OR :nation = ANY (CAST(:regions AS text[]))
           OR l.region_code = ANY (CAST(:regions AS text[])) OR r.ancestors && CAST(:regions AS text[]))
    ORDER BY l.list_id LIMIT :limit
    """
)
_DELIVERIES = Statement(
    """
    SELECT sequence, attempts, retry_at, error, queued_at FROM qingdan.delivery
    WHERE subscription_id = :subscription AND sequence > :after AND (NOT :failing OR attempts > 0)
    ORDER BY sequence LIMIT :limit
    """
)
_ATTEMPT = """id, sequence, outcome, status, milliseconds, error, answer, attempted_at, event_id, signed_at, signatures,
    body_size, encode(body_digest, 'hex') AS body_sha256, answer_headers"""
_ATTEMPTS = Statement(
    f"""
    SELECT {_ATTEMPT} FROM qingdan.delivery_attempt
    WHERE subscription_id = :subscription AND (CAST(:outcome AS text) IS NULL OR outcome = :outcome)
      AND (CAST(:sequence AS bigint) IS NULL OR sequence = :sequence)
      AND (CAST(:before AS uuid) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :limit
    """
)
_ONE_ATTEMPT = Statement(
    f"SELECT {_ATTEMPT} FROM qingdan.delivery_attempt WHERE subscription_id = :subscription AND id = :id"
)
_TEST = Statement(
    """
    WITH asked AS (
        INSERT INTO qingdan.delivery_attempt (subscription_id, id, outcome, milliseconds, attempted_at)
        VALUES (:subscription, :id, 'waiting', 0, :now)
    )
    SELECT pg_notify(:channel, :ring)
    """
)
_WAITING_TESTS = Statement(
    "SELECT count(*) FROM qingdan.delivery_attempt WHERE subscription_id = :subscription"
    " AND outcome IN ('waiting', 'sending')"
)


async def numbered(connection: AsyncConnection, subscription_id: UUID, after: int, limit: int) -> list[Row]:
    """The numbers after one and the entries of the feed they stand for (0: a notice)."""
    return await _NUMBERED.rows(connection, {"subscription": subscription_id, "after": after, "limit": limit})


async def entries(connection: AsyncConnection, sequences: Sequence[int]) -> list[Row]:
    """Entries of the feed with what may be seen of them now."""
    return await _ENTRIES.rows(connection, {"sequences": list(sequences)})


async def notices(connection: AsyncConnection, wanted: Sequence[tuple[UUID, int]]) -> list[Row]:
    """Notices by subscription and sequence."""
    subscriptions, sequences = [one for one, _ in wanted], [sequence for _, sequence in wanted]
    return await _NOTICES.rows(connection, {"subscriptions": subscriptions, "sequences": sequences})


async def lists(
    connection: AsyncConnection, *, kinds: list[str] | None, regions: list[str] | None, nation: str, limit: int
) -> list[Row]:
    """Lists in force that a filter reaches, with the revision that stands."""
    given = {"kinds": kinds, "regions": regions, "nation": nation, "limit": limit}
    return await _LISTS.rows(connection, given)


async def deliveries(
    connection: AsyncConnection, subscription_id: UUID, *, after: int, failing: bool, limit: int
) -> list[Row]:
    """What is outstanding, oldest first."""
    given = {"subscription": subscription_id, "after": after, "failing": failing, "limit": limit}
    return await _DELIVERIES.rows(connection, given)


async def attempts(
    connection: AsyncConnection, subscription_id: UUID, *, outcome: str | None, sequence: int | None,
    before: UUID | None, limit: int,
) -> list[Row]:  # fmt: skip
    """Attempts, the newest first."""
    given: dict[str, Any] = {"subscription": subscription_id, "outcome": outcome, "sequence": sequence}
    return await _ATTEMPTS.rows(connection, given | {"before": before, "limit": limit})


async def attempt(connection: AsyncConnection, subscription_id: UUID, attempt_id: UUID) -> Row | None:
    """One attempt."""
    return await _ONE_ATTEMPT.row(connection, {"subscription": subscription_id, "id": attempt_id})


async def ask_for_test(connection: AsyncConnection, subscription_id: UUID, attempt_id: UUID, now: datetime) -> None:
    """Let a sender send a test."""
    given = {"subscription": subscription_id, "id": attempt_id, "now": now, "channel": CHANNEL, "ring": TEST_RING}
    await _TEST.rows(connection, given)


async def waiting_tests(connection: AsyncConnection, subscription_id: UUID) -> int:
    """How many tests no sender has finished yet."""
    return int(await _WAITING_TESTS.value(connection, {"subscription": subscription_id}))

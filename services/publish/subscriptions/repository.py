"""SQL of subscriptions: what they are, whose, with which secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

FILTER = {
    "kinds": "text[]", "regions": "text[]", "types": "text[]", "items": "uuid[]", "elements": "text[]",
    "changes": "text[]",
}  # fmt: skip
# What its owner has chosen beside the filter: how it is sent.
WAY = {
    "ordering": "text", "requests_per_second": "int", "concurrency": "int", "client_certificate": "text",
    "authority": "text",
}  # fmt: skip
_CHOSEN = FILTER | WAY
_COLUMNS = f"""
    s.id, s.name, s.owner, s.endpoint, s.state, s.state_reason, s.state_since,
    {", ".join(f"s.{name}" for name in _CHOSEN)},
    s.filter_version, s.version, s.created_at, s.updated_at, c.position,
    c.next_sequence - 1 AS last_sequence, c.queued - d.done AS outstanding, d.failures, d.retry_at, d.delivered_at,
    d.failing_since,
    (SELECT count(*) FROM qingdan.parked_delivery AS p WHERE p.subscription_id = s.id) AS parked,
    coalesce((SELECT min(r.first_sequence) FROM qingdan.delivery_range AS r WHERE r.subscription_id = s.id),
             c.next_sequence) AS first_sequence
"""
_FROM = """
    FROM qingdan.subscription AS s
    JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
    JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id
"""
_FIND = Statement(f"SELECT {_COLUMNS} {_FROM} WHERE s.id = :id AND s.state <> 'deleted'")
_SEARCH = Statement(
    f"""
    SELECT {_COLUMNS} {_FROM}
    WHERE s.state <> 'deleted' AND (CAST(:owner AS text) IS NULL OR s.owner = :owner)
      AND (CAST(:state AS text) IS NULL OR s.state = :state) AND s.id > :after
    ORDER BY s.id LIMIT :limit
    """
)
_ADD = Statement(
    f"""
    WITH cursor AS (
        INSERT INTO qingdan.subscription_cursor (subscription_id, epoch, position)
        SELECT :id, h.epoch, least(coalesce(CAST(:after AS bigint), f.last), f.last)
        FROM qingdan.log_head AS h, (SELECT coalesce(max(sequence), 0) AS last FROM qingdan.feed_entry) AS f
    ), sending AS (
        INSERT INTO qingdan.subscription_sending (subscription_id) VALUES (:id)
    )
    INSERT INTO qingdan.subscription (id, name, owner, endpoint, state, state_since, {", ".join(_CHOSEN)},
                                      created_at, updated_at)
    VALUES (:id, :name, :owner, :endpoint, :state, :now,
            {", ".join(f"CAST(:{name} AS {kind})" for name, kind in _CHOSEN.items())}, :now, :now)
    """
)
_CHANGE = Statement(
    f"""
    UPDATE qingdan.subscription SET name = :name, endpoint = :endpoint,
        {", ".join(f"{name} = CAST(:{name} AS {kind})" for name, kind in _CHOSEN.items())},
        filter_version = :filter_version, version = version + 1, updated_at = :now
    WHERE id = :id
    """
)
_MOVE = Statement(
    """
    UPDATE qingdan.subscription SET state = :state, state_reason = CAST(:reason AS text), state_since = :now,
        version = version + 1, updated_at = :now
    WHERE id = :id AND state = ANY (CAST(:from AS text[])) RETURNING id
    """
)
_OPEN_ENDPOINT = Statement(
    """
    WITH fresh AS (
        UPDATE qingdan.delivery SET retry_at = NULL, attempts = 0 WHERE subscription_id = :id AND attempts > 0
    ), again AS (
        UPDATE qingdan.subscription_sending SET failures = 0, retry_at = NULL, failing_since = NULL, warned_at = NULL
        WHERE subscription_id = :id
    )
    UPDATE qingdan.subscription_cursor SET generation = generation + 1 WHERE subscription_id = :id
    """
)
_TO_HEAD = Statement(
    """
    UPDATE qingdan.subscription_cursor AS c SET position = f.last
    FROM (SELECT coalesce(max(sequence), 0) AS last FROM qingdan.feed_entry) AS f WHERE c.subscription_id = :id
    RETURNING c.next_sequence - 1 AS last, c.epoch
    """
)
# What was outstanding when sending ends for good; its numbers stay readable.
_EMPTY = Statement(
    """
    WITH gone AS (
        DELETE FROM qingdan.delivery WHERE subscription_id = :id RETURNING 1
    ), wanted AS (
        DELETE FROM qingdan.delivery_wanted WHERE subscription_id = :id
    ), parked AS (
        DELETE FROM qingdan.parked_delivery WHERE subscription_id = :id
    )
    UPDATE qingdan.subscription_cursor AS c
    SET queued = c.queued - (SELECT count(*) FROM gone), replay_from = NULL, replay_until = NULL,
        generation = generation + 1
    WHERE subscription_id = :id
    """
)
_FORGET_SECRETS = Statement("DELETE FROM qingdan.subscription_secret WHERE subscription_id = :id")
_SECRETS = Statement(
    """
    SELECT id, subscription_id, scheme, public_key, ciphertext, valid_from, valid_until FROM qingdan.subscription_secret
    WHERE subscription_id = ANY (CAST(:subscriptions AS uuid[])) AND (valid_until IS NULL OR valid_until > :now)
    ORDER BY valid_from DESC, id DESC
    """
)
_ADD_SECRET = Statement(
    """
    INSERT INTO qingdan.subscription_secret (id, subscription_id, scheme, public_key, key_id, ciphertext, valid_from)
    VALUES (:id, :subscription, :scheme, CAST(:public_key AS text), :key_id, :ciphertext, :now)
    """
)
_END_SECRETS = Statement(
    """
    UPDATE qingdan.subscription_secret SET valid_until = :until
    WHERE subscription_id = :subscription AND (valid_until IS NULL OR valid_until > :until)
    """
)
_REVOKE = Statement(
    """
    UPDATE qingdan.subscription_secret SET valid_until = :now
    WHERE subscription_id = :subscription AND id = :id AND valid_until > :now RETURNING id
    """
)
_BEGIN_ANEW = Statement(
    "UPDATE qingdan.subscription_cursor SET generation = generation + 1 WHERE subscription_id = :id"
)
_BOUND = Statement("SELECT set_config('statement_timeout', CAST(:milliseconds AS text), true)")
_TOUCH = Statement("UPDATE qingdan.subscription SET version = version + 1, updated_at = :now WHERE id = :id")
# An endpoint is failing while something waits for it that it has not taken since then. When what it failed at was put
# aside, nothing was tried any more, and nothing is known of it.
_WAITING = """
    EXISTS (SELECT FROM qingdan.delivery AS e WHERE e.subscription_id = s.id AND e.queued_at <= :before)
"""
# The warning is noted in the row whose lock decides who tells it: once, however many processes look.
_WARN_FAILING = Statement(
    f"""
    UPDATE qingdan.subscription_sending AS d SET warned_at = :now
    FROM qingdan.subscription AS s
    WHERE s.id = d.subscription_id AND s.state = 'active' AND d.failing_since <= :before AND d.warned_at IS NULL
      AND {_WAITING}
    RETURNING s.id
    """
)
_DISABLE_FAILING = Statement(
    f"""
    UPDATE qingdan.subscription AS s
    SET state = 'disabled', state_reason = :reason, state_since = :now, version = s.version + 1, updated_at = :now
    FROM qingdan.subscription_sending AS d
    WHERE d.subscription_id = s.id AND s.state = 'active' AND d.failing_since <= :before AND {_WAITING}
    RETURNING s.id
    """
)
_KNOWN = Statement(
    """
    SELECT ARRAY(SELECT k.code FROM qingdan.catalog_kind_v1 AS k WHERE k.code = ANY (CAST(:kinds AS text[]))) AS kinds,
           ARRAY(SELECT r.code FROM qingdan.catalog_region_v1 AS r
                 WHERE r.code = ANY (CAST(:regions AS text[]))) AS regions,
           ARRAY(SELECT DISTINCT e->>'key' FROM qingdan.catalog_profile_v1 AS p,
                 jsonb_array_elements(p.elements) AS e
                 WHERE e->>'key' = ANY (CAST(:elements AS text[])) AND coalesce(e->'public', 'true') = 'true'
                ) AS elements,
           ARRAY(SELECT i.id FROM unnest(CAST(:items AS uuid[])) AS i(id) WHERE EXISTS (
                 SELECT FROM qingdan.published_item AS p WHERE p.item_id = i.id AND p.to_revision IS NULL)) AS items
    """
)
_RANK = Statement(
    """
    SELECT EXISTS (SELECT FROM qingdan.feed_entry) AND CAST(:after AS bigint) + 1 <
           (SELECT min(sequence) FROM qingdan.feed_entry) AS gone
    """
)


async def find(connection: AsyncConnection, subscription_id: UUID) -> Row | None:
    """A subscription that is not deleted."""
    return await _FIND.row(connection, {"id": subscription_id})


async def search(
    connection: AsyncConnection, *, owner: str | None, state: str | None, after: UUID, limit: int
) -> list[Row]:
    """Subscriptions by id, of one owner or of all."""
    return await _SEARCH.rows(connection, {"owner": owner, "state": state, "after": after, "limit": limit})


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """A subscription that begins behind `after` of the feed, or at its end."""
    await _ADD.rows(connection, values)


async def change(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Write name, endpoint and filter."""
    await _CHANGE.rows(connection, values)


async def move(
    connection: AsyncConnection, subscription_id: UUID, state: str, *, since: Sequence[str], reason: str | None,
    now: datetime,
) -> bool:  # fmt: skip
    """Move to a state from one of some; False when it is in none of them."""
    given = {"id": subscription_id, "state": state, "from": list(since), "reason": reason, "now": now}
    return bool(await _MOVE.rows(connection, given))


async def open_endpoint(connection: AsyncConnection, subscription_id: UUID) -> None:
    """Forget earlier failures: everything outstanding is due at once."""
    await _OPEN_ENDPOINT.rows(connection, {"id": subscription_id})


async def to_head(connection: AsyncConnection, subscription_id: UUID) -> Row:
    """Go on from the feed's end; its last number and its epoch."""
    (row,) = await _TO_HEAD.rows(connection, {"id": subscription_id})
    return row


async def empty(connection: AsyncConnection, subscription_id: UUID) -> None:
    """Take everything out of the window."""
    await _EMPTY.rows(connection, {"id": subscription_id})


async def forget_secrets(connection: AsyncConnection, subscription_id: UUID) -> None:
    """Delete the secrets."""
    await _FORGET_SECRETS.rows(connection, {"id": subscription_id})


async def secrets(connection: AsyncConnection, subscriptions: Sequence[UUID], now: datetime) -> list[Row]:
    """Secrets that are valid, encrypted, the newest first."""
    return await _SECRETS.rows(connection, {"subscriptions": list(subscriptions), "now": now})


async def add_secret(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """A further secret."""
    await _ADD_SECRET.rows(connection, values)


async def end_secrets(connection: AsyncConnection, subscription_id: UUID, until: datetime) -> None:
    """Let the present secrets end, at the latest then."""
    await _END_SECRETS.rows(connection, {"subscription": subscription_id, "until": until})


async def revoke_secret(connection: AsyncConnection, subscription_id: UUID, secret_id: UUID, now: datetime) -> bool:
    """End a secret that was replaced; False when it is not one of these."""
    return bool(await _REVOKE.rows(connection, {"subscription": subscription_id, "id": secret_id, "now": now}))


async def touch(connection: AsyncConnection, subscription_id: UUID, now: datetime) -> None:
    """Something of it was changed: senders read it again."""
    await _TOUCH.rows(connection, {"id": subscription_id, "now": now})


async def begin_anew(connection: AsyncConnection, subscription_id: UUID) -> None:
    """Senders take in the window again from its beginning."""
    await _BEGIN_ANEW.rows(connection, {"id": subscription_id})


async def known(connection: AsyncConnection, wanted: Mapping[str, Sequence[Any]]) -> Row:
    """Of kinds, regions, elements and items those that there are, and that the public may know of."""
    (row,) = await _KNOWN.rows(connection, wanted)
    return row


async def is_before_feed(connection: AsyncConnection, after: int) -> bool:
    """Whether the feed has dropped what follows a number."""
    return bool(await _RANK.value(connection, {"after": after}))


async def warn_failing(connection: AsyncConnection, *, before: datetime, now: datetime) -> list[UUID]:
    """Note that the owners of endpoints that fail since before an instant are told; whose were not told yet."""
    return await _WARN_FAILING.values(connection, {"before": before, "now": now})


async def disable_failing(connection: AsyncConnection, *, before: datetime, reason: str, now: datetime) -> list[UUID]:
    """Disable the subscriptions whose endpoints fail since before an instant."""
    return await _DISABLE_FAILING.values(connection, {"before": before, "reason": reason, "now": now})


async def bound(connection: AsyncConnection, milliseconds: int) -> None:
    """How long a statement of this transaction may take from now on."""
    await _BOUND.rows(connection, {"milliseconds": str(milliseconds)})

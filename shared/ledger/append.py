"""The append: lock the head, number the events, ring the bell - the last statement before commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import problems
from shared.ledger.envelope import NewEvent
from shared.statement import Statement

# More belongs into chunks: whoever appends holds the head for the length of this statement and one commit.
MOST_EVENTS = 5_000
CHANNEL = "qingdan_bell"
# Postgres takes payloads below 8,000 bytes; there are some dozens of types.
LONGEST_RING = 7_900


@dataclass(frozen=True)
class Moved:
    """A consumer and the position it has reached with the effect this append tells of."""

    consumer: str
    position: int


# One round trip. UPDATE locks the head, so positions follow commit order and no position is skipped by a rollback.
_WRITE = """
    WITH head AS (
        UPDATE qingdan.log_head SET position = position + :count WHERE id = 1 RETURNING position - :count AS base
    ), written AS (
        INSERT INTO qingdan.event (
            position, id, type, service, region_code, list_kind, list_id, item_ids, versions, elements,
            adjustment_id, cause_id, effective_at, actor, reason, legal_basis, request_id, refs)
        SELECT head.base + e.ordinal, e.id, e.type, :service, e.region_code, e.list_kind, e.list_id,
               ARRAY(SELECT jsonb_array_elements_text(e.item_ids)::uuid),
               ARRAY(SELECT jsonb_array_elements_text(e.versions)::int),
               ARRAY(SELECT jsonb_array_elements_text(e.elements)),
               e.adjustment_id, e.cause_id, e.effective_at, e.actor, e.reason, e.legal_basis, :request_id, e.refs
        FROM head, jsonb_to_recordset(CAST(:events AS jsonb)) AS e(
            ordinal int, id uuid, type text, region_code text, list_kind text, list_id uuid, item_ids jsonb,
            versions jsonb, elements jsonb, adjustment_id uuid, cause_id uuid, effective_at timestamptz,
            actor text, reason text, legal_basis text, refs jsonb)
        RETURNING position
    ){moved}
    SELECT max(position), pg_notify(:channel, :types) FROM written
"""
_APPEND = Statement(_WRITE.format(moved=""))
_APPEND_AND_MOVE = Statement(
    _WRITE.format(
        moved=""", moved AS (
        UPDATE qingdan.consumer SET position = :reached, updated_at = clock_timestamp() WHERE name = :consumer
    )"""
    )
)


def refuse_too_many(count: int) -> None:
    """Raise TooLarge for more events than a transaction may append."""
    if count > MOST_EVENTS:
        raise problems.TooLarge(f"一次提交最多 {MOST_EVENTS} 个变更事件，请分批处理。", code="too_many_events")


async def append_events(
    connection: AsyncConnection,
    events: Sequence[NewEvent],
    *,
    service: str,
    actor: str,
    request_id: str | None,
    moved: Moved | None = None,
) -> int | None:
    """Write the events of a transaction, and where they have moved a consumer to; the caller commits right after.

    Returns the last position, or None when there is nothing to write.

    Raises
    ------
    problems.TooLarge
        More than 5,000 events: bulk work commits in chunks.
    """
    if not events:
        return None
    refuse_too_many(len(events))
    rows = [_row(ordinal, event, actor) for ordinal, event in enumerate(events, start=1)]
    given = {
        "count": len(rows),
        "service": service,
        "request_id": request_id,
        # The driver's own UUID class is a subclass, which orjson does not take by itself.
        "events": orjson.dumps(rows, default=str).decode(),
        "channel": CHANNEL,
        # Who wants none of these need not look.
        "types": " ".join(sorted({event.type for event in events}))[:LONGEST_RING],
    }
    if moved is None:
        return int(await _APPEND.value(connection, given))
    return int(
        await _APPEND_AND_MOVE.value(connection, given | {"consumer": moved.consumer, "reached": moved.position})
    )


def _row(ordinal: int, event: NewEvent, actor: str) -> dict[str, object]:
    return {
        "ordinal": ordinal,
        "id": event.id,
        "type": event.type,
        "region_code": event.region_code,
        "list_kind": event.list_kind,
        "list_id": event.list_id,
        "item_ids": list(event.item_ids),
        "versions": list(event.versions),
        "elements": list(event.elements),
        "adjustment_id": event.adjustment_id,
        "cause_id": event.cause_id,
        "effective_at": event.effective_at,
        "actor": event.actor or actor,
        "reason": event.reason,
        "legal_basis": event.legal_basis,
        "refs": dict(event.refs),
    }

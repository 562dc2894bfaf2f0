"""SQL of what packages hold: the feed and whole lists on their way out, entries that came, answers both ways."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.offline.contents.rules import Answer
from services.publish.portal.repository import FED
from shared.statement import Row, Statement

# What a partner gets: lists of its kinds in its regions and below, never what came from it.
_SCOPE = """
    SELECT l.list_id, l.kind, l.region_code, l.title, l.revision, l.hash, l.entries
    FROM qingdan.published_list AS l LEFT JOIN qingdan.catalog_region_v1 AS r ON r.code = l.region_code
    WHERE l.kind = ANY (CAST(:kinds AS text[]))
      AND (l.region_code = ANY (CAST(:regions AS text[])) OR r.ancestors && CAST(:regions AS text[]))
      AND NOT EXISTS (SELECT FROM qingdan.offline_mirror AS m WHERE m.partner_id = :partner AND m.list_id = l.list_id)
"""
_HEAD = Statement("SELECT coalesce(max(sequence), 0) FROM qingdan.feed_entry")
_EVENTS = Statement(
    FED.format(
        entries=f"SELECT e.* FROM qingdan.feed_entry AS e WHERE e.sequence > :after AND e.sequence <= :until"
        f" AND e.list_id IN (SELECT s.list_id FROM ({_SCOPE}) AS s) ORDER BY e.sequence LIMIT :limit"
    )
)
# Lists and bodies in one statement: what a list's line says of its revision holds for the bodies below it.
_WHOLE = Statement(
    f"""
    SELECT s.*, p.item_id, p.body
    FROM ({_SCOPE}) AS s
    LEFT JOIN qingdan.published_item AS p ON p.list_id = s.list_id AND p.to_revision IS NULL
    ORDER BY s.list_id, p.item_id LIMIT :limit
    """
)
_ORGANS = Statement(
    "SELECT credit_code, min(CAST(id AS text)) AS id FROM qingdan.catalog_organ_v1"
    " WHERE credit_code = ANY (CAST(:codes AS text[])) GROUP BY credit_code"
)
# What says what is held already is no news, unless the mirror could not take it: then it is tried again.
_SAVE = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:mirrors AS uuid[]), CAST(:sources AS uuid[]), CAST(:news AS uuid[]),
                             CAST(:versions AS int[]), CAST(:elements AS jsonb[]), CAST(:remarks AS text[]),
                             CAST(:gone AS boolean[])) AS n (mirror, source, new_id, version, elements, remark, gone)
    ), before AS MATERIALIZED (
        SELECT e.mirror_id, e.source_item_id, e.elements, e.remark, e.version FROM qingdan.offline_entry AS e
        JOIN given AS g ON g.mirror = e.mirror_id AND g.source = e.source_item_id
    ), saved AS (
        INSERT INTO qingdan.offline_entry AS e (mirror_id, source_item_id, item_id, version, elements, remark,
                                                withdrawn, serial, received_at)
        SELECT g.mirror, g.source, g.new_id, g.version, nullif(g.elements, 'null'), g.remark, g.gone, :serial, :now
        FROM given AS g
        WHERE NOT g.gone OR EXISTS (
            SELECT FROM before AS b WHERE b.mirror_id = g.mirror AND b.source_item_id = g.source)
        ON CONFLICT (mirror_id, source_item_id) DO UPDATE
        SET version = CASE WHEN excluded.withdrawn THEN e.version ELSE excluded.version END,
            elements = excluded.elements, remark = excluded.remark, withdrawn = excluded.withdrawn,
            serial = excluded.serial, received_at = excluded.received_at
        RETURNING e.mirror_id, e.source_item_id, e.item_id, e.elements
    )
    SELECT s.mirror_id, s.item_id FROM saved AS s
    LEFT JOIN before AS b ON b.mirror_id = s.mirror_id AND b.source_item_id = s.source_item_id
    WHERE s.elements IS NOT NULL AND (s.elements IS DISTINCT FROM b.elements OR EXISTS (
        SELECT FROM qingdan.catalog_mirror_refusal_v1 AS x WHERE x.item_id = s.item_id))
    """
)
# Of a whole package: what it no longer mentions is no longer public at its source.
_ABSENT = Statement(
    """
    UPDATE qingdan.offline_entry AS e
    SET withdrawn = true, elements = CAST(:gone AS jsonb), remark = NULL, serial = :serial, received_at = :now
    FROM qingdan.offline_mirror AS m
    WHERE m.id = e.mirror_id AND m.partner_id = :partner AND e.serial < :serial AND NOT e.withdrawn
    RETURNING e.mirror_id, e.item_id
    """
)
# What can be said of entries that came since the last acknowledgement. What the catalog has not looked at yet waits,
# whatever it said of an earlier version.
_ACKNOWLEDGED = Statement(
    """
    SELECT CAST(e.source_item_id AS text) AS item_id, CAST(m.source_list_id AS text) AS list_id, e.version,
           CASE WHEN e.elements IS NULL THEN 'rejected'
                WHEN e.item_id IN (SELECT a.item_id FROM qingdan.catalog_mirror_awaited_v1 AS a) THEN 'waiting'
                WHEN x.item_id IS NOT NULL THEN 'rejected'
                WHEN i.id IS NULL THEN 'waiting' ELSE 'accepted' END AS state,
           CASE WHEN e.elements IS NULL THEN 'unreadable' ELSE x.code END AS code,
           coalesce(e.remark, nullif(concat_ws('：', nullif(x.element, ''), x.message), '')) AS message
    FROM qingdan.offline_entry AS e
    JOIN qingdan.offline_mirror AS m ON m.id = e.mirror_id
    LEFT JOIN qingdan.catalog_mirror_refusal_v1 AS x ON x.item_id = e.item_id
    LEFT JOIN qingdan.catalog_item_v1 AS i ON i.id = e.item_id
    WHERE m.partner_id = :partner AND e.serial > :after AND NOT e.withdrawn
    ORDER BY e.source_item_id LIMIT :limit
    """
)
# Only about what is ours and was said to this partner; an older answer never replaces a newer one.
_ANSWER = Statement(
    f"""
    INSERT INTO qingdan.offline_answer AS a (partner_id, item_id, list_id, task_version, state, err_type, remark,
                                             serial, answered_at)
    SELECT :partner, n.item_id, n.list_id, n.version, n.state, n.code, n.message, :serial, :now
    FROM unnest(CAST(:items AS uuid[]), CAST(:lists AS uuid[]), CAST(:versions AS int[]), CAST(:states AS text[]),
                CAST(:codes AS text[]), CAST(:messages AS text[]))
         AS n (item_id, list_id, version, state, code, message)
    JOIN ({_SCOPE}) AS s ON s.list_id = n.list_id
    WHERE EXISTS (SELECT FROM qingdan.published_item AS p WHERE p.list_id = n.list_id AND p.item_id = n.item_id)
    ON CONFLICT (partner_id, item_id) DO UPDATE
    SET list_id = excluded.list_id, task_version = excluded.task_version, state = excluded.state,
        err_type = excluded.err_type, remark = excluded.remark, serial = excluded.serial,
        answered_at = excluded.answered_at
    WHERE a.serial < excluded.serial
    RETURNING a.item_id, a.list_id, a.state, a.err_type
    """
)

_COUNTS = Statement(
    "SELECT count(*) FILTER (WHERE state = 'accepted') AS accepted,"
    " count(*) FILTER (WHERE state = 'rejected') AS rejected"
    " FROM qingdan.offline_answer WHERE partner_id = :partner"
)


def _scope(partner: Any) -> dict[str, Any]:
    return {"partner": partner["id"], "kinds": partner["list_kinds"], "regions": partner["region_codes"]}


async def head(connection: AsyncConnection) -> int:
    """The last number of the feed."""
    return int(await _HEAD.value(connection))


async def events(connection: AsyncConnection, partner: Any, *, after: int, until: int, limit: int) -> list[Row]:
    """Entries of the feed that a partner gets, with what may be seen of them now."""
    return await _EVENTS.rows(connection, _scope(partner) | {"after": after, "until": until, "limit": limit})


async def whole(connection: AsyncConnection, partner: Any, limit: int) -> list[Row]:
    """Every entry a partner gets beside its list; a list without entries has one row without a body."""
    return await _WHOLE.rows(connection, _scope(partner) | {"limit": limit})


async def organs(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, UUID]:
    """Organs here by credit code."""
    return {row.credit_code: UUID(row.id) for row in await _ORGANS.rows(connection, {"codes": list(codes)})}


async def save(
    connection: AsyncConnection, rows: Sequence[dict[str, Any]], *, serial: int, now: datetime
) -> list[Row]:  # fmt: skip
    """Keep entries that came; those (mirror_id, item_id) whose mirror has to follow."""
    given: dict[str, Any] = {
        "mirrors": [row["mirror"] for row in rows], "sources": [row["source"] for row in rows],
        "news": [row["new_id"] for row in rows], "versions": [row["version"] for row in rows],
        "elements": [orjson.dumps(row["elements"]).decode() for row in rows],
        "remarks": [row["remark"] for row in rows], "gone": [row["gone"] for row in rows],
    }  # fmt: skip
    return await _SAVE.rows(connection, given | {"serial": serial, "now": now})


async def withdraw_absent(
    connection: AsyncConnection, partner_id: UUID, gone: Any, *, serial: int, now: datetime
) -> list[Row]:
    """Withdraw what a whole package did not mention; the (mirror_id, item_id) concerned."""
    given = {"partner": partner_id, "gone": orjson.dumps(dict(gone)).decode(), "serial": serial, "now": now}
    return await _ABSENT.rows(connection, given)


async def acknowledged(connection: AsyncConnection, partner_id: UUID, *, after: int, limit: int) -> list[Row]:
    """What can be said of entries that came with packages after a serial."""
    return await _ACKNOWLEDGED.rows(connection, {"partner": partner_id, "after": after, "limit": limit})


async def answer(
    connection: AsyncConnection, partner: Any, answers: Sequence[Answer], *, serial: int, now: datetime
) -> list[Row]:
    """Keep what a partner said of our entries; what was news."""
    given = {
        "items": [one.item_id for one in answers], "lists": [one.list_id for one in answers],
        "versions": [one.version for one in answers], "states": [one.state for one in answers],
        "codes": [one.code for one in answers], "messages": [one.message for one in answers],
    }  # fmt: skip
    return await _ANSWER.rows(connection, _scope(partner) | given | {"serial": serial, "now": now})


async def answer_counts(connection: AsyncConnection, partner_id: UUID) -> Row:
    """How many of our entries a partner has accepted and rejected."""
    (row,) = await _COUNTS.rows(connection, {"partner": partner_id})
    return row

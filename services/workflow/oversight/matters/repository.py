"""SQL of matters: read where they were found, and copied nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.complaints.rules import SOURCES
from shared.statement import Row, Statement

_SOURCES = orjson.dumps(SOURCES).decode()
# Each source gives its oldest alone, so that a page costs the same words and joins however much waits.
_OLDEST = """
          AND (CAST(:origin AS text) IS NULL OR CAST(:origin AS text) = '{origin}')
          AND (CAST(:organ AS uuid) IS NULL OR {organ} = CAST(:organ AS uuid))
          AND (CAST(:ordered AS boolean) IS NULL OR CAST(:ordered AS boolean) = EXISTS (
                   SELECT FROM qingdan.rectification_order AS n
                   WHERE n.subject = '{origin}/' || {id} AND n.state <> 'withdrawn'))
          AND (CAST(:after_at AS timestamptz) IS NULL
               OR ({since}, '{origin}/' || {id}) > (CAST(:after_at AS timestamptz), CAST(:after AS text)))
        ORDER BY {since}, '{origin}/' || {id} LIMIT :limit"""
_FINDINGS = _OLDEST.format(origin="finding", organ="i.implementing_body", id="f.id", since="f.opened_at")
_SUSPECTS = _OLDEST.format(origin="suspect", organ="i.implementing_body", id="s.id", since="s.judged_at")
_VIOLATIONS = _OLDEST.format(origin="violation", organ="v.organ_id", id="v.id", since="v.found_at")
_COMPLAINTS = _OLDEST.format(origin="complaint", organ="x.organ_id", id="x.id", since="x.answered_at")
# Of suspects only those a person has judged: no list of ours names a matter on a suspicion alone (ZZ-26). Findings of
# V20 are those suspicions again.
_PAGE = Statement(
    f"""
    WITH places AS MATERIALIZED (
        SELECT r.code FROM qingdan.catalog_region_v1 AS r
        WHERE r.code = :region OR r.ancestors @> ARRAY[CAST(:region AS text)]
    ), finding AS (
        SELECT f.id, f.region_code, i.implementing_body AS organ_id, f.item_id, f.rule, i.name, f.message,
               f.opened_at, f.severity
        FROM qingdan.catalog_finding_v1 AS f JOIN qingdan.catalog_item_v1 AS i ON i.id = f.item_id
        WHERE f.state = 'open' AND f.severity IN ('block', 'error') AND f.rule <> 'V20'
          AND f.region_code IN (SELECT p.code FROM places AS p){_FINDINGS}
    ), suspect AS (
        SELECT s.id, s.region_code, i.implementing_body AS organ_id, s.item_id, s.name, s.judged_at
        FROM qingdan.catalog_suspect_v1 AS s LEFT JOIN qingdan.catalog_item_v1 AS i ON i.id = s.item_id
        WHERE s.state = 'judged' AND s.verdict = 'disguised'
          AND s.region_code IN (SELECT p.code FROM places AS p){_SUSPECTS}
    ), offence AS (
        SELECT v.id, v.record_id, v.region_code, v.organ_id, v.item_id, v.found_at, v.severity
        FROM qingdan.violation AS v
        WHERE v.state = 'open' AND v.region_code IN (SELECT p.code FROM places AS p){_VIOLATIONS}
    ), upheld AS (
        SELECT x.id, x.region_code, x.organ_id, x.item_id, x.source, x.reference, x.answered_at
        FROM qingdan.complaint AS x
        WHERE x.outcome IN ('upheld', 'partly_upheld')
          AND x.region_code IN (SELECT p.code FROM places AS p){_COMPLAINTS}
    ), matter AS (
        SELECT 'finding' AS origin, 'finding/' || f.id AS subject, f.region_code, f.organ_id, f.item_id,
               left(f.rule || '：' || f.name || '：' || f.message, 300) AS title, f.opened_at AS since,
               CASE WHEN f.severity = 'block' THEN 'serious' ELSE 'ordinary' END AS severity
        FROM finding AS f
        UNION ALL
        SELECT 'suspect', 'suspect/' || s.id, s.region_code, s.organ_id, s.item_id, left(s.name, 300), s.judged_at,
               'serious'
        FROM suspect AS s
        UNION ALL
        SELECT 'violation', 'violation/' || v.id, v.region_code, v.organ_id, v.item_id, h.number || ' ' || h.name,
               v.found_at, v.severity
        FROM offence AS v JOIN qingdan.handling_record AS h ON h.id = v.record_id
        UNION ALL
        SELECT 'complaint', 'complaint/' || x.id, x.region_code, x.organ_id, x.item_id,
               (CAST(:sources AS jsonb) ->> x.source) || ' ' || coalesce(x.reference, CAST(x.id AS text)),
               x.answered_at, 'ordinary'
        FROM upheld AS x
    )
    SELECT m.*, g.name AS organ_name, o.id AS order_id, o.state AS order_state
    FROM (SELECT a.* FROM matter AS a ORDER BY a.since, a.subject LIMIT :limit) AS m
    LEFT JOIN qingdan.catalog_organ_v1 AS g ON g.id = m.organ_id
    LEFT JOIN LATERAL (
        SELECT n.id, n.state FROM qingdan.rectification_order AS n
        WHERE n.subject = m.subject AND n.state <> 'withdrawn' ORDER BY n.id DESC LIMIT 1
    ) AS o ON true
    ORDER BY m.since, m.subject
    """
)


async def page(
    connection: AsyncConnection, filters: Mapping[str, Any], *, after: tuple[datetime, str] | None, limit: int
) -> list[Row]:
    """Matters of a region and all below it, the oldest first."""
    at, subject = after or (None, None)
    given = dict(filters) | {"after_at": at, "after": subject, "limit": limit, "sources": _SOURCES}
    return await _PAGE.rows(connection, given)

"""SQL of the quality check: entries in pages, findings that agree with what was judged, what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.quality.checks.rules import DUE_DAYS, RULES, Measure, Wanted
from shared.statement import Row, Statement

_LISTS = Statement(
    """
    SELECT l.id, l.kind, l.title, l.region_code, r.ancestors, l.state,
           (SELECT count(*) FROM qingdan.item AS i WHERE i.list_id = l.id AND i.state <> 'cancelled') AS entries
    FROM qingdan.list AS l JOIN qingdan.region AS r ON r.code = l.region_code
    WHERE l.mirrored_from IS NULL AND (l.id = CAST(:list_id AS uuid) OR l.region_code = CAST(:region AS text))
    ORDER BY l.id
    """
)
_ENTRIES = Statement(
    """
    SELECT i.id, i.version, i.implementing_body, CAST(v.elements AS text) AS elements
    FROM qingdan.item AS i JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE i.list_id = CAST(:list_id AS uuid) AND i.id > CAST(:after AS uuid) AND i.state <> 'cancelled'
    ORDER BY i.id LIMIT CAST(:size AS integer)
    """
)
# Entries with findings of validators that have been changed, or cancelled, since they were judged.
_CHANGED = Statement(
    """
    SELECT i.id, i.version, i.implementing_body, i.list_id, CAST(v.elements AS text) AS elements
    FROM (SELECT DISTINCT f.item_id FROM qingdan.finding AS f JOIN qingdan.item AS c ON c.id = f.item_id
          WHERE f.codes IS NOT NULL AND f.state <> 'closed' AND f.rule = ANY (CAST(:answered AS text[]))
            AND (c.version > f.source_version OR c.state = 'cancelled')
          ORDER BY f.item_id LIMIT CAST(:size AS integer)) AS g
    JOIN qingdan.item AS i ON i.id = g.item_id
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    """
)
_OF_LISTS = Statement(
    """
    SELECT l.id, l.kind, l.title, l.region_code, r.ancestors, l.state, 0 AS entries
    FROM qingdan.list AS l JOIN qingdan.region AS r ON r.code = l.region_code WHERE l.id = ANY (CAST(:ids AS uuid[]))
    """
)
_HELD = Statement(
    """
    SELECT f.id, f.item_id, f.rule, f.element, f.severity, f.message, f.source_version, f.state
    FROM qingdan.finding AS f
    WHERE f.item_id = ANY (CAST(:ids AS uuid[])) AND f.codes IS NOT NULL AND f.state <> 'closed'
      AND f.rule = ANY (CAST(:answered AS text[]))
    """
)
_TOLD = "f.id, f.rule, f.list_id, f.list_kind, f.region_code, f.item_id, f.adjustment_id"
# An entry that was changed meanwhile is left to the next look at it. Joins lead from the given rows to an index, never
# from one list of them to another: the planner guesses ten rows for either.
_CLOSE = Statement(
    f"""
    UPDATE qingdan.finding AS f SET state = 'closed', closed_at = CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:versions AS integer[])) AS g (id, version)
    JOIN qingdan.finding AS h ON h.id = g.id
    JOIN qingdan.item AS i ON i.id = h.item_id AND i.version = g.version
    WHERE f.id = g.id AND f.state <> 'closed'
    RETURNING 'closed' AS change, {_TOLD}
    """
)
_OPEN = Statement(
    f"""
    INSERT INTO qingdan.finding AS f (id, rule, severity, list_id, list_kind, region_code, item_id, element, actual,
        source_version, message, codes, opened_at, due_at)
    SELECT gen_random_uuid(), w.rule, w.severity, i.list_id, i.kind, i.region_code, w.item_id, w.element,
           v.elements -> w.element, w.version, w.message, ARRAY(SELECT jsonb_array_elements_text(w.codes)),
           CAST(:now AS timestamptz), CAST(:now AS timestamptz) + CAST(:due_days AS integer) * interval '1 day'
    FROM unnest(CAST(:item_ids AS uuid[]), CAST(:versions AS integer[]), CAST(:rules AS text[]),
                CAST(:elements AS text[]), CAST(:severities AS text[]), CAST(:codes AS jsonb[]),
                CAST(:messages AS text[]))
         AS w (item_id, version, rule, element, severity, codes, message)
    JOIN qingdan.item AS i ON i.id = w.item_id AND i.version = w.version
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    -- What somebody else found with the same rule is theirs.
    ON CONFLICT (rule, item_id, element) WHERE state <> 'closed' DO NOTHING
    RETURNING 'opened' AS change, {_TOLD}
    """
)
_AMEND = Statement(
    f"""
    UPDATE qingdan.finding AS f
    SET severity = w.severity, message = w.message, source_version = w.version, actual = v.elements -> f.element,
        codes = ARRAY(SELECT jsonb_array_elements_text(w.codes)),
        state = CASE WHEN f.message = w.message THEN f.state ELSE 'open' END,
        waiver = CASE WHEN f.message = w.message THEN f.waiver END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:item_ids AS uuid[]), CAST(:versions AS integer[]),
                CAST(:severities AS text[]), CAST(:codes AS jsonb[]), CAST(:messages AS text[]))
         AS w (id, item_id, version, severity, codes, message)
    JOIN qingdan.item AS i ON i.id = w.item_id AND i.version = w.version
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    WHERE f.id = w.id AND f.state <> 'closed'
    RETURNING 'opened' AS change, {_TOLD}, f.state
    """
)
_MEASURE = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:organ_ids AS uuid[]), CAST(:entries AS integer[]), CAST(:mandatory AS bigint[]),
                             CAST(:filled AS bigint[]), CAST(:warnings AS integer[]))
             AS g (organ_id, entries, mandatory, filled, warnings)
    ), gone AS (
        DELETE FROM qingdan.quality_measure AS m
        WHERE m.list_id = CAST(:list_id AS uuid) AND NOT EXISTS (SELECT FROM given AS g WHERE g.organ_id = m.organ_id)
    )
    INSERT INTO qingdan.quality_measure (list_id, organ_id, checked_at, entries, mandatory, filled, warnings)
    SELECT CAST(:list_id AS uuid), g.organ_id, CAST(:now AS timestamptz), g.entries, g.mandatory, g.filled, g.warnings
    FROM given AS g
    ON CONFLICT (list_id, organ_id) DO UPDATE SET checked_at = excluded.checked_at, entries = excluded.entries,
        mandatory = excluded.mandatory, filled = excluded.filled, warnings = excluded.warnings
    """
)


async def lists(connection: AsyncConnection, *, list_id: UUID | None, region: str | None) -> list[Row]:
    """The list, or the lists of a region, that are kept here: with the regions above and the number of entries."""
    return await _LISTS.rows(connection, {"list_id": list_id, "region": region})


async def lists_of(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Row]:
    """The same for lists by id."""
    return await _OF_LISTS.rows(connection, {"ids": list(ids)})


async def entries(connection: AsyncConnection, list_id: UUID, *, after: UUID, size: int) -> list[Row]:
    """A page of a list's entries that are not cancelled, by id, with their elements as JSON text."""
    return await _ENTRIES.rows(connection, {"list_id": list_id, "after": after, "size": size})


async def changed(connection: AsyncConnection, size: int) -> list[Row]:
    """Entries with open findings of validators that say something else by now."""
    return await _CHANGED.rows(connection, {"size": size, "answered": list(RULES)})


async def held(connection: AsyncConnection, ids: Sequence[UUID]) -> list[Row]:
    """Findings of validators that stand on entries, waived ones too."""
    return await _HELD.rows(connection, {"ids": list(ids), "answered": list(RULES)})


async def close(connection: AsyncConnection, versions: Mapping[UUID, int], now: datetime) -> list[Row]:
    """Close findings, by id with the version that was judged; what closed."""
    given = {"ids": list(versions), "versions": list(versions.values()), "now": now}
    return await _CLOSE.rows(connection, given) if versions else []


async def open_(connection: AsyncConnection, wanted: Sequence[Wanted], now: datetime) -> list[Row]:
    """Open findings; what opened."""
    given = _columns(wanted) | {"now": now, "due_days": DUE_DAYS, "rules": [one.rule for one in wanted],
                                "elements": [one.element for one in wanted]}  # fmt: skip
    return await _OPEN.rows(connection, given) if wanted else []


async def amend(connection: AsyncConnection, wanted: Mapping[UUID, Wanted]) -> list[Row]:
    """Let findings, by id, say what is said now; a waived one that says something else is open again."""
    given = _columns(list(wanted.values())) | {"ids": list(wanted)}
    return await _AMEND.rows(connection, given) if wanted else []


def _columns(wanted: Sequence[Wanted]) -> dict[str, Any]:
    return {
        "item_ids": [one.item_id for one in wanted], "versions": [one.version for one in wanted],
        "severities": [one.severity for one in wanted], "codes": [_json(one.codes) for one in wanted],
        "messages": [one.message for one in wanted],
    }  # fmt: skip


def _json(codes: Sequence[str]) -> str:
    # Codes are identifiers: nothing in them needs escaping.
    return "[" + ",".join(f'"{code}"' for code in codes) + "]"


async def measure(connection: AsyncConnection, list_id: UUID, measures: Mapping[UUID, Measure], now: datetime) -> None:
    """Keep what was counted of a list, by organ, in place of what was counted before."""
    rows = list(measures.values())
    given: dict[str, Any] = {
        "list_id": list_id, "now": now, "organ_ids": list(measures), "entries": [one.entries for one in rows],
        "mandatory": [one.mandatory for one in rows], "filled": [one.filled for one in rows],
        "warnings": [one.warnings for one in rows],
    }  # fmt: skip
    await _MEASURE.rows(connection, given)

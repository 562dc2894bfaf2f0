"""SQL of handling records: matched, stored and warned of set-based, a batch at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Lists that say how a matter is handled, the most telling first. Lists of a region's own kinds count after them; in
# others (such as follow-up supervision) a cancelled permit goes on to be shown.
MATTER_KINDS = ("implementation", "public_service", "permit", "power", "catalogue")

# The code as it was when the application was accepted: the version that held then, whatever has become of it since.
# Who handles a way of handling that the list does not name handles the matter itself.
_MATCH = Statement(
    """
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:given AS jsonb)) AS g(
            n int, credit_code text, scheme text, codes text[], accepted_at timestamptz)
    ), organs AS MATERIALIZED (
        SELECT DISTINCT ON (o.credit_code) o.credit_code, o.id, o.region_code,
               array_prepend(r.code, r.ancestors) AS chain
        FROM qingdan.catalog_organ_v1 AS o
        JOIN qingdan.catalog_region_v1 AS r ON r.code = o.region_code
        WHERE o.credit_code = ANY(ARRAY(SELECT g.credit_code FROM given AS g))
        ORDER BY o.credit_code, o.state = 'active' DESC, o.id
    )
    SELECT g.n, o.id AS organ_id, o.region_code, o.chain, m.item_id, m.list_id, m.version,
           CASE WHEN m.item_id IS NULL THEN 'unlisted' WHEN m.version IS NULL THEN 'not_yet'
                WHEN m.state <> 'in_use' THEN m.state WHEN m.valid_until <= g.accepted_at THEN 'replaced'
                ELSE 'in_use' END AS standing
    FROM given AS g
    JOIN organs AS o ON o.credit_code = g.credit_code
    LEFT JOIN LATERAL (
        SELECT i.id AS item_id, i.list_id, v.number AS version, v.state, c.valid_until
        FROM qingdan.catalog_item_code_v1 AS c
        JOIN qingdan.catalog_item_v1 AS i ON i.id = c.item_id
        JOIN qingdan.catalog_list_v1 AS l ON l.id = i.list_id AND l.state = 'in_force'
        JOIN qingdan.catalog_kind_v1 AS k
          ON k.code = i.kind AND (k.origin = 'custom' OR k.code = ANY(CAST(:kinds AS text[])))
        LEFT JOIN LATERAL (
            SELECT w.number, coalesce(w.elements ->> 'state', 'in_use') AS state
            FROM qingdan.catalog_item_version_v1 AS w
            WHERE w.item_id = i.id AND w.effective_from <= g.accepted_at
            ORDER BY w.effective_from DESC LIMIT 1
        ) AS v ON true
        WHERE c.scheme = g.scheme AND c.code = ANY(g.codes)
          AND (g.scheme = 'implementation' OR i.region_code = o.region_code)
        ORDER BY array_position(CAST(:kinds AS text[]), i.kind) NULLS LAST, length(c.code) DESC,
                 array_position(ARRAY['in_use', 'suspended', 'cancelled'], v.state), i.id
        LIMIT 1
    ) AS m ON true
    """
)
_VERSIONS = Statement(
    """
    SELECT v.item_id, v.number, v.elements -> 'promised_limit' AS promised,
           v.elements -> 'statutory_limit' AS statutory,
           v.elements -> 'materials' AS materials, v.elements -> 'fees' AS fees, v.elements -> 'charged' AS charged
    FROM unnest(CAST(:items AS uuid[]), CAST(:numbers AS int[])) AS g(item_id, number)
    JOIN qingdan.catalog_item_version_v1 AS v ON v.item_id = g.item_id AND v.number = g.number
    """
)
# Batches of one platform come one after another: of two that bring the same new record each would see none, and two
# that know some of one another's would wait for each other. A statement of its own, or the next would see too little.
_TAKE_TURNS = Statement(
    "SELECT count(pg_advisory_xact_lock(hashtextextended('workflow/handling/' || CAST(:client AS text), 0)))"
)
_STORED = Statement(
    """
    SELECT h.number, h.revision, h.digest, h.id, h.warnings FROM qingdan.handling_record AS h
    WHERE h.client_id = :client AND h.number = ANY(CAST(:numbers AS text[])) ORDER BY h.number FOR UPDATE
    """
)
# While nobody has judged it, the proof is that of what was told last: how late a record is in the end is known when
# it is done, and a correction may show something else of the same kind.
_FOUND = """
    shown AS MATERIALIZED (
        SELECT v.id, s.id AS record_id, v.kind, v.severity, s.region_code, s.organ_id, s.item_id, s.item_version,
               s.code, s.revision, v.proof, s.responsible
        FROM jsonb_to_recordset(CAST(:violations AS jsonb)) AS v(
            id uuid, client_id uuid, number text, kind text, severity text, proof jsonb)
        JOIN saved AS s ON s.client_id = v.client_id AND s.number = v.number
    ), before AS MATERIALIZED (
        SELECT x.id, x.organ_id FROM shown AS w
        JOIN qingdan.violation AS x ON x.record_id = w.record_id AND x.kind = w.kind
    ), found AS (
        INSERT INTO qingdan.violation AS x (id, record_id, kind, severity, region_code, organ_id, item_id, item_version,
                                            code, revision, proof, responsible, found_at)
        SELECT w.*, :now FROM shown AS w
        ON CONFLICT (record_id, kind) DO UPDATE
        SET proof = excluded.proof, revision = excluded.revision, region_code = excluded.region_code,
            organ_id = excluded.organ_id, item_id = excluded.item_id, item_version = excluded.item_version,
            code = excluded.code, responsible = excluded.responsible, corrected_at = NULL, version = x.version + 1
        WHERE x.state = 'open'
        RETURNING x.id, x.record_id, x.kind, x.region_code, x.organ_id, x.xmax = 0 AS fresh
    )"""
_TOLD_OF = "f.id AS violation_id, f.kind, f.region_code, f.organ_id, f.fresh, nullif(b.organ_id, f.organ_id) AS left_id"
# What a record showed once and shows no more is noted, and stays until a person has judged it.
_CORRECTED = """
    corrected AS (
        UPDATE qingdan.violation AS x SET corrected_at = :now, version = x.version + 1
        FROM saved AS s
        WHERE x.record_id = s.id AND x.state = 'open' AND x.corrected_at IS NULL
          AND NOT EXISTS (SELECT FROM shown AS w WHERE w.record_id = x.record_id AND w.kind = x.kind)
    )"""
_SAVE = Statement(
    f"""
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:records AS jsonb)) AS r(
            id uuid, client_id uuid, number text, revision bigint, digest text, region_code text, organ_id uuid,
            code text, name text,
            standing text, list_id uuid, item_id uuid, item_version int, accepted_at timestamptz,
            completed_at timestamptz, outcome text, pauses jsonb, materials jsonb, fees jsonb, responsible jsonb,
            state text, due_at timestamptz, statutory_due_at timestamptz, provisional boolean, warnings jsonb,
            next_at timestamptz)
    ), saved AS (
        INSERT INTO qingdan.handling_record AS h (
            id, client_id, number, revision, digest, region_code, organ_id, code, name, standing, list_id, item_id,
            item_version, accepted_at, completed_at, outcome, pauses, materials, fees, responsible, state, due_at,
            statutory_due_at, provisional, warnings, next_at, received_at, updated_at)
        SELECT g.id, g.client_id, g.number, g.revision, decode(g.digest, 'hex'), g.region_code, g.organ_id, g.code,
               g.name, g.standing, g.list_id, g.item_id, g.item_version, g.accepted_at, g.completed_at, g.outcome,
               g.pauses, g.materials, g.fees, g.responsible, g.state, g.due_at, g.statutory_due_at, g.provisional,
               g.warnings, g.next_at, CAST(:now AS timestamptz), CAST(:now AS timestamptz)
        FROM given AS g
        ON CONFLICT (client_id, number) DO UPDATE
        SET revision = excluded.revision, digest = excluded.digest, region_code = excluded.region_code,
            organ_id = excluded.organ_id, code = excluded.code, name = excluded.name, standing = excluded.standing,
            list_id = excluded.list_id, item_id = excluded.item_id, item_version = excluded.item_version,
            accepted_at = excluded.accepted_at,
            completed_at = excluded.completed_at, outcome = excluded.outcome, pauses = excluded.pauses,
            materials = excluded.materials, fees = excluded.fees, responsible = excluded.responsible,
            state = excluded.state, due_at = excluded.due_at, statutory_due_at = excluded.statutory_due_at,
            provisional = excluded.provisional, warnings = excluded.warnings, next_at = excluded.next_at,
            recount = false, updated_at = excluded.updated_at
        WHERE h.revision < excluded.revision
        RETURNING h.id, h.client_id, h.number, h.revision, h.region_code, h.organ_id, h.item_id, h.item_version,
                  h.code, h.responsible
    ), {_FOUND}, {_CORRECTED}
    SELECT s.number, s.id, {_TOLD_OF}
    FROM saved AS s LEFT JOIN found AS f ON f.record_id = s.id LEFT JOIN before AS b ON b.id = f.id
    """
)
_WANTED = Statement("SELECT EXISTS (SELECT FROM qingdan.handling_record WHERE next_at <= :now)")
_SPEAKING = Statement(
    """
    SELECT h.id, h.client_id, h.number, h.region_code, h.warnings, h.due_at, h.statutory_due_at
    FROM qingdan.handling_record AS h WHERE h.next_at <= :now
    ORDER BY h.next_at, h.id LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_TOLD = Statement(
    f"""
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS g(
            id uuid, warnings jsonb, warned text, next_at timestamptz)
    ), saved AS (
        UPDATE qingdan.handling_record AS h
        SET warnings = g.warnings, warned = coalesce(g.warned, h.warned), next_at = g.next_at, updated_at = :now
        FROM given AS g WHERE h.id = g.id
        RETURNING h.id, h.client_id, h.number, h.revision, h.region_code, h.organ_id, h.item_id, h.item_version,
                  h.code, h.responsible
    ), {_FOUND}
    SELECT f.record_id, {_TOLD_OF} FROM found AS f LEFT JOIN before AS b ON b.id = f.id
    """
)
_COLUMNS = """h.*, array_prepend(r.code, r.ancestors) AS chain
    FROM qingdan.handling_record AS h JOIN qingdan.catalog_region_v1 AS r ON r.code = h.region_code"""
# The first change that took effect while the record was running, and what its adjustment says of such records.
_FIND = Statement(
    f"""
    SELECT t.version AS next_version, t.effective_from AS next_from, t.operation AS next_operation,
           t.transitional_rule, {_COLUMNS}
    LEFT JOIN LATERAL (
        SELECT w.number AS version, w.effective_from, w.operation, a.transitional_rule
        FROM qingdan.catalog_item_version_v1 AS w
        LEFT JOIN qingdan.adjustment AS a ON a.id = w.adjustment_id
        WHERE w.item_id = h.item_id AND w.effective_from > h.accepted_at
          AND w.effective_from <= coalesce(h.completed_at, CAST(:now AS timestamptz))
        ORDER BY w.effective_from LIMIT 1
    ) AS t ON true
    WHERE h.id = :id
    """
)
_PAGE = Statement(
    f"""
    SELECT {_COLUMNS}
    WHERE (CAST(:region AS text) IS NULL OR r.code = CAST(:region AS text)
           OR r.ancestors @> ARRAY[CAST(:region AS text)])
      AND (CAST(:client AS uuid) IS NULL OR h.client_id = CAST(:client AS uuid))
      AND (CAST(:organ AS uuid) IS NULL OR h.organ_id = CAST(:organ AS uuid))
      AND (CAST(:item AS uuid) IS NULL OR h.item_id = CAST(:item AS uuid))
      AND (CAST(:state AS text) IS NULL OR h.state = CAST(:state AS text))
      AND (CAST(:standing AS text) IS NULL OR h.standing = CAST(:standing AS text))
      AND (CAST(:warned AS text) IS NULL OR h.warned = CAST(:warned AS text))
      AND (CAST(:after AS uuid) IS NULL OR h.id < CAST(:after AS uuid))
    ORDER BY h.id DESC LIMIT :limit
    """
)


_REACH = Statement("SELECT c.region_code FROM qingdan.catalog_client_v1 AS c WHERE c.id = :id AND c.active")


def _json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


async def reach(connection: AsyncConnection, client_id: UUID) -> str | None:
    """The region whose records, and those below it, a service client may tell of; None: it is no longer active."""
    found: str | None = await _REACH.value(connection, {"id": client_id})
    return found


async def match(connection: AsyncConnection, given: Sequence[Mapping[str, Any]]) -> dict[int, Row]:
    """What each code stood for at acceptance, by the `n` of the row; a row whose organ is unknown is left out.

    Parameters
    ----------
    given : {"n", "credit_code", "scheme" (`implementation` or `base`), "codes", "accepted_at"}
    """
    rows = await _MATCH.rows(connection, {"given": _json(list(given)), "kinds": list(MATTER_KINDS)})
    return {row.n: row for row in rows}


async def versions(connection: AsyncConnection, wanted: Sequence[tuple[UUID, int]]) -> dict[tuple[UUID, int], Row]:
    """What versions of entries say of limits, materials and fees."""
    given = {"items": [item for item, _ in wanted], "numbers": [number for _, number in wanted]}
    return {(row.item_id, row.number): row for row in await _VERSIONS.rows(connection, given)}


async def take_turns(connection: AsyncConnection, client_id: UUID) -> None:
    """Wait until no other batch of the platform is being taken; until the transaction ends."""
    await _TAKE_TURNS.rows(connection, {"client": str(client_id)})


async def stored(connection: AsyncConnection, client_id: UUID, numbers: Sequence[str]) -> dict[str, Row]:
    """Records of a platform that are here already, locked: revision, digest, id, warnings."""
    rows = await _STORED.rows(connection, {"client": client_id, "numbers": list(numbers)})
    return {row.number: row for row in rows}


async def save(
    connection: AsyncConnection,
    records: Sequence[Mapping[str, Any]],
    violations: Sequence[Mapping[str, Any]],
    now: datetime,
) -> list[Row]:
    """Store records and what they violate; a row for each violation, one for a record without any.

    Rows: number, id, violation_id, kind, region_code, organ_id, fresh (found for the first time), left_id (the organ it
    was told of before).
    """
    given = {"records": _json(list(records)), "violations": _json(list(violations)), "now": now}
    return await _SAVE.rows(connection, given)


async def is_wanted(connection: AsyncConnection, now: datetime) -> bool:
    """Whether any record has something to say."""
    return bool(await _WANTED.value(connection, {"now": now}))


async def speaking(connection: AsyncConnection, now: datetime, limit: int) -> list[Row]:
    """Records with something to say, locked; what a platform is just telling of is left for the next tick."""
    return await _SPEAKING.rows(connection, {"now": now, "limit": limit})


async def save_told(
    connection: AsyncConnection,
    told: Sequence[Mapping[str, Any]],
    violations: Sequence[Mapping[str, Any]],
    now: datetime,
) -> list[Row]:
    """Note what was said, with the limits that have run out; the violations."""
    given = {"told": _json(list(told)), "violations": _json(list(violations)), "now": now}
    return await _TOLD.rows(connection, given)


async def find(connection: AsyncConnection, record_id: UUID, now: datetime) -> Row | None:
    """A record with the regions above its own as `chain`, and the next version of its entry, if there was one."""
    return await _FIND.row(connection, {"id": record_id, "now": now})


async def page(connection: AsyncConnection, filters: Mapping[str, Any], *, after: UUID | None, limit: int) -> list[Row]:
    """Records, the newest first."""
    return await _PAGE.rows(connection, dict(filters) | {"after": after, "limit": limit})

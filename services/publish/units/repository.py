"""SQL of units: their parts of a list with the hash of each, kept as they change, and the entries of a part."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from services.publish.portal.reads import Reads
from shared.statement import Row, Statement

# The null UUID stands for entries that name no implementing body: without them the parts would not be the whole.
_NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"
_SHOWN = "p.from_revision <= {r} AND (p.to_revision IS NULL OR p.to_revision > {r})"
# The hash of a list (docs/publication-hash.md) over the entries of one unit alone.
_HASHED = f"""
    SELECT sha256(string_agg(coalesce(b.hash, sha256('')), ''::bytea ORDER BY n.bucket)) AS hash,
           coalesce(sum(b.entries), 0)::int AS entries
    FROM generate_series(0, 255) AS n(bucket)
    LEFT JOIN (
        SELECT s.bucket, sha256(string_agg(s.hash, ''::bytea ORDER BY s.item_id)) AS hash, count(*) AS entries
        FROM (
            SELECT p.bucket, p.hash, p.item_id FROM qingdan.published_item AS p
            WHERE p.list_id = {{list}} AND p.organ_id = {{unit}} AND {_SHOWN.format(r="{revision}")}
            UNION ALL
            SELECT p.bucket, p.hash, p.item_id FROM qingdan.published_item AS p
            WHERE {{unit}} = {_NOBODY} AND p.list_id = {{list}} AND p.organ_id IS NULL
              AND {_SHOWN.format(r="{revision}")}
        ) AS s GROUP BY s.bucket
    ) AS b ON b.bucket = n.bucket
"""
# Units a revision has changed: those of the rows it shows first and of the rows that end with it. All units of the
# list are looked at where that does not tell: when something has left public reading, no row says any more whose it
# was (the revision before counts it as purged); and when the revision before has not been followed. How many units
# show entries is counted on from the revision before, so that a long history costs nothing.
_FOLLOW = Statement(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT v.list_id, v.revision
        FROM unnest(CAST(:lists AS uuid[]), CAST(:revisions AS int[])) AS n(list_id, revision)
        JOIN qingdan.list_revision AS v ON v.list_id = n.list_id AND v.revision = n.revision AND v.units IS NULL
    ), due AS MATERIALIZED (
        SELECT a.list_id, a.revision, b.units AS before,
               b.list_id IS NULL OR b.purged > 0 OR (b.units IS NULL AND c.list_id IS NULL) AS whole
        FROM asked AS a
        LEFT JOIN qingdan.list_revision AS b ON b.list_id = a.list_id AND b.revision = a.revision - 1
        LEFT JOIN asked AS c ON c.list_id = a.list_id AND c.revision = a.revision - 1
    ), touched AS MATERIALIZED (
        SELECT d.list_id, d.revision, coalesce(p.organ_id, {_NOBODY}) AS unit_id
        FROM due AS d JOIN qingdan.published_item AS p ON p.list_id = d.list_id AND p.from_revision = d.revision
        UNION
        SELECT d.list_id, d.revision, coalesce(b.organ_id, {_NOBODY})
        FROM due AS d
        JOIN qingdan.published_item AS p ON p.list_id = d.list_id AND p.from_revision = d.revision
        JOIN qingdan.published_item AS b ON b.list_id = p.list_id AND b.item_id = p.item_id
             AND b.to_revision = d.revision
        UNION
        SELECT d.list_id, d.revision, u.unit_id
        FROM due AS d JOIN qingdan.unit_part AS u ON u.list_id = d.list_id
        WHERE d.whole
        UNION
        SELECT d.list_id, d.revision, coalesce(p.organ_id, {_NOBODY})
        FROM due AS d JOIN qingdan.published_item AS p ON p.list_id = d.list_id
        WHERE d.whole AND {_SHOWN.format(r="d.revision")}
    ), hashed AS MATERIALIZED (
        SELECT t.*, h.hash, h.entries
        FROM touched AS t
        CROSS JOIN LATERAL ({_HASHED.format(list="t.list_id", revision="t.revision", unit="t.unit_id")}) AS h
    ), kept AS (
        INSERT INTO qingdan.unit_part (list_id, unit_id, from_revision, hash, entries)
        SELECT h.list_id, h.unit_id, h.revision, h.hash, h.entries FROM hashed AS h
        ON CONFLICT (list_id, unit_id, from_revision) DO NOTHING
    ), compared AS (
        SELECT h.list_id, h.revision, (h.entries > 0)::int AS shows, coalesce(
                   lag((h.entries > 0)::int) OVER (PARTITION BY h.list_id, h.unit_id ORDER BY h.revision),
                   (SELECT (u.entries > 0)::int FROM qingdan.unit_part AS u
                    WHERE u.list_id = h.list_id AND u.unit_id = h.unit_id AND u.from_revision < h.revision
                    ORDER BY u.from_revision DESC LIMIT 1),
                   0) AS showed
        FROM hashed AS h
    ), moved AS (
        SELECT d.list_id, d.revision, d.whole OR d.before IS NOT NULL AS begins,
               CASE WHEN d.whole THEN coalesce(sum(c.shows), 0)
                    ELSE coalesce(d.before, 0) + coalesce(sum(c.shows - c.showed), 0) END AS units
        FROM due AS d LEFT JOIN compared AS c ON c.list_id = d.list_id AND c.revision = d.revision
        GROUP BY d.list_id, d.revision, d.whole, d.before
    ), stretched AS (
        SELECT m.*, count(*) FILTER (WHERE m.begins) OVER (PARTITION BY m.list_id ORDER BY m.revision) AS stretch
        FROM moved AS m
    ), counted AS (
        SELECT s.list_id, s.revision,
               sum(s.units) OVER (PARTITION BY s.list_id, s.stretch ORDER BY s.revision) AS units
        FROM stretched AS s
    )
    UPDATE qingdan.list_revision AS v SET units = c.units
    FROM counted AS c WHERE v.list_id = c.list_id AND v.revision = c.revision
    """
)
_REVISION = Statement(
    """
    SELECT l.list_id, l.title, l.kind, l.region_code, v.revision, v.hash, v.entries, v.purged, v.units, v.effective_at,
           v.published_at, o.name AS lead
    FROM qingdan.published_list AS l
    LEFT JOIN qingdan.list_revision AS v
           ON v.list_id = l.list_id AND v.revision = coalesce(CAST(:revision AS int), l.revision)
    LEFT JOIN qingdan.catalog_list_v1 AS c ON c.id = l.list_id
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = c.lead_organ_id
    WHERE l.list_id = :list
    """
)
_NAMED = """
    SELECT f.unit_id, o.name, o.credit_code, f.hash, f.entries
    FROM ({found}) AS f LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = f.unit_id
    WHERE f.entries > 0 AND (CAST(:after AS uuid) IS NULL OR f.unit_id > CAST(:after AS uuid))
      AND (CAST(:unit AS uuid) IS NULL OR f.unit_id = CAST(:unit AS uuid))
    ORDER BY f.unit_id LIMIT :limit
"""
_KEPT = Statement(
    _NAMED.format(
        found="""SELECT DISTINCT ON (u.unit_id) u.unit_id, u.hash, u.entries FROM qingdan.unit_part AS u
        WHERE u.list_id = :list AND u.from_revision <= :revision ORDER BY u.unit_id, u.from_revision DESC"""
    )
)
_COUNTED = Statement(
    _NAMED.format(
        found=f"""SELECT n.unit_id, h.hash, h.entries FROM (
            SELECT DISTINCT coalesce(p.organ_id, {_NOBODY}) AS unit_id FROM qingdan.published_item AS p
            WHERE p.list_id = :list AND {_SHOWN.format(r=":revision")}
        ) AS n CROSS JOIN LATERAL ({_HASHED.format(list=":list", revision=":revision", unit="n.unit_id")}) AS h"""
    )
)
_UNIT = "SELECT o.id FROM qingdan.catalog_organ_v1 AS o WHERE o.credit_code = {code} ORDER BY o.state, o.id LIMIT 1"
_UNIT_OF = Statement(_UNIT.format(code=":code"))
_UNIT_READ = _UNIT.format(code="$1")
_PART_READ = f"""
    SELECT o.name, o.credit_code, coalesce(k.hash, h.hash) AS hash, coalesce(k.entries, h.entries) AS entries
    FROM (SELECT 1) AS one
    LEFT JOIN qingdan.catalog_organ_v1 AS o ON o.id = $3
    LEFT JOIN LATERAL (
        SELECT u.hash, u.entries FROM qingdan.unit_part AS u
        WHERE u.list_id = $1 AND u.unit_id = $3 AND u.from_revision <= $2
          AND EXISTS (SELECT FROM qingdan.list_revision AS v
                      WHERE v.list_id = $1 AND v.revision = $2 AND v.units IS NOT NULL AND v.purged = 0)
        ORDER BY u.from_revision DESC LIMIT 1
    ) AS k ON true
    LEFT JOIN LATERAL (
        SELECT n.* FROM ({_HASHED.format(list="$1", revision="$2", unit="$3::uuid")}) AS n WHERE k.hash IS NULL
    ) AS h ON true
"""
_ROWS = Statement(
    f"""
    SELECT p.item_id, p."row" AS line FROM qingdan.published_item AS p
    WHERE p.list_id = :list AND p.item_id > :after AND {_SHOWN.format(r=":revision")}
      AND (p.organ_id = :unit OR p.organ_id IS NULL AND :unit = {_NOBODY})
    ORDER BY p.item_id LIMIT :limit
    """
)
_LINES = f"""
    SELECT p.item_id, p.body FROM qingdan.published_item AS p
    WHERE p.list_id = $1 AND p.item_id > $3 AND {_SHOWN.format(r="$2")}
      AND (p.organ_id = $4 OR p.organ_id IS NULL AND $4 = {_NOBODY})
    ORDER BY p.item_id LIMIT 1000
"""


async def follow(connection: AsyncConnection, revisions: Sequence[tuple[UUID, int]]) -> None:
    """Hash the parts of the units that these (list, revision) have changed, and note how many units each shows."""
    lists, numbers = zip(*revisions, strict=True)
    await _FOLLOW.rows(connection, {"lists": lists, "revisions": numbers})


async def revision(connection: AsyncConnection, list_id: UUID, number: int | None) -> Row | None:
    """A revision of a list, the present one when None; its `revision` is None when there is none of that number."""
    return await _REVISION.row(connection, {"list": list_id, "revision": number})


async def parts(
    connection: AsyncConnection, list_id: UUID, number: int, *, kept: bool, unit: UUID | None,
    after: UUID | None, limit: int,
) -> list[Row]:  # fmt: skip
    """Units that a revision shows entries of, with hash and count: as kept, else hashed anew.

    The null UUID is a unit as well, so a walk begins after None.
    """
    statement = _KEPT if kept else _COUNTED
    return await statement.rows(
        connection, {"list": list_id, "revision": number, "unit": unit, "after": after, "limit": limit}
    )


async def unit_of(connection: AsyncConnection, credit_code: str) -> UUID | None:
    """The organ that has a credit code."""
    found: UUID | None = await _UNIT_OF.value(connection, {"code": credit_code})
    return found


async def rows(
    connection: AsyncConnection, list_id: UUID, number: int, unit: UUID, *, after: UUID, limit: int
) -> list[Row]:
    """Lines of the entries a revision shows of a unit, in item order."""
    return await _ROWS.rows(
        connection, {"list": list_id, "revision": number, "unit": unit, "after": after, "limit": limit}
    )


async def read_unit_of(reads: Reads, credit_code: str) -> UUID | None:
    """The organ that has a credit code, for the plain reads."""
    row = await reads.row(_UNIT_READ, credit_code)
    return row["id"] if row else None


async def read_part(reads: Reads, list_id: UUID, number: int, unit: UUID) -> asyncpg.Record | None:
    """Hash and count of a unit's part, with how the unit is called; without entries when nothing is shown of it."""
    return await reads.row(_PART_READ, list_id, number, unit)


async def lines(reads: Reads, list_id: UUID, number: int, unit: UUID, after: UUID) -> list[asyncpg.Record]:
    """The next thousand bodies a revision shows of a unit, in item order."""
    return await reads.rows(_LINES, list_id, number, after, unit)

"""Growth: the same lists in other counties, cloned set-based from the corpus into every table the product writes.

An entry of another county differs from the corpus's by its id, its list, its organ and its implementation code. Ids
rise like those of rows created one after another, so indexes grow the way they do in an installation.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks import corpus as corpora
from benchmarks.corpus import CITY, NATION, ORGANS, PROVINCE, Corpus
from benchmarks.entries import KINDS, Organ

# Counties a transaction clones; two connections work side by side.
COUNTIES_AT_ONCE = 4
CONNECTIONS = 2
# Seconds autovacuum may take to end what it began.
PATIENCE = 120.0

_MAINTAINED = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"
_CLONES = """
    CREATE TEMPORARY TABLE clone ON COMMIT DROP AS
    SELECT i.id AS old_id, i.list_id AS old_list, l.new_list, o.old_organ, o.new_organ, o.credit_code, r.code AS region,
           CAST(lpad(to_hex(CAST($6 AS bigint) + r.number * 100000
                                + row_number() OVER (PARTITION BY r.code ORDER BY i.id)), 12, '0')
                || '7' || substr(d.digest, 1, 3) || '8' || substr(d.digest, 4, 15) AS uuid) AS new_id
    FROM unnest(CAST($1 AS text[]), CAST($2 AS int[])) AS r(code, number)
    JOIN (SELECT * FROM unnest(CAST($3 AS uuid[]), CAST($4 AS uuid[]), CAST($5 AS text[]))
              AS x(old_list, new_list, region)) AS l ON l.region = r.code
    JOIN qingdan.item AS i ON i.list_id = l.old_list
    JOIN organ_clone AS o ON o.region = r.code AND o.old_organ = i.implementing_body
    CROSS JOIN LATERAL (SELECT md5(i.id::text || r.code) AS digest) AS d
"""

_ITEM = """
    INSERT INTO qingdan.item (id, list_id, kind, region_code, version, effective_from, name, base_code,
        implementation_code, handling_item, item_type, level, implementing_body, permit_name, state, audience,
        basis_digest, burden_digest)
    SELECT c.new_id, c.new_list, i.kind, c.region, 1, i.effective_from, i.name, i.base_code,
           c.credit_code || substr(i.implementation_code, 19), i.handling_item, i.item_type, i.level, c.new_organ,
           i.permit_name, i.state, i.audience, i.basis_digest, i.burden_digest
    FROM clone AS c JOIN qingdan.item AS i ON i.id = c.old_id ORDER BY c.new_id
"""
_VERSION = """
    INSERT INTO qingdan.item_version
        (item_id, number, effective_from, elements, changed, provenance, rule_set, adjustment_id, operation)
    SELECT c.new_id, 1, v.effective_from,
           v.elements || jsonb_strip_nulls(jsonb_build_object(
               'implementing_body', c.new_organ,
               'supervising_body', CASE WHEN v.elements ? 'supervising_body' THEN c.new_organ END,
               'implementation_code', c.credit_code || substr(v.elements ->> 'implementation_code', 19))),
           v.changed, v.provenance, v.rule_set, v.adjustment_id, 'import'
    FROM clone AS c JOIN qingdan.item_version AS v ON v.item_id = c.old_id AND v.number = 1 ORDER BY c.new_id
"""
_CODE = """
    INSERT INTO qingdan.item_code (item_id, code, list_id, scheme, space, valid_from)
    SELECT c.new_id, CASE WHEN k.scheme = 'base' THEN k.code ELSE c.credit_code || substr(k.code, 19) END, c.new_list,
           k.scheme, CASE WHEN k.scheme = 'base' AND k.space IS NOT NULL THEN c.new_list::text ELSE k.space END,
           k.valid_from
    FROM clone AS c JOIN qingdan.item_code AS k ON k.item_id = c.old_id ORDER BY c.new_id
"""
_PUBLISHED = """
    INSERT INTO qingdan.published_item (list_id, item_id, from_revision, version, bucket, name, base_code,
        implementation_code, item_type, state, level, organ_id, body, row, hash, effective_from)
    SELECT c.new_list, c.new_id, 1, 1, get_byte(uuid_send(c.new_id), 15), p.name, p.base_code,
           c.credit_code || substr(p.implementation_code, 19), p.item_type, p.state, p.level, c.new_organ, b.body,
           convert_to(replace(convert_from(p."row", 'UTF8'), c.old_id::text, c.new_id::text), 'UTF8'), sha256(b.body),
           p.effective_from
    FROM clone AS c
    JOIN qingdan.published_item AS p ON p.list_id = c.old_list AND p.item_id = c.old_id AND p.from_revision = 1
    CROSS JOIN LATERAL (SELECT convert_to(replace(replace(convert_from(p.body, 'UTF8'), c.old_id::text,
        c.new_id::text), c.old_list::text, c.new_list::text), 'UTF8') AS body) AS b
    ORDER BY c.new_list, c.new_id
"""
# As the consumer would have made them: what is the other county's own in the terms takes the place of the corpus's.
_SEARCH = """
    INSERT INTO qingdan.published_search
        (item_id, list_id, stamp, kind, state, item_type, level, organ_id, name, terms)
    SELECT c.new_id, c.new_list, 1, s.kind, s.state, s.item_type, s.level, c.new_organ, s.name,
           array_to_tsvector(ARRAY(
               SELECT t FROM unnest(tsvector_to_array(s.terms)) AS t
               WHERE t NOT LIKE '~%' AND t NOT LIKE 'list:%' AND t NOT LIKE 'organ:%' AND t <> 'region:449001000000'
                     AND t NOT LIKE '#%' OR length(t) = 13)
               || ARRAY['list:' || c.new_list, 'organ:' || c.new_organ, 'region:' || c.region,
                        '~4.' || n.last % 4, '~16.' || n.last % 16, '~64.' || n.last % 64])
    FROM clone AS c
    JOIN qingdan.published_search AS s ON s.item_id = c.old_id
    CROSS JOIN LATERAL (SELECT get_byte(uuid_send(c.new_id), 15) AS last) AS n
    ORDER BY c.new_id
"""
_FEED = """
    INSERT INTO qingdan.feed_entry (sequence, id, position, type, list_kind, list_id, item_id, version, revision,
        changed, adjustment_id, cause_id, effective_at)
    SELECT $1 + row_number() OVER (ORDER BY c.new_id), c.new_id, f.position, f.type, f.list_kind, c.new_list, c.new_id,
           1, 1, f.changed, f.adjustment_id, f.cause_id, f.effective_at
    FROM clone AS c
    JOIN qingdan.feed_entry AS f ON f.item_id = c.old_id AND f.revision = 1 AND f.list_id = c.old_list
    ON CONFLICT DO NOTHING
"""
_BUCKETS = """
    INSERT INTO qingdan.list_bucket (list_id, bucket, hash, entries)
    SELECT p.list_id, p.bucket, sha256(string_agg(p.hash, ''::bytea ORDER BY p.item_id)), count(*)
    FROM qingdan.published_item AS p
    WHERE p.list_id = ANY (CAST($1 AS uuid[])) AND p.to_revision IS NULL GROUP BY 1, 2
"""
_REVISION = """
    WITH root AS (
        SELECT b.list_id, sha256(string_agg(b.hash, ''::bytea ORDER BY b.bucket)) AS hash, sum(b.entries) AS entries
        FROM qingdan.list_bucket AS b WHERE b.list_id = ANY (CAST($1 AS uuid[])) GROUP BY 1
    ), revised AS (
        INSERT INTO qingdan.list_revision (list_id, revision, hash, entries, effective_at)
        SELECT list_id, 1, hash, entries, clock_timestamp() FROM root
    )
    INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)
    SELECT l.id, l.kind, l.region_code, l.title, 1, root.hash, root.entries, clock_timestamp()
    FROM root JOIN qingdan.list AS l ON l.id = root.list_id
"""


@dataclass(frozen=True)
class County:
    """Another county that holds the same lists."""

    number: int
    code: str


def counties(first: int, count: int) -> list[County]:
    """Counties below the corpus's city, in order."""
    return [County(number, f"4491{number:03d}00000") for number in range(first, first + count)]


async def grow(engine: AsyncEngine, url: str, corpus: Corpus, *, first: int, count: int) -> int:
    """Clone the corpus into `count` more counties; returns the number of entries that were added."""
    wanted = counties(first, count)
    groups = [wanted[at : at + COUNTIES_AT_ONCE] for at in range(0, count, COUNTIES_AT_ONCE)]
    organs = await _register(engine, corpus, wanted)
    queue = iter(groups)

    async def work() -> int:
        connection = await asyncpg.connect(url, server_settings={"search_path": "qingdan", "work_mem": "64MB"})
        try:
            return sum([await _clone(connection, engine, corpus, group, organs) for group in queue])
        finally:
            await connection.close()

    return sum(await asyncio.gather(*(work() for _ in range(CONNECTIONS))))


async def settle(url: str) -> None:
    """VACUUM and ANALYZE, as autovacuum does in time, and a checkpoint: what follows is measured at rest.

    Autovacuum is at work on what was just written as well; two processors measure nothing else beside it.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM (ANALYZE)")
        async with asyncio.timeout(PATIENCE):
            while True:
                if not await connection.fetchval(_MAINTAINED):
                    break
                await asyncio.sleep(0.2)
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _register(engine: AsyncEngine, corpus: Corpus, wanted: Sequence[County]) -> dict[str, list[Organ]]:
    organs: dict[str, list[Organ]] = {}
    async with engine.begin() as connection:
        above = [CITY, PROVINCE, NATION]
        rows = [(county.code, f"测算县{county.number}", "county", CITY, above) for county in wanted]
        await corpora.insert_regions(connection, rows)
        for county in wanted:
            organs[county.code] = corpora.organs_of(county.code, start=(county.number + 1) * ORGANS)
            await corpora.insert_organs(connection, organs[county.code], county.code)
    return organs


async def _clone(
    connection: asyncpg.Connection,
    engine: AsyncEngine,
    corpus: Corpus,
    group: Sequence[County],
    organs: dict[str, list[Organ]],
) -> int:
    lists: list[tuple[UUID, UUID, str]] = []
    async with engine.begin() as own:
        for county in group:
            made = await corpora.insert_lists(own, county.code, organs[county.code], KINDS)
            lists += [(corpus.lists[kind], made[kind], county.code) for kind in KINDS]
    new_lists = [row[1] for row in lists]
    async with connection.transaction():
        await _name_clones(connection, corpus, group, organs, lists)
        told: dict[str, str] = {}
        for statement in (_ITEM, _VERSION, _CODE, _PUBLISHED, _SEARCH):
            told[statement] = await connection.execute(statement)
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('benchmark feed', 0))")
        last = await connection.fetchval("SELECT coalesce(max(sequence), 0) FROM qingdan.feed_entry")
        await connection.execute(_FEED, last)
        await connection.execute(_BUCKETS, new_lists)
        await connection.execute(_REVISION, new_lists)
        await connection.execute(
            "UPDATE qingdan.list SET state = 'in_force', enacted_at = clock_timestamp(), version = 2"
            " WHERE id = ANY (CAST($1 AS uuid[]))",
            new_lists,
        )
    return int(told[_ITEM].rsplit(" ", 1)[-1])


async def _name_clones(
    connection: asyncpg.Connection,
    corpus: Corpus,
    group: Sequence[County],
    organs: dict[str, list[Organ]],
    lists: Sequence[tuple[UUID, UUID, str]],
) -> None:
    """Which organ and which item stands for which in the other county, in temporary tables of the transaction."""
    await connection.execute(
        "CREATE TEMPORARY TABLE organ_clone"
        " (region text, old_organ uuid, new_organ uuid, credit_code text) ON COMMIT DROP"
    )
    pairs = [
        (county.code, old.id, new.id, new.credit_code)
        for county in group
        for old, new in zip(corpus.organs, organs[county.code], strict=True)
    ]
    await connection.copy_records_to_table("organ_clone", records=pairs)
    first_id = corpus.matters[0].permit.int >> 80
    columns = [list(column) for column in zip(*lists, strict=True)]
    await connection.execute(
        _CLONES, [county.code for county in group], [county.number + 1 for county in group], *columns, first_id
    )
    await connection.execute("ANALYZE clone")

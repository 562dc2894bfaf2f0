"""The limit programs of the cascade: the same rows into the same tables and indexes, in one transaction, by hand.

What the product decides - who follows whom, what may be seen, who may do it - is given here. What remains is what any
program would have to write: versions, what is published with its hashes, the feed, the ledger, the adjustment.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import orjson

from benchmarks import entries
from benchmarks.corpus import Matter
from benchmarks.entries import DERIVED, KINDS, NAME_OF
from benchmarks.stage import Stage
from shared.identifiers import new_id

# One transaction, in this order. $1 items, $2 names of the changed element, $3 its new values, $4 provenance,
# $5 adjustment.
_GIVEN = """unnest(CAST($1 AS uuid[]), CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS jsonb[]))
        AS n(id, element, value, provenance)"""

_ITEMS = f"""
    UPDATE qingdan.item AS i SET version = i.version + 1, effective_from = now(),
        name = CASE WHEN n.element = 'name' THEN n.value ELSE i.name END,
        permit_name = CASE WHEN n.element = 'permit_name' THEN n.value ELSE i.permit_name END
    FROM {_GIVEN} WHERE i.id = n.id AND $5::uuid IS NOT NULL
"""
_VERSIONS = f"""
    INSERT INTO qingdan.item_version
        (item_id, number, effective_from, elements, changed, provenance, rule_set, adjustment_id, operation)
    SELECT i.id, i.version, i.effective_from, v.elements || jsonb_build_object(n.element, n.value), ARRAY[n.element],
           n.provenance, 1, $5, CASE WHEN i.kind = 'permit' THEN 'modify' ELSE 'sync' END
    FROM {_GIVEN}
    JOIN qingdan.item AS i ON i.id = n.id
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version - 1
"""
# What is closed is what is shown anew: found by the index of what is current. Looked up again among all revisions of an
# entry it would cost the more the longer its history is, and a plan for "few lists" would read it once for each list.
_PUBLISHED = f"""
    WITH closed AS (
        UPDATE qingdan.published_item AS p SET to_revision = l.revision + 1
        FROM {_GIVEN} JOIN qingdan.item AS i ON i.id = n.id
        JOIN qingdan.published_list AS l ON l.list_id = i.list_id
        WHERE p.list_id = i.list_id AND p.item_id = i.id AND p.to_revision IS NULL AND $5::uuid IS NOT NULL
        RETURNING p.*, n.element, n.value, i.version AS next, i.name AS next_name, i.effective_from AS since
    )
    INSERT INTO qingdan.published_item (list_id, item_id, from_revision, version, bucket, name, base_code,
        implementation_code, item_type, state, level, organ_id, body, row, hash, effective_from)
    SELECT c.list_id, c.item_id, c.to_revision, c.next, c.bucket, c.next_name, c.base_code, c.implementation_code,
           c.item_type, c.state, c.level, c.organ_id, b.body,
           convert_to(replace(convert_from(c."row", 'UTF8'), o.value, c.value), 'UTF8'), sha256(b.body), c.since
    FROM closed AS c
    JOIN qingdan.item_version AS v ON v.item_id = c.item_id AND v.number = c.next - 1
    CROSS JOIN LATERAL (SELECT v.elements ->> c.element AS value) AS o
    CROSS JOIN LATERAL (SELECT convert_to(replace(replace(convert_from(c.body, 'UTF8'), o.value, c.value),
        '"version":' || c.version, '"version":' || c.next), 'UTF8') AS body) AS b
"""
_BUCKETS = f"""
    INSERT INTO qingdan.list_bucket (list_id, bucket, hash, entries)
    SELECT t.list_id, t.bucket, b.hash, b.entries
    FROM (SELECT DISTINCT i.list_id, get_byte(uuid_send(i.id), 15) AS bucket
          FROM {_GIVEN} JOIN qingdan.item AS i ON i.id = n.id WHERE $5::uuid IS NOT NULL) AS t
    CROSS JOIN LATERAL (
        SELECT sha256(string_agg(p.hash, ''::bytea ORDER BY p.item_id)) AS hash, count(*) AS entries
        FROM qingdan.published_item AS p
        WHERE p.list_id = t.list_id AND p.bucket = t.bucket AND p.to_revision IS NULL) AS b
    ON CONFLICT (list_id, bucket) DO UPDATE SET hash = excluded.hash, entries = excluded.entries
"""
_REVISIONS = """
    WITH root AS (
        SELECT b.list_id, sha256(string_agg(b.hash, ''::bytea ORDER BY b.bucket)) AS hash, sum(b.entries) AS entries
        FROM qingdan.list_bucket AS b WHERE b.list_id = ANY (CAST($1 AS uuid[])) GROUP BY 1
    ), current AS (
        UPDATE qingdan.published_list AS l SET revision = l.revision + 1, hash = root.hash, entries = root.entries,
            published_at = clock_timestamp()
        FROM root WHERE l.list_id = root.list_id RETURNING l.list_id, l.revision, l.hash, l.entries
    )
    INSERT INTO qingdan.list_revision (list_id, revision, hash, entries, adjustment_id, effective_at)
    SELECT list_id, revision, hash, entries, $2, now() FROM current
"""
_FEED = f"""
    INSERT INTO qingdan.feed_entry (sequence, id, position, type, list_kind, list_id, item_id, version, revision,
        changed, adjustment_id, cause_id, effective_at)
    SELECT s.last + row_number() OVER (), gen_random_uuid(), h.position + 1, 'item.updated', i.kind, i.list_id, i.id,
           i.version, l.revision, ARRAY[n.element], $5, $5, now()
    FROM {_GIVEN}
    JOIN qingdan.item AS i ON i.id = n.id
    JOIN qingdan.published_list AS l ON l.list_id = i.list_id
    CROSS JOIN (SELECT max(sequence) AS last FROM qingdan.feed_entry) AS s
    CROSS JOIN qingdan.log_head AS h
"""
_LEDGER = """
    INSERT INTO qingdan.cascade_ledger (adjustment_id, list_id, rule, touched)
    SELECT $2, list_id, 'limit', $3 FROM unnest(CAST($1 AS uuid[])) AS t(list_id)
"""
_CHANGES = "UPDATE qingdan.change SET outcome = 'applied' WHERE adjustment_id = $1"
_ADJUSTMENT = """
    UPDATE qingdan.adjustment SET state = 'effective', decided_at = now(), applied_at = now(), updated_at = now(),
        version = version + 1 WHERE id = $1
"""
# As many events as the product appends: decided, effective, one a list for its entries and one for its revision,
# applied. Their type is nobody's, so that no consumer follows them.
_EVENTS = """
    WITH head AS (
        UPDATE qingdan.log_head SET position = position + $4 WHERE id = 1 RETURNING position - $4 AS base
    )
    INSERT INTO qingdan.event (position, id, type, service, list_id, item_ids, versions, elements, adjustment_id, actor)
    SELECT head.base + g.n, gen_random_uuid(), 'limit.written', 'catalog', (CAST($1 AS uuid[]))[g.n],
           CASE WHEN g.n <= $5 THEN CAST($3 AS uuid[]) ELSE '{}' END, '{}', '{name}', $2, 'system:benchmark'
    FROM head, generate_series(1, CAST($4 AS int)) AS g(n)
"""
_READ = "SELECT body FROM qingdan.published_item WHERE item_id = ANY (CAST($1 AS uuid[])) AND to_revision IS NULL"


class Writer:
    """The hand-written program for some matters: `prepare` what it needs to know, then `write` and read back."""

    def __init__(self, connection: asyncpg.Connection, stage: Stage, matters: Sequence[Matter], edition: int) -> None:
        self._connection = connection
        self._stage = stage
        self._matters = matters
        self._adjustment = new_id()
        self._lists = [stage.corpus.lists[kind] for kind in KINDS]
        rows = [(m, kind, entries.name_of(m.number, edition)) for m in matters for kind in KINDS]
        self._items = [m.items[kind] for m, kind, _ in rows]
        self._given = (
            self._items,
            [NAME_OF.get(kind, "name") for _, kind, _ in rows],
            [name for _, _, name in rows],
            [_provenance(m, kind) for m, kind, _ in rows],
            self._adjustment,
        )

    async def prepare(self) -> None:
        """The adjustment as it stands before its decision; not measured."""
        await self._connection.execute(
            "INSERT INTO qingdan.adjustment (id, number, title, region_code, organ_id, trigger, trigger_reference,"
            " legal_basis, reason, transitional_rule, procedure_code, procedure_version, state, created_by)"
            " VALUES ($1, $2, '-', '449001000000', $3, 'SUPERIOR_SPEC_CHANGE', '-', '-', '-', '-', 'short', 1,"
            " 'withdrawn', '-')",
            self._adjustment, f"limit-{self._adjustment}", self._matters[0].organ.id,
        )  # fmt: skip
        await self._connection.execute(
            "INSERT INTO qingdan.change"
            " (id, adjustment_id, number, operation, list_id, item_id, organ_id, proposed, compiled_by)"
            " SELECT gen_random_uuid(), $1, n, 'modify', $2, item, $3, '{}', '-'"
            " FROM unnest(CAST($4 AS uuid[])) WITH ORDINALITY AS u(item, n)",
            self._adjustment, self._lists[0], self._matters[0].organ.id, [m.permit for m in self._matters],
        )  # fmt: skip

    async def write(self) -> float:
        """Write everything in one transaction and read it back; seconds."""
        connection, count = self._connection, len(self._matters)
        started = time.perf_counter()
        async with connection.transaction():
            for statement in (_ITEMS, _VERSIONS, _PUBLISHED, _BUCKETS):
                await connection.execute(statement, *self._given)
            await connection.execute(_REVISIONS, self._lists, self._adjustment)
            await connection.execute(_FEED, *self._given)
            await connection.execute(_LEDGER, self._lists, self._adjustment, count)
            await connection.execute(_CHANGES, self._adjustment)
            await connection.execute(_ADJUSTMENT, self._adjustment)
            permits = [m.permit for m in self._matters]
            kinds = len(KINDS)
            await connection.execute(_EVENTS, self._lists, self._adjustment, permits, 2 * kinds + 3, kinds + 3)
        shown = await connection.fetch(_READ, self._items)
        took = time.perf_counter() - started
        if len(shown) != len(self._items):
            raise RuntimeError(f"the limit program shows {len(shown)} of {len(self._items)} entries")
        return took


async def one_at_a_time(stage: Stage, matters: Sequence[Matter], edition: int) -> list[float]:
    """Seconds of each change, by one connection."""
    connection = await asyncpg.connect(stage.url)
    try:
        return [await once(connection, stage, [matter], edition) for matter in matters]
    finally:
        await connection.close()


async def at_once(stage: Stage, matters: Sequence[Matter], edition: int) -> float:
    """Seconds for all matters in one transaction."""
    connection = await asyncpg.connect(stage.url)
    try:
        return await once(connection, stage, matters, edition)
    finally:
        await connection.close()


async def once(connection: asyncpg.Connection, stage: Stage, matters: Sequence[Matter], edition: int) -> float:
    """Prepare and write; seconds of the writing."""
    writer = Writer(connection, stage, matters, edition)
    await writer.prepare()
    return await writer.write()


def _provenance(matter: Matter, kind: str) -> str:
    if kind not in DERIVED:
        return "{}"
    origin: dict[str, object] = {"rule": "K01", "item": str(UUID(int=matter.permit.int)), "version": 2}
    return orjson.dumps({NAME_OF.get(kind, "name"): origin}).decode()

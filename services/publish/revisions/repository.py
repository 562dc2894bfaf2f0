"""SQL of the revisions: what the new revision of a list shows, its hash, the feed, named editions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.statement import Statement

_ITEM_TYPES = {
    "list_id": "uuid", "item_id": "uuid", "from_revision": "int", "to_revision": "int", "version": "int",
    "bucket": "smallint", "name": "text", "base_code": "text", "implementation_code": "text", "item_type": "text",
    "state": "text", "level": "text", "organ_id": "uuid", "body": "bytea", "row": "bytea", "hash": "bytea",
    "effective_from": "timestamptz",
}  # fmt: skip
_FEED_TYPES = {
    "sequence": "bigint", "id": "uuid", "position": "bigint", "type": "text", "list_kind": "text", "list_id": "uuid",
    "item_id": "uuid", "version": "int", "revision": "int", "changed": "jsonb", "replaces": "jsonb",
    "adjustment_id": "uuid", "cause_id": "uuid", "effective_at": "timestamptz",
}  # fmt: skip


def _given(prefix: str, types: Mapping[str, str]) -> str:
    """Rows as parallel arrays: `unnest(...)` over the parameters `<prefix>_<column>`."""
    return f"unnest({', '.join(f'CAST(:{prefix}_{name} AS {type_}[])' for name, type_ in types.items())})"


def _named(types: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}"' for name in types)


# What ends is closed before what follows it is shown: an entry has one present row.
_PUBLISH = Statement(
    f"""
    WITH closed AS (
        UPDATE qingdan.published_item AS p SET to_revision = n.revision
        FROM unnest(CAST(:closed_lists AS uuid[]), CAST(:closed_items AS uuid[]), CAST(:closed_revisions AS int[]))
             AS n(list_id, item_id, revision)
        WHERE p.list_id = n.list_id AND p.item_id = n.item_id AND p.to_revision IS NULL
        RETURNING 1
    ), shown AS (
        INSERT INTO qingdan.published_item ({_named(_ITEM_TYPES)})
        SELECT n.* FROM {_given("item", _ITEM_TYPES)} AS n WHERE (SELECT count(*) FROM closed) >= 0
    )
    INSERT INTO qingdan.feed_entry ({_named(_FEED_TYPES)})
    SELECT {
        ", ".join(
            "ARRAY(SELECT jsonb_array_elements_text(n.changed))" if name == "changed" else f"n.{name}"
            for name in _FEED_TYPES
        )
    }
    FROM {_given("feed", _FEED_TYPES)} AS n({_named(_FEED_TYPES)})
    """
)
# The touched buckets are hashed again, the others stand; a list's hash is that of its 256 buckets.
_REVISIONS = Statement(
    """
    WITH fresh AS MATERIALIZED (
        SELECT t.list_id, t.bucket, b.hash, b.entries
        FROM unnest(CAST(:bucket_lists AS uuid[]), CAST(:buckets AS smallint[])) AS t(list_id, bucket)
        CROSS JOIN LATERAL (
            SELECT sha256(coalesce(string_agg(p.hash, ''::bytea ORDER BY p.item_id), '')) AS hash, count(*) AS entries
            FROM qingdan.published_item AS p
            WHERE p.list_id = t.list_id AND p.bucket = t.bucket AND p.to_revision IS NULL
        ) AS b
    ), stored AS (
        INSERT INTO qingdan.list_bucket (list_id, bucket, hash, entries)
        SELECT list_id, bucket, hash, entries FROM fresh
        ON CONFLICT (list_id, bucket) DO UPDATE SET hash = excluded.hash, entries = excluded.entries
    ), root AS MATERIALIZED (
        SELECT l.list_id, b.hash, b.entries
        FROM unnest(CAST(:lists AS uuid[])) AS l(list_id)
        CROSS JOIN LATERAL (
            SELECT sha256(string_agg(coalesce(f.hash, b.hash), ''::bytea ORDER BY b.bucket)) AS hash,
                   sum(coalesce(f.entries, b.entries)) AS entries
            FROM qingdan.list_bucket AS b LEFT JOIN fresh AS f ON f.list_id = b.list_id AND f.bucket = b.bucket
            WHERE b.list_id = l.list_id
        ) AS b
    ), made AS (
        SELECT l.id AS list_id, l.kind, l.region_code, l.title, n.revision, n.adjustment_id, n.effective_at,
               n.publication_id, root.hash, root.entries,
               -- Of a decision the document is public, not what else was noted beside it. What nobody decided anew, as
               -- an organ's new name, stands on the decision about the list.
               (SELECT jsonb_object_agg(d.key, d.value)
                FROM jsonb_each(CASE WHEN jsonb_typeof(a.decision) = 'object' THEN a.decision
                                     WHEN jsonb_typeof(w.decision) = 'object' THEN w.decision
                                     WHEN jsonb_typeof(l.decision) = 'object' THEN l.decision END) AS d
                WHERE d.key IN ('meeting', 'date', 'number', 'authority', 'link')) AS decision
        FROM unnest(CAST(:lists AS uuid[]), CAST(:revisions AS int[]), CAST(:adjustments AS uuid[]),
                    CAST(:effective AS timestamptz[]), CAST(:publications AS uuid[]))
             AS n(list_id, revision, adjustment_id, effective_at, publication_id)
        JOIN qingdan.catalog_list_v1 AS l ON l.id = n.list_id
        JOIN root ON root.list_id = n.list_id
        LEFT JOIN qingdan.workflow_adjustment_v1 AS a ON a.id = n.adjustment_id
        LEFT JOIN qingdan.publication_notice AS w ON w.id = n.adjustment_id AND w.kind = 'withdrawal'
    ), counted AS (
        SELECT a.id, a.region_code, CAST(a.adjustments AS uuid[]) AS adjustments, y.year,
               row_number() OVER (PARTITION BY a.region_code ORDER BY a.nth) + coalesce(
                   (SELECT max(p.sequence) FROM qingdan.publication AS p
                    WHERE p.region_code = a.region_code AND p.year = y.year), 0) AS sequence
        FROM unnest(CAST(:acts AS uuid[]), CAST(:act_regions AS text[]), CAST(:act_adjustments AS text[]))
             WITH ORDINALITY AS a(id, region_code, adjustments, nth)
        CROSS JOIN (
            SELECT CAST(extract(year FROM CAST(:now AS timestamptz) AT TIME ZONE 'Asia/Shanghai') AS int) AS year
        ) AS y
    ), numbered AS (
        SELECT c.*, concat_ws('-', c.region_code, c.year,
                              lpad(c.sequence::text, greatest(4, length(c.sequence::text)), '0')) AS number
        FROM counted AS c
    ), acted AS (
        INSERT INTO qingdan.publication (id, number, region_code, year, sequence, adjustments, hash, made_at)
        SELECT n.id, n.number, n.region_code, n.year, n.sequence, n.adjustments, h.hash, CAST(:now AS timestamptz)
        FROM numbered AS n CROSS JOIN LATERAL (
            SELECT sha256(convert_to(n.number || E'\n' || string_agg(
                       m.list_id || ' ' || m.revision || ' ' || encode(m.hash, 'hex') || ' ' || m.entries || E'\n', ''
                       ORDER BY m.list_id), 'UTF8')) AS hash
            FROM made AS m WHERE m.publication_id = n.id
        ) AS h
    ), current AS (
        INSERT INTO qingdan.published_list (list_id, kind, region_code, title, revision, hash, entries, published_at)
        SELECT list_id, kind, region_code, title, revision, hash, entries, CAST(:now AS timestamptz) FROM made
        ON CONFLICT (list_id) DO UPDATE SET title = excluded.title, revision = excluded.revision,
            hash = excluded.hash, entries = excluded.entries, published_at = excluded.published_at
    )
    INSERT INTO qingdan.list_revision
        (list_id, revision, hash, entries, decision, adjustment_id, effective_at, published_at, publication_id, title)
    SELECT list_id, revision, hash, entries, decision, adjustment_id, effective_at, CAST(:now AS timestamptz),
           publication_id, title
    FROM made
    RETURNING list_id, revision, hash, entries, (SELECT n.number FROM numbered AS n WHERE n.id = publication_id)
    """
)
_BUCKETS = Statement(
    """
    INSERT INTO qingdan.list_bucket (list_id, bucket, hash, entries)
    SELECT :list, bucket, sha256(''), 0 FROM unnest(CAST(:buckets AS smallint[])) AS bucket
    ON CONFLICT (list_id, bucket) DO NOTHING
    """
)
_EDITION = Statement(
    """
    INSERT INTO qingdan.list_edition (list_id, name, revision)
    SELECT v.list_id, :name, v.revision FROM qingdan.list_revision AS v
    WHERE v.list_id = :list
      AND (v.revision = 1 OR CAST(:at AS timestamptz) IS NULL OR v.effective_at <= CAST(:at AS timestamptz))
    ORDER BY v.revision DESC LIMIT 1
    ON CONFLICT (list_id, name) DO NOTHING
    RETURNING revision
    """
)


@dataclass(frozen=True)
class NewRevision:
    """A revision to be made of what the rows now show."""

    list_id: UUID
    revision: int
    adjustment_id: UUID | None
    effective_at: datetime


@dataclass(frozen=True)
class Made:
    """A revision that was made."""

    list_id: UUID
    revision: int
    hash: bytes
    entries: int
    publication: str  # number of the act it was published with


@dataclass(frozen=True)
class Act:
    """A publication to be made over some lists of the transaction; its number follows from region and year."""

    id: UUID
    region_code: str
    lists: frozenset[UUID]
    adjustments: frozenset[UUID]


async def publish(
    connection: AsyncConnection,
    *,
    closed: Sequence[tuple[UUID, UUID, int]] = (),
    shown: Sequence[dict[str, Any]] = (),
    feed: Sequence[dict[str, Any]] = (),
) -> None:
    """Change what is shown and tell the feed of it.

    Parameters
    ----------
    closed : (list, item, revision): what is shown of the item now ends with the revision.
    shown : rows that a revision shows.
    feed : numbered entries; the consumer's lease keeps others from numbering at the same time.
    """
    if not (closed or shown or feed):
        return
    lists, items, revisions = zip(*closed, strict=True) if closed else ((), (), ())
    told = [
        row | {"changed": orjson.dumps(row["changed"]).decode(),
               "replaces": orjson.dumps(row["replaces"]).decode() if row["replaces"] else None}
        for row in feed
    ]  # fmt: skip
    await _PUBLISH.rows(
        connection,
        {"closed_lists": lists, "closed_items": items, "closed_revisions": revisions}
        | {f"item_{name}": [row[name] for row in shown] for name in _ITEM_TYPES}
        | {f"feed_{name}": [row[name] for row in told] for name in _FEED_TYPES},
    )


async def make_buckets(connection: AsyncConnection, list_id: UUID, count: int) -> None:
    """Make the buckets of a list that has none yet: its hash is that of all of them, the empty ones included."""
    await _BUCKETS.rows(connection, {"list": list_id, "buckets": list(range(count))})


async def make_revisions(
    connection: AsyncConnection,
    revisions: Sequence[NewRevision],
    buckets: Iterable[tuple[UUID, int]],
    acts: Sequence[Act],
) -> list[Made]:
    """Hash the touched (list, bucket) pairs again, give each list its new revision, and number the publications.

    Each list belongs to one of the `acts`. The consumer's lease keeps others from numbering at the same time.
    """
    touched = sorted(buckets)
    act_of = {list_id: act.id for act in acts for list_id in act.lists}
    result = await _REVISIONS.rows(
        connection,
        {
            "bucket_lists": [list_id for list_id, _ in touched],
            "buckets": [bucket for _, bucket in touched],
            "lists": [revision.list_id for revision in revisions],
            "revisions": [revision.revision for revision in revisions],
            "adjustments": [revision.adjustment_id for revision in revisions],
            "effective": [revision.effective_at for revision in revisions],
            "publications": [act_of[revision.list_id] for revision in revisions],
            "acts": [act.id for act in acts],
            "act_regions": [act.region_code for act in acts],
            "act_adjustments": ["{" + ",".join(map(str, sorted(act.adjustments))) + "}" for act in acts],
            "now": clock.now(),
        },
    )
    return [Made(*row) for row in result]


async def name_edition(connection: AsyncConnection, list_id: UUID, name: str, at: datetime | None) -> int | None:
    """Pin the revision that stood at an instant (the present one when None) under a name.

    None when the list shows nothing yet or the name is taken.
    """
    revision: int | None = await _EDITION.value(connection, {"list": list_id, "name": name, "at": at})
    return revision

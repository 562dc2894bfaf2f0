"""What a query looks at: the tables with the keys entries had before, or an overlay of what would be over them."""

from __future__ import annotations

# Where renamed entries had their keys before: counterparts are found under the old and the new key.
BEFORE_VERSIONS = """before AS MATERIALIZED (
    SELECT i.id, i.kind, i.region_code, v.elements ->> 'name' AS name, v.elements ->> 'base_code' AS base_code,
           left(v.elements ->> 'base_code', 9) AS main_code,
           v.elements ->> 'implementation_code' AS implementation_code,
           coalesce(v.elements ->> 'handling_item', '') AS handling_item, v.elements ->> 'item_type' AS item_type,
           v.elements ->> 'level' AS level,
           CAST(nullif(v.elements ->> 'implementing_body', '') AS uuid) AS implementing_body,
           v.elements ->> 'permit_name' AS permit_name, v.elements ->> 'section' AS section
    FROM unnest(CAST(:moved AS uuid[]), CAST(:moved_from AS integer[])) AS m (id, number)
    JOIN qingdan.item_version AS v ON v.item_id = m.id AND v.number = m.number
    JOIN qingdan.item AS i ON i.id = m.id
)"""

BEFORE_ITEMS = """before AS MATERIALIZED (
    SELECT i.* FROM qingdan.item AS i WHERE i.id = ANY (CAST(:overlaid AS uuid[]))
)"""

_BODY = """CASE WHEN o.elements ->> 'implementing_body' ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'
        THEN CAST(o.elements ->> 'implementing_body' AS uuid) END"""

# An entry as it would be: what is in force with the patch over it.
_ENTRIES = """SELECT o.id, l.id AS list_id, l.kind, l.region_code, coalesce(i.version, 0) + 1 AS version, n.elements
    FROM unnest(CAST(:overlaid AS uuid[]), CAST(:overlaid_lists AS uuid[]), CAST(:patches AS jsonb[]))
         AS o (id, list_id, patch)
    JOIN qingdan.list AS l ON l.id = o.list_id
    LEFT JOIN qingdan.item AS i ON i.id = o.id
    LEFT JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    CROSS JOIN LATERAL (
        SELECT jsonb_build_object('state', 'in_use') || coalesce(jsonb_object_agg(key, value), '{}') AS elements
        FROM jsonb_each(coalesce(v.elements, '{}') || o.patch) WHERE value <> 'null'
    ) AS n"""

_KEYS = (
    "id, list_id, kind, region_code, version, name, base_code, main_code, implementation_code, handling_item,"
    " item_type, level, implementing_body, permit_name, section, state, basis_digest, burden_digest"
)

_AS_ITEMS = f"""SELECT o.id, o.list_id, o.kind, o.region_code, o.version, o.elements ->> 'name' AS name,
           nullif(o.elements ->> 'base_code', '') AS base_code,
           left(nullif(o.elements ->> 'base_code', ''), 9) AS main_code,
           nullif(o.elements ->> 'implementation_code', '') AS implementation_code,
           coalesce(o.elements ->> 'handling_item', '') AS handling_item,
           nullif(o.elements ->> 'item_type', '') AS item_type, nullif(o.elements ->> 'level', '') AS level,
           {_BODY} AS implementing_body, nullif(o.elements ->> 'permit_name', '') AS permit_name,
           nullif(o.elements ->> 'section', '') AS section,
           o.elements ->> 'state' AS state, hashtextextended(coalesce(o.elements ->> 'basis', ''), 0) AS basis_digest,
           hashtextextended(CAST(jsonb_build_array(o.elements -> 'materials', o.elements -> 'conditions',
               o.elements -> 'statutory_limit', o.elements -> 'fees', o.elements -> 'intermediary_services',
               o.elements -> 'process_steps', o.elements -> 'quantity_limit', o.elements -> 'promised_limit',
               o.elements -> 'visits', o.elements -> 'service_objects') AS text), 0) AS burden_digest"""

# The world as it would be: what is in force, with the entries of the overlay in place of (or beside) their items.
OVERLAY = f"""overlay AS MATERIALIZED (
    {_ENTRIES}
), present AS NOT MATERIALIZED (
    SELECT {_KEYS} FROM qingdan.item WHERE id <> ALL (CAST(:overlaid AS uuid[]))
    UNION ALL
    {_AS_ITEMS}
    FROM overlay AS o
), present_version AS NOT MATERIALIZED (
    SELECT item_id, number, elements FROM qingdan.item_version
    UNION ALL
    SELECT id, version, elements FROM overlay
)"""

# The same with an overlay that is large: in a table with indexes, since every entry below a changed one looks into it.
STORED_OVERLAY = f"""present AS NOT MATERIALIZED (
    SELECT {_KEYS} FROM qingdan.item AS i
    WHERE NOT EXISTS (SELECT FROM pg_temp.overlay AS o WHERE o.id = i.id)
    UNION ALL
    SELECT {_KEYS} FROM pg_temp.overlay
), present_version AS NOT MATERIALIZED (
    SELECT item_id, number, elements FROM qingdan.item_version
    UNION ALL
    SELECT id, version, elements FROM pg_temp.overlay
)"""
STORE_OVERLAY = (
    "DROP TABLE IF EXISTS pg_temp.overlay",
    f"""CREATE TEMPORARY TABLE overlay ON COMMIT DROP AS
    {_AS_ITEMS}, o.elements FROM ({_ENTRIES}) AS o""",
    "CREATE UNIQUE INDEX ON pg_temp.overlay (id)",
    "CREATE INDEX ON pg_temp.overlay (base_code)",
    "CREATE INDEX ON pg_temp.overlay (main_code)",
    "ANALYZE pg_temp.overlay",
)


def looked_up(item: str, alias: str, where: str, *, columns: str, beside: str = "") -> str:
    """The entries of relation `item` that correspond to a row before, looked up by index for one row after the other.

    OFFSET 0 keeps the planner from reading all entries of a kind once instead: through an overlay it knows of no
    index, and what a change costs would grow with the entries it has nothing to do with.
    """
    return f"CROSS JOIN LATERAL (SELECT {columns} FROM {item} AS {alias}{beside} WHERE {where} OFFSET 0) AS {alias}"

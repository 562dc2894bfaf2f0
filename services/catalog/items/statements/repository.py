"""The two statements that write items: ENTER for new ones, PATCH for new versions of existing ones.

Each takes its rows from a SELECT - of arrays (NEW, GIVEN) or of a table - and is one statement of chained common table
expressions. Joins lead from the given rows to an index, never from one expression to another: the planner guesses ten
rows for either, and a nested loop over 2,000 times 2,000 takes half a second.
"""

from __future__ import annotations

# A handling item is named by 33 digits, whether it came as one code or as 31 digits and a serial.
_WHOLE_CODE = """CASE WHEN length({e} ->> 'implementation_code') = 31
        THEN ({e} ->> 'implementation_code') || coalesce({e} ->> 'handling_item', '')
        ELSE nullif({e} ->> 'implementation_code', '') END"""

COLUMNS = (
    "version, effective_from, name, base_code, implementation_code, handling_item, item_type, level,"
    " implementing_body, permit_name, section, state, audience, basis_digest, burden_digest"
)

# The key elements of an entry as columns. Digests are computed here alone, so equal texts give equal digests.
VALUES = """e.version, e.effective_from, e.elements ->> 'name', nullif(e.elements ->> 'base_code', ''),
    nullif(e.elements ->> 'implementation_code', ''), coalesce(e.elements ->> 'handling_item', ''),
    nullif(e.elements ->> 'item_type', ''), nullif(e.elements ->> 'level', ''),
    CAST(nullif(e.elements ->> 'implementing_body', '') AS uuid), nullif(e.elements ->> 'permit_name', ''),
    nullif(e.elements ->> 'section', ''), e.state,
    CASE WHEN e.elements ->> 'audience' = 'staff' THEN 'staff' ELSE 'public' END,
    hashtextextended(coalesce(e.elements ->> 'basis', ''), 0),
    hashtextextended(CAST(jsonb_build_array(e.elements -> 'materials', e.elements -> 'conditions',
        e.elements -> 'statutory_limit', e.elements -> 'fees', e.elements -> 'intermediary_services',
        e.elements -> 'process_steps', e.elements -> 'quantity_limit', e.elements -> 'promised_limit',
        e.elements -> 'visits', e.elements -> 'service_objects') AS text), 0)"""

_VERSION = """INSERT INTO qingdan.item_version
        (item_id, number, effective_from, elements, changed, provenance, rule_set, adjustment_id, operation)
    SELECT e.item_id, e.version, e.effective_from, e.elements, e.changed, e.provenance, e.rule_set, e.adjustment_id,
           e.operation
    FROM entry AS e WHERE {writable}"""

_WRITABLE = "(SELECT nothing_taken FROM verdict)"

# Codes the entries will have; where they name one entry only, they must not belong to another item, present or past.
_CODES = """code AS MATERIALIZED (
    SELECT e.item_id, e.list_id, e.effective_from, e.state = 'cancelled' AS retired, c.scheme, c.code,
           CASE WHEN k.unique_code = c.scheme
                THEN CASE c.scheme WHEN 'base' THEN CAST(e.list_id AS text) ELSE e.kind END END AS space
    FROM entry AS e
    JOIN qingdan.list_kind AS k ON k.code = e.kind
    CROSS JOIN LATERAL (VALUES ('base', nullif(e.elements ->> 'base_code', '')),
                               ('implementation', e.whole_code)) AS c (scheme, code)
    WHERE c.code IS NOT NULL AND e.recode
), taken AS MATERIALIZED (
    SELECT c.item_id, c.scheme, c.code, held.valid_until IS NOT NULL AS retired
    FROM code AS c
    JOIN qingdan.item_code AS held ON held.space = c.space AND held.code = c.code AND held.item_id <> c.item_id
    UNION ALL
    SELECT item_id, scheme, code, false
    FROM (SELECT c.*, row_number() OVER (PARTITION BY c.space, c.code ORDER BY c.item_id) AS nth
          FROM code AS c WHERE c.space IS NOT NULL) AS counted
    WHERE nth > 1
), verdict AS MATERIALIZED (
    SELECT NOT EXISTS (SELECT FROM taken) AS nothing_taken
), coded AS (
    INSERT INTO qingdan.item_code AS k (item_id, scheme, code, list_id, space, valid_from)
    SELECT c.item_id, c.scheme, c.code, c.list_id, c.space, c.effective_from
    FROM code AS c WHERE NOT c.retired AND {writable}{again}
)"""

# A new item has no codes yet, and to insert without looking for a conflict is faster.
_FIRST = ""
# An item may take up a code again that it had before.
_AGAIN = """
    ON CONFLICT (item_id, scheme, code) DO UPDATE
    SET valid_until = NULL, space = excluded.space, successor = NULL, ended_by = NULL, adjustment_id = NULL
    WHERE k.valid_until IS NOT NULL"""

_ANSWER = """SELECT e.item_id, e.version, e.list_id, e.kind, e.region_code, e.changed, e.state, e.stale,
       t.scheme, t.code AS taken, t.retired
FROM entry AS e LEFT JOIN taken AS t ON t.item_id = e.item_id"""

GIVEN = """SELECT g.item_id, g.document, g.provenance, g.adjustment_id, g.effective_at, g.operation,
           CAST(:rule_set AS integer) AS rule_set
    FROM unnest(CAST(:item_ids AS uuid[]), CAST(:documents AS jsonb[]), CAST(:provenance AS jsonb[]),
                CAST(:adjustment_ids AS uuid[]), CAST(:effective_ats AS timestamptz[]), CAST(:operations AS text[]))
         AS g (item_id, document, provenance, adjustment_id, effective_at, operation)"""

NEW = """SELECT g.*, CAST(:rule_set AS integer) AS rule_set
    FROM unnest(CAST(:item_ids AS uuid[]), CAST(:list_ids AS uuid[]), CAST(:documents AS jsonb[]),
                CAST(:provenance AS jsonb[]), CAST(:adjustment_ids AS uuid[]), CAST(:effective_ats AS timestamptz[]),
                CAST(:operations AS text[]))
         AS g (item_id, list_id, document, provenance, adjustment_id, effective_at, operation)"""

# `recode` says whether the entry's codes must be looked at,
# `stale` that the item's current version is newer than our snapshot.
_ENTER = f"""
WITH given AS MATERIALIZED (
    {{source}}
), entry AS MATERIALIZED (
    SELECT g.item_id, 1 AS version, g.list_id, l.kind, l.region_code, g.effective_at AS effective_from,
           n.elements, ARRAY(SELECT jsonb_object_keys(n.elements) ORDER BY 1) AS changed, g.provenance, g.rule_set,
           g.adjustment_id, g.operation, n.elements ->> 'state' AS state, true AS recode, false AS stale,
           {_WHOLE_CODE.format(e="n.elements")} AS whole_code
    FROM given AS g
    JOIN qingdan.list AS l ON l.id = g.list_id
    CROSS JOIN LATERAL (
        -- An entry is taken apart only where there is something to drop: it takes longer than all else in this place.
        SELECT jsonb_build_object('state', 'in_use')
               || CASE WHEN NOT g.document @? 'strict $.* ? (@ == null)' THEN g.document
                       ELSE (SELECT coalesce(jsonb_object_agg(key, value), '{{}}')
                             FROM jsonb_each(g.document) WHERE value <> 'null') END AS elements
        OFFSET 0
    ) AS n
), {_CODES.format(writable=_WRITABLE, again=_FIRST)}, made AS (
    INSERT INTO qingdan.item (id, list_id, kind, region_code, {COLUMNS})
    SELECT e.item_id, e.list_id, e.kind, e.region_code, {VALUES}
    FROM entry AS e WHERE {_WRITABLE}
), versioned AS (
    {_VERSION.format(writable=_WRITABLE)}
)
"""

# The answer is an entry a row; or, for those who only tell of them, a list a row with what could not be written.
ENTER = _ENTER + _ANSWER
ENTER_BY_LIST = (
    _ENTER
    + """SELECT e.list_id, e.kind, e.region_code, array_agg(e.item_id ORDER BY e.item_id) AS item_ids,
       array_agg(e.version ORDER BY e.item_id) AS versions,
       ARRAY(SELECT DISTINCT name FROM (SELECT DISTINCT c.changed FROM entry AS c WHERE c.list_id = e.list_id) AS d,
                    unnest(d.changed) AS name) AS changed,
       (SELECT jsonb_agg(to_jsonb(t)) FROM taken AS t) AS taken
FROM entry AS e GROUP BY e.list_id, e.kind, e.region_code"""
)

PATCH = f"""
WITH given AS MATERIALIZED (
    {{source}}
), held AS MATERIALIZED (
    SELECT i.id, i.version, i.effective_from, i.list_id, i.kind, i.region_code, i.state, g.document, g.provenance,
           g.adjustment_id, g.effective_at, g.operation, g.rule_set
    FROM given AS g
    JOIN qingdan.item AS i ON i.id = g.item_id
    WHERE CAST(:only AS uuid[]) IS NULL OR g.item_id = ANY (CAST(:only AS uuid[]))
    ORDER BY i.id
    FOR NO KEY UPDATE OF i
), entry AS MATERIALIZED (
    SELECT h.id AS item_id, h.version + 1 AS version, h.list_id, h.kind, h.region_code,
           greatest(h.effective_at, h.effective_from + interval '1 microsecond') AS effective_from,
           n.elements, d.changed, (c.provenance - d.changed) || h.provenance AS provenance,
           coalesce(h.rule_set, c.rule_set) AS rule_set, h.adjustment_id, h.operation,
           coalesce(n.elements ->> 'state', h.state) AS state,
           coalesce(d.changed && '{{base_code,implementation_code,handling_item,state}}', false) AS recode,
           c.item_id IS NULL AS stale, {_WHOLE_CODE.format(e="n.elements")} AS whole_code
    FROM held AS h
    LEFT JOIN qingdan.item_version AS c ON c.item_id = h.id AND c.number = h.version
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(key) FILTER (WHERE value = 'null'), '{{}}') AS removed,
               coalesce(array_agg(key ORDER BY key)
                        FILTER (WHERE c.elements -> key IS DISTINCT FROM nullif(value, 'null')), '{{}}') AS changed
        FROM jsonb_each(h.document)
    ) AS d
    -- OFFSET 0 keeps the planner from writing the expression out at each of its six uses: a third of the time.
    CROSS JOIN LATERAL (SELECT (c.elements || h.document) - d.removed AS elements OFFSET 0) AS n
    WHERE c.item_id IS NULL OR d.changed <> '{{}}'
), {_CODES.format(writable=_WRITABLE, again=_AGAIN)}, closed AS (
    UPDATE qingdan.item_code AS k
    SET valid_until = e.effective_from, ended_by = e.operation, adjustment_id = e.adjustment_id,
        successor = CASE WHEN e.state <> 'cancelled' THEN
            CASE k.scheme WHEN 'base' THEN nullif(e.elements ->> 'base_code', '') ELSE e.whole_code END END,
        space = CASE WHEN l.state = 'compiling' THEN NULL ELSE k.space END
    FROM entry AS e JOIN qingdan.list AS l ON l.id = e.list_id
    WHERE k.item_id = e.item_id AND k.valid_until IS NULL AND e.recode AND NOT e.stale AND {_WRITABLE}
      AND (k.scheme <> 'material' OR e.state = 'cancelled')
      AND (e.state = 'cancelled' OR k.code IS DISTINCT FROM
           CASE k.scheme WHEN 'base' THEN e.elements ->> 'base_code' ELSE e.whole_code END)
), current AS (
    UPDATE qingdan.item AS i SET ({COLUMNS}) = ROW ({VALUES})
    FROM entry AS e WHERE i.id = e.item_id AND NOT e.stale AND {_WRITABLE}
), versioned AS (
    {_VERSION.format(writable=_WRITABLE + " AND NOT e.stale")}
)
{_ANSWER}"""

__all__ = ["COLUMNS", "ENTER", "ENTER_BY_LIST", "GIVEN", "NEW", "PATCH", "VALUES"]

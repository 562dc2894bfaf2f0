"""The two large statements of an import: the verdict on every staged row, and the next chunk to apply."""

from __future__ import annotations

# The organ as the entry names it, once it is known; and the elements whose cell is empty, as a patch removes them.
_ORGAN = "CASE WHEN {id} IS NULL THEN '{{}}' ELSE jsonb_build_object('implementing_body', {id}) END"
_CLEARED = "(SELECT coalesce(jsonb_object_agg(key, NULL), '{}') FROM unnest(r.cleared) AS key)"

# One pass decides every staged row that has no outcome yet. Rows are judged in this order: what the reader found,
# the organ, the list, codes held by other items, repetition within the file; only then compared with the list.
# Lookups are LATERAL with LIMIT: freshly copied rows have no statistics, and a planner's guess must not turn an
# index lookup a row into a scan of a million items a row.
DECIDE = """
WITH scope AS MATERIALIZED (
    SELECT l.id, l.region_code, l.state, l.id = ANY (CAST(:list_ids AS uuid[])) AS covered
    FROM qingdan.list AS l JOIN qingdan.region AS g ON g.code = l.region_code
    WHERE l.kind = :kind AND (g.code = :root OR g.ancestors @> ARRAY[CAST(:root AS text)])
), placed AS MATERIALIZED (
    SELECT r.row, r.base_code, r.handling_item, r.organ_code, o.id AS organ_id, s.id AS list_id, r.item_id AS given_id,
           -- An entry without a code is known by its name; lists of departments put several sub-items under one name.
           coalesce(r.base_code,
                    concat_ws(' ', 'name', r.elements ->> 'name', r.elements ->> 'sub_item_name')) AS matter,
           r.elements ->> 'name' AS name, r.elements ->> 'sub_item_name' AS sub_item_name,
           coalesce(s.region_code, o.region_code) AS region_code,
           CASE k.unique_code WHEN 'implementation' THEN r.whole_code WHEN 'base' THEN r.base_code END AS held_code,
           CASE k.unique_code WHEN 'implementation' THEN CAST(:kind AS text)
                              WHEN 'base' THEN CAST(s.id AS text) END AS space,
           CASE WHEN r.errors <> '[]' THEN 'read'
                WHEN r.organ_code IS NOT NULL AND o.id IS NULL THEN 'unknown_organ'
                WHEN r.organ_code IS NOT NULL AND o.state <> 'active' THEN 'organ_inactive'
                WHEN s.id IS NULL AND CAST(:target AS text) = 'organ' AND r.organ_code IS NULL THEN 'organ_missing'
                WHEN s.id IS NULL THEN 'list_not_found'
                WHEN s.state <> 'compiling' THEN 'list_in_force'
                WHEN NOT s.covered THEN 'list_not_covered'
                WHEN NOT o.administrative_subject AND CAST(:kind AS text) IN ('permit', 'power')
                     AND r.elements ->> 'item_type' BETWEEN '01' AND '10' THEN 'not_administrative_subject'
                END AS verdict
    FROM qingdan.import_row AS r
    JOIN qingdan.list_kind AS k ON k.code = :kind
    LEFT JOIN LATERAL (
        SELECT id, region_code, state, administrative_subject FROM qingdan.organ WHERE credit_code = r.organ_code
        UNION ALL
        SELECT id, region_code, state, administrative_subject FROM qingdan.organ
        WHERE id = CASE WHEN length(r.organ_code) = 36 THEN CAST(r.organ_code AS uuid) END
        LIMIT 1
    ) AS o ON true
    LEFT JOIN scope AS s
        ON s.region_code = CASE WHEN CAST(:target AS text) = 'root' THEN CAST(:root AS text) ELSE o.region_code END
    WHERE r.operation_id = :operation_id
      -- A scalar and not an anti join, which would compare every row with every outcome.
      AND (SELECT d.row FROM qingdan.import_outcome AS d WHERE d.operation_id = :operation_id AND d.row = r.row) IS NULL
), counted AS MATERIALIZED (
    SELECT p.*, first_value(p.row) OVER same AS first_row, first_value(p.row) OVER named AS first_named
    FROM placed AS p WHERE p.verdict IS NULL
    -- A row that names its entry is that entry, whatever else it has in common with others.
    WINDOW same AS (PARTITION BY p.list_id, p.given_id, CASE WHEN p.given_id IS NULL THEN p.matter END,
                        CASE WHEN p.given_id IS NULL THEN p.handling_item END,
                        CASE WHEN p.given_id IS NULL THEN p.organ_id END ORDER BY p.row),
           named AS (PARTITION BY p.space, coalesce(p.held_code, CAST(p.row AS text)) ORDER BY p.row)
), found AS MATERIALIZED (
    SELECT c.*, i.ids[1] AS item_id, coalesce(cardinality(i.ids), 0) AS matches, i.version, i.state AS item_state
    FROM counted AS c
    LEFT JOIN LATERAL (
        SELECT array_agg(m.id) AS ids, min(m.version) AS version, min(m.state) AS state
        FROM (SELECT id, version, state FROM qingdan.item
              WHERE base_code = c.base_code AND kind = :kind AND region_code = c.region_code
                AND handling_item = c.handling_item AND c.given_id IS NULL
                AND (c.organ_id IS NULL OR implementing_body = c.organ_id)
              UNION ALL
              SELECT id, version, state FROM qingdan.item WHERE id = c.given_id AND list_id = c.list_id
              UNION ALL
              -- An entry that concerns no coded matter is known by its name.
              SELECT i.id, i.version, i.state FROM qingdan.item AS i
              JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
              WHERE c.given_id IS NULL AND c.base_code IS NULL AND i.list_id = c.list_id AND i.base_code IS NULL
                AND i.name = c.name AND i.state <> 'cancelled'
                AND v.elements ->> 'sub_item_name' IS NOT DISTINCT FROM c.sub_item_name
              LIMIT 2) AS m
    ) AS i ON true
), verdict AS MATERIALIZED (
    SELECT f.row, f.list_id, f.item_id, f.organ_id, f.version, f.first_row, f.first_named, f.held_code,
           CASE WHEN f.given_id IS NOT NULL AND f.item_id IS NULL THEN 'unknown_item'
                WHEN f.first_row <> f.row THEN 'duplicate_row'
                WHEN f.first_named <> f.row THEN 'duplicate_code'
                WHEN f.matches > 1 THEN 'ambiguous'
                WHEN f.item_state = 'cancelled' THEN 'item_cancelled'
                WHEN EXISTS (SELECT FROM qingdan.item_code AS h
                             WHERE h.space = f.space AND h.code = f.held_code
                               AND h.item_id IS DISTINCT FROM f.item_id) THEN 'code_in_use' END AS verdict
    FROM found AS f
    UNION ALL
    SELECT p.row, p.list_id, NULL, p.organ_id, NULL, NULL, NULL, NULL, p.verdict FROM placed AS p
    WHERE p.verdict IS NOT NULL
)
INSERT INTO qingdan.import_outcome
    (operation_id, row, outcome, list_id, item_id, organ_id, name, changes, errors, notes, source)
SELECT r.operation_id, r.row,
       CASE WHEN v.verdict IS NOT NULL THEN 'rejected' WHEN v.item_id IS NULL THEN 'added'
            WHEN d.changes IS NULL THEN 'unchanged' ELSE 'changed' END,
       v.list_id, v.item_id, v.organ_id, r.elements ->> 'name', d.changes,
       CASE WHEN v.verdict IS NULL OR v.verdict = 'read' THEN r.errors
            ELSE jsonb_build_array(jsonb_build_object(
                'column', coalesce(e.columns, '') , 'code', v.verdict,
                'message', format(e.message, coalesce(v.first_row, 0), coalesce(v.first_named, 0)))) END,
       r.notes, CASE WHEN v.verdict IS NOT NULL THEN r.source END
FROM verdict AS v
JOIN LATERAL (SELECT * FROM qingdan.import_row
              WHERE operation_id = :operation_id AND row = v.row LIMIT 1) AS r ON true
LEFT JOIN unnest(CAST(:codes AS text[]), CAST(:columns AS text[]), CAST(:messages AS text[]))
    AS e (code, columns, message) ON e.code = v.verdict
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(p.key, jsonb_build_object('from', c.elements -> p.key, 'to', p.value))
               FILTER (WHERE c.elements -> p.key IS DISTINCT FROM nullif(p.value, 'null')) AS changes
    FROM (SELECT elements, r.elements || {organ} AS read FROM qingdan.item_version
          WHERE item_id = v.item_id AND number = v.version LIMIT 1) AS c
    CROSS JOIN jsonb_each(c.read || {cleared}) AS p
    WHERE v.verdict IS NULL AND v.item_id IS NOT NULL
      -- Most rows of a repeated import are the same: told as a whole before they are taken apart.
      AND (c.elements || c.read <> c.elements OR jsonb_exists_any(c.elements, r.cleared))
) AS d ON true
""".replace("{organ}", _ORGAN.format(id="v.organ_id")).replace("{cleared}", _CLEARED)

# The next chunk is marked and its new entries get their ids in one go; whatever fails afterwards takes it back.
# Rows are found again by their place: by their key the planner, without statistics, compared each with every other.
CHUNK = """
WITH chunk AS MATERIALIZED (
    SELECT c.*, row_number() OVER (ORDER BY c.row) AS nth
    FROM (SELECT ctid AS place, row, list_id, outcome FROM qingdan.import_outcome
          -- IS TRUE keeps the index on outcomes out of it: each chunk would sort all that are left.
          WHERE operation_id = :operation_id AND row > :after AND (outcome IN ('added', 'changed')) IS TRUE
            AND NOT applied
          ORDER BY row LIMIT :size) AS c
), marked AS (
    UPDATE qingdan.import_outcome AS d
    SET applied = true, item_id = coalesce(d.item_id, (CAST(:new_ids AS uuid[]))[c.nth])
    FROM chunk AS c WHERE d.ctid = c.place AND NOT d.applied  -- who waited for another worker finds them applied
    RETURNING d.row, d.list_id, d.outcome
)
SELECT max(row) AS last, array_agg(DISTINCT list_id) AS list_ids,
       array_agg(row ORDER BY row) FILTER (WHERE outcome = 'added') AS added,
       array_agg(row ORDER BY row) FILTER (WHERE outcome = 'changed') AS changed
FROM marked
"""

# What a chunk says about its items, from the staging table into the lists: it never leaves the database.
_CHOSEN = """SELECT d.item_id, {list}r.elements || {more} AS document, CAST('{}' AS jsonb) AS provenance,
           CAST(:operation_id AS uuid) AS adjustment_id,
           CAST(:at AS timestamptz) AS effective_at, 'import' AS operation, CAST(NULL AS integer) AS rule_set
    FROM unnest(CAST(:rows AS integer[])) AS c (row)
    JOIN LATERAL (SELECT item_id, list_id, organ_id FROM qingdan.import_outcome
                  WHERE operation_id = :operation_id AND row = c.row LIMIT 1) AS d ON true
    JOIN LATERAL (SELECT elements, cleared FROM qingdan.import_row
                  WHERE operation_id = :operation_id AND row = c.row LIMIT 1) AS r ON true"""
_OF_ORGAN = _ORGAN.format(id="d.organ_id")
ADDED = _CHOSEN.replace("{list}", "d.list_id, ").replace("{more}", _OF_ORGAN)
CHANGED = _CHOSEN.replace("{list}", "").replace("{more}", f"{_OF_ORGAN} || {_CLEARED}")

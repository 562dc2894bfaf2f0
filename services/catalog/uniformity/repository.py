"""SQL of uniformity: groups of entries of one matter and level that differ, and matters of two names in a region."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage.checks import repository as checks
from services.catalog.linkage.fragments import array, literal, normal
from services.catalog.uniformity.rules import AUTHORITY, BY_NAME, COMPARED, K29, OUTLIVING, V22
from shared.statement import Row, Statement

# Serials of handling items are not comparable between organs; their names are, as people read them.
_BRANCH = f"CASE WHEN i.handling_item = '' THEN '' ELSE {normal('i.name')} END"
_GROUPS = Statement(
    f"""
    SELECT g.base_code, g.level, g.branch, g.name, g.entries, g.organs, g.regions
    FROM (
        SELECT i.base_code, coalesce(i.level, '') AS level, {_BRANCH} AS branch, min(i.name) AS name,
               count(*) AS entries, count(DISTINCT i.implementing_body) AS organs,
               count(DISTINCT i.region_code) AS regions
        FROM qingdan.item AS i
        WHERE i.kind = :kind AND i.state = 'in_use' AND i.base_code IS NOT NULL
          AND (CAST(:after_code AS text) IS NULL OR i.base_code >= CAST(:after_code AS text))
          AND (CAST(:base_code AS text) IS NULL OR i.base_code = CAST(:base_code AS text))
          AND (CAST(:level AS text) IS NULL OR CAST(:level AS text) = ANY (string_to_array(i.level, ',')))
          AND (CAST(:within AS text) IS NULL OR i.list_id IN (
                SELECT l.id FROM qingdan.list AS l JOIN qingdan.region AS r ON r.code = l.region_code
                WHERE l.kind = :kind AND (r.code = CAST(:within AS text) OR CAST(:within AS text) = ANY (r.ancestors))))
        GROUP BY i.base_code, coalesce(i.level, ''), {_BRANCH}
        HAVING count(*) > 1 AND (min(i.burden_digest) <> max(i.burden_digest) OR min(i.name) <> max(i.name))
    ) AS g
    WHERE CAST(:after_code AS text) IS NULL OR (g.base_code, g.level, g.branch)
          > (CAST(:after_code AS text), CAST(:after_level AS text), CAST(:after_branch AS text))
    ORDER BY g.base_code, g.level, g.branch LIMIT :count
    """
)
_NAMES = """(SELECT jsonb_agg(DISTINCT x ->> 'name' ORDER BY x ->> 'name')
                      FROM jsonb_array_elements(CASE jsonb_typeof(v.elements -> {e}) WHEN 'array'
                                                THEN v.elements -> {e} ELSE '[]' END) AS x)"""


def _value(element: str) -> str:
    if element in BY_NAME:
        return _NAMES.format(e=literal(element))
    return f"v.elements -> {literal(element)}"


_VARIANTS = Statement(
    f"""
    WITH wanted AS (
        SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:levels AS text[]), CAST(:branches AS text[]))
            WITH ORDINALITY AS w(base_code, level, branch, place)
    ), said AS MATERIALIZED (
        SELECT w.place, i.id, e.element, nullif(e.value, 'null') AS value
        FROM wanted AS w
        JOIN qingdan.item AS i ON i.base_code = w.base_code AND i.kind = :kind AND i.state = 'in_use'
             AND coalesce(i.level, '') = w.level AND {_BRANCH} = w.branch
        JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
        CROSS JOIN LATERAL (VALUES {", ".join(f"({literal(one)}, {_value(one)})" for one in COMPARED)})
            AS e(element, value)
        WHERE CAST(:within AS text) IS NULL OR i.list_id IN (
              SELECT l.id FROM qingdan.list AS l JOIN qingdan.region AS r ON r.code = l.region_code
              WHERE l.kind = :kind AND (r.code = CAST(:within AS text) OR CAST(:within AS text) = ANY (r.ancestors)))
    ), variant AS (
        SELECT s.place, s.element, s.value, count(*) AS entries, (array_agg(s.id ORDER BY s.id))[1:5] AS items
        FROM said AS s GROUP BY s.place, s.element, s.value
    )
    SELECT r.place, r.element, CAST(r.value AS text) AS value, r.entries, r.items
    FROM (
        SELECT t.*, count(*) OVER (PARTITION BY t.place, t.element) AS variants,
               row_number() OVER (PARTITION BY t.place, t.element ORDER BY t.entries DESC, t.value) AS nth
        FROM variant AS t
    ) AS r
    WHERE r.variants > 1 AND r.nth <= :most
    ORDER BY r.place, r.element, r.nth
    """
)
_AUTHORITY = f"coalesce(array_position({array(AUTHORITY)}, n.kind), {len(AUTHORITY) + 1})"
# Rows as `difference` has them: whoever ought to say it, who says otherwise, and what.
_TWO_NAMES = f"""
    WITH named AS MATERIALIZED (
        SELECT i.id, i.version, i.list_id, i.kind, i.region_code, i.base_code, i.implementing_body, i.handling_item,
               coalesce(i.permit_name, i.name) AS name,
               CASE WHEN i.permit_name IS NULL THEN 'name' ELSE 'permit_name' END AS element,
               CASE jsonb_typeof(v.elements -> 'service_objects')
                    WHEN 'array' THEN v.elements -> 'service_objects' END AS objects
        FROM qingdan.item AS i
        JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
        WHERE i.state <> 'cancelled' AND i.base_code IS NOT NULL AND i.implementing_body IS NOT NULL
    ), reference AS MATERIALIZED (
        SELECT DISTINCT ON (n.region_code, n.base_code, n.implementing_body, n.handling_item) n.*
        FROM named AS n
        ORDER BY n.region_code, n.base_code, n.implementing_body, n.handling_item, {_AUTHORITY}, n.list_id, n.id
    )
    SELECT {literal(V22.id)} AS rule, 'flag' AS action, r.id AS source_id, r.version AS source_version,
           n.list_id AS target_list, n.id AS target_id, n.version AS target_version, e.expected, e.actual,
           CAST(NULL AS jsonb) AS messages
    FROM reference AS r
    JOIN named AS n ON n.region_code = r.region_code AND n.base_code = r.base_code
         AND n.implementing_body = r.implementing_body AND n.handling_item = r.handling_item
         AND n.list_id <> r.list_id
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(w.element, w.expected) AS expected, jsonb_object_agg(w.element, w.actual) AS actual
        FROM (VALUES (n.element, to_jsonb(r.name), to_jsonb(n.name), r.name <> n.name),
                     ('service_objects', r.objects, n.objects,
                      NOT (r.objects @> n.objects AND n.objects @> r.objects)))
             AS w(element, expected, actual, differs)
        WHERE w.differs
    ) AS e
    WHERE e.expected IS NOT NULL
"""


# Entries that concern a permit no permit of the region in force answers to; only where the region keeps a permit list.
# What a linkage rule reports as an orphan is reported there.
_UNRESOLVED = f"""
    SELECT {literal(K29.id)} AS rule, 'flag' AS action, CAST(NULL AS uuid) AS source_id,
           CAST(NULL AS integer) AS source_version, i.list_id AS target_list, i.id AS target_id,
           i.version AS target_version, jsonb_build_object('base_code', NULL) AS expected,
           jsonb_build_object('base_code', i.base_code) AS actual,
           jsonb_build_object('base_code', '现行' || coalesce('“' || p.edition || '”', '')
                              || '行政许可事项清单中没有该编码的许可') AS messages
    FROM qingdan.item AS i
    JOIN qingdan.list AS p ON p.kind = 'permit' AND p.region_code = i.region_code AND p.state = 'in_force'
    WHERE i.state = 'in_use' AND i.kind NOT IN ('permit', 'base_catalogue') AND i.kind <> ALL (CAST(:kinds AS text[]))
      AND i.base_code IS NOT NULL AND (i.permit_name IS NOT NULL OR i.item_type = '01')
      AND NOT EXISTS (
        SELECT FROM qingdan.item AS s
        WHERE s.kind = 'permit' AND s.region_code = i.region_code AND s.base_code = i.base_code
          AND (s.state <> 'cancelled' OR i.kind = ANY (CAST(:outliving AS text[]))))
"""


async def groups(
    connection: AsyncConnection, kind: str, *, within: str | None, base_code: str | None, level: str | None,
    after: tuple[str, str, str] | None, count: int,
) -> list[Row]:  # fmt: skip
    """Matters of a kind of list that entries of one level show differently, after a place."""
    place = after or (None, None, None)
    given = {
        "kind": kind, "within": within, "base_code": base_code, "level": level, "after_code": place[0],
        "after_level": place[1], "after_branch": place[2], "count": count,
    }  # fmt: skip
    return await _GROUPS.rows(connection, given)


async def variants(
    connection: AsyncConnection, kind: str, found: Sequence[Row], *, within: str | None, most: int
) -> list[Row]:
    """What the entries of groups say in the elements in which they differ; `place` counts the groups from 1."""
    given = {
        "kind": kind, "within": within, "most": most, "codes": [one.base_code for one in found],
        "levels": [one.level for one in found], "branches": [one.branch for one in found],
    }  # fmt: skip
    return await _VARIANTS.rows(connection, given)


async def two_names(connection: AsyncConnection) -> int:
    """Keep, for the rest of the transaction, the entries that name a matter otherwise than its authority does.

    Returns the position of the log that all of them know.
    """
    return await checks.keep(connection, _TWO_NAMES, {})


async def unresolved(connection: AsyncConnection, reported: Sequence[str]) -> int:
    """Keep, for the rest of the transaction, entries that concern a permit the list in force does not know.

    `reported` are the kinds of list of which a linkage rule says so itself. Returns the position as `two_names`.
    """
    given = {"kinds": list(reported), "outliving": list(OUTLIVING)}
    return await checks.keep(connection, _UNRESOLVED, given)


__all__ = ["groups", "two_names", "unresolved", "variants"]

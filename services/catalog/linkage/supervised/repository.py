"""V17 as a rule of the relation `supervised`: a permit states who supervises it, by which items and measures.

Items are those of the region's list of supervision that are about the permit, or are linked to it; where the region
keeps no such list, those the permit names itself. Pure, like the compiler it belongs to.
"""

from __future__ import annotations

from services.catalog.linkage.fragments import Look, conditions, key, literal
from services.catalog.linkage.ruleset import Rule

_ELEMENTS = {
    "supervising_body": ("监管主体", "请确定监管主体"),
    "supervision_items": ("监管事项", "请在“互联网+监管”事项清单中建立对应的监管事项"),
    "supervision_measures": ("监管措施", "请填写监管措施"),
}


def difference(rule: Rule, look: Look) -> tuple[list[str], list[str]]:
    """Common table expressions and SELECTs of a rule."""
    n = rule.id.lower()
    scope = "" if look.everything else " AND t.id = ANY (CAST(:ids AS uuid[]))"
    scope += " AND t.list_id = CAST(:list_id AS uuid)" if look.one_list else ""
    rows = ", ".join(
        f"({literal(element)}, s.{element}, {literal(f'{title}未明确：{remedy}')})"
        for element, (title, remedy) in _ELEMENTS.items()
    )
    table = f"""{n}_stated AS MATERIALIZED (
    SELECT t.id, t.version, t.list_id, {stated(rule, look)}
    FROM {look.item} AS t
    JOIN {look.version} AS tv ON tv.item_id = t.id AND tv.number = t.version
    WHERE t.kind = {literal(rule.target_kind)} AND t.state = 'in_use'{conditions(rule.condition, "t")}{scope}
)"""
    select = f"""SELECT {literal(rule.id)}, CASE WHEN d.messages IS NULL THEN 'equal' ELSE 'flag' END,
    CAST(NULL AS uuid), CAST(NULL AS integer), s.list_id, s.id, s.version, d.expected, CAST('{{}}' AS jsonb), d.messages
FROM {n}_stated AS s
{"" if look.everything else "LEFT "}JOIN LATERAL (
    SELECT jsonb_object_agg(e.element, NULL) AS expected, jsonb_object_agg(e.element, e.message) AS messages
    FROM (VALUES {rows}) AS e (element, stated, message) WHERE NOT e.stated HAVING count(*) > 0
) AS d ON true"""
    return [table], [select]


def stated(rule: Rule, look: Look) -> str:
    """Three columns: whether the permit `t` with its version `tv` states its body, items and measures."""
    kind = literal(rule.source_kind)
    return f"""coalesce(tv.elements ->> 'supervising_body', '') <> '' AS supervising_body,
           EXISTS (SELECT FROM {look.item} AS s WHERE s.kind = {kind} AND s.region_code = t.region_code
                     AND s.state <> 'cancelled' AND {key(rule.match, "t", "s")})
           OR EXISTS (SELECT FROM qingdan.item_link AS k JOIN {look.item} AS s ON s.id = k.from_item_id
                      WHERE k.to_item_id = t.id AND k.type = 'supervises' AND s.kind = {kind}
                        AND s.state <> 'cancelled')
           OR (jsonb_array_length(CASE jsonb_typeof(tv.elements -> 'supervision_items')
                   WHEN 'array' THEN tv.elements -> 'supervision_items' ELSE '[]' END) > 0
               AND NOT EXISTS (SELECT FROM qingdan.list AS l WHERE l.kind = {kind} AND l.region_code = t.region_code))
               AS supervision_items,
           jsonb_array_length(CASE jsonb_typeof(tv.elements -> 'supervision_measures')
               WHEN 'array' THEN tv.elements -> 'supervision_measures' ELSE '[]' END) > 0 AS supervision_measures"""

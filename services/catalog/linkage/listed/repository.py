"""Rules of the relation `listed`: the code a target gives stands in a row of an entry of the region's other list.

The column of the sub-table has the key of the target's element. Pure, like the compiler it belongs to.
"""

from __future__ import annotations

from services.catalog.linkage.fragments import Look, literal
from services.catalog.linkage.ruleset import Rule


def difference(rule: Rule, look: Look) -> tuple[list[str], list[str]]:
    """Common table expressions and SELECTs of a rule."""
    n, element = rule.id.lower(), literal(rule.match[0].target)
    rows = f"sv.elements -> {literal(rule.match[0].source)}"
    codes = f"""{n}_code AS MATERIALIZED (
    SELECT DISTINCT s.region_code, r.value ->> {element} AS code
    FROM {look.item} AS s
    JOIN {look.version} AS sv ON sv.item_id = s.id AND sv.number = s.version
    CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof({rows}) WHEN 'array' THEN {rows} ELSE '[]' END) AS r
    WHERE s.kind = {literal(rule.source_kind)} AND s.state <> 'cancelled'
      AND s.region_code IN (SELECT t.region_code FROM {n}_target AS t)
)"""
    title = rule.title
    select = f"""SELECT {literal(rule.id)}, CASE WHEN c.code IS NULL THEN 'flag' ELSE 'equal' END, CAST(NULL AS uuid),
    CAST(NULL AS integer), t.list_id, t.id, t.version, jsonb_build_object({element}, NULL),
    jsonb_build_object({element}, t.code), jsonb_build_object({element},
        CASE WHEN t.code IS NULL THEN {literal(f"“{title}”：未填写编码，请补充")}
             ELSE {literal(f"“{title}”：没有编码为")} || t.code || '的子项，请核对' END)
FROM {n}_target AS t
LEFT JOIN {n}_code AS c ON c.region_code = t.region_code AND c.code = t.code
{"WHERE c.code IS NULL" if look.everything else ""}"""
    return [_targets(rule, look), codes], [select]


def _targets(rule: Rule, look: Look) -> str:
    """Targets with the code they give, in regions that keep the other list."""
    target, source = literal(rule.target_kind), literal(rule.source_kind)
    ids = "ANY (CAST(:ids AS uuid[]))"
    scopes = ["true"] if look.everything else []
    if not look.everything and look.from_target:
        scopes.append(f"t.id = {ids}")
    if not look.everything and look.from_source:
        scopes.append(
            f"t.region_code IN (SELECT s.region_code FROM {look.item} AS s WHERE s.kind = {source} AND s.id = {ids})"
        )
    chosen = " AND t.list_id = CAST(:list_id AS uuid)" if look.one_list else ""
    return f"""{rule.id.lower()}_target AS MATERIALIZED (
    SELECT t.id, t.version, t.list_id, t.region_code,
           nullif(tv.elements ->> {literal(rule.match[0].target)}, '') AS code
    FROM {look.item} AS t
    JOIN {look.version} AS tv ON tv.item_id = t.id AND tv.number = t.version
    WHERE t.kind = {target} AND t.state <> 'cancelled' AND ({" OR ".join(scopes)}){chosen}
      AND EXISTS (SELECT FROM qingdan.list AS l WHERE l.kind = {source} AND l.region_code = t.region_code)
)"""

"""Rules of the relation `prohibits`: what a source prohibits, no target of the region allows.

Industries are compared as codes of GB/T 4754: a shorter code contains the longer ones that begin with it, with or
without the letter of the section. Pure, like the compiler it belongs to.
"""

from __future__ import annotations

from services.catalog.linkage.fragments import Look, literal
from services.catalog.linkage.ruleset import Rule


def difference(rule: Rule, look: Look) -> tuple[list[str], list[str]]:
    """Common table expressions and SELECTs of a rule."""
    n, source, target = rule.id.lower(), rule.match[0].source, rule.match[0].target
    theirs, ours = f"sv.elements ->> {literal(source)}", f"tv.elements ->> {literal(target)}"
    element = literal(target)
    chosen = " AND t.list_id = CAST(:list_id AS uuid)" if look.one_list else ""
    select = f"""SELECT {literal(rule.id)}, 'flag', s.id, s.version, t.list_id, t.id, t.version,
    jsonb_build_object({element}, NULL), jsonb_build_object({element}, {ours}),
    jsonb_build_object({element}, '行业“' || ({ours}) || '”已列入禁投产业目录：' || s.name || '（' || s.code
        || '），不应再有准入或审批路径，请核对')
FROM {n}_target AS q
JOIN {look.item} AS t ON t.id = q.id
JOIN {look.version} AS tv ON tv.item_id = t.id AND tv.number = t.version
CROSS JOIN LATERAL (
    SELECT s.id, s.version, s.name, {theirs} AS code
    FROM qingdan.list AS sl
    JOIN {look.item} AS s ON s.list_id = sl.id AND s.state = 'in_use'
    JOIN {look.version} AS sv ON sv.item_id = s.id AND sv.number = s.version
    WHERE sl.kind = {literal(rule.source_kind)} AND sl.region_code = t.region_code AND {theirs} <> ''
      AND (starts_with(upper({ours}), upper({theirs})) OR starts_with({_digits(ours)}, {_digits(theirs)}))
    ORDER BY length({theirs}) DESC, s.id LIMIT 1
) AS s
WHERE t.kind = {literal(rule.target_kind)} AND t.state = 'in_use' AND {ours} <> ''
  AND coalesce(tv.elements ->> 'category', '') <> 'prohibited'{chosen}"""
    return [_targets(rule, look)], [select]


def _digits(code: str) -> str:
    """A code without the letter of its section; a section alone stays what it is."""
    return f"regexp_replace(upper({code}), '^[A-Z]([0-9])', '\\1')"


def _targets(rule: Rule, look: Look) -> str:
    target, source = literal(rule.target_kind), literal(rule.source_kind)
    if look.everything:
        union = f"SELECT t.id FROM {look.item} AS t WHERE t.kind = {target}"
    else:
        ids = "ANY (CAST(:ids AS uuid[]))"
        branches = []
        if look.from_target:
            branches.append(f"SELECT t.id FROM {look.item} AS t WHERE t.kind = {target} AND t.id = {ids}")
        if look.from_source:
            branches.append(
                f"""SELECT t.id FROM {look.item} AS s
    JOIN qingdan.list AS tl ON tl.kind = {target} AND tl.region_code = s.region_code
    JOIN {look.item} AS t ON t.list_id = tl.id
    WHERE s.kind = {source} AND s.id = {ids}"""
            )
        union = "\n    UNION\n    ".join(branches)
    return f"{rule.id.lower()}_target AS MATERIALIZED (\n    {union}\n)"

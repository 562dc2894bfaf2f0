"""What has no counterpart: sources that nothing covers, and orphans, which show a matter their authority does not know.

Pure, like the compiler it belongs to.
"""

from __future__ import annotations

from services.catalog.linkage.fragments import Look, array, conditions, key, literal
from services.catalog.linkage.ruleset import Rule

# What a finding or a mismatch is about when no element differs but the other entry is not there.
COUNTERPART = "counterpart"


def uncovered(rule: Rule, look: Look) -> str:
    """A row for each source in question that nothing covers: no counterpart in use, no link, no declaration."""
    n, element = rule.id.lower(), literal(COUNTERPART)
    message = literal(f"“{rule.title}”：没有在用的对应事项，也没有声明无需列入")
    source = f"{look.item} AS s" if look.everything else f"{n}_source AS s"
    kind = f"s.kind = {literal(rule.source_kind)}{conditions(rule.source_condition, 's')}"
    chosen = " AND l.id = CAST(:list_id AS uuid)" if look.one_list else ""
    lost = f" AND EXISTS ({_counterparts(rule, look, in_use=False)})" if rule.missing else ""
    return f"""SELECT {literal(rule.id)}, 'flag', s.id, s.version, s.list_id, s.id, s.version,
    jsonb_build_object({element}, NULL), jsonb_build_object({element}, s.name), jsonb_build_object({element}, {message})
FROM {source}
WHERE {kind} AND s.state = ANY ({array(rule.uncovered_states)})
  AND EXISTS (SELECT FROM qingdan.list AS l WHERE l.kind = {literal(rule.target_kind)}
              AND l.region_code = s.region_code{chosen})
  AND NOT EXISTS ({_counterparts(rule, look, in_use=True)}){lost}{unlinked(rule, look, "s.id")}
  AND NOT EXISTS (SELECT FROM qingdan.declaration AS d
                  WHERE d.item_id = s.id AND d.rule = {literal(rule.id)} AND d.withdrawn_at IS NULL)"""


def _counterparts(rule: Rule, look: Look, *, in_use: bool) -> str:
    """The counterparts of `s`, also those found under the keys it had: they have not followed yet."""
    living = " AND t.state <> 'cancelled'" if in_use else ""
    if not look.everything:
        return f"SELECT FROM {rule.id.lower()}_found AS t WHERE t.source_id = s.id{living}"
    return (
        f"SELECT FROM {look.item} AS t WHERE t.kind = {literal(rule.target_kind)} AND t.region_code = s.region_code"
        f" AND {key(rule.match, 't', 's')}{conditions(rule.condition, 't')}{living}"
    )


def unlinked(rule: Rule, look: Look, source: str) -> str:
    """Beginning with AND: no target in use is linked to the source as one that covers it as well."""
    if rule.linked is None:
        return ""
    # OFFSET 0: looked up by the link, never the other way round, which would read all entries of the kind.
    return f"""
  AND NOT EXISTS (
    SELECT FROM qingdan.item_link AS k JOIN {look.item} AS t ON t.id = k.from_item_id
    WHERE k.to_item_id = {source} AND k.type = {literal(rule.linked)} AND t.kind = {literal(rule.target_kind)}
      AND t.state <> 'cancelled'{conditions(rule.condition, "t")} OFFSET 0)"""


def linked_sources(rule: Rule, look: Look, ids: str) -> str:
    """Sources that the targets `ids` cover by a link."""
    return (
        f"SELECT s.id FROM qingdan.item_link AS k JOIN {look.item} AS s ON s.id = k.to_item_id"
        f" WHERE k.from_item_id = {ids} AND k.type = {literal(rule.linked or '')}"
        f" AND s.kind = {literal(rule.source_kind)}{conditions(rule.source_condition, 's')}"
    )


def orphans(rule: Rule, look: Look) -> str:
    """Targets that show a matter their authority does not know; with kin, one it knows otherwise."""
    element = next(pair.target for pair in rule.match if pair.target not in rule.kin)
    kin = [pair for pair in rule.match if pair.target in rule.kin]
    akin = (
        f"""
  AND EXISTS (
    SELECT FROM {look.item} AS s
    WHERE s.kind = {literal(rule.source_kind)} AND s.region_code = t.region_code AND s.state <> 'cancelled'
      AND {key(kin, "t", "s")}
  )"""
        if kin
        else ""
    )
    scope = "" if look.everything else " AND t.id = ANY (CAST(:ids AS uuid[]))"
    scope += " AND t.list_id = CAST(:list_id AS uuid)" if look.one_list else ""
    message = literal(f"“{rule.title}”：未找到对应的来源事项")
    return f"""SELECT {literal(rule.id)}, 'flag', CAST(NULL AS uuid), CAST(NULL AS integer), t.list_id, t.id, t.version,
    jsonb_build_object({literal(element)}, NULL), jsonb_build_object({literal(element)}, t.{element}),
    jsonb_build_object({literal(element)}, {message})
FROM {look.item} AS t
WHERE t.kind = {literal(rule.target_kind)} AND t.state <> 'cancelled' AND t.{element} IS NOT NULL
  {conditions(rule.condition, "t")}{scope}
  AND EXISTS (
    SELECT FROM qingdan.list AS l WHERE l.kind = {literal(rule.source_kind)} AND l.region_code = t.region_code
  )
  AND NOT EXISTS (
    SELECT FROM {look.item} AS s
    WHERE s.kind = {literal(rule.source_kind)} AND s.region_code = t.region_code AND {key(rule.match, "t", "s")}
      {conditions(rule.source_condition, "s")}
  ){akin}"""

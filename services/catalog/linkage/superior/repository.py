"""Rules between a superior's list and the lists below it: the pair is found from the target upwards.

Pure, like the compiler it belongs to. What is compared is a suspect for people to judge (疑似), never a verdict.
"""

from __future__ import annotations

from services.catalog.linkage import compiler
from services.catalog.linkage.burden import repository as burden
from services.catalog.linkage.fragments import Look, columns_of, conditions, key, literal, normal
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.worlds.repository import looked_up


def difference(rule: Rule, look: Look) -> tuple[list[str], list[str]]:
    """Common table expressions and SELECTs of a rule whose source stands above its target."""
    tables = [] if look.everything else [*_above(rule, look), _targets(rule, look)]
    if rule.relation == "contained":
        return [*tables, _contained(rule, look)], [_unresolved(rule, look)]
    tables.append(_pairs(rule, look))
    if rule.relation == "equal":
        return tables, [compiler.compared(rule, look, "source_id")]
    return tables, [burden.alike(rule) if look.first else burden.compared(rule, look)]


def _above(rule: Rule, look: Look) -> list[str]:
    """Changed sources with the keys they have and had; a region with none below it is nobody's superior."""
    if not look.from_source:
        return []
    n, source = rule.id.lower(), f"s.kind = {literal(rule.source_kind)}"
    keys = ", ".join(dict.fromkeys(["s.region_code", *(f"s.{pair.source}" for pair in rule.match)]))
    return [
        f"""{n}_changed AS MATERIALIZED (
    SELECT {keys} FROM {look.item} AS s WHERE {source} AND s.id = ANY (CAST(:ids AS uuid[]))
    UNION
    SELECT {keys} FROM before AS s WHERE {source}
)""",
        f"""{n}_above AS MATERIALIZED (
    SELECT s.* FROM {n}_changed AS s
    WHERE s.region_code IN (
        SELECT c.region_code FROM (SELECT DISTINCT region_code FROM {n}_changed) AS c
        WHERE EXISTS (SELECT FROM qingdan.region AS r WHERE r.ancestors @> ARRAY[c.region_code])
    )
)""",
    ]


def _targets(rule: Rule, look: Look) -> str:
    """Targets in question: changed ones, those below a changed source, and those with a finding that rests on it."""
    n = rule.id.lower()
    kind = f"t.kind = {literal(rule.target_kind)}"
    ids = "ANY (CAST(:ids AS uuid[]))"
    branches = []
    if look.from_target:
        branches.append(f"SELECT t.id FROM {look.item} AS t WHERE {kind} AND t.id = {ids}")
    if look.from_source:
        below = looked_up(look.item, "t", f"{kind} AND {key(rule.match, 't', 's')}", columns="t.id, t.region_code")
        branches.append(
            f"SELECT t.id FROM {n}_above AS s {below}"
            " JOIN qingdan.region AS r ON r.code = t.region_code AND s.region_code = ANY (r.ancestors)"
        )
        branches.append(
            f"SELECT f.item_id FROM qingdan.finding AS f WHERE f.rule = {literal(rule.id)}"
            f" AND f.state <> 'closed' AND f.source_item_id = {ids}"
        )
    union = "\n    UNION\n    ".join(branches)
    return f"{n}_target AS MATERIALIZED (\n    {union}\n)"


def _joined(rule: Rule, look: Look, above: str) -> str:
    """Targets in question with their region and what stands above them; ends in an open WHERE clause."""
    where = f"t.kind = {literal(rule.target_kind)} AND t.state <> 'cancelled'{conditions(rule.condition, 't')}"
    if look.one_list:
        where += " AND t.list_id = CAST(:list_id AS uuid)"
    joined = f"{look.item} AS t\n    JOIN qingdan.region AS r ON r.code = t.region_code"
    if not look.everything:
        found = looked_up(look.item, "t", "t.id = q.id",
                          columns="t.*, r.ancestors, r.level AS region_level, r.name AS region_name",
                          beside=" JOIN qingdan.region AS r ON r.code = t.region_code")  # fmt: skip
        place = "SELECT t.ancestors, t.region_level AS level, t.region_name AS name"
        joined = f"{rule.id.lower()}_target AS q\n    {found}\n    CROSS JOIN LATERAL ({place}) AS r"
    return f"{joined}\n    {above}\n    WHERE {where}"


def _pairs(rule: Rule, look: Look) -> str:
    """The nearest superior's entry that corresponds: by normalised name, else the only one it can be.

    With several candidates and no name that corresponds the pair is to be mapped by people, never a violation.
    """
    n = rule.id.lower()
    narrowed = (
        "\n      AND s.burden_digest <> t.burden_digest" if rule.relation == "not_stricter" and look.everything else ""
    )
    # A region's only candidate needs no name: reading two of them as people do costs more than finding the pair.
    nearest = f"""CROSS JOIN LATERAL (
        SELECT c.*, CASE WHEN c.candidates = 1 THEN true ELSE {normal("c.name")} = {normal("t.name")} END AS paired
        FROM (
            SELECT c.*, array_position(r.ancestors, c.region_code) AS distance,
                   count(*) OVER (PARTITION BY c.region_code) AS candidates
            FROM {look.item} AS c
            WHERE c.kind = {literal(rule.source_kind)} AND {key(rule.match, "t", "c")}
              AND c.region_code = ANY (r.ancestors) AND c.state = 'in_use'
        ) AS c
        ORDER BY c.distance, paired DESC, c.handling_item, c.id LIMIT 1
    ) AS s"""
    body = _joined(rule, look, nearest)
    return f"""{n}_pair AS NOT MATERIALIZED (
    SELECT s.id AS source_id, s.version AS source_version, t.list_id AS target_list, t.id AS target_id,
           t.version AS target_version, {columns_of("s")}, {columns_of("t")}
    FROM {body}
      AND s.paired{narrowed}
)"""


def _own_regulation(look: Look) -> str:
    """Whether a region with legislative power has set the entry by a regulation of its own (ZZ-13).

    Provinces and cities have it (立法法); which body made a regulation is read from its title.
    """
    return f"""(r.level IN ('province', 'city') AND EXISTS (
        SELECT FROM {look.version} AS v
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(v.elements -> 'basis') WHEN 'array' THEN v.elements -> 'basis' ELSE '[]' END) AS b (value)
        WHERE v.item_id = t.id AND v.number = t.version AND b.value ->> 'kind' = 'set'
          AND b.value ->> 'document_kind' IN ('local_regulation', 'provincial_rule')
          AND (b.value ->> 'document_kind' = 'local_regulation' OR r.level = 'province')
          AND starts_with(b.value ->> 'document', r.name)))"""


def _contained(rule: Rule, look: Look) -> str:
    """Targets with the master-list entries above them: one that contains their level, or one that comes near."""
    n = rule.id.lower()
    contains = (
        "(c.level IS NULL OR t.level IS NULL OR '7' = ANY (string_to_array(c.level, ','))"
        " OR string_to_array(t.level, ',') <@ string_to_array(c.level, ','))"
    )
    resolved = f"""EXISTS (
        SELECT FROM {look.item} AS c
        WHERE c.kind = {literal(rule.source_kind)} AND {key(rule.match, "t", "c")} AND c.region_code = ANY (r.ancestors)
          AND c.state = 'in_use' AND {contains}
    ) OR {_own_regulation(look)}"""
    near = f"""LEFT JOIN LATERAL (
        SELECT c.id, c.version, c.level, c.name, c.base_code
        FROM {look.item} AS c
        WHERE c.kind = {literal(rule.source_kind)} AND {key(rule.match, "t", "c")} AND c.region_code = ANY (r.ancestors)
          AND c.state = 'in_use'{"" if look.everything else " AND NOT u.resolved"}
        ORDER BY c.base_code = t.base_code DESC, array_position(r.ancestors, c.region_code), c.id LIMIT 1
    ) AS c ON true"""
    if look.everything:
        joined, more, flag = near, f"\n      AND NOT ({resolved})", "false"
    else:
        joined = f"CROSS JOIN LATERAL (SELECT {resolved} AS resolved OFFSET 0) AS u\n    {near}"
        more, flag = "", "u.resolved"
    body = _joined(rule, look, joined)
    # A region above that keeps no such list has nothing to resolve to.
    return f"""{n}_resolved AS MATERIALIZED (
    SELECT t.id, t.version, t.list_id, t.base_code, t.level, t.name, c.id AS source_id, c.version AS source_version,
           c.level AS source_level, c.name AS source_name, {flag} AS resolved
    FROM {body}
      AND EXISTS (
        SELECT FROM qingdan.list AS l
        WHERE l.kind = {literal(rule.source_kind)} AND l.region_code = ANY (r.ancestors)
      ){more}
)"""


def _unresolved(rule: Rule, look: Look) -> str:
    n = rule.id.lower()
    return f"""SELECT {literal(rule.id)}, CASE WHEN p.resolved THEN 'equal' ELSE 'flag' END, p.source_id,
    p.source_version, p.list_id, p.id, p.version, jsonb_build_object(m.element, m.expected),
    jsonb_build_object(m.element, m.actual), jsonb_build_object(m.element, m.message)
FROM {n}_resolved AS p
CROSS JOIN LATERAL (
    SELECT CASE WHEN p.source_id IS NULL THEN 'base_code' ELSE 'level' END AS element,
           CASE WHEN p.source_id IS NULL THEN to_jsonb(p.base_code) ELSE to_jsonb(p.level) END AS actual,
           to_jsonb(p.source_level) AS expected,
           CASE WHEN p.source_id IS NULL
                THEN '疑似超出上级基本目录：基本编码' || coalesce(p.base_code, '（空）')
                     || '在上级基本目录中没有对应主项'
                ELSE '疑似超出上级基本目录的行使层级：本级' || coalesce(p.level, '') || '，上级“' || p.source_name
                     || '”的行使层级为' || coalesce(p.source_level, '') END AS message
) AS m"""

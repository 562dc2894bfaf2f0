"""Rules of the relation `rows`: entries name rows in a sub-table of the matters they are about.

Several sources name rows of one target, so all of them are looked at together; the row of difference goes back to the
oldest. Rows are known by their names, compared as people read them. Pure, like the compiler it belongs to.
"""

from __future__ import annotations

from services.catalog.linkage.fragments import Look, conditions, key, literal, normal
from services.catalog.linkage.ruleset import Pair, RowGroup, Rule
from services.catalog.linkage.worlds.repository import looked_up


def difference(rule: Rule, look: Look) -> tuple[list[str], list[str]]:
    """Common table expressions and SELECTs of a rule."""
    tables = [] if look.everything else _keys(rule, look)
    return [*tables, _targets(rule, look), _sources(rule, look)], [_compared(rule, look)]


def _keys(rule: Rule, look: Look) -> list[str]:
    """The keys changed sources have and had."""
    columns = ", ".join(dict.fromkeys(["s.region_code", *(f"s.{pair.source}" for pair in rule.match)]))
    kind = f"s.kind = {literal(rule.source_kind)}"
    return [
        f"""{rule.id.lower()}_key AS MATERIALIZED (
    SELECT {columns} FROM {look.item} AS s WHERE {kind} AND s.id = ANY (CAST(:ids AS uuid[]))
    UNION
    SELECT {columns} FROM before AS s WHERE {kind}
)"""
    ]


def _targets(rule: Rule, look: Look) -> str:
    """Targets in question, in regions that keep the sources' list."""
    n = rule.id.lower()
    kind = f"t.kind = {literal(rule.target_kind)}"
    wanted = f"t.state <> 'cancelled'{conditions(rule.condition, 't')}"
    wanted += " AND t.list_id = CAST(:list_id AS uuid)" if look.one_list else ""
    kept = f"""EXISTS (
        SELECT FROM qingdan.list AS l WHERE l.kind = {literal(rule.source_kind)} AND l.region_code = t.region_code)"""
    if look.everything:
        return f"""{n}_target AS MATERIALIZED (
    SELECT t.* FROM {look.item} AS t WHERE {kind} AND {wanted} AND {kept}
)"""
    branches = []
    if look.from_target:
        branches.append(f"SELECT t.id FROM {look.item} AS t WHERE {kind} AND t.id = ANY (CAST(:ids AS uuid[]))")
    if look.from_source:
        same = f"{kind} AND t.region_code = s.region_code AND {key(rule.match, 't', 's')}"
        branches.append(f"SELECT t.id FROM {n}_key AS s {looked_up(look.item, 't', same, columns='t.id')}")
    union = "\n        UNION\n        ".join(branches)
    return f"""{n}_target AS MATERIALIZED (
    SELECT t.* FROM (
        {union}
    ) AS q {looked_up(look.item, "t", "t.id = q.id", columns="t.*")}
    WHERE {wanted} AND {kept}
)"""


def _sources(rule: Rule, look: Look) -> str:
    """What the sources of each target say, oldest first: `n0`, `n1` ... name rows, `c0`, `c1` ... are their columns."""
    n = rule.id.lower()
    said = ["'gone', s.state = 'cancelled'"]
    for index, group in enumerate(rule.rows):
        columns = ", ".join(f"{literal(pair.target)}, {_said(pair)}" for pair in group.columns)
        said.append(f"'n{index}', sv.elements -> {literal(group.named_by)}")
        said.append(f"'c{index}', jsonb_strip_nulls(jsonb_build_object({columns}))")
    same = f"s.kind = {literal(rule.source_kind)} AND s.region_code = t.region_code AND {key(rule.match, 't', 's')}"
    found = f"JOIN {look.item} AS s ON {same}" if look.everything else looked_up(look.item, "s", same, columns="s.*")
    return f"""{n}_source AS MATERIALIZED (
    SELECT t.id AS target_id, (array_agg(s.id ORDER BY s.id))[1] AS source_id,
           (array_agg(s.version ORDER BY s.id))[1] AS source_version,
           jsonb_agg(jsonb_build_object({", ".join(said)}) ORDER BY s.id) AS sources
    FROM {n}_target AS t {found}
    JOIN {look.version} AS sv ON sv.item_id = s.id AND sv.number = s.version
    GROUP BY t.id
)"""


def _said(pair: Pair) -> str:
    """What a column shows of the source; a legal basis as the text people write into a cell."""
    value = f"sv.elements -> {literal(pair.source)}"
    if pair.source != "basis":
        return value
    return f"""(SELECT to_jsonb(string_agg('《' || (b.value ->> 'document') || '》'
                || coalesce(b.value ->> 'article', ''), '；' ORDER BY b.nth))
            FROM jsonb_array_elements(CASE jsonb_typeof({value}) WHEN 'array' THEN {value} ELSE '[]' END)
                 WITH ORDINALITY AS b (value, nth))"""


def _compared(rule: Rule, look: Look) -> str:
    n = rule.id.lower()
    rows = "\n        UNION ALL\n        ".join(_group(rule, index, group) for index, group in enumerate(rule.rows))
    # Only an authority has something to say where no source names a row.
    outer = "LEFT " if any(group.closed for group in rule.rows) or not look.everything else ""
    return f"""SELECT {literal(rule.id)}, coalesce(d.action, 'equal'), x.source_id, x.source_version, x.list_id, x.id,
    x.version, d.expected, d.actual, d.messages
FROM (
    SELECT t.id, t.version, t.list_id, m.source_id, m.source_version, coalesce(m.sources, '[]') AS sources, tv.elements
    FROM {n}_target AS t
    {outer}JOIN {n}_source AS m ON m.target_id = t.id
    JOIN {look.version} AS tv ON tv.item_id = t.id AND tv.number = t.version
) AS x
{"" if look.everything else "LEFT "}JOIN LATERAL (
    SELECT e.action, jsonb_object_agg(e.element, e.expected) AS expected,
           jsonb_object_agg(e.element, e.actual) AS actual,
           jsonb_object_agg(e.element, e.message) FILTER (WHERE e.message IS NOT NULL) AS messages
    FROM (
        {rows}
    ) AS e (element, action, expected, actual, message)
    GROUP BY e.action
) AS d ON true"""


# The names sources give to rows, the rows there are, those that stay (with their columns) and those that are missing.
_ROWS = """WITH named AS (
            SELECT {name_key} AS key, bool_or(NOT gone) AS in_use, min(s.nth) AS nth,
                   (array_agg(v.name ORDER BY s.nth) FILTER (WHERE NOT gone))[1] AS name,
                   (array_agg(s.value -> 'c{index}' ORDER BY s.nth) FILTER (WHERE NOT gone))[1] AS columns
            FROM jsonb_array_elements(x.sources) WITH ORDINALITY AS s (value, nth)
            CROSS JOIN LATERAL (SELECT CAST(s.value ->> 'gone' AS boolean) AS gone) AS g
            CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(s.value -> 'n{index}')
                WHEN 'array' THEN s.value -> 'n{index}' WHEN 'string' THEN jsonb_build_array(s.value -> 'n{index}')
                ELSE '[]' END) AS v (name)
            WHERE v.name <> '' GROUP BY 1
        ), present_row AS (
            SELECT r.nth, r.value, {row_key} AS key
            FROM jsonb_array_elements(CASE jsonb_typeof({given}) WHEN 'array' THEN {given} ELSE '[]' END)
                 WITH ORDINALITY AS r (value, nth)
        ), kept AS (
            SELECT r.nth, CASE jsonb_typeof(r.value) WHEN 'object' THEN r.value || coalesce(m.columns, '{{}}')
                          ELSE r.value END AS value
            FROM present_row AS r LEFT JOIN named AS m ON m.key = r.key
            WHERE coalesce(m.in_use, {unnamed})
        ), added AS (
            SELECT m.nth, m.name, m.columns FROM named AS m
            WHERE m.in_use AND NOT EXISTS (SELECT FROM present_row AS r WHERE r.key = m.key)
        )"""
_ADDED = """coalesce((SELECT jsonb_agg(jsonb_build_object('name', a.name) || a.columns ORDER BY a.nth)
                FROM added AS a), '[]')"""


def _group(rule: Rule, index: int, group: RowGroup) -> str:
    """One sub-table: what it ought to be, where that is not what it is."""
    element = literal(group.element)
    given = f"x.elements -> {element}"
    rows = _ROWS.format(
        index=index,
        given=given,
        name_key=normal("v.name"),
        row_key=normal("coalesce(r.value ->> 'name', r.value #>> '{}')"),
        unnamed="false" if group.closed else "true",
    )
    more = f" || {_ADDED}" if group.missing == "draft" else ""
    draft = f"""SELECT {element}, CASE WHEN x.source_id IS NULL THEN 'flag' ELSE 'draft' END, w.expected, {given},
               CASE WHEN x.source_id IS NULL THEN {literal(f"“{rule.title}”：来源清单中没有对应的项目")} END
        FROM (SELECT coalesce((SELECT jsonb_agg(k.value ORDER BY k.nth) FROM kept AS k), '[]'){more} AS expected) AS w
        WHERE w.expected <> (SELECT coalesce(jsonb_agg(r.value ORDER BY r.nth), '[]') FROM present_row AS r)"""
    flag = f"""
        UNION ALL
        SELECT {element}, 'flag', coalesce({given}, '[]') || {_ADDED}, {given},
               {literal(f"“{rule.title}”：缺少来源清单所列的")}
               || (SELECT string_agg(a.name, '、' ORDER BY a.nth) FROM added AS a)
        WHERE EXISTS (SELECT FROM added)"""
    return f"({rows}\n        {draft}{flag if group.missing == 'flag' else ''})"

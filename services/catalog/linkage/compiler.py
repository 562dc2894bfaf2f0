"""From a rule to its one query: difference(rule, scope, overlay). Pure: rules in, statement out.

Every query yields the same rows, one a pair of entries and action:

    rule, action, source_id, source_version, target_list, target_id, target_version, expected, actual, messages

`action` is sync, draft, flag, missing (a counterpart that ought to exist, `expected` being its elements), or - only
when looking at items - equal. `expected` and `actual` are jsonb objects by element, so that a row of elements is one
`jsonb_each` away. Check, validation, cascade and preview all read these rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from services.catalog.linkage.coverage import repository as coverage
from services.catalog.linkage.fragments import (
    Look,
    agreeing,
    array,
    columns_of,
    conditions,
    differs,
    key,
    literal,
    said,
    value,
)
from services.catalog.linkage.particular import QUERIES
from services.catalog.linkage.ruleset import COLUMNS, ElementGroup, Missing, Pair, Rule
from services.catalog.linkage.superior import repository as superior
from services.catalog.linkage.worlds.repository import BEFORE_ITEMS, BEFORE_VERSIONS, OVERLAY, STORED_OVERLAY, looked_up
from shared.statement import Statement

ROW = "rule, action, source_id, source_version, target_list, target_id, target_version, expected, actual, messages"


@dataclass(frozen=True, slots=True)
class Part:
    """One rule of a statement and how it looks."""

    rule: Rule
    look: Look


@lru_cache(maxsize=512)
def _rows(parts: tuple[tuple[str, str, Look], ...]) -> str:
    rules = {identity: Rule.model_validate_json(document) for identity, document, _ in parts}
    common: list[str] = []
    looks = [look for _, _, look in parts]
    if any(look.overlay for look in looks):
        common.append(STORED_OVERLAY if looks[0].stored else OVERLAY)
    if not all(look.everything for look in looks):
        common.append(BEFORE_ITEMS if looks[0].overlay else BEFORE_VERSIONS)
    fragments = [difference(rules[identity], look) for identity, _, look in parts]
    tables = ",\n".join([*common, *(table for tables, _ in fragments for table in tables)])
    rows = "\nUNION ALL\n".join(select for _, selects in fragments for select in selects)
    return f"{tables},\ndifference ({ROW}) AS MATERIALIZED (\n{rows}\n)"


def tables(parts: Sequence[Part]) -> str:
    """The common table expressions that end in `difference`; all parts share one overlay or none."""
    return _rows(tuple((part.rule.id, part.rule.document, part.look) for part in parts))


@lru_cache(maxsize=512)
def _statement(expressions: str, rest: str) -> Statement:
    return Statement(f"WITH {expressions}\n{rest}")


def statement(parts: Sequence[Part], rest: str = "SELECT * FROM difference") -> Statement:
    """The difference of some rules followed by what is to be done with its rows, as one statement."""
    return _statement(tables(parts), rest)


def difference(rule: Rule, look: Look) -> tuple[list[str], list[str]]:
    """Common table expressions and SELECTs of one rule."""
    if rule.where == "superior":
        return superior.difference(rule, look)
    if rule.relation in QUERIES:
        return QUERIES[rule.relation](rule, look)
    tables = [*_sources(rule, look), pairs_of(rule, look)]
    selects = [compared(rule, look, "source_id")] if rule.groups else []
    if rule.missing is not None:
        selects.append(_missing(rule, rule.missing, look))
    if rule.orphan is not None and (look.everything or look.from_target):
        selects.append(coverage.orphans(rule, look))
    if rule.uncovered is not None:
        selects.append(coverage.uncovered(rule, look))
    return tables, selects


def _sources(rule: Rule, look: Look) -> list[str]:
    """Sources in question, and the targets found under their present and their former keys."""
    if look.everything:
        return []
    n = rule.id.lower()
    union = "\n    UNION\n    ".join(_in_question(rule, look))
    former = ", ".join(f"b.{pair.source}" for pair in rule.match)
    present = ", ".join(f"s.{pair.source}" for pair in rule.match)
    names = ", ".join(f"k{index}" for index in range(len(rule.match)))
    found = " AND ".join(f"t.{pair.target} = k.k{index}" for index, pair in enumerate(rule.match))
    kind = f"t.kind = {literal(rule.target_kind)} AND t.region_code = k.region_code"
    targets = looked_up(look.item, "t", f"{kind} AND {found}{conditions(rule.condition, 't')}", columns="t.*")
    return [
        f"""{n}_source AS MATERIALIZED (
    SELECT s.* FROM (
    {union}
    ) AS q {looked_up(look.item, "s", "s.id = q.id", columns="s.*")}
)""",
        # The former key comes first: where it finds a target, that target has not followed yet.
        f"""{n}_key (id, region_code, nth, {names}) AS MATERIALIZED (
    SELECT s.id, s.region_code, 1, {present} FROM {n}_source AS s
    UNION ALL
    SELECT b.id, b.region_code, 0, {former} FROM before AS b
    WHERE b.kind = {literal(rule.source_kind)}{conditions(rule.source_condition, "b")}
)""",
        f"""{n}_found AS MATERIALIZED (
    SELECT DISTINCT ON (t.id) t.*, k.id AS source_id
    FROM {n}_key AS k
    {targets}
    ORDER BY t.id, k.nth, k.id
)""",
    ]


def _in_question(rule: Rule, look: Look) -> list[str]:
    """Ids of sources that changed, and of those whose counterpart changed."""
    item, ids = look.item, "ANY (CAST(:ids AS uuid[]))"
    source = f"s.kind = {literal(rule.source_kind)}{conditions(rule.source_condition, 's')}"
    target = f"t.kind = {literal(rule.target_kind)}"
    both = f"{source} AND s.region_code = t.region_code AND {key(rule.match, 't', 's')}"
    counterpart = looked_up(look.item, "s", both, columns="s.id")
    branches = []
    if look.from_source:
        branches.append(f"SELECT s.id FROM {item} AS s WHERE {source} AND s.id = {ids}")
    if look.from_target:
        branches.append(f"SELECT s.id FROM {item} AS t {counterpart} WHERE {target} AND t.id = {ids}")
        branches.append(f"SELECT s.id FROM before AS t {counterpart} WHERE {target}")
        if rule.linked is not None:
            branches.append(coverage.linked_sources(rule, look, ids))
    return branches


def pairs_of(rule: Rule, look: Look) -> str:
    """The pairs a rule compares, as the table expression `<rule>_pair`; a missing target's columns are empty."""
    n, item = rule.id.lower(), look.item
    kinds = f"tl.kind = {literal(rule.target_kind)} AND tl.region_code = s.region_code"
    chosen = " AND tl.id = CAST(:list_id AS uuid)" if look.one_list else ""
    if look.everything:
        source = f"{item} AS s"
        matched = f"{key(rule.match, 't', 's')}{conditions(rule.condition, 't')}"
        joined = f"{item} AS t ON t.kind = {literal(rule.target_kind)} AND t.region_code = s.region_code AND {matched}"
        where = f" WHERE s.kind = {literal(rule.source_kind)}{conditions(rule.source_condition, 's')}"
    else:
        source, joined, where = f"{n}_source AS s", f"{n}_found AS t ON t.source_id = s.id", ""
    return f"""{n}_pair AS NOT MATERIALIZED (
    SELECT s.id AS source_id, s.version AS source_version, tl.id AS target_list, t.id AS target_id,
           t.version AS target_version, {columns_of("s")}, {columns_of("t")}
    FROM {source}
    JOIN qingdan.list AS tl ON {kinds}{chosen}
    LEFT JOIN {joined}{where}
)"""


def compared(rule: Rule, look: Look, paired: str) -> str:
    """The element comparison over a rule's pairs."""
    n = rule.id.lower()
    entries = [(group, pair) for group in rule.groups for pair in group.pairs]
    values = [_compared(rule, group, pair, look) for group, pair in entries]
    values += [_raised(rule, element) for element in rule.raises]
    rows = ",\n        ".join(values)
    opened = "sv.elements" in rows or "tv.elements" in rows
    versions = (
        f"""
LEFT JOIN {look.version} AS sv ON sv.item_id = p.source_id AND sv.number = p.source_version
LEFT JOIN {look.version} AS tv ON tv.item_id = p.target_id AND tv.number = p.target_version"""
        if opened
        else ""
    )
    # Over everything only pairs that differ are taken apart; jsonb is opened for no other.
    narrowed = " OR ".join(f"({unequal(rule, group, pair, look)})" for group, pair in entries)
    return f"""SELECT {literal(rule.id)}, coalesce(d.action, 'equal'), p.source_id, p.source_version, p.target_list,
    p.target_id, p.target_version, d.expected, d.actual, CAST(NULL AS jsonb)
FROM {n}_pair AS p{versions}
{"" if look.everything else "LEFT "}JOIN LATERAL (
    SELECT e.action, jsonb_object_agg(e.element, e.expected) AS expected,
           jsonb_object_agg(e.element, e.actual) AS actual
    FROM (VALUES
        {rows}
    ) AS e (element, action, differs, expected, actual)
    WHERE e.differs AND NOT (p.s_state = 'cancelled' AND p.t_state = 'cancelled') GROUP BY e.action
) AS d ON true
WHERE p.target_id IS NOT NULL AND p.{paired} IS NOT NULL{f" AND ({narrowed})" if look.everything else ""}"""


def unequal(rule: Rule, group: ElementGroup, pair: Pair, look: Look) -> str:
    """Whether the target does not show what it ought to, as far as this rule has to say it."""
    differing = differs(group, pair)
    if group.yields_to is None:
        return differing
    same = " AND ".join(f"o.{one.source} = p.s_{one.source}" for one in rule.match)
    return f"""{differing} AND NOT EXISTS (
            SELECT FROM {look.item} AS o WHERE o.kind = {literal(group.yields_to)}
              AND o.region_code = p.s_region_code AND o.state <> 'cancelled' AND {same})"""


def _raised(rule: Rule, element: str) -> str:
    """An element that counts the target's changes, one higher where the target is to follow."""
    followed = [(group, pair) for group in rule.groups if group.action == "sync" for pair in group.pairs]
    unequal = " OR ".join(f"({differs(group, pair)})" for group, pair in followed)
    now = f"tv.elements -> {literal(element)}"
    # A counter that is not there yet stands at its first value.
    counted = f"CASE WHEN jsonb_typeof({now}) = 'number' THEN floor(CAST({now} AS numeric)) ELSE 1 END"
    return f"({literal(element)}, 'sync', {unequal}, to_jsonb({counted} + 1), {now})"


def _compared(rule: Rule, group: ElementGroup, pair: Pair, look: Look) -> str:
    differing = unequal(rule, group, pair, look)
    own = "t" if group.own else "s"
    ids = {"s": ("source_id", "source_version"), "t": ("target_id", "target_version")}
    sides = []
    for element, side in ((pair.source, own), (pair.target, "t")):
        item_id, number = ids[side]
        if pair.rather and element == pair.source and side == own:
            sides.append(said(pair, side))
        elif element in COLUMNS:
            sides.append(f"to_jsonb(p.{side}_{element})")
        elif value(element, side) is None:
            sides.append(f"{side}v.elements -> {literal(element)}")
        else:
            sides.append(
                f"CASE WHEN {differing} THEN (SELECT v.elements -> {literal(element)} FROM {look.version} AS v"
                f" WHERE v.item_id = p.{item_id} AND v.number = p.{number}) END"
            )
    expected = agreeing(pair) if pair.values else sides[0]
    return f"({literal(pair.target)}, {literal(group.action)}, {differing}, {expected}, {sides[1]})"


def _missing(rule: Rule, missing: Missing, look: Look) -> str:
    """Sources without a counterpart in a list that exists: the entry that ought to be there."""
    followed = [pair for group in rule.groups for pair in group.pairs if group.action != "flag" and not pair.values]
    copied = {pair.target: pair for pair in (*missing.copies, *rule.match, *followed)}
    fields = [f"{literal(target)}, {_copied(pair)}" for target, pair in sorted(copied.items())]
    for target, template in sorted(missing.composed.items()):
        fields.append(f"{literal(target)}, to_jsonb({_composed(template)})")
    fields += [f"{literal(target)}, {literal(constant)}" for target, constant in sorted(missing.constants.items())]
    known = "".join(f" AND p.s_{pair.source} IS NOT NULL" for pair in rule.match)
    for element, values in sorted(missing.when.items()):
        known += f" AND {_element(element)} = ANY ({array(values)})"
    for element, values in sorted(missing.unless.items()):
        known += f" AND coalesce({_element(element)}, '') <> ALL ({array(values)})"
    return f"""SELECT {literal(rule.id)}, 'missing', p.source_id, p.source_version, p.target_list, CAST(NULL AS uuid),
    CAST(NULL AS integer), m.elements, CAST(NULL AS jsonb), CAST(NULL AS jsonb)
FROM {rule.id.lower()}_pair AS p
JOIN {look.version} AS v ON v.item_id = p.source_id AND v.number = p.source_version
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, value) AS elements
    FROM jsonb_each(jsonb_build_object({", ".join(fields)})) WHERE value <> 'null'
) AS m
WHERE p.target_id IS NULL AND p.s_state <> 'cancelled'{known}{coverage.unlinked(rule, look, "p.source_id")}"""


def _copied(pair: Pair) -> str:
    plain = f"v.elements -> {literal(pair.source)}"
    return plain if pair.rather is None else f"coalesce(nullif(v.elements -> {literal(pair.rather)}, 'null'), {plain})"


def _element(element: str) -> str:
    return f"CAST(p.s_{element} AS text)" if element in COLUMNS else f"v.elements ->> {literal(element)}"


def _composed(template: str) -> str:
    expression = literal(template)
    for name in dict.fromkeys(part.split("}")[0] for part in template.split("{")[1:] if "}" in part):
        expression = f"replace({expression}, {literal('{' + name + '}')}, coalesce(v.elements ->> {literal(name)}, ''))"
    return expression

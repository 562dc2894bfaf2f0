"""At most as burdensome as the superior (V13, V32): what an entry asks more than the entry above it asks.

Materials, fees, steps and intermediary services are compared by normalised name, time limits through
`day_equivalent`; conditions may neither be added, removed nor re-worded. A fee of the same name may not be higher,
nobody may have to come more often, nobody the superior serves may be left out, and a promise may not exceed what the
superior's limit allows. What one side does not state is not compared.
"""

from __future__ import annotations

from services.catalog.linkage.fragments import Look, literal, normal
from services.catalog.linkage.ruleset import Rule

# Elements that are lists of names (or of objects with a name), and what it is called when the lower list has more.
_NAMED = {
    "materials": "疑似增加申请材料",
    "fees": "疑似增加收费项目",
    "process_steps": "疑似增加办理环节",
    "intermediary_services": "疑似增加中介服务",
}


def compared(rule: Rule, look: Look) -> str:
    """The comparison over a rule's pairs; a row of action `equal` for a target that asks nothing more."""
    rows = "\n        UNION ALL\n        ".join([*(_more(element, title) for element, title in _NAMED.items()),
                                                  _conditions(), _limit(), _promise(), _quantity(), _higher_fees(),
                                                  _visits(), _service_objects()])  # fmt: skip
    optional = "" if look.everything else "LEFT "
    return f"""SELECT {literal(rule.id)}, CASE WHEN d.messages IS NULL THEN 'equal' ELSE 'flag' END,
    p.source_id, p.source_version, p.target_list, p.target_id, p.target_version, d.expected, d.actual, d.messages
FROM {rule.id.lower()}_pair AS p
JOIN qingdan.region AS sr ON sr.code = p.s_region_code
{optional}JOIN LATERAL (
    SELECT jsonb_object_agg(e.element, e.expected) AS expected, jsonb_object_agg(e.element, e.actual) AS actual,
           jsonb_object_agg(e.element, e.message || '（上级：' || sr.name || '“' || p.s_name || '”）') AS messages
    FROM (SELECT s.elements AS s, t.elements AS t
          FROM {look.version} AS s JOIN {look.version} AS t ON t.item_id = p.target_id AND t.number = p.target_version
          WHERE s.item_id = p.source_id AND s.number = p.source_version
            AND p.s_burden_digest <> p.t_burden_digest) AS x
    CROSS JOIN LATERAL (
        {rows}
    ) AS e (element, actual, expected, message)
    HAVING count(*) > 0
) AS d ON true"""


def alike(rule: Rule) -> str:
    """The pairs of a rule: `equal` where both ask the same, else `unlike`, to be taken apart by `compared`."""
    verdict = "CASE WHEN p.s_burden_digest = p.t_burden_digest THEN 'equal' ELSE 'unlike' END"
    return f"""SELECT {literal(rule.id)}, {verdict},
    p.source_id, p.source_version, p.target_list, p.target_id, p.target_version,
    CAST(NULL AS jsonb), CAST(NULL AS jsonb), CAST(NULL AS jsonb)
FROM {rule.id.lower()}_pair AS p"""


def _items(side: str, element: str) -> str:
    """Its entries as rows (value); none when it is no list."""
    given = f"x.{side} -> {literal(element)}"
    return f"jsonb_array_elements(CASE jsonb_typeof({given}) WHEN 'array' THEN {given} ELSE '[]' END)"


_NAME = "coalesce(a.value ->> 'name', a.value #>> '{}')"


def beyond(element: str, more: str, less: str) -> str:
    """Names one side has and the other has not, as text."""
    return (
        f"(SELECT string_agg({_NAME}, '、' ORDER BY a.nth)"
        f" FROM {_items(more, element)} WITH ORDINALITY AS a (value, nth)"
        f" WHERE {normal(_NAME)} NOT IN (SELECT {normal(_NAME)} FROM {_items(less, element)} AS a (value)"
        f" WHERE {_NAME} IS NOT NULL))"
    )


def both(element: str) -> str:
    """Whether both sides state the list; what one side does not state is not compared."""
    return f"jsonb_typeof(x.s -> {literal(element)}) = 'array' AND jsonb_typeof(x.t -> {literal(element)}) = 'array'"


def _more(element: str, title: str) -> str:
    name = literal(element)
    return f"""SELECT {name}, x.t -> {name}, x.s -> {name}, {literal(title + "：")} || n.names
        FROM (SELECT {beyond(element, "t", "s")} AS names) AS n
        WHERE {both(element)} AND n.names IS NOT NULL"""


def _conditions() -> str:
    name = literal("conditions")
    return f"""SELECT {name}, x.t -> {name}, x.s -> {name},
            '疑似变更许可条件' || coalesce('，增加或改写：' || n.added, '')
            || coalesce('，减少或改写：' || n.removed, '')
        FROM (SELECT {beyond("conditions", "t", "s")} AS added,
                     {beyond("conditions", "s", "t")} AS removed) AS n
        WHERE {both("conditions")} AND (n.added IS NOT NULL OR n.removed IS NOT NULL)"""


def days(side: str, element: str = "statutory_limit") -> str:
    """Working days a time limit amounts to; nothing when it cannot be compared."""
    limit = f"x.{side} -> '{element}'"
    return f"""(SELECT e.working_days FROM qingdan.day_equivalent AS e WHERE e.unit = {limit} ->> 'unit' AND e.amount =
            CASE WHEN jsonb_typeof({limit} -> 'amount') = 'number' AND CAST({limit} ->> 'amount' AS numeric)
                 BETWEEN 0 AND 100000 THEN CAST(CAST({limit} ->> 'amount' AS numeric) AS integer) END)"""


def words(side: str, element: str = "statutory_limit") -> str:
    """A time limit as people read it."""
    limit = f"x.{side} -> '{element}'"
    unit = f"""CASE {limit} ->> 'unit' WHEN 'working_day' THEN '个工作日' WHEN 'natural_day' THEN '个自然日'
            WHEN 'calendar_month' THEN '个月' ELSE '' END"""
    return f"({limit} ->> 'amount') || {unit}"


def _limit() -> str:
    return f"""SELECT 'statutory_limit', x.t -> 'statutory_limit', x.s -> 'statutory_limit',
            '疑似延长法定办结时限：' || {words("t")} || '，上级为' || {words("s")}
        FROM (SELECT {days("t")} AS ours, {days("s")} AS theirs) AS n
        WHERE n.ours > n.theirs"""


def _promise() -> str:
    """A promise longer than the superior's limit, where the entry states no limit of its own (ZZ-23).

    The superior organ's own promise is no limit for lower organs.
    """
    return f"""SELECT 'promised_limit', x.t -> 'promised_limit', x.s -> 'statutory_limit',
            '疑似超时限办理：承诺' || {words("t", "promised_limit")} || '，上级时限为' || {words("s")}
        FROM (SELECT {days("t", "promised_limit")} AS ours, {days("s")} AS theirs) AS n
        WHERE n.ours > n.theirs AND coalesce(x.t -> 'statutory_limit', 'null') = 'null'"""


# The amount of a fee: a number of its own, or the first one its standard names.
_AMOUNT = """CAST(coalesce(substring({of} ->> 'amount' FROM '([0-9]{{1,9}}([.][0-9]{{1,4}})?)'),
                substring({of} ->> 'standard' FROM '([0-9]{{1,9}}([.][0-9]{{1,4}})?)')) AS numeric)"""


def _dearer(more: str, less: str) -> str:
    """Names of fees of the same name and unit that cost more on one side than on the other."""
    above = "coalesce(b.value ->> 'name', b.value #>> '{}')"
    unit = "regexp_replace(coalesce({0}.value ->> 'standard', ''), '[0-9.]+', '')"
    return f"""(SELECT string_agg({_NAME}, '、' ORDER BY a.nth)
              FROM {_items(more, "fees")} WITH ORDINALITY AS a (value, nth)
              JOIN {_items(less, "fees")} AS b (value) ON {normal(_NAME)} = {normal(above)}
              WHERE {_AMOUNT.format(of="a.value")} > {_AMOUNT.format(of="b.value")}
                AND {unit.format("a")} = {unit.format("b")})"""


def _higher_fees() -> str:
    return f"""SELECT 'fees', x.t -> 'fees', x.s -> 'fees', '疑似提高收费标准：' || n.names
        FROM (SELECT {_dearer("t", "s")} AS names) AS n
        WHERE n.names IS NOT NULL AND {beyond("fees", "t", "s")} IS NULL"""


def lower_fees() -> str:
    """Fees that cost less than the superior's, where none is more and none is left out."""
    return f"""SELECT 'fees', x.t -> 'fees', x.s -> 'fees', '收费标准降低：' || n.names
        FROM (SELECT {_dearer("s", "t")} AS names) AS n
        WHERE n.names IS NOT NULL AND {_dearer("t", "s")} IS NULL AND {beyond("fees", "t", "s")} IS NULL
          AND {beyond("fees", "s", "t")} IS NULL"""


def _visits() -> str:
    return """SELECT 'visits', x.t -> 'visits', x.s -> 'visits',
            '疑似增加到现场次数：' || (x.t ->> 'visits') || '次，上级为' || (x.s ->> 'visits') || '次'
        WHERE jsonb_typeof(x.t -> 'visits') = 'number' AND jsonb_typeof(x.s -> 'visits') = 'number'
          AND x.t -> 'visits' > x.s -> 'visits'"""


def _service_objects() -> str:
    """Whoever may apply by the superior's specification may apply here."""
    return f"""SELECT 'service_objects', x.t -> 'service_objects', x.s -> 'service_objects', '疑似缩小服务对象范围'
        WHERE {both("service_objects")} AND NOT x.t -> 'service_objects' @> (x.s -> 'service_objects')"""


_NO_LIMIT = "('', '无', '无限制', '无数量限制', '不限', 'false', 'null', '0')"


def _tighter(more: str, less: str) -> str:
    """Whether one side limits the number of permits where the other does not, or to a smaller one."""
    ours, theirs = f"x.{more} ->> 'quantity_limit'", f"x.{less} ->> 'quantity_limit'"
    number = "'^[0-9]{1,9}$'"
    return f"""(coalesce({ours}, '') NOT IN {_NO_LIMIT} AND x.{less} ? 'quantity_limit'
          AND (coalesce({theirs}, '') IN {_NO_LIMIT}
               OR (CASE WHEN {ours} ~ {number} AND {theirs} ~ {number}
                        THEN CAST({ours} AS bigint) < CAST({theirs} AS bigint) ELSE false END)))"""


def _quantity() -> str:
    """A limit where the superior has none, or a smaller number."""
    return f"""SELECT 'quantity_limit', x.t -> 'quantity_limit', x.s -> 'quantity_limit',
            '疑似增设数量限制：' || (x.t ->> 'quantity_limit')
        WHERE {_tighter("t", "s")}"""


def wider_quantity() -> str:
    """No limit where the superior has one, or a larger number."""
    return f"""SELECT 'quantity_limit', x.t -> 'quantity_limit', x.s -> 'quantity_limit',
            '数量限制放宽：' || coalesce(x.t ->> 'quantity_limit', '无')
        WHERE {_tighter("s", "t")}"""

"""SQL of local optimisation: the same pairs as the rule that an entry may ask no more than its superior's.

Conditions are not among what may be easier (TH-23). An element that asks more in one place and less in another is no
optimisation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage import compiler
from services.catalog.linkage.burden import repository as burden
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look, literal
from services.catalog.linkage.ruleset import Rule
from services.catalog.records import Record, many, matching
from services.catalog.regions.repository import at_or_below
from shared.schema.catalog import local_optimisation
from shared.statement import Statement

_NAMED = {
    "materials": "申请材料减少：",
    "fees": "收费项目减少：",
    "process_steps": "办理环节减少：",
    "intermediary_services": "中介服务减少：",
}
_LIMITS = {"statutory_limit": "法定办结时限缩短：", "promised_limit": "承诺办结时限缩短："}


def _fewer(element: str, title: str) -> str:
    name = literal(element)
    return f"""SELECT {name}, x.t -> {name}, x.s -> {name}, {literal(title)} || n.names
        FROM (SELECT {burden.beyond(element, "s", "t")} AS names, {burden.beyond(element, "t", "s")} AS more) AS n
        WHERE {burden.both(element)} AND n.names IS NOT NULL AND n.more IS NULL"""


def _shorter(element: str, title: str) -> str:
    name = literal(element)
    ours, theirs = burden.days("t", element), burden.days("s", element)
    words = f"{burden.words('t', element)} || '，上级为' || {burden.words('s', element)}"
    return f"""SELECT {name}, x.t -> {name}, x.s -> {name}, {literal(title)} || {words}
        FROM (SELECT {ours} AS ours, {theirs} AS theirs) AS n WHERE n.ours < n.theirs"""


_VISITS = """SELECT 'visits', x.t -> 'visits', x.s -> 'visits',
            '到现场次数减少：' || (x.t ->> 'visits') || '次，上级为' || (x.s ->> 'visits') || '次'
        WHERE jsonb_typeof(x.t -> 'visits') = 'number' AND jsonb_typeof(x.s -> 'visits') = 'number'
          AND x.t -> 'visits' < x.s -> 'visits'"""
_OBJECTS = f"""SELECT 'service_objects', x.t -> 'service_objects', x.s -> 'service_objects', '服务对象范围扩大'
        WHERE {burden.both("service_objects")} AND x.t -> 'service_objects' @> (x.s -> 'service_objects')
          AND NOT x.s -> 'service_objects' @> (x.t -> 'service_objects')"""


@lru_cache(maxsize=16)
def _settling(document: str) -> Statement:
    rule = Rule.model_validate_json(document)
    rows = "\n        UNION ALL\n        ".join([
        *(_fewer(element, title) for element, title in _NAMED.items()),
        *(_shorter(element, title) for element, title in _LIMITS.items()),
        _VISITS, _OBJECTS, burden.wider_quantity(), burden.lower_fees(),
    ])  # fmt: skip
    pair = f"{rule.id.lower()}_pair"
    rest = f""", seen AS MATERIALIZED (SELECT p.* FROM {pair} AS p), easier AS MATERIALIZED (
    SELECT p.target_id, p.target_version, p.target_list, p.t_region_code AS region_code, p.source_id,
           p.source_version, e.element, e.actual, e.above, e.message
    FROM seen AS p
    JOIN qingdan.item_version AS sv ON sv.item_id = p.source_id AND sv.number = p.source_version
    JOIN qingdan.item_version AS tv ON tv.item_id = p.target_id AND tv.number = p.target_version
    CROSS JOIN LATERAL (SELECT sv.elements AS s, tv.elements AS t) AS x
    CROSS JOIN LATERAL (
        {rows}
    ) AS e (element, actual, above, message)
    WHERE p.s_burden_digest <> p.t_burden_digest
), gone AS (
    DELETE FROM qingdan.local_optimisation AS o
    WHERE o.item_id IN (SELECT s.target_id FROM seen AS s UNION SELECT unnest(CAST(:ids AS uuid[])))
      AND NOT EXISTS (SELECT FROM easier AS e WHERE e.target_id = o.item_id AND e.element = o.element)
), kept AS (
    INSERT INTO qingdan.local_optimisation AS o (item_id, element, list_id, list_kind, region_code, item_version,
        superior_item_id, superior_version, actual, superior_value, message, noted_at)
    SELECT DISTINCT ON (e.target_id, e.element) e.target_id, e.element, e.target_list, {literal(rule.target_kind)},
           e.region_code, e.target_version, e.source_id, e.source_version, e.actual, e.above,
           '本地优化：' || e.message, :now
    FROM easier AS e ORDER BY e.target_id, e.element, e.source_id
    ON CONFLICT (item_id, element) DO UPDATE
    SET item_version = excluded.item_version, superior_item_id = excluded.superior_item_id,
        superior_version = excluded.superior_version, actual = excluded.actual,
        superior_value = excluded.superior_value, message = excluded.message
    RETURNING item_id
)
SELECT (SELECT count(*) FROM kept) AS kept"""
    return compiler.statement([Part(rule, Look(from_source=True, from_target=True))], rest)


async def settle(connection: AsyncConnection, rule: Rule, ids: Sequence[UUID], now: datetime) -> int:
    """Label what is easier in entries that changed, and in those below changed ones; how many labels there are."""
    given = {"ids": list(ids), "moved": [], "moved_from": [], "now": now}
    return int(await _settling(rule.document).value(connection, given))


async def page(
    connection: AsyncConnection,
    filters: Mapping[str, Any],
    *,
    within: str | None,
    after: tuple[UUID, str] | None,
    limit: int,
) -> list[Record]:
    """Labels by entry and element; `within` is a region with all below it."""
    table = local_optimisation
    statement = select(table).where(*matching(table, filters)).order_by(table.c.item_id, table.c.element).limit(limit)
    if within is not None:
        statement = statement.where(at_or_below(table.c.region_code, within))
    if after:
        statement = statement.where(tuple_(table.c.item_id, table.c.element) > after)
    return many(await connection.execute(statement))

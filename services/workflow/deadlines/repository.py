"""SQL of deadline rules, and of the regions they concern."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.deadlines.rules import DeadlineRule, rule_of
from shared.statement import Statement

_COLUMNS = """d.code, d.title, d.region_code, d.trigger, d.trigger_level, d.kinds, d.levels, d.amount, d.unit,
    d.extension_most, d.role, d.task_title, d.source, d.verified, d.active, d.begun_month, d.version, d.set_by"""

_GIVEN = """jsonb_to_recordset(CAST(:rules AS jsonb)) AS g(
        code text, title text, region_code text, trigger text, trigger_level text, kinds text[], levels text[],
        amount int, unit text, extension_most int, role text, task_title text, source text,
        verified boolean, active boolean, set_by text)"""

_INSERTED = f"""INSERT INTO qingdan.deadline_rule AS d (code, title, region_code, trigger, trigger_level, kinds, levels,
        amount, unit, extension_most, role, task_title, source, verified, active, set_by, set_at)
    SELECT g.code, g.title, g.region_code, g.trigger, g.trigger_level, g.kinds, g.levels, g.amount, g.unit,
           g.extension_most, g.role, g.task_title, g.source, g.verified, g.active, g.set_by, :now
    FROM {_GIVEN}"""

_INSTALL = Statement(f"{_INSERTED} ON CONFLICT (code) DO NOTHING")

# A rule that is switched on again begins with the present month: what was not asked for is not late.
_PUT = Statement(
    f"""
    {_INSERTED}
    ON CONFLICT (code) DO UPDATE
    SET title = excluded.title, region_code = excluded.region_code, trigger = excluded.trigger,
        trigger_level = excluded.trigger_level, kinds = excluded.kinds, levels = excluded.levels,
        amount = excluded.amount, unit = excluded.unit, extension_most = excluded.extension_most,
        role = excluded.role, task_title = excluded.task_title, source = excluded.source,
        verified = excluded.verified, active = excluded.active, set_by = excluded.set_by,
        set_at = excluded.set_at, version = d.version + 1,
        begun_month = CASE WHEN d.active AND excluded.active THEN d.begun_month END
    RETURNING {_COLUMNS}
    """
)

_FIND = Statement(f"SELECT {_COLUMNS} FROM qingdan.deadline_rule AS d WHERE d.code = :code FOR UPDATE")
_READ = Statement(f"SELECT {_COLUMNS} FROM qingdan.deadline_rule AS d WHERE d.code = :code")
_PAGE = Statement(
    f"SELECT {_COLUMNS} FROM qingdan.deadline_rule AS d WHERE d.code > :after ORDER BY d.code LIMIT :limit"
)
_BY_CODES = Statement(f"SELECT {_COLUMNS} FROM qingdan.deadline_rule AS d WHERE d.code = ANY(CAST(:codes AS text[]))")
_KINDS = Statement("SELECT code FROM qingdan.catalog_kind_v1 WHERE code = ANY(CAST(:codes AS text[]))")
_LOCK_CODE = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('workflow/deadline_rule/' || CAST(:code AS text), 0))"
)

# Regions below the one whose list was enacted that have no list of the kind in force yet, with the list they are at
# (if any) and who leads it. A task once opened is not opened again.
_AFFECTED_BY_LISTS = Statement(
    """
    SELECT DISTINCT ON (d.code, r.code, e.kind)
           d.code AS rule, r.code AS region_code, e.kind, e.at, k.title AS kind_title, l.id AS list_id,
           l.lead_organ_id AS organ_id
    FROM jsonb_to_recordset(CAST(:enacted AS jsonb)) AS e(region_code text, kind text, at timestamptz)
    JOIN qingdan.catalog_region_v1 AS s ON s.code = e.region_code
    JOIN qingdan.catalog_kind_v1 AS k ON k.code = e.kind
    JOIN qingdan.deadline_rule AS d ON d.active AND d.trigger = 'list.enacted' AND d.trigger_level = s.level
        AND (cardinality(d.kinds) = 0 OR e.kind = ANY(d.kinds))
    JOIN qingdan.catalog_region_v1 AS r ON e.region_code = ANY(r.ancestors) AND r.level = ANY(d.levels)
        AND r.participates AND (d.region_code IS NULL OR d.region_code = r.code OR d.region_code = ANY(r.ancestors))
    LEFT JOIN qingdan.catalog_list_v1 AS l ON l.region_code = r.code AND l.kind = e.kind
    WHERE l.state IS DISTINCT FROM 'in_force'
      AND NOT EXISTS (SELECT FROM qingdan.task AS t WHERE t.kind = 'deadline'
                        AND t.subject = 'deadline/' || d.code || '/' || r.code || '/' || e.kind)
    ORDER BY d.code, r.code, e.kind, e.at
    """
)

_AFFECTED_BY_MONTH = Statement(
    """
    SELECT r.code AS region_code FROM qingdan.catalog_region_v1 AS r
    WHERE r.level = ANY(CAST(:levels AS text[])) AND r.participates
      AND (CAST(:region_code AS text) IS NULL OR r.code = :region_code OR CAST(:region_code AS text) = ANY(r.ancestors))
      AND NOT EXISTS (SELECT FROM qingdan.task AS t WHERE t.kind = 'deadline'
                        AND t.subject = 'deadline/' || CAST(:code AS text) || '/' || r.code || '/'
                            || to_char(CAST(:month AS date), 'YYYY-MM'))
    ORDER BY r.code
    """
)

_SUBJECTS = Statement(
    """
    SELECT 'deadline/' || d.code || '/' || e.region_code || '/' || e.kind
    FROM jsonb_to_recordset(CAST(:enacted AS jsonb)) AS e(region_code text, kind text)
    JOIN qingdan.deadline_rule AS d ON d.trigger = 'list.enacted'
    """
)

_MONTHLY = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.deadline_rule AS d
    WHERE d.active AND d.trigger = 'month.begun'
      AND (d.begun_month IS NULL OR d.begun_month < date_trunc('month', CAST(:today AS date)))
    ORDER BY d.code LIMIT 1 FOR UPDATE
    """
)
_BEGUN = Statement("UPDATE qingdan.deadline_rule SET begun_month = CAST(:month AS date) WHERE code = :code")


@dataclass(frozen=True)
class Enacted:
    """A list that was put into force somewhere."""

    region_code: str
    kind: str
    at: datetime


async def install(connection: AsyncConnection, rules: Sequence[DeadlineRule], now: datetime) -> None:
    """Bring in rules that are not there yet."""
    await _INSTALL.rows(connection, {"rules": _rows(rules), "now": now})


async def put(connection: AsyncConnection, rule: DeadlineRule, now: datetime) -> DeadlineRule:
    """Store a rule in place of the one with its code."""
    row = await _PUT.row(connection, {"rules": _rows([rule]), "now": now})
    assert row is not None  # an upsert returns its row
    return rule_of(dict(row))


async def lock_code(connection: AsyncConnection, code: str) -> None:
    """Changes of one rule come one after another, the first one too."""
    await _LOCK_CODE.rows(connection, {"code": code})


async def find(connection: AsyncConnection, code: str, *, lock: bool = False) -> DeadlineRule | None:
    """One rule; with `lock` for the rest of the transaction."""
    row = await (_FIND if lock else _READ).row(connection, {"code": code})
    return None if row is None else rule_of(dict(row))


async def page(connection: AsyncConnection, *, after: str, limit: int) -> list[DeadlineRule]:
    """Rules, by code."""
    return [rule_of(dict(row)) for row in await _PAGE.rows(connection, {"after": after, "limit": limit})]


async def by_codes(connection: AsyncConnection, codes: Collection[str]) -> dict[str, DeadlineRule]:
    """Rules, by code."""
    found = await _BY_CODES.rows(connection, {"codes": list(codes)})
    return {row.code: rule_of(dict(row)) for row in found}


async def known_kinds(connection: AsyncConnection, codes: Sequence[str]) -> set[str]:
    """The kinds of list that exist among `codes`."""
    return set(await _KINDS.values(connection, {"codes": list(codes)}))


async def affected_by_lists(connection: AsyncConnection, enacted: Sequence[Enacted]) -> list[dict[str, Any]]:
    """Regions that have to make a list now that a superior has: rule, region, kind, instant, their list if begun."""
    return [dict(row) for row in await _AFFECTED_BY_LISTS.rows(connection, {"enacted": _json(enacted)})]


async def affected_by_month(connection: AsyncConnection, rule: DeadlineRule, month: date) -> list[str]:
    """Regions that have to report as a month begins."""
    given = {"code": rule.code, "levels": list(rule.levels), "region_code": rule.region_code, "month": month}
    return await _AFFECTED_BY_MONTH.values(connection, given)


async def subjects_of(connection: AsyncConnection, enacted: Sequence[Enacted]) -> list[str]:
    """Subjects of the tasks that are done with these lists."""
    return await _SUBJECTS.values(connection, {"enacted": _json(enacted)})


async def next_monthly(connection: AsyncConnection, today: date) -> DeadlineRule | None:
    """A monthly rule that has not opened this month's tasks, locked."""
    row = await _MONTHLY.row(connection, {"today": today})
    return None if row is None else rule_of(dict(row))


async def save_begun(connection: AsyncConnection, code: str, month: date) -> None:
    """Note the last month a rule has opened tasks in."""
    await _BEGUN.rows(connection, {"code": code, "month": month})


def _rows(rules: Sequence[DeadlineRule]) -> str:
    return orjson.dumps([vars(rule) for rule in rules], default=str).decode()


def _json(enacted: Sequence[Enacted]) -> str:
    return orjson.dumps([vars(one) for one in enacted], default=str).decode()

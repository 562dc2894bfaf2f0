"""SQL of the reconciliation: hashes of what derived entries say and ought to say, by list and rule; repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.items.statements.repository import COLUMNS, VALUES
from services.catalog.linkage.compiler import pairs_of, unequal
from services.catalog.linkage.fragments import Look, agreeing, literal, said, value
from services.catalog.linkage.ruleset import ElementGroup, Pair, Rule
from services.catalog.records import Record, many
from shared.statement import Row, Statement

LOOK = Look(everything=True)
# The order of entries must not matter and two changes must not cancel out by chance: 128 bits of two seeds.
_HASH = """int8send(bit_xor(hashtextextended({text}, 1))) || int8send(bit_xor(hashtextextended({text}, 2)))"""
_ANSWER = f"""
    SELECT list_id, count(*) AS pairs, count(*) FILTER (WHERE drifted) AS drifted,
           {_HASH.format(text="actual")} AS actual, {_HASH.format(text="expected")} AS expected
    FROM said GROUP BY list_id ORDER BY list_id
"""
# The key columns of entries beside what writing their current version would make of them. The elements are unpacked
# once (`|| '{}'` behind OFFSET 0), and written out as text once where both say the same: half of the time each.
_COLUMN_NAMES = ", ".join(f"i.{name.strip()}" for name in COLUMNS.split(","))
_CURRENT = f"""
    SELECT i.list_id, i.id, s.actual, CASE WHEN c.drifted THEN CAST(ROW (i.id, {VALUES}) AS text) ELSE s.actual END
               AS expected, c.drifted
    FROM qingdan.item AS i
    JOIN qingdan.list AS l ON l.id = i.list_id
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    CROSS JOIN LATERAL (
        SELECT v.number AS version, v.effective_from, v.elements || '{{}}' AS elements,
               coalesce(v.elements ->> 'state', 'in_use') AS state
        OFFSET 0
    ) AS e
    CROSS JOIN LATERAL (
        SELECT ROW ({_COLUMN_NAMES}) IS DISTINCT FROM ROW ({VALUES}) AS drifted OFFSET 0
    ) AS c
    CROSS JOIN LATERAL (SELECT CAST(ROW (i.id, {_COLUMN_NAMES}) AS text) AS actual OFFSET 0) AS s
    WHERE l.state = 'in_force' AND (CAST(:list_id AS uuid) IS NULL OR l.id = CAST(:list_id AS uuid))
"""
_COLUMNS = Statement(f"WITH said AS ({_CURRENT}) {_ANSWER}")
_RESTORE = Statement(
    f"""
    WITH wrong AS MATERIALIZED (SELECT w.id FROM ({_CURRENT}) AS w WHERE w.drifted ORDER BY w.id LIMIT :count)
    UPDATE qingdan.item AS i SET ({COLUMNS}) = ROW ({VALUES})
    FROM wrong AS w
    JOIN qingdan.item AS h ON h.id = w.id
    JOIN qingdan.item_version AS v ON v.item_id = h.id AND v.number = h.version
    CROSS JOIN LATERAL (
        SELECT v.number AS version, v.effective_from, v.elements, coalesce(v.elements ->> 'state', 'in_use') AS state
    ) AS e
    -- Somebody may write a version meanwhile; then it is not ours to write its columns.
    WHERE i.id = w.id AND i.version = h.version
    RETURNING i.id, i.list_id
    """
)
_STORE = Statement(
    """
    WITH stored AS (
        INSERT INTO qingdan.reconciliation AS r
            (list_id, rule, rule_set, pairs, drifted, actual, expected, checked_at)
        SELECT n.list_id, :rule, :rule_set, n.pairs, n.drifted, n.actual, n.expected, :at
        FROM unnest(CAST(:lists AS uuid[]), CAST(:pairs AS int[]), CAST(:drifted AS int[]), CAST(:actual AS bytea[]),
                    CAST(:expected AS bytea[])) AS n(list_id, pairs, drifted, actual, expected)
        ON CONFLICT (list_id, rule) DO UPDATE SET rule_set = excluded.rule_set, pairs = excluded.pairs,
            drifted = excluded.drifted, actual = excluded.actual, expected = excluded.expected,
            checked_at = excluded.checked_at
    )
    DELETE FROM qingdan.reconciliation AS o
    WHERE o.rule = :rule AND (CAST(:list_id AS uuid) IS NULL OR o.list_id = CAST(:list_id AS uuid))
      AND o.list_id <> ALL (CAST(:lists AS uuid[]))
    """
)
_FORGET = Statement("DELETE FROM qingdan.reconciliation WHERE rule <> ALL (CAST(:rules AS text[]))")
_PAGE = text(
    """
    SELECT r.list_id, r.rule, r.rule_set, r.pairs, r.drifted, r.actual, r.expected, r.checked_at, l.kind,
           l.region_code, l.title
    FROM qingdan.reconciliation AS r JOIN qingdan.list AS l ON l.id = r.list_id
    WHERE (CAST(:list_id AS uuid) IS NULL OR r.list_id = CAST(:list_id AS uuid))
      AND (NOT CAST(:drifted AS boolean) OR r.drifted > 0 OR r.actual <> r.expected)
      AND (CAST(:after AS uuid) IS NULL OR (r.list_id, r.rule) > (CAST(:after AS uuid), CAST(:after_rule AS text)))
    ORDER BY r.list_id, r.rule LIMIT :count
    """
)
_STANDING = Statement(
    """
    SELECT r.rule, sum(r.drifted) AS drifted, min(r.checked_at) AS checked_at
    FROM qingdan.reconciliation AS r GROUP BY r.rule
    """
)
_WAITING = Statement(
    """
    SELECT EXISTS (SELECT FROM qingdan.list AS l
                   WHERE l.state = 'in_force' AND l.enacted_at <= CAST(:since AS timestamptz))
           AND NOT EXISTS (
               SELECT FROM qingdan.operation AS o WHERE o.service = 'catalog' AND o.kind = :kind
                 AND o.created_at > CAST(:since AS timestamptz))
           AND NOT EXISTS (
               SELECT FROM qingdan.operation AS o
               WHERE o.service = 'catalog' AND o.state IN ('queued', 'running')
                 AND o.kind = ANY (CAST(:kinds AS text[]))) AS due,
           pg_try_advisory_xact_lock(hashtextextended('reconciliation', 0)) AS mine
    """
)


def synced(rule: Rule) -> list[tuple[ElementGroup, Pair]]:
    """The elements a rule writes at once; none where it only compares."""
    if rule.relation != "equal" or rule.where != "same_region":
        return []
    return [(group, pair) for group in rule.groups if group.action == "sync" for pair in group.pairs]


@lru_cache(maxsize=256)
def _said(document: str) -> str:
    """What each derived entry in force says and ought to say by a rule, as `said`."""
    rule = Rule.model_validate_json(document)
    entries = synced(rule)
    differs = {id(pair): f"({unequal(rule, group, pair, LOOK)})" for group, pair in entries}
    actual = ", ".join(_shown(pair.target, "t") for _, pair in entries)
    expected = ", ".join(
        f"CASE WHEN {differs[id(pair)]} THEN {_written(pair)} ELSE {_shown(pair.target, 't')} END"
        for _, pair in entries
    )
    drifted = " OR ".join(differs.values())
    versions = (
        """
        JOIN qingdan.item_version AS sv ON sv.item_id = p.source_id AND sv.number = p.source_version
        JOIN qingdan.item_version AS tv ON tv.item_id = p.target_id AND tv.number = p.target_version"""
        if "sv.elements" in expected or "tv.elements" in expected
        else ""
    )
    return f"""WITH {pairs_of(rule, LOOK)}, said AS (
        SELECT p.target_list AS list_id, p.target_id, p.source_id, p.source_version, coalesce({drifted}, false)
                   AS drifted, CAST(ROW (p.target_id, {actual}) AS text) AS actual,
               CAST(ROW (p.target_id, {expected}) AS text) AS expected
        FROM {rule.id.lower()}_pair AS p
        JOIN qingdan.list AS fl ON fl.id = p.target_list AND fl.state = 'in_force'{versions}
        WHERE p.target_id IS NOT NULL AND NOT (p.s_state = 'cancelled' AND p.t_state = 'cancelled')
          AND (CAST(:list_id AS uuid) IS NULL OR p.target_list = CAST(:list_id AS uuid))
    )"""


def _written(pair: Pair) -> str:
    """What the rule writes into the target's element."""
    if pair.values:
        return f"{agreeing(pair)} #>> '{{}}'"
    return f"({said(pair, 's')}) #>> '{{}}'" if pair.rather else _shown(pair.source, "s")


def _shown(element: str, side: str) -> str:
    column = value(element, side)
    return f"CAST({column} AS text)" if column else f"{side}v.elements ->> {literal(element)}"


@lru_cache(maxsize=256)
def _statement(document: str) -> Statement:
    return Statement(_said(document) + _ANSWER)


@lru_cache(maxsize=256)
def _sources(document: str) -> Statement:
    return Statement(
        _said(document)
        + """
    SELECT i.id AS item_id, i.version, i.list_id, i.kind, i.region_code, i.state
    FROM (SELECT DISTINCT d.source_id FROM said AS d
          WHERE d.drifted AND (CAST(:after AS uuid) IS NULL OR d.source_id > CAST(:after AS uuid))
          ORDER BY d.source_id LIMIT :count) AS w
    JOIN qingdan.item AS i ON i.id = w.source_id ORDER BY i.id
    """
    )


async def hashes(connection: AsyncConnection, rule: Rule, list_id: UUID | None) -> list[Row]:
    """(list, pairs, drifted, actual, expected) of the lists in force that follow a rule."""
    return await _statement(rule.document).rows(connection, {"list_id": list_id})


async def column_hashes(connection: AsyncConnection, list_id: UUID | None) -> list[Row]:
    """The same of the key columns of all entries in force beside their current versions."""
    return await _COLUMNS.rows(connection, {"list_id": list_id})


async def drifting_sources(
    connection: AsyncConnection, rule: Rule, list_id: UUID | None, *, after: UUID | None, count: int
) -> list[Row]:
    """Entries whose counterparts do not say what the rule writes, after an id."""
    return await _sources(rule.document).rows(connection, {"list_id": list_id, "after": after, "count": count})


async def restore_columns(connection: AsyncConnection, list_id: UUID | None, *, count: int) -> list[Row]:
    """Write the key columns of entries anew from their current versions; (id, list) of those that were wrong."""
    return await _RESTORE.rows(connection, {"list_id": list_id, "count": count})


async def store(
    connection: AsyncConnection, rule: str, rule_set: int, rows: Sequence[Row], *, list_id: UUID | None, at: datetime
) -> None:
    """Keep what was found; of lists that follow the rule no more nothing is kept."""
    names = ("pairs", "drifted", "actual", "expected")
    given: dict[str, Any] = {name: [row[name] for row in rows] for name in names}
    given |= {"lists": [row.list_id for row in rows], "rule": rule, "rule_set": rule_set, "list_id": list_id, "at": at}
    await _STORE.rows(connection, given)


async def forget_others(connection: AsyncConnection, rules: Sequence[str]) -> None:
    """Drop what was found by rules that are not in force any more."""
    await _FORGET.rows(connection, {"rules": list(rules)})


async def page(
    connection: AsyncConnection, *, list_id: UUID | None, drifted: bool, after: tuple[UUID, str] | None, count: int
) -> list[Record]:
    """What the last reconciliations found, by list and rule."""
    place = after or (None, None)
    given: Mapping[str, Any] = {
        "list_id": list_id, "drifted": drifted, "after": place[0], "after_rule": place[1], "count": count,
    }  # fmt: skip
    return many(await connection.execute(_PAGE, given))


async def standing(connection: AsyncConnection) -> list[Row]:
    """By rule: entries that drift, and the oldest look."""
    return await _STANDING.rows(connection)


async def is_due(connection: AsyncConnection, kind: str, since: datetime, kinds: Sequence[str]) -> bool:
    """Whether lists were in force then that nobody has looked through since.

    False as well while one of `kinds` is at work, or another worker asks right now.
    """
    row = await _WAITING.row(connection, {"kind": kind, "since": since, "kinds": list(kinds)})
    return row is not None and bool(row.due and row.mine)

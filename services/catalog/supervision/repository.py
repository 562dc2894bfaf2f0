"""SQL of supervision: the facts of a permit, determinations and what they propose, the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.linkage import compiler
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.fragments import Look
from services.catalog.records import Record, many, one, one_or_none
from services.catalog.supervision.stated import V17
from shared.schema.catalog import supervision_determination, supervision_gate
from shared.statement import Row, Statement

# What the rule in the name of a draft is called where no linkage rule made it.
RULE = "ZZ_50"

_PERMIT = Statement(
    """
    SELECT i.id, i.list_id, i.kind, i.region_code, i.version, i.name, i.state, i.implementing_body, r.ancestors,
           l.lead_organ_id, l.state AS list_state,
           (SELECT CAST(v.elements ->> 'transfer_from' AS uuid)
            FROM qingdan.item AS o
            JOIN qingdan.item_version AS v ON v.item_id = o.id AND v.number = o.version
            WHERE o.kind = 'one_seal_transfer' AND o.region_code = i.region_code AND o.state <> 'cancelled'
              AND o.base_code = i.base_code AND o.implementing_body = i.implementing_body
              AND o.handling_item = i.handling_item
            ORDER BY o.id LIMIT 1) AS transfer_from
    FROM qingdan.item AS i
    JOIN qingdan.list AS l ON l.id = i.list_id
    JOIN qingdan.region AS r ON r.code = i.region_code
    WHERE i.id = CAST(:item_id AS uuid) FOR NO KEY UPDATE OF i
    """
)


async def permit(connection: AsyncConnection, item_id: UUID) -> Row | None:
    """An entry, locked, with its list's authority and, when it was moved to an approval bureau, from whom."""
    rows = await _PERMIT.rows(connection, {"item_id": item_id})
    return rows[0] if rows else None


_PROPOSE = Statement(
    """
    WITH earlier AS (
        UPDATE qingdan.draft AS d SET state = 'superseded', closed_at = CAST(:at AS timestamptz)
        WHERE d.item_id = CAST(:item_id AS uuid) AND d.rule = CAST(:rule AS text) AND d.state = 'open' RETURNING d.id
    )
    INSERT INTO qingdan.draft (id, rule, rule_set, list_id, list_kind, region_code, item_id, source_item_id,
        source_version, elements, reason, opened_at)
    SELECT CAST(:id AS uuid), CAST(:rule AS text), 0, i.list_id, i.kind, i.region_code, i.id, i.id, i.version,
           CAST(:elements AS jsonb), '已确定监管主体', CAST(:at AS timestamptz)
    FROM qingdan.item AS i
    WHERE i.id = CAST(:item_id AS uuid) AND (SELECT count(*) FROM earlier) >= 0  -- first the old one goes
    RETURNING id, ARRAY(SELECT e.id FROM earlier AS e) AS superseded
    """
)


async def propose(connection: AsyncConnection, values: Mapping[str, Any]) -> Sequence[UUID]:
    """Prepare a change of the permit for its list's authority; returns the drafts it takes the place of."""
    [row] = await _PROPOSE.rows(connection, dict(values) | {"rule": RULE})
    return list(row.superseded)


async def record(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Keep a determination."""
    statement = insert(supervision_determination).values(**values).returning(supervision_determination)
    return one(await connection.execute(statement))


async def determinations(
    connection: AsyncConnection, item_id: UUID, *, before: UUID | None, limit: int
) -> list[Record]:
    """Determinations of a permit, newest first."""
    table = supervision_determination
    statement = select(table).where(table.c.item_id == item_id).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(table.c.id < before)
    return many(await connection.execute(statement))


async def gate(connection: AsyncConnection, region_code: str, *, lock: bool = False) -> Record | None:
    """What a region has said of its own gate; locked until the transaction ends when asked for."""
    statement = select(supervision_gate).where(supervision_gate.c.region_code == region_code)
    return one_or_none(await connection.execute(statement.with_for_update() if lock else statement))


async def set_gate(connection: AsyncConnection, values: Mapping[str, Any]) -> Record:
    """Say what holds in a region."""
    answer = {key: value for key, value in values.items() if key != "region_code"}
    statement = (
        insert(supervision_gate)
        .values(**values)
        .on_conflict_do_update(
            index_elements=["region_code"], set_=answer | {"version": supervision_gate.c.version + 1}
        )
        .returning(supervision_gate)
    )
    return one(await connection.execute(statement))


_GATES = Statement(
    """
    SELECT r.code,
           (SELECT g.mode FROM qingdan.supervision_gate AS g WHERE g.region_code = ANY (r.code || r.ancestors)
            ORDER BY array_position(r.code || r.ancestors, g.region_code) LIMIT 1) AS mode
    FROM qingdan.region AS r WHERE r.code = ANY (CAST(:regions AS text[]))
    """
)


async def blocked(connection: AsyncConnection, regions: Sequence[str]) -> set[str]:
    """Regions where nothing is published without supervision, by their own word or that of the nearest above."""
    rows = await _GATES.rows(connection, {"regions": list(regions)})
    return {row.code for row in rows if row.mode == "block"}


_SHOWN = """SELECT d.target_id AS item_id, i.name, d.messages, count(*) OVER () AS total
FROM difference AS d JOIN qingdan.item AS i ON i.id = d.target_id ORDER BY i.name, i.id LIMIT 20"""


async def unsupervised(connection: AsyncConnection, list_id: UUID) -> list[Row]:
    """The first permits of a list that state no supervision, each with what it lacks and how many there are."""
    parts = [Part(V17, Look(everything=True, one_list=True))]
    return await compiler.statement(parts, _SHOWN).rows(connection, {"list_id": list_id})

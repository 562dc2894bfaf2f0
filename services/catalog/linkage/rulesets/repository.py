"""SQL of the rule sets and of what is shipped with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schema.catalog import rule_set


async def rule_sets(connection: AsyncConnection) -> Sequence[Row[Any]]:
    """All rule sets, newest first."""
    return (await connection.execute(select(rule_set).order_by(rule_set.c.version.desc()))).all()


async def find_rule_set(connection: AsyncConnection, version: int, *, lock: bool = False) -> Row[Any] | None:
    """One rule set."""
    chosen = select(rule_set).where(rule_set.c.version == version)
    return (await connection.execute(chosen.with_for_update() if lock else chosen)).one_or_none()


async def save_rule_set(connection: AsyncConnection, rules: Mapping[str, Any], by: str) -> int:
    """Save a rule set under the next version; returns it."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('qingdan.rule_set'))"))
    following = select(func.coalesce(func.max(rule_set.c.version), 0) + 1)
    version = int((await connection.execute(following)).scalar_one())
    await connection.execute(insert(rule_set).values(version=version, rules=dict(rules), state="saved", created_by=by))
    return version


async def adopt_rule_set(connection: AsyncConnection, version: int, at: datetime, adjustment_id: UUID | None) -> None:
    """Let a rule set hold from an instant on."""
    await connection.execute(
        update(rule_set)
        .where(rule_set.c.version == version)
        .values(state="adopted", effective_from=at, adjustment_id=adjustment_id)
    )


SHIPPED = "system:install"


async def install_rule_set(connection: AsyncConnection, rules: Mapping[str, Any], since: datetime) -> None:
    """Install shipped rules as the next version unless the newest shipped ones say the same.

    The first hold since an instant before all lists; later ones from now on where shipped rules are in force, else they
    are saved: rules of the administration's own are never replaced unasked.
    """
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('qingdan.rule_set'))"))
    await connection.execute(
        text(
            """
            INSERT INTO qingdan.rule_set (version, rules, state, effective_from, created_by)
            SELECT coalesce(max(r.version), 0) + 1, CAST(:rules AS jsonb),
                   CASE WHEN bool_or(r.held AND r.created_by <> :shipped) THEN 'saved' ELSE 'adopted' END,
                   CASE WHEN count(*) = 0 THEN CAST(:since AS timestamptz)
                        WHEN NOT bool_or(r.held AND r.created_by <> :shipped) THEN now() END, :shipped
            FROM (
                SELECT s.*, s.version IS NOT DISTINCT FROM (
                    SELECT p.version FROM qingdan.rule_set AS p
                    WHERE p.state = 'adopted' ORDER BY p.effective_from DESC, p.version DESC LIMIT 1) AS held
                FROM qingdan.rule_set AS s
            ) AS r
            HAVING (SELECT s.rules FROM qingdan.rule_set AS s WHERE s.created_by = :shipped
                    ORDER BY s.version DESC LIMIT 1) IS DISTINCT FROM CAST(:rules AS jsonb)
            """
        ),
        {"rules": orjson.dumps(rules).decode(), "since": since, "shipped": SHIPPED},
    )


async def install_day_equivalents(connection: AsyncConnection, rows: Sequence[tuple[str, int, float]]) -> None:
    """Fill the table that makes time limits of different units comparable in a query."""
    units, amounts, days = zip(*rows, strict=True)
    await connection.execute(
        text(
            """
            INSERT INTO qingdan.day_equivalent AS d (unit, amount, working_days)
            SELECT * FROM unnest(CAST(:units AS text[]), CAST(:amounts AS integer[]), CAST(:days AS numeric[]))
            ON CONFLICT (unit, amount) DO UPDATE SET working_days = excluded.working_days
            WHERE d.working_days <> excluded.working_days
            """
        ),
        {"units": list(units), "amounts": list(amounts), "days": list(days)},
    )


async def known_day_equivalents(connection: AsyncConnection, rows: Sequence[tuple[str, int, float]]) -> int:
    """How many of these equivalents the table has as they are."""
    units, amounts, days = zip(*rows, strict=True)
    found = await connection.execute(
        text(
            """
            SELECT count(*) FROM qingdan.day_equivalent AS d
            JOIN unnest(CAST(:units AS text[]), CAST(:amounts AS integer[]), CAST(:days AS numeric[]))
                 AS g (unit, amount, working_days) USING (unit, amount, working_days)
            """
        ),
        {"units": list(units), "amounts": list(amounts), "days": list(days)},
    )
    return int(found.scalar_one())


async def known_elements(connection: AsyncConnection) -> dict[str, set[str]]:
    """Elements of each list kind, over all its profiles."""
    rows = await connection.execute(
        text(
            """
            SELECT k.code, array_remove(array_agg(DISTINCT e.value ->> 'key'), NULL) AS elements
            FROM qingdan.list_kind AS k
            LEFT JOIN qingdan.element_profile AS p ON p.kind = k.code
            LEFT JOIN LATERAL jsonb_array_elements(p.elements) AS e ON true
            GROUP BY k.code
            """
        )
    )
    return {row.code: set(row.elements) for row in rows}

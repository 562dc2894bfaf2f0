"""Negative control: what a checker that always says yes would not notice.

Each misdeed is done to the database in a transaction that is rolled back after the check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import asyncpg

from tests.faults import facts
from tests.faults.facts import Facts, Violation

LATEST = """(SELECT v.item_id, v.number FROM qingdan.item_version AS v JOIN qingdan.change AS c
             ON c.adjustment_id = v.adjustment_id AND c.item_id = v.item_id ORDER BY v.recorded_at DESC LIMIT 1)"""

MISDEEDS = {
    "a decided version vanishes": f"DELETE FROM qingdan.item_version WHERE (item_id, number) = {LATEST}",
    "a decided version is written twice": """
        INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, adjustment_id, operation)
        SELECT item_id, v.number + 1, effective_from + interval '1 microsecond', elements, changed, adjustment_id,
               v.operation
        FROM qingdan.item_version AS v JOIN qingdan.change AS c USING (adjustment_id, item_id)
        WHERE NOT EXISTS (SELECT FROM qingdan.item_version AS n WHERE n.item_id = v.item_id AND n.number > v.number)
        LIMIT 1""",
    "an adjustment vanishes": """
        WITH gone AS (SELECT id FROM qingdan.adjustment WHERE state = 'effective' ORDER BY id LIMIT 1),
             steps AS (DELETE FROM qingdan.review_step WHERE adjustment_id IN (SELECT id FROM gone)),
             changes AS (DELETE FROM qingdan.change WHERE adjustment_id IN (SELECT id FROM gone))
        UPDATE qingdan.adjustment SET title = 'gone' WHERE id IN (SELECT id FROM gone)""",
    "an adjustment is opened twice": """
        INSERT INTO qingdan.adjustment
        SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'number', 'TZ-double'))).*
        FROM qingdan.adjustment AS a WHERE state = 'effective' LIMIT 1""",
    "an event vanishes": """
        DELETE FROM qingdan.event WHERE position =
            (SELECT max(position) FROM qingdan.event WHERE type = 'adjustment.applied')""",
    "a feed entry comes twice": """
        INSERT INTO qingdan.feed_entry
        SELECT (jsonb_populate_record(f, jsonb_build_object('sequence', f.sequence + 1, 'position', 0))).*
        FROM qingdan.feed_entry AS f ORDER BY f.sequence DESC LIMIT 1""",
    "a feed entry vanishes": """
        DELETE FROM qingdan.feed_entry WHERE sequence = (SELECT max(sequence) - 1 FROM qingdan.feed_entry)""",
    "a consumer stands still": "UPDATE qingdan.consumer SET position = position - 1 WHERE name = 'publication'",
    "a list does not follow": """
        UPDATE qingdan.item_version AS v SET elements = elements || '{"name": "stale"}'
        FROM qingdan.item AS i WHERE i.id = v.item_id AND i.version = v.number AND i.kind = 'power'""",
    "the public sees an older entry": """
        UPDATE qingdan.published_item SET name = 'stale' WHERE item_id =
            (SELECT item_id FROM qingdan.published_item WHERE to_revision IS NULL LIMIT 1)""",
}  # fmt: skip


async def unnoticed(url: str, check: Callable[[Facts], Iterable[Violation]]) -> list[str]:
    """Misdeeds after which the check still finds nothing; empty is as it should be.

    Parameters
    ----------
    url : the owner's.
    check : all promises that are checked on rows.
    """
    missed = []
    connection: asyncpg.Connection[Any] = await asyncpg.connect(url)
    try:
        for name, statement in MISDEEDS.items():
            transaction = connection.transaction()
            await transaction.start()
            try:
                # Triggers that refuse such things are there for programs, not for whoever owns the database.
                await connection.execute("SET LOCAL session_replication_role = 'replica'")
                await connection.execute(statement)
                if not any(True for _ in check(await facts.read(connection))):
                    missed.append(name)
            finally:
                await transaction.rollback()
    finally:
        await connection.close()
    return missed

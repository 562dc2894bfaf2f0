"""What the database says, read in one snapshot: the checks work on these rows and never ask again."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

Row = Mapping[str, Any]

# What a connection to a database that is being killed may raise.
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

_QUESTIONS = {
    "head": "SELECT position, epoch FROM qingdan.log_head",
    "events": """SELECT position, id, type, service, list_kind, list_id, item_ids, versions, adjustment_id,
                        cause_id, xmin::text AS transaction FROM qingdan.event ORDER BY position""",
    "consumers": "SELECT name, service, position, state, stopped_because FROM qingdan.consumer",
    "parked": "SELECT consumer, item_id, first_position, error_code, error FROM qingdan.parked",
    "adjustments": "SELECT id, number, title, state, effective_at, effective_event_id FROM qingdan.adjustment",
    "changes": "SELECT adjustment_id, item_id, operation, proposed, outcome FROM qingdan.change ORDER BY number",
    "steps": "SELECT adjustment_id, submission, number, act, state, decided_by FROM qingdan.review_step",
    "items": """SELECT id, list_id, kind, region_code, version, name, permit_name, state, effective_from, audience,
                       base_code, implementing_body, handling_item FROM qingdan.item""",
    "versions": """SELECT item_id, number, effective_from, elements, adjustment_id, operation
                   FROM qingdan.item_version ORDER BY item_id, number""",
    "shown": """SELECT list_id, item_id, version, name, state, from_revision FROM qingdan.published_item
                WHERE to_revision IS NULL""",
    "lists": "SELECT id, kind, region_code, state FROM qingdan.list",
    "revisions": """SELECT list_id, revision, adjustment_id, xmin::text AS transaction FROM qingdan.list_revision
                    ORDER BY list_id, revision""",
    "feed": """SELECT sequence, id, position, type, list_kind, list_id, item_id, version, revision, changed,
                      adjustment_id, cause_id, xmin::text AS transaction FROM qingdan.feed_entry ORDER BY sequence""",
    "bodies": "SELECT item_id, from_revision, body FROM qingdan.published_item",
    "subscriptions": """SELECT s.name, s.state, c.position, c.next_sequence, c.queued - d.done AS outstanding
                        FROM qingdan.subscription AS s
                        JOIN qingdan.subscription_cursor AS c ON c.subscription_id = s.id
                        JOIN qingdan.subscription_sending AS d ON d.subscription_id = s.id""",
    "peer_rows": """SELECT item_id, task_version, operation, state, err_type FROM qingdan.peer_row
                    ORDER BY item_id, task_version""",
    "feedback": "SELECT feedback_id, item_id, err_type FROM qingdan.peer_feedback",
    "drafts": "SELECT id, rule, state, adjustment_id, item_id, elements, closed_at FROM qingdan.draft",
    "findings": "SELECT id, rule, severity, state, item_id, element, message FROM qingdan.finding",
    "tasks": "SELECT id, kind, subject, state, role, organ_id, overdue_at FROM qingdan.task",
    "clocks": "SELECT id, state, due_at, warnings, extensions FROM qingdan.clock",
    "words": """SELECT type, refs FROM qingdan.event
                WHERE type IN ('clock.warned', 'clock.overdue', 'task.closed', 'task.escalated',
                               'monthly_report.opened') ORDER BY position""",
    "messages": "SELECT id, account_id, act, kind, task_id, tasks FROM qingdan.message",
    "deliveries": "SELECT id, account_id, channel, about, state, error FROM qingdan.message_delivery",
    "campaigns": "SELECT id, starts_on FROM qingdan.campaign",
    "obligations": "SELECT campaign_id, organ_id FROM qingdan.obligation",
    "reports": "SELECT id, campaign_id, organ_id, month FROM qingdan.monthly_report",
    "operations": "SELECT id, kind, state, error FROM qingdan.operation",
    "ledger": "SELECT adjustment_id, list_id, rule, touched, waiting, failed, error FROM qingdan.cascade_ledger",
}


@dataclass(frozen=True)
class Violation:
    """A promise that was not kept, with what shows it."""

    promise: int
    what: str
    evidence: str
    # How many things were lost or came twice; both nought for a violation of another kind.
    lost: int = 0
    duplicated: int = 0

    def __str__(self) -> str:
        return f"promise {self.promise}: {self.what}: {self.evidence}"


class Facts:
    """All rows by subject."""

    def __init__(self, rows: Mapping[str, list[Row]]) -> None:
        self._rows = rows

    def __getattr__(self, name: str) -> list[Row]:
        try:
            return self._rows[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def position(self) -> int:
        """The head of the log."""
        return int(self._rows["head"][0]["position"])


async def read(connection: asyncpg.Connection[Any]) -> Facts:
    """Everything the checks need; in the transaction that is open, else in a snapshot of its own."""
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads)
    if connection.is_in_transaction():
        return Facts({name: list(await connection.fetch(question)) for name, question in _QUESTIONS.items()})
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await read(connection)


def grouped(rows: Iterable[Row], *keys: str) -> dict[Any, list[Row]]:
    """Rows by the value of a column, or of several."""
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys)].append(row)
    return found

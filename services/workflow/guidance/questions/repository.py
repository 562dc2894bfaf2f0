"""SQL of questions and their threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.reports.repository import Overseer
from shared.statement import Row, Statement

# The nearest organ above of the same system; of two in a region the first by name, so that it is always the same one.
_COUNTERPART = Statement(
    """
    SELECT k.id, k.name, k.region_code
    FROM qingdan.catalog_organ_v1 AS o
    JOIN qingdan.catalog_region_v1 AS r ON r.code = o.region_code
    JOIN qingdan.catalog_organ_v1 AS k ON k.region_code = ANY (r.ancestors) AND k.state = 'active'
        AND CASE WHEN CAST(:asked AS uuid) IS NULL THEN k.system = o.system ELSE k.id = CAST(:asked AS uuid) END
    WHERE o.id = :organ_id
    ORDER BY array_position(r.ancestors, k.region_code), k.name, k.id LIMIT 1
    """
)
_INSERT = Statement(
    """
    INSERT INTO qingdan.guidance_question (id, region_code, organ_id, asked_region, asked_organ_id, list_kind, list_id,
                                           item_id, title, due_at, asked_by, asked_at)
    VALUES (:id, :region_code, :organ_id, :asked_region, :asked_organ_id, :list_kind, :list_id, :item_id, :title,
            :due_at, :actor, :now)
    """
)
_SAY = Statement(
    """
    INSERT INTO qingdan.guidance_message (question_id, number, act, organ_id, content, written_by, written_at)
    SELECT :id, 1 + count(*), :act, CAST(:organ_id AS uuid), :content, :actor, CAST(:now AS timestamptz)
    FROM qingdan.guidance_message AS m WHERE m.question_id = :id
    """
)
_MOVE = Statement(
    """
    UPDATE qingdan.guidance_question
    SET state = :state, due_at = :due_at, shared = :shared, answered_at = :answered_at, version = version + 1
    WHERE id = :id
    """
)
# A party: the organ that asks, the one that is asked, and who oversees either.
_PARTY = """(CAST(:everywhere AS boolean) OR r.code = ANY (CAST(:overseen AS text[]))
    OR r.ancestors && CAST(:overseen AS text[]) OR q.asked_region = ANY (CAST(:overseen AS text[]))
    OR q.organ_id = ANY (CAST(:organs AS uuid[])) OR q.asked_organ_id = ANY (CAST(:organs AS uuid[])))"""
# What is shared is read below the organ that answered, and where it is.
_BELOW = """EXISTS (SELECT FROM qingdan.catalog_region_v1 AS p
    WHERE p.code = ANY (CAST(:places AS text[])) AND (p.code = q.asked_region OR q.asked_region = ANY (p.ancestors)))"""
_SHOWN = f"""SELECT q.id, q.region_code, q.organ_id, n.name AS organ_name, q.asked_region, q.asked_organ_id,
       k.name AS asked_organ_name, q.list_kind, q.list_id, q.item_id, q.title, q.state, q.shared, q.due_at, q.asked_at,
       q.answered_at, q.version, {_PARTY} AS party,
       (SELECT count(*) FROM qingdan.guidance_message AS m WHERE m.question_id = q.id) AS messages
FROM qingdan.guidance_question AS q
JOIN qingdan.catalog_region_v1 AS r ON r.code = q.region_code
LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = q.organ_id
LEFT JOIN qingdan.catalog_organ_v1 AS k ON k.id = q.asked_organ_id"""
_SEEN = f"({_PARTY} OR q.shared AND q.state <> 'open' AND {_BELOW})"
_PAGE = Statement(
    f"""
    {_SHOWN}
    WHERE {_SEEN} AND (CAST(:state AS text) IS NULL OR q.state = :state)
      AND (CAST(:overdue AS boolean) IS NULL
           OR (q.state = 'open' AND q.due_at < :now) = CAST(:overdue AS boolean))
      AND (CAST(:list_kind AS text) IS NULL OR q.list_kind = :list_kind)
      AND (CAST(:asked_organ_id AS uuid) IS NULL OR q.asked_organ_id = CAST(:asked_organ_id AS uuid))
      AND (CAST(:shared AS boolean) IS NULL OR q.shared = CAST(:shared AS boolean))
      AND (CAST(:before AS uuid) IS NULL OR q.id < CAST(:before AS uuid))
    ORDER BY q.id DESC LIMIT :limit
    """
)
_FIND = Statement(f"{_SHOWN} WHERE q.id = :id AND {_SEEN}")
_LOCK = Statement("SELECT q.version FROM qingdan.guidance_question AS q WHERE q.id = :id FOR UPDATE")
_MESSAGES = Statement(
    """
    SELECT m.number, m.act, m.organ_id, n.name AS organ_name, m.content, m.written_by, m.written_at
    FROM qingdan.guidance_message AS m LEFT JOIN qingdan.catalog_organ_v1 AS n ON n.id = m.organ_id
    WHERE m.question_id = :id ORDER BY m.number
    """
)


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a page of questions is limited to; empty ones do not count."""

    state: str | None = None
    overdue: bool | None = None
    list_kind: str | None = None
    asked_organ_id: UUID | None = None
    shared: bool | None = None


@dataclass(frozen=True)
class Asker:
    """Who reads: what he oversees and acts for, and where he works at all."""

    overseer: Overseer
    places: tuple[str, ...]

    def given(self) -> dict[str, Any]:
        """As parameters."""
        return self.overseer.given() | {"places": list(self.places)}


async def counterpart(connection: AsyncConnection, organ_id: UUID, asked: UUID | None) -> Row | None:
    """The organ above that answers: id, name, region_code; the one that is named if it lies above."""
    return await _COUNTERPART.row(connection, {"organ_id": organ_id, "asked": asked})


async def insert(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Store a question without its words."""
    await _INSERT.rows(connection, values)


async def say(
    connection: AsyncConnection, question_id: UUID, act: str, organ_id: UUID, content: str, *, actor: str, now: datetime
) -> None:
    """Add to the thread of a question, which is held."""
    given = {"id": question_id, "act": act, "organ_id": organ_id, "content": content, "actor": actor, "now": now}
    await _SAY.rows(connection, given)


async def move(connection: AsyncConnection, question: Mapping[str, Any]) -> None:
    """Store where a question stands."""
    names = ("id", "state", "due_at", "shared", "answered_at")
    await _MOVE.rows(connection, {name: question[name] for name in names})


async def page(
    connection: AsyncConnection, asker: Asker, filters: Filters, *, now: datetime, before: UUID | None, limit: int
) -> list[Row]:
    """Questions somebody may read, the newest first."""
    given = {"now": now, "before": before, "limit": limit}
    return await _PAGE.rows(connection, given | vars(filters) | asker.given())


async def find(connection: AsyncConnection, question_id: UUID, asker: Asker) -> Row | None:
    """A question somebody may read."""
    return await _FIND.row(connection, asker.given() | {"id": question_id})


async def messages(connection: AsyncConnection, question_id: UUID) -> list[Row]:
    """The thread of a question; bounded."""
    return await _MESSAGES.rows(connection, {"id": question_id})


async def lock(connection: AsyncConnection, question_id: UUID) -> None:
    """Hold a question until the transaction ends."""
    await _LOCK.rows(connection, {"id": question_id})

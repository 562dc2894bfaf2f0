"""SQL of an account's own messages, and of how it wants to be told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.tasks.groups.repository import cause_title
from shared.statement import Row, Statement

_PAGE = Statement(
    f"""
    SELECT m.id, m.act, m.kind, m.cause, {cause_title("m.cause")} AS cause_title, m.task_id, m.tasks, m.title,
           m.region_code, m.due_at, m.behalf_of, m.made_at, m.read_at
    FROM qingdan.message AS m
    WHERE m.account_id = :account_id
      AND (CAST(:unread AS boolean) IS NULL OR (m.read_at IS NULL) = CAST(:unread AS boolean))
      AND (m.made_at, m.id) < (:before_at, CAST(:before_id AS uuid))
    ORDER BY m.made_at DESC, m.id DESC LIMIT :limit
    """
)

_UNREAD = Statement(
    """
    SELECT m.act, count(*) AS messages, sum(m.tasks) AS tasks FROM qingdan.message AS m
    WHERE m.account_id = :account_id AND m.read_at IS NULL GROUP BY m.act ORDER BY m.act
    """
)

_READ = Statement(
    """
    WITH read AS (
        UPDATE qingdan.message AS m SET read_at = :now
        WHERE m.account_id = :account_id AND m.read_at IS NULL
          AND (CAST(:ids AS uuid[]) IS NULL OR m.id = ANY(CAST(:ids AS uuid[])))
          AND (CAST(:until AS timestamptz) IS NULL OR m.made_at <= CAST(:until AS timestamptz))
        RETURNING m.id
    )
    SELECT count(*) FROM read
    """
)

_PREFERENCE = Statement(
    """
    SELECT p.email, p.email_mode, p.digest_hour, p.messenger, p.version
    FROM qingdan.message_preference AS p WHERE p.account_id = :account_id
    """
)

_LOCK = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('workflow/message_preference/' || CAST(:account_id AS text), 0))"
)

# A digest begins with what comes after it was asked for.
_SET = Statement(
    """
    INSERT INTO qingdan.message_preference AS p (account_id, email, email_mode, digest_hour, messenger, digest_since,
                                                 set_at)
    VALUES (CAST(:account_id AS uuid), CAST(:email AS text), CAST(:email_mode AS text), CAST(:digest_hour AS int),
            CAST(:messenger AS boolean), CAST(:now AS timestamptz), CAST(:now AS timestamptz))
    ON CONFLICT (account_id) DO UPDATE
    SET email = excluded.email, email_mode = excluded.email_mode, digest_hour = excluded.digest_hour,
        messenger = excluded.messenger, set_at = excluded.set_at, version = p.version + 1,
        digest_since = CASE WHEN p.email_mode = 'digest' THEN p.digest_since ELSE excluded.digest_since END
    RETURNING p.version
    """
)


async def page(
    connection: AsyncConnection, account_id: UUID, *, unread: bool | None, before: tuple[datetime, UUID], limit: int
) -> list[Row]:
    """Messages of an account, the youngest first."""
    given = {"account_id": account_id, "unread": unread, "before_at": before[0], "before_id": before[1], "limit": limit}
    return await _PAGE.rows(connection, given)


async def unread(connection: AsyncConnection, account_id: UUID) -> list[Row]:
    """What an account has not read, counted by what happened: act, messages, tasks."""
    return await _UNREAD.rows(connection, {"account_id": account_id})


async def read(
    connection: AsyncConnection, account_id: UUID, *, ids: Sequence[UUID] | None, until: datetime | None, now: datetime
) -> int:
    """Note messages of an account as read; returns how many were not before."""
    given = {"account_id": account_id, "ids": None if ids is None else list(ids), "until": until, "now": now}
    return int(await _READ.value(connection, given))


async def preference(connection: AsyncConnection, account_id: UUID) -> Row | None:
    """How an account wants to be told; None when it has never said."""
    return await _PREFERENCE.row(connection, {"account_id": account_id})


async def lock_preference(connection: AsyncConnection, account_id: UUID) -> None:
    """Changes of one account's come one after another, the first one too."""
    await _LOCK.rows(connection, {"account_id": str(account_id)})


async def set_preference(connection: AsyncConnection, account_id: UUID, given: dict[str, Any], now: datetime) -> int:
    """Store how an account wants to be told; returns the version."""
    return int(await _SET.value(connection, given | {"account_id": account_id, "now": now}))

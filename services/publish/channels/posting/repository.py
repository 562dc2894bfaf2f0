"""SQL of postings and their evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_ADD_EVIDENCE = Statement(
    """
    INSERT INTO qingdan.channel_evidence
        (id, channel_id, file_name, media_type, size, sha256, content, uploaded_by, uploaded_at)
    VALUES (:id, :channel_id, :file_name, :media_type, :size, :sha256, :content, :uploaded_by, :uploaded_at)
    """
)
_EVIDENCE = Statement("SELECT * FROM qingdan.channel_evidence WHERE channel_id = :channel AND id = :id")
_HAS_EVIDENCE = Statement("SELECT sha256 FROM qingdan.channel_evidence WHERE channel_id = :channel AND id = :id")
_UNUSED = Statement(
    """
    SELECT count(*) FROM qingdan.channel_evidence AS e
    WHERE e.channel_id = :channel
      AND NOT EXISTS (SELECT FROM qingdan.channel_posting AS p
                      WHERE p.channel_id = e.channel_id AND p.evidence_id = e.id)
    """
)
_ADD = Statement(
    """
    INSERT INTO qingdan.channel_posting
        (id, channel_id, list_id, revision, digest, posted_on, link, evidence_id, note, confirmed_by, confirmed_at)
    VALUES (:id, :channel_id, :list_id, :revision, :digest, :posted_on, CAST(:link AS text),
            CAST(:evidence_id AS uuid), CAST(:note AS text), :confirmed_by, :confirmed_at)
    """
)
# Where nothing can be read back, the word of those who posted it is what there is.
_CONFIRM = Statement(
    """
    UPDATE qingdan.channel_copy AS k
    SET posted_revision = k.due_revision, digest = :digest, size = :size, failures = 0, last_error = NULL,
        state = CASE WHEN c.read_url IS NULL THEN 'current' ELSE k.state END,
        switched_at = CASE WHEN c.read_url IS NULL THEN :now ELSE k.switched_at END,
        shown_revision = CASE WHEN c.read_url IS NULL THEN k.due_revision ELSE k.shown_revision END,
        shown_hash = CASE WHEN c.read_url IS NULL THEN k.due_hash ELSE k.shown_hash END,
        checked_at = CASE WHEN c.read_url IS NULL THEN :now ELSE k.checked_at END,
        look_at = CASE WHEN c.read_url IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM qingdan.channel AS c
    WHERE c.id = k.channel_id AND k.channel_id = :channel AND k.list_id = :list
    RETURNING k.state
    """
)
_PAGE = Statement(
    """
    SELECT p.*, l.title, e.file_name, e.sha256 AS evidence_digest
    FROM qingdan.channel_posting AS p
    JOIN qingdan.published_list AS l ON l.list_id = p.list_id
    LEFT JOIN qingdan.channel_evidence AS e ON e.id = p.evidence_id
    WHERE p.channel_id = :channel AND (CAST(:before AS uuid) IS NULL OR p.id < CAST(:before AS uuid))
    ORDER BY p.id DESC LIMIT :limit
    """
)


async def add_evidence(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep a file."""
    await _ADD_EVIDENCE.rows(connection, values)


async def unused(connection: AsyncConnection, channel: UUID) -> int:
    """How many files of a channel no posting refers to."""
    return int(await _UNUSED.value(connection, {"channel": channel}))


async def evidence(connection: AsyncConnection, channel: UUID, evidence_id: UUID) -> Row | None:
    """A file of a channel, with its content."""
    return await _EVIDENCE.row(connection, {"channel": channel, "id": evidence_id})


async def evidence_digest(connection: AsyncConnection, channel: UUID, evidence_id: UUID) -> bytes | None:
    """SHA-256 of a file of a channel; None when it has no such file."""
    digest: bytes | None = await _HAS_EVIDENCE.value(connection, {"channel": channel, "id": evidence_id})
    return digest


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Write a posting into the log."""
    await _ADD.rows(connection, values)


async def confirm(connection: AsyncConnection, channel: UUID, list_id: UUID, values: Mapping[str, Any]) -> str:
    """The copy that is due was posted (`digest`, `size`, `now`); the state that leads to."""
    state: str = await _CONFIRM.value(connection, dict(values) | {"channel": channel, "list": list_id})
    return state


async def page(connection: AsyncConnection, channel: UUID, *, before: UUID | None, limit: int) -> list[Row]:
    """What was posted on a channel, newest first."""
    return await _PAGE.rows(connection, {"channel": channel, "before": before, "limit": limit})

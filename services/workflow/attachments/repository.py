"""SQL of attachments. The content is a table of its own, so that nobody reads it by chance."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.attachments.rules import Attachment
from shared.statement import Row, Statement

_COLUMNS = "id, adjustment_id, step_id, title, file_name, media_type, size, sha256, uploaded_by, uploaded_at"
_ADD = Statement(
    f"""
    WITH added AS (
        INSERT INTO qingdan.attachment ({_COLUMNS})
        VALUES (:id, :adjustment_id, :step_id, :title, :file_name, :media_type, :size, :sha256, :uploaded_by,
                :uploaded_at)
        RETURNING id)
    INSERT INTO qingdan.attachment_content (attachment_id, content) SELECT a.id, :content FROM added AS a
    """
)
_FIND = Statement(f"SELECT {_COLUMNS} FROM qingdan.attachment WHERE id = :id")
_SAME = Statement(
    f"SELECT {_COLUMNS} FROM qingdan.attachment WHERE adjustment_id = :adjustment_id AND sha256 = :sha256"
)
_CONTENT = Statement("SELECT content FROM qingdan.attachment_content WHERE attachment_id = :id")
_ROOM = Statement(
    """
    SELECT count(*) AS files, CAST(coalesce(sum(size), 0) AS bigint) AS total
    FROM qingdan.attachment WHERE adjustment_id = :adjustment_id
    """
)
_OF_ADJUSTMENT = Statement(
    """
    SELECT a.id, a.adjustment_id, a.step_id, s.title AS step_title, a.title, a.file_name, a.media_type, a.size,
           a.sha256, a.uploaded_by, a.uploaded_at,
           (SELECT u.name FROM qingdan.catalog_account_v1 AS u
            WHERE u.id = CASE WHEN a.uploaded_by LIKE 'account:%' THEN CAST(substr(a.uploaded_by, 9) AS uuid) END)
               AS uploaded_by_name
    FROM qingdan.attachment AS a
    LEFT JOIN qingdan.review_step AS s ON s.id = a.step_id
    WHERE a.adjustment_id = :adjustment_id ORDER BY a.id
    """
)
_AMONG = Statement(
    f"""
    SELECT {_COLUMNS} FROM qingdan.attachment
    WHERE adjustment_id = :adjustment_id AND id = ANY (CAST(:ids AS uuid[]))
    """
)


async def add(connection: AsyncConnection, attachment: Attachment, content: bytes) -> None:
    """Keep a file."""
    await _ADD.rows(connection, vars(attachment) | {"content": content})


async def find(connection: AsyncConnection, attachment_id: UUID) -> Attachment | None:
    """A file without its content."""
    return _attachment(await _FIND.row(connection, {"id": attachment_id}))


async def same(connection: AsyncConnection, adjustment_id: UUID, sha256: str) -> Attachment | None:
    """The file of an adjustment that has this content already."""
    return _attachment(await _SAME.row(connection, {"adjustment_id": adjustment_id, "sha256": sha256}))


def _attachment(row: Row | None) -> Attachment | None:
    return None if row is None else Attachment(**dict(row))


async def content(connection: AsyncConnection, attachment_id: UUID) -> bytes:
    """The content of a file that is there."""
    return bytes(await _CONTENT.value(connection, {"id": attachment_id}))


async def room(connection: AsyncConnection, adjustment_id: UUID) -> tuple[int, int]:
    """How many files an adjustment has, and how many bytes in all."""
    row = await _ROOM.row(connection, {"adjustment_id": adjustment_id})
    return (row.files, row.total) if row else (0, 0)


async def of_adjustment(connection: AsyncConnection, adjustment_id: UUID) -> list[dict[str, Any]]:
    """All files of an adjustment, the oldest first, with the step they were attached at and who did it."""
    return [dict(row) for row in await _OF_ADJUSTMENT.rows(connection, {"adjustment_id": adjustment_id})]


async def among(connection: AsyncConnection, adjustment_id: UUID, ids: Collection[UUID]) -> dict[UUID, Attachment]:
    """Those of `ids` that are files of the adjustment."""
    rows = await _AMONG.rows(connection, {"adjustment_id": adjustment_id, "ids": list(ids)})
    return {row.id: Attachment(**dict(row)) for row in rows}

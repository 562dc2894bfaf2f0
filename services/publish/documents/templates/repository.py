"""SQL of templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_SHOWN = """t.id, t.region_code, t.document, t.engine, t.number, t.name, t.open_below, t.sha256, t.size, t.state,
    t.uploaded_by, t.uploaded_at, t.activated_by, t.activated_at, t.version"""
# Of regions from the top down, so that what holds can be chosen by a rule.
_ACTIVE = Statement(
    f"""
    SELECT {_SHOWN} FROM qingdan.document_template AS t
    JOIN unnest(CAST(:chain AS text[])) WITH ORDINALITY AS c (code, place) ON c.code = t.region_code
    WHERE t.state = 'active' AND t.document = :document AND t.engine = :engine
    ORDER BY c.place DESC
    """
)
_CONTENT = Statement("SELECT content FROM qingdan.document_template WHERE id = :id")
_FIND = Statement(f"SELECT {_SHOWN} FROM qingdan.document_template AS t WHERE t.id = :id")
_LOCK = Statement(f"SELECT {_SHOWN} FROM qingdan.document_template AS t WHERE t.id = :id FOR UPDATE")
_PAGE = Statement(
    f"""
    SELECT {_SHOWN} FROM qingdan.document_template AS t
    WHERE t.region_code = ANY (CAST(:chain AS text[]))
      AND (CAST(:document AS text) IS NULL OR t.document = CAST(:document AS text))
      AND (CAST(:after AS uuid) IS NULL OR t.id < CAST(:after AS uuid))
    ORDER BY t.id DESC LIMIT :limit
    """
)
_ADD = Statement(
    """
    INSERT INTO qingdan.document_template
        (id, region_code, document, engine, number, name, open_below, content, sha256, size, uploaded_by, uploaded_at)
    SELECT :id, :region_code, :document, :engine, coalesce(max(t.number), 0) + 1, :name, :open_below, :content, :sha256,
           :size, :uploaded_by, :uploaded_at
    FROM qingdan.document_template AS t
    WHERE t.region_code = :region_code AND t.document = :document AND t.engine = :engine
    """
)
_RETIRE = Statement(
    """
    UPDATE qingdan.document_template SET state = 'retired', version = version + 1
    WHERE region_code = :region_code AND document = :document AND engine = :engine AND state = 'active'
    """
)
_ACTIVATE = Statement(
    """
    UPDATE qingdan.document_template
    SET state = 'active', activated_by = :actor, activated_at = :now, version = version + 1 WHERE id = :id
    """
)
_END = Statement("UPDATE qingdan.document_template SET state = 'retired', version = version + 1 WHERE id = :id")


async def active(connection: AsyncConnection, chain: Sequence[str], *, document: str, engine: str) -> list[Row]:
    """Active templates of the regions of a chain (nearest first), from the top down."""
    return await _ACTIVE.rows(connection, {"chain": list(chain), "document": document, "engine": engine})


async def content(connection: AsyncConnection, template_id: UUID) -> bytes:
    """The file of a template."""
    found: bytes = await _CONTENT.value(connection, {"id": template_id})
    return found


async def find(connection: AsyncConnection, template_id: UUID, *, lock: bool = False) -> Row | None:
    """A template without its file; locked until the transaction ends when asked for."""
    return await (_LOCK if lock else _FIND).row(connection, {"id": template_id})


async def page(
    connection: AsyncConnection, chain: Sequence[str], *, document: str | None, after: UUID | None, limit: int
) -> list[Row]:
    """Templates of a region and those above it, newest first."""
    return await _PAGE.rows(connection, {"chain": list(chain), "document": document, "after": after, "limit": limit})


async def add(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Keep an upload as the next number of its kind."""
    await _ADD.rows(connection, values)


async def activate(connection: AsyncConnection, row: Row, *, actor: str, now: Any) -> None:
    """Put a template in the place of the one before it."""
    place = {"region_code": row.region_code, "document": row.document, "engine": row.engine}
    await _RETIRE.rows(connection, place)
    await _ACTIVATE.rows(connection, {"id": row.id, "actor": actor, "now": now})


async def retire(connection: AsyncConnection, template_id: UUID) -> None:
    """Take a template out of use; the one above holds again, else the shipped one."""
    await _END.rows(connection, {"id": template_id})

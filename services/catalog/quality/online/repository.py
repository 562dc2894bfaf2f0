"""SQL of the online report: what the entries of a list say of being handled online."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_SAID = Statement(
    """
    SELECT i.id AS item_id, i.implementing_body AS organ_id, o.name AS organ_name,
           coalesce(v.elements ->> 'name', '') AS name,
           coalesce(v.elements ->> 'implementation_code', v.elements ->> 'base_code') AS code,
           (SELECT coalesce(jsonb_object_agg(s.key, s.value), '{}') FROM jsonb_each(v.elements) AS s
            WHERE s.key = ANY (CAST(:elements AS text[]))) AS elements
    FROM qingdan.item AS i
    JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
    LEFT JOIN qingdan.organ AS o ON o.id = i.implementing_body
    WHERE i.list_id = CAST(:list_id AS uuid) AND i.state = 'in_use'
    ORDER BY i.id
    """
)


async def said(connection: AsyncConnection, list_id: UUID, elements: Sequence[str]) -> list[Row]:
    """Entries in use in the order of their ids, each with those of its elements that are asked for."""
    return await _SAID.rows(connection, {"list_id": list_id, "elements": list(elements)})

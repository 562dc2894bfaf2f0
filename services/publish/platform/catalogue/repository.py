"""SQL of the pulled catalogue: the newest version of each entry, whatever order they arrive in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement


@dataclass(frozen=True)
class Pulled:
    """An entry as it was read; `elements` is None when it could not be, and `remark` says why.

    `gone` : the platform says no more of it; what it said last stays, cancelled.
    """

    external_id: str
    version: int
    new_item_id: UUID
    payload: Mapping[str, Any]
    elements: Mapping[str, Any] | None
    remark: str | None
    gone: bool = False


_SAVE = Statement(
    """
    INSERT INTO qingdan.pulled_entry AS p (peer_id, external_id, version, item_id, payload, elements, remark,
                                           received_at)
    SELECT :peer, n.external_id, n.version, n.item_id, CASE WHEN n.gone THEN o.payload ELSE n.payload END,
           CASE WHEN n.gone THEN o.elements || '{"state": "cancelled"}' ELSE nullif(n.elements, 'null') END,
           CASE WHEN n.gone THEN o.remark ELSE n.remark END, :now
    FROM unnest(CAST(:ids AS text[]), CAST(:versions AS bigint[]), CAST(:items AS uuid[]), CAST(:payloads AS jsonb[]),
                CAST(:elements AS jsonb[]), CAST(:remarks AS text[]), CAST(:gone AS bool[]))
         AS n (external_id, version, item_id, payload, elements, remark, gone)
    LEFT JOIN qingdan.pulled_entry AS o ON o.peer_id = :peer AND o.external_id = n.external_id
    WHERE NOT n.gone OR o.external_id IS NOT NULL
    ON CONFLICT (peer_id, external_id) DO UPDATE
    SET version = excluded.version, payload = excluded.payload, elements = excluded.elements,
        remark = excluded.remark, received_at = excluded.received_at
    WHERE p.version < excluded.version OR p.version = excluded.version
          AND (p.elements, p.remark) IS DISTINCT FROM (excluded.elements, excluded.remark)
    RETURNING item_id, elements IS NOT NULL AS readable
    """
)
_PAGE = Statement(
    """
    SELECT p.external_id, p.version, p.item_id, p.elements ->> 'name' AS name, p.elements ->> 'base_code' AS base_code,
           p.received_at, x.element, x.code, coalesce(p.remark, x.message) AS remark, i.version AS item_version,
           CASE WHEN p.elements IS NULL OR x.item_id IS NOT NULL THEN 'refused'
                WHEN i.id IS NULL THEN 'received' ELSE 'mirrored' END AS state
    FROM qingdan.pulled_entry AS p
    LEFT JOIN qingdan.catalog_mirror_refusal_v1 AS x ON x.item_id = p.item_id
    LEFT JOIN qingdan.catalog_item_v1 AS i ON i.id = p.item_id
    WHERE p.peer_id = :peer AND p.external_id > :after
      AND (NOT :refused OR p.elements IS NULL OR x.item_id IS NOT NULL)
    ORDER BY p.external_id LIMIT :limit
    """
)


async def save(connection: AsyncConnection, peer: UUID, entries: Sequence[Pulled], now: datetime) -> list[UUID]:
    """Keep entries that are newer than what is held, or read otherwise by another mapping profile; the items whose
    mirror has to follow."""
    rows = await _SAVE.rows(
        connection,
        {
            "peer": peer, "now": now,
            "ids": [one.external_id for one in entries], "versions": [one.version for one in entries],
            "items": [one.new_item_id for one in entries],
            "payloads": [orjson.dumps(one.payload).decode() for one in entries],
            "elements": [orjson.dumps(one.elements).decode() for one in entries],
            "remarks": [one.remark for one in entries], "gone": [one.gone for one in entries],
        },
    )  # fmt: skip
    return [row.item_id for row in rows if row.readable]


async def page(connection: AsyncConnection, peer: UUID, *, refused: bool, after: str, limit: int) -> list[Row]:
    """Entries by the id the platform gives them; `refused`: only those that could not be mirrored."""
    return await _PAGE.rows(connection, {"peer": peer, "refused": refused, "after": after, "limit": limit})

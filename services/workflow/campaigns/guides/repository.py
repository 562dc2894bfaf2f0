"""SQL of compilation guides, one a campaign and kind of list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_COLUMNS = """g.campaign_id, g.list_kind, g.principles, g.scope, g.review_standard, g.time_nodes, g.version, g.set_by,
    g.set_at"""
_NODES = Statement("SELECT list_kind, time_nodes FROM qingdan.compilation_guide WHERE campaign_id = :campaign_id")
_FIND = Statement(
    f"SELECT {_COLUMNS} FROM qingdan.compilation_guide AS g WHERE g.campaign_id = :campaign_id AND g.list_kind = :kind"
)
_ALL = Statement(
    f"""
    SELECT {_COLUMNS}, k.title AS list_title FROM qingdan.compilation_guide AS g
    JOIN qingdan.catalog_kind_v1 AS k ON k.code = g.list_kind
    WHERE g.campaign_id = :campaign_id ORDER BY g.list_kind
    """
)
_PUT = Statement(
    f"""
    INSERT INTO qingdan.compilation_guide AS g (campaign_id, list_kind, principles, scope, review_standard, time_nodes,
                                                set_by, set_at)
    VALUES (:campaign_id, :list_kind, :principles, :scope, :review_standard, CAST(:time_nodes AS jsonb), :actor, :now)
    ON CONFLICT (campaign_id, list_kind) DO UPDATE
    SET principles = excluded.principles, scope = excluded.scope, review_standard = excluded.review_standard,
        time_nodes = excluded.time_nodes, set_by = excluded.set_by, set_at = excluded.set_at, version = g.version + 1
    RETURNING {_COLUMNS}
    """
)
# Who leads the list of a kind in the region of the campaign, by the list or by the matrix.
_LEAD = Statement(
    """
    SELECT coalesce(l.lead_organ_id, x.lead_organ_id)
    FROM (SELECT CAST(:region_code AS text) AS region_code, CAST(:kind AS text) AS kind) AS p
    LEFT JOIN qingdan.catalog_list_v1 AS l ON l.region_code = p.region_code AND l.kind = p.kind
    LEFT JOIN qingdan.catalog_responsibility_v1 AS x ON x.region_code = p.region_code AND x.list_kind = p.kind
    """
)


async def time_nodes(connection: AsyncConnection, campaign_id: UUID) -> list[tuple[str, list[dict[str, Any]]]]:
    """The days that the guides of a campaign give, by kind of list."""
    rows = await _NODES.rows(connection, {"campaign_id": campaign_id})
    return [(row.list_kind, row.time_nodes) for row in rows]


async def find(connection: AsyncConnection, campaign_id: UUID, kind: str) -> Row | None:
    """The guide for a kind."""
    return await _FIND.row(connection, {"campaign_id": campaign_id, "kind": kind})


async def of_campaign(connection: AsyncConnection, campaign_id: UUID) -> list[Row]:
    """All guides of a campaign; at most as many as it has kinds."""
    return await _ALL.rows(connection, {"campaign_id": campaign_id})


async def put(
    connection: AsyncConnection, values: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]], *, actor: str,
    now: datetime,
) -> Row:  # fmt: skip
    """Store a guide in place of the one there was."""
    given = dict(values) | {"time_nodes": orjson.dumps(list(nodes)).decode(), "actor": actor, "now": now}
    row = await _PUT.row(connection, given)
    assert row is not None  # an upsert returns its row
    return row


async def lead(connection: AsyncConnection, region_code: str, kind: str) -> UUID | None:
    """The organ that leads the list of a kind in a region."""
    found: UUID | None = await _LEAD.value(connection, {"region_code": region_code, "kind": kind})
    return found

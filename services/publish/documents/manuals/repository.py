"""SQL of manuals: the entries of other lists that tell what a permit's organ owes and who supervises."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# More entries about one permit are no manual any more.
MOST = 50
_ABOUT = Statement(
    """
    SELECT g.item_id AS permit_id, l.kind, p.item_id, p.body, p.hash
    FROM qingdan.published_item AS g
    JOIN qingdan.published_list AS k ON k.list_id = g.list_id
    JOIN qingdan.published_list AS l ON l.region_code = k.region_code AND l.kind = ANY (CAST(:kinds AS text[]))
    CROSS JOIN LATERAL (
        SELECT q.item_id, q.body, q.hash FROM qingdan.published_item AS q
        WHERE q.list_id = l.list_id AND q.base_code = g.base_code AND q.to_revision IS NULL AND q.state = 'in_use'
        ORDER BY q.item_id LIMIT CAST(:most AS bigint)
    ) AS p
    WHERE g.item_id = ANY (CAST(:ids AS uuid[])) AND g.to_revision IS NULL
    ORDER BY g.item_id, l.kind, p.item_id
    """
)


async def about(connection: AsyncConnection, ids: Sequence[UUID], kinds: Sequence[str]) -> list[Row]:
    """Published entries of the kinds with the permits' base codes, in their regions.

    Of each permit_id, kind, item_id, body and hash.
    """
    return await _ABOUT.rows(connection, {"ids": list(ids), "kinds": list(kinds), "most": MOST})

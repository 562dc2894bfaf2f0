"""SQL of claims of organs that are no more: they go to the one that took their place."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# One heir takes over; where there are several, the reviewer says who answers (分设). An organ claims a matter once:
# what its heir, or another organ of the same merger, has claimed already ends here.
_PASS_ON = Statement(
    """
    WITH gone AS MATERIALIZED (
        SELECT o.id FROM qingdan.organ AS o
        WHERE o.id = ANY (CAST(:organs AS uuid[])) AND o.state = 'abolished'
    ), held AS MATERIALIZED (
        SELECT c.* FROM qingdan.claim AS c
        WHERE c.organ_id IN (SELECT g.id FROM gone AS g) ORDER BY c.id FOR NO KEY UPDATE
    ), first AS MATERIALIZED (
        SELECT DISTINCT ON (h.superior_item_id, h.region_code, h.list_kind) h.id
        FROM held AS h
        WHERE NOT EXISTS (
            SELECT FROM qingdan.claim AS o
            WHERE o.superior_item_id = h.superior_item_id AND o.region_code = h.region_code
              AND o.list_kind = h.list_kind AND o.organ_id IS NOT DISTINCT FROM CAST(:heir AS uuid))
        ORDER BY h.superior_item_id, h.region_code, h.list_kind,
                 array_position(ARRAY['claimed', 'disputed', 'offered', 'not_applicable'], h.state), h.id
    ), passed AS (
        UPDATE qingdan.claim AS c
        SET organ_id = CAST(:heir AS uuid), version = c.version + 1,
            assigned_by = CASE WHEN CAST(:heir AS uuid) IS NULL THEN 'nobody' ELSE c.assigned_by END
        FROM held AS h
        WHERE c.id = h.id AND c.id IN (SELECT f.id FROM first AS f)
        RETURNING c.region_code, c.list_kind, c.organ_id, h.organ_id AS former
    ), ended AS (
        UPDATE qingdan.claim AS c SET state = 'withdrawn', missing = '{}', version = c.version + 1
        FROM held AS h
        WHERE c.id = h.id AND c.id NOT IN (SELECT f.id FROM first AS f)
          AND c.state IN ('offered', 'disputed', 'claimed')
        RETURNING c.region_code, c.list_kind, c.organ_id
    )
    SELECT told.change, told.region_code, told.list_kind, array_agg(DISTINCT o.organ_id) AS organs, told.claims
    FROM (
        SELECT 'assigned' AS change, p.region_code, p.list_kind, count(*) AS claims,
               array_agg(p.organ_id) || array_agg(p.former) AS organs
        FROM passed AS p GROUP BY p.region_code, p.list_kind
        UNION ALL
        SELECT 'withdrawn', e.region_code, e.list_kind, count(*), array_agg(e.organ_id)
        FROM ended AS e GROUP BY e.region_code, e.list_kind
    ) AS told
    CROSS JOIN LATERAL unnest(told.organs) AS o (organ_id)
    GROUP BY told.change, told.region_code, told.list_kind, told.claims
    ORDER BY told.change, told.region_code, told.list_kind
    """
)


async def pass_on(connection: AsyncConnection, organs: Sequence[UUID], heir: UUID | None) -> list[Row]:
    """Give the claims of abolished organs to their heir, or to nobody until somebody says whose they are.

    Answers (change, region_code, list_kind, organs, claims): change is assigned or withdrawn.
    """
    return await _PASS_ON.rows(connection, {"organs": list(organs), "heir": heir})

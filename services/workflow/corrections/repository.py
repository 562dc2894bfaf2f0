"""SQL of one-time correction: what a submission looked like when a review returned it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Statement

_KEEP = Statement(
    """
    UPDATE qingdan.submission AS s SET returned_content = coalesce((
        SELECT jsonb_object_agg(c.item_id, (
            SELECT coalesce(jsonb_object_agg(e.key, md5(CAST(e.value AS text))), '{}')
            FROM jsonb_each(c.proposed) AS e))
        FROM qingdan.change AS c
        WHERE c.adjustment_id = s.adjustment_id AND coalesce(c.outcome, 'conflict') = 'conflict'), '{}')
    WHERE s.adjustment_id = :adjustment_id AND s.number = :number
    """
)
_RETURNED_BEFORE = Statement(
    """
    SELECT EXISTS (
        SELECT FROM qingdan.review_step AS s
        WHERE s.adjustment_id = :adjustment_id AND s.submission < :submission AND s.code = :code
          AND s.organ_id IS NOT DISTINCT FROM CAST(:organ_id AS uuid) AND s.state = 'returned')
    """
)
# An opinion is late when its element looks as it did at an earlier return of the same reviewer, who did not speak of
# it at any. An element that is not proposed at all could be missed then as well.
_LATE = Statement(
    """
    WITH returned AS (
        SELECT s.element_opinions, b.returned_content
        FROM qingdan.review_step AS s
        JOIN qingdan.submission AS b ON b.adjustment_id = s.adjustment_id AND b.number = s.submission
        WHERE s.adjustment_id = :adjustment_id AND s.submission < :submission AND s.code = :code
          AND s.organ_id IS NOT DISTINCT FROM CAST(:organ_id AS uuid) AND s.state = 'returned'
          AND b.returned_content IS NOT NULL
    )
    SELECT CAST(g.place - 1 AS int) AS place
    FROM unnest(CAST(:items AS uuid[]), CAST(:elements AS text[])) WITH ORDINALITY AS g (item_id, element, place)
    JOIN qingdan.change AS c ON c.adjustment_id = :adjustment_id AND c.item_id = g.item_id
    WHERE EXISTS (
            SELECT FROM returned AS r
            WHERE jsonb_exists(r.returned_content, CAST(g.item_id AS text))
              AND r.returned_content -> CAST(g.item_id AS text) ->> g.element
                  IS NOT DISTINCT FROM md5(CAST(c.proposed -> g.element AS text)))
      AND NOT EXISTS (
            SELECT FROM returned AS r
            CROSS JOIN jsonb_to_recordset(r.element_opinions) AS o(item_id uuid, element text)
            WHERE o.item_id = g.item_id AND o.element = g.element)
    ORDER BY g.place
    """
)


async def keep(connection: AsyncConnection, adjustment_id: UUID, number: int) -> None:
    """Keep a digest of each element of a submission that a review returns."""
    await _KEEP.rows(connection, {"adjustment_id": adjustment_id, "number": number})


async def returned_before(
    connection: AsyncConnection, adjustment_id: UUID, submission: int, *, code: str, organ_id: UUID | None
) -> bool:
    """Whether the same step has returned an earlier submission."""
    given = {"adjustment_id": adjustment_id, "submission": submission, "code": code, "organ_id": organ_id}
    return bool(await _RETURNED_BEFORE.value(connection, given))


async def late(
    connection: AsyncConnection,
    adjustment_id: UUID,
    submission: int,
    *,
    code: str,
    organ_id: UUID | None,
    opinions: Sequence[tuple[UUID, str]],
) -> list[int]:
    """Places of the opinions (entry, element) that speak of what was visible, and not named, at an earlier return."""
    given = {
        "adjustment_id": adjustment_id,
        "submission": submission,
        "code": code,
        "organ_id": organ_id,
        "items": [item_id for item_id, _ in opinions],
        "elements": [element for _, element in opinions],
    }
    return await _LATE.values(connection, given)

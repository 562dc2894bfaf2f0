"""SQL of settling: claims held against local entries and against what superiors have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.claims.offering.repository import STANDS_FOR
from services.catalog.claims.rules import CONFIRMATION, ENTRY, NEEDED, counted_from
from shared.statement import Row, Statement

# Claims are held against the entries of their region: who lists a matter has claimed it, and a claim is closed by an
# entry that has all it needs, be it in the list itself or in the implementation list of the same organ.
_SETTLE = Statement(
    f"""
    WITH place AS MATERIALIZED (
        SELECT DISTINCT t.region_code, t.main_code FROM qingdan.item AS t
        WHERE t.id = ANY (CAST(:ids AS uuid[])) AND t.main_code IS NOT NULL
    ), concerned AS MATERIALIZED (
        SELECT c.id FROM place AS p
        JOIN qingdan.item AS u ON u.main_code = p.main_code
        -- By the superior's entry, never by the region: a region has thousands of claims, a matter one or two in it.
        JOIN qingdan.claim AS c ON c.superior_item_id = u.id AND c.region_code || '' = p.region_code
        WHERE NOT CAST(:whole AS boolean)
        UNION
        SELECT c.id FROM qingdan.claim AS c WHERE c.local_item_id = ANY (CAST(:ids AS uuid[]))
        UNION
        SELECT c.id FROM qingdan.claim AS c WHERE c.id = ANY (CAST(:claims AS uuid[]))
        UNION
        SELECT c.id FROM qingdan.claim AS c
        WHERE CAST(:whole AS boolean) AND c.state = 'offered' AND c.assigned_by = 'entry'
          AND (c.region_code = CAST(:region AS text) OR c.region_code IN (
            SELECT r.code FROM qingdan.region AS r WHERE r.ancestors @> ARRAY[CAST(:region AS text)]))
          AND (CAST(:list_kind AS text) IS NULL OR c.list_kind = CAST(:list_kind AS text))
    ), held AS MATERIALIZED (
        SELECT c.* FROM qingdan.claim AS c
        WHERE c.id IN (SELECT id FROM concerned)
          -- Who said that a matter does not apply and lists it nevertheless has claimed it; a decision stands.
          AND (c.state IN ('offered', 'claimed') OR c.state = 'not_applicable' AND c.decision IS NULL)
        ORDER BY c.id FOR NO KEY UPDATE
    ), candidate AS MATERIALIZED (
        SELECT DISTINCT ON (c.id) c.id, c.superior_item_id, c.region_code, c.list_kind, t.id AS item_id,
               t.implementing_body AS organ_id, v.elements, coalesce(m.elements, '{{}}') AS handling
        FROM held AS c
        JOIN qingdan.item AS u ON u.id = c.superior_item_id
        JOIN qingdan.item AS t ON t.kind = c.list_kind AND t.region_code = c.region_code
            AND {STANDS_FOR.format(u="u")}
            -- A claim goes with its entry when another organ takes that over.
            AND (c.organ_id IS NULL OR t.implementing_body = c.organ_id OR c.assigned_by IN ('lead', 'system')
                 OR t.id = c.local_item_id)
        JOIN qingdan.item_version AS v ON v.item_id = t.id AND v.number = t.version
        LEFT JOIN LATERAL (
            SELECT e.elements FROM qingdan.item AS i
            JOIN qingdan.item_version AS e ON e.item_id = i.id AND e.number = i.version
            WHERE i.kind = 'implementation' AND i.region_code = t.region_code AND i.base_code = t.base_code
              AND i.implementing_body = t.implementing_body AND i.state <> 'cancelled'
            ORDER BY i.handling_item = t.handling_item DESC, i.handling_item, i.id LIMIT 1
        ) AS m ON true
        WHERE NOT EXISTS (
            SELECT FROM qingdan.claim AS o
            WHERE o.superior_item_id = c.superior_item_id AND o.region_code = c.region_code
              AND o.list_kind = c.list_kind AND o.id <> c.id AND o.organ_id = t.implementing_body)
        ORDER BY c.id, t.implementing_body = c.organ_id DESC NULLS LAST, t.base_code = u.base_code DESC, t.id
    ), entry AS MATERIALIZED (
        -- Of the claims of organs that were merged one goes on: an organ claims a matter once.
        SELECT DISTINCT ON (e.superior_item_id, e.region_code, e.list_kind, e.organ_id) e.*
        FROM candidate AS e ORDER BY e.superior_item_id, e.region_code, e.list_kind, e.organ_id, e.id
    ), found AS MATERIALIZED (
        SELECT c.id, e.item_id, e.organ_id, c.state AS was, c.closed_at AS was_closed, c.organ_id AS was_organ,
               CASE WHEN e.item_id IS NOT NULL THEN 'claimed'
                    WHEN l.id IS NOT NULL THEN 'withdrawn' ELSE c.state END AS state,
               CASE WHEN e.item_id IS NULL AND (c.state <> 'claimed' OR l.id IS NOT NULL) THEN '{{}}'
                    WHEN e.item_id IS NULL THEN ARRAY[CAST(:entry AS text)]
                    ELSE ARRAY(
                        SELECT n.name FROM unnest(CAST(:needed AS text[])) WITH ORDINALITY AS n (name, nth)
                        WHERE coalesce(e.elements -> n.name, 'null') IN ('null', '""', '[]')
                          AND coalesce(e.handling -> n.name, 'null') IN ('null', '""', '[]')
                        ORDER BY n.nth) END
               || CASE WHEN c.state = 'claimed' AND l.id IS NULL AND c.confirmed_version < c.superior_version
                       THEN ARRAY[CAST(:confirmation AS text)] ELSE '{{}}' END AS missing
        FROM held AS c
        LEFT JOIN entry AS e ON e.id = c.id
        -- Its entry is there, and another organ's by now, which has a claim of its own.
        LEFT JOIN qingdan.item AS l
          ON l.id = c.local_item_id AND l.state <> 'cancelled' AND l.implementing_body <> c.organ_id
         AND (EXISTS (SELECT FROM qingdan.claim AS o
                      WHERE o.superior_item_id = c.superior_item_id AND o.region_code = c.region_code
                        AND o.list_kind = c.list_kind AND o.id <> c.id AND o.organ_id = l.implementing_body)
              OR EXISTS (SELECT FROM entry AS o
                         WHERE o.superior_item_id = c.superior_item_id AND o.region_code = c.region_code
                           AND o.list_kind = c.list_kind AND o.id <> c.id AND o.organ_id = l.implementing_body))
    ), settled AS (
        UPDATE qingdan.claim AS c
        SET state = f.state, local_item_id = f.item_id, organ_id = coalesce(f.organ_id, c.organ_id),
            missing = f.missing, version = c.version + 1,
            reason = CASE WHEN f.was = 'not_applicable' AND f.state = 'claimed' THEN NULL ELSE c.reason END,
            confirmed_version = CASE WHEN f.was <> f.state AND f.state = 'claimed' THEN c.superior_version
                                     ELSE c.confirmed_version END,
            handled_at = CASE WHEN f.was <> f.state THEN :now ELSE c.handled_at END,
            handled_by = CASE WHEN f.was <> f.state THEN :actor ELSE c.handled_by END,
            assigned_by = CASE WHEN f.was <> f.state THEN 'entry' ELSE c.assigned_by END,
            closed_at = CASE WHEN f.item_id IS NOT NULL AND f.missing = '{{}}'
                             THEN coalesce(c.closed_at, CAST(:now AS timestamptz)) END
        FROM found AS f
        WHERE c.id = f.id
          AND (c.state, c.local_item_id, c.missing, c.organ_id, c.closed_at IS NULL) IS DISTINCT FROM
              (f.state, f.item_id, f.missing, coalesce(f.organ_id, c.organ_id),
               NOT (f.item_id IS NOT NULL AND f.missing = '{{}}'))
        RETURNING c.id, c.local_item_id, c.region_code, c.list_kind, c.organ_id, f.was_organ, f.was, c.state,
                  f.was_closed, c.closed_at
    )
    -- Both organs are told of a claim that passed from one to the other.
    SELECT told.change, told.region_code, told.list_kind, array_agg(DISTINCT o.organ_id) AS organs,
           count(DISTINCT told.id) AS claims,
           array_remove(array_agg(DISTINCT told.local_item_id), NULL) AS items
    FROM (
        SELECT CASE WHEN s.state = 'withdrawn' THEN 'withdrawn'
                    WHEN s.was <> s.state AND s.closed_at IS NULL THEN 'claimed'
                    WHEN s.closed_at IS NOT NULL AND s.was_closed IS NULL THEN 'closed'
                    WHEN s.closed_at IS NULL AND s.was_closed IS NOT NULL THEN 'reopened'
                    WHEN s.organ_id IS DISTINCT FROM s.was_organ THEN 'assigned' END AS change, s.*
        FROM settled AS s
    ) AS told
    CROSS JOIN LATERAL (VALUES (told.organ_id), (told.was_organ)) AS o (organ_id)
    WHERE told.change IS NOT NULL
    GROUP BY told.change, told.region_code, told.list_kind ORDER BY told.change, told.region_code, told.list_kind
    """
)

# A new specification of the superior is to be confirmed by whoever claimed the matter; who has not answered yet answers
# to the new one, and has no more time for it.
_RESPECIFY = Statement(
    """
    UPDATE qingdan.claim AS c
    SET superior_version = u.version, version = c.version + 1,
        due_at = CASE WHEN o.state = 'claimed'
                      THEN CAST(:counted_from AS timestamptz) + coalesce(p.due_days, 30) * interval '1 day'
                      ELSE c.due_at END
    FROM qingdan.item AS u, qingdan.claim AS o
    LEFT JOIN LATERAL (
        SELECT p.due_days FROM qingdan.region AS r
        JOIN qingdan.claim_plan AS p ON p.region_code = r.code OR p.region_code = ANY (r.ancestors)
        WHERE r.code = o.region_code AND p.list_kind = o.list_kind AND p.active
        ORDER BY coalesce(array_position(r.ancestors, p.region_code), 0) LIMIT 1
    ) AS p ON true
    WHERE c.id = o.id AND o.superior_item_id = u.id AND u.id = ANY (CAST(:ids AS uuid[]))
      AND o.state <> 'withdrawn' AND o.superior_version < u.version
    RETURNING c.id
    """
)


async def settle(
    connection: AsyncConnection,
    *,
    actor: str,
    now: datetime,
    ids: Sequence[UUID] = (),
    claims: Sequence[UUID] = (),
    region: str | None = None,
    list_kind: str | None = None,
) -> list[Row]:
    """Hold claims against local entries: around the entries `ids`, the `claims`, or offers to whom lists the
    matter already, in a region and below.

    Answers (change, region_code, list_kind, organs, claims, items): change is claimed, closed, reopened, assigned
    (the claim went to the organ that took its entry over) or withdrawn (that organ had claimed it already), `items` are
    the local entries.
    """
    given = {
        "ids": list(ids), "claims": list(claims), "region": region, "whole": region is not None,
        "list_kind": list_kind, "actor": actor, "now": now, "needed": list(NEEDED), "entry": ENTRY,
        "confirmation": CONFIRMATION,
    }  # fmt: skip
    return await _SETTLE.rows(connection, given)


async def respecify(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Claims of superiors' entries that have a new specification, which is to be followed from now on; their ids."""
    return await _RESPECIFY.values(connection, {"ids": list(ids), "counted_from": counted_from(now)})

"""SQL of withdrawals: which entries a withdrawn publication changed, and what they said before it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

_WAITING = Statement(
    """
    SELECT id, publication_id, reason, legal_basis FROM qingdan.publish_withdrawal_v1
    WHERE id = ANY (CAST(:withdrawals AS uuid[])) AND state = 'waiting' ORDER BY given_at, id
    """
)
# What the public saw change, and of the same lists and adjustments what only the staff sees: it goes back as well.
# An entry that the publication was the first to show, and that was there before for the staff alone, is theirs again.
# What others decided since the version shown before was no publication where the public sees nothing of it. It stands:
# an entry goes back to where the decisions of the publication found it.
_TAKEN = """
    WITH taken (item_id, version, version_before) AS MATERIALIZED (
        SELECT t.item_id, t.version, CASE WHEN t.version_before IS NULL THEN (
                   SELECT max(b.number) FROM qingdan.item_version AS b
                   WHERE b.item_id = t.item_id AND b.number < t.version
                     AND coalesce(b.elements ->> 'audience', 'public') <> 'public')
               ELSE coalesce((
                   SELECT min(b.number) - 1 FROM qingdan.item_version AS b
                   WHERE b.item_id = t.item_id AND b.number > t.version_before AND b.number <= t.version
                     AND (b.adjustment_id = ANY (p.adjustments) OR b.adjustment_id IS NOT DISTINCT FROM v.adjustment_id)
               ), t.version_before) END
        FROM qingdan.publish_taken_back_v1 AS t
        JOIN qingdan.item_version AS v ON v.item_id = t.item_id AND v.number = t.version
        JOIN qingdan.publish_publication_v1 AS p ON p.id = :publication
        WHERE t.withdrawal_id = :withdrawal
        UNION ALL
        SELECT i.id, i.version, (SELECT max(b.number) FROM qingdan.item_version AS b
                                 WHERE b.item_id = i.id AND b.number < i.version
                                   AND b.adjustment_id IS DISTINCT FROM v.adjustment_id)
        FROM qingdan.publish_publication_v1 AS p
        JOIN qingdan.publish_publication_part_v1 AS x ON x.publication_id = p.id
        JOIN qingdan.item AS i ON i.list_id = x.list_id AND i.audience = 'staff'
        JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version
        WHERE p.id = :publication AND v.adjustment_id = ANY (p.adjustments)
    )
"""
_LOCK = Statement(
    _TAKEN
    + """
    SELECT i.id FROM qingdan.item AS i WHERE i.id IN (SELECT t.item_id FROM taken AS t)
    ORDER BY i.id FOR NO KEY UPDATE
    """
)
# In the way: an entry that has changed again, or that follows a platform's catalogue.
_IN_THE_WAY = Statement(
    _TAKEN
    + """
    SELECT i.id, i.name, i.audience, l.mirrored_from IS NOT NULL AS mirrored
    FROM taken AS t JOIN qingdan.item AS i ON i.id = t.item_id JOIN qingdan.list AS l ON l.id = i.list_id
    WHERE i.version <> t.version OR l.mirrored_from IS NOT NULL
    ORDER BY i.id LIMIT 5
    """
)
# Patches that make each entry say what it said: what has been added since is removed, what was not there is cancelled.
RESTORED = (
    _TAKEN
    + """
    SELECT t.item_id,
           CASE WHEN b.elements IS NULL THEN '{"state": "cancelled"}'::jsonb
                ELSE coalesce((SELECT jsonb_object_agg(k.name, 'null'::jsonb)
                               FROM jsonb_object_keys(c.elements) AS k(name) WHERE NOT b.elements ? k.name), '{}')
                     || b.elements END AS document,
           coalesce(b.provenance, '{}') AS provenance, CAST(:withdrawal AS uuid) AS adjustment_id,
           CAST(:at AS timestamptz) AS effective_at, 'restore' AS operation, CAST(NULL AS integer) AS rule_set
    FROM taken AS t
    JOIN qingdan.item_version AS c ON c.item_id = t.item_id AND c.number = t.version
    LEFT JOIN qingdan.item_version AS b ON b.item_id = t.item_id AND b.number = t.version_before
    """
)
# Codes inside an entry are kept of those alone that have passed to another organ once.
_CODED = Statement(
    """
    SELECT DISTINCT c.item_id FROM qingdan.item_code AS c
    WHERE c.item_id = ANY (CAST(:items AS uuid[])) AND c.scheme = 'material'
    """
)
_WITHOUT_SUCCESSORS = Statement(
    """
    DELETE FROM qingdan.item_successor AS s USING qingdan.publish_publication_v1 AS p
    WHERE p.id = :publication AND s.item_id = ANY (CAST(:items AS uuid[])) AND s.adjustment_id = ANY (p.adjustments)
    """
)


async def coded(connection: AsyncConnection, items: Sequence[UUID]) -> set[UUID]:
    """Those of the entries whose materials' codes are kept."""
    return set(await _CODED.values(connection, {"items": list(items)}))


async def leave_no_successors(connection: AsyncConnection, publication: UUID, items: Sequence[UUID]) -> None:
    """Entries that stand again have no successors from what was taken back; its adjustments' versions still tell."""
    await _WITHOUT_SUCCESSORS.rows(connection, {"publication": publication, "items": list(items)})


async def waiting(connection: AsyncConnection, withdrawals: Sequence[UUID]) -> list[Row]:
    """Those of the withdrawals that are still to be carried out."""
    return await _WAITING.rows(connection, {"withdrawals": list(withdrawals)})


async def lock(connection: AsyncConnection, withdrawal: UUID, publication: UUID) -> list[UUID]:
    """Lock the entries a withdrawal takes back; their ids in order."""
    return await _LOCK.values(connection, {"withdrawal": withdrawal, "publication": publication})


async def in_the_way(connection: AsyncConnection, withdrawal: UUID, publication: UUID) -> list[Row]:
    """Some of the locked entries that cannot go back."""
    return await _IN_THE_WAY.rows(connection, {"withdrawal": withdrawal, "publication": publication})

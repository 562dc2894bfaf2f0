"""SQL of tasks whose assignee cannot do them any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.statement import Row, Statement

# Whoever could not be given the task today: blocked, deleted, or without its role there.
_DESERTED = Statement(
    """
    SELECT t.id, t.kind, t.region_code, t.adjustment_id, t.assignee_id
    FROM qingdan.task AS t
    JOIN qingdan.catalog_region_v1 AS r ON r.code = t.region_code
    WHERE t.state = 'open' AND t.assignee_id IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM qingdan.catalog_account_v1 AS a
          JOIN qingdan.catalog_account_role_v1 AS g ON g.account_id = a.id
          WHERE a.id = t.assignee_id AND a.active AND g.role = t.role
            AND (g.region_code = r.code OR g.region_code = ANY(r.ancestors))
            AND (g.organ_id IS NULL OR g.organ_id = t.organ_id OR g.organ_id = ANY(t.joint_organ_ids)))
    ORDER BY t.id LIMIT :limit FOR UPDATE OF t SKIP LOCKED
    """
)

_RELEASE = Statement(
    """
    UPDATE qingdan.task AS t
    SET assignee_id = NULL, version = t.version + 1,
        history = t.history || jsonb_build_object('at', CAST(:now AS timestamptz), 'act', 'released',
            'by', CAST(:actor AS text), 'to', NULL, 'reason', CAST(:reason AS text))
    WHERE t.id = ANY(CAST(:ids AS uuid[]))
    """
)


async def deserted(connection: AsyncConnection, limit: int) -> list[Row]:
    """Open tasks whose assignee could not be given them today, locked."""
    return await _DESERTED.rows(connection, {"limit": limit})


async def release(connection: AsyncConnection, ids: Sequence[UUID], *, actor: str, reason: str, now: datetime) -> None:
    """Let tasks lie for whoever takes them, and write why into their history."""
    given: dict[str, Any] = {"ids": list(ids), "actor": actor, "reason": reason, "now": now}
    await _RELEASE.rows(connection, given)

"""SQL of parts of tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.workflow.tasks.inbox.repository import COLUMNS
from shared.statement import Row, Statement

_PARTS = Statement(f"SELECT {COLUMNS} FROM qingdan.task AS t WHERE t.parent_id = :parent_id ORDER BY t.opened_at, t.id")
_PART = Statement(f"SELECT {COLUMNS} FROM qingdan.task AS t WHERE t.id = :id")
_COUNT = Statement("SELECT count(*) FROM qingdan.task AS t WHERE t.parent_id = :parent_id AND t.state = 'open'")
# That a task was closed is read later: one that has been opened again meanwhile, with another day, keeps its parts.
_LEFT_OF = Statement(
    """
    SELECT t.subject FROM qingdan.task AS t
    JOIN qingdan.task AS p ON p.id = t.parent_id AND p.state IN ('done', 'void')
    WHERE t.parent_id = ANY(CAST(:parents AS uuid[])) AND t.state = 'open' ORDER BY t.id
    """
)
_JOINT = Statement(
    f"""
    UPDATE qingdan.task AS t SET joint_organ_ids = CAST(:organ_ids AS uuid[]) WHERE t.id = :id RETURNING {COLUMNS}
    """
)


async def parts(connection: AsyncConnection, parent_id: UUID) -> list[Row]:
    """The parts of a task, the oldest first."""
    return await _PARTS.rows(connection, {"parent_id": parent_id})


async def part(connection: AsyncConnection, id_: UUID) -> dict[str, Any]:
    """A part that was just made."""
    row = await _PART.row(connection, {"id": id_})
    assert row is not None  # it is there
    return dict(row)


async def count_open(connection: AsyncConnection, parent_id: UUID) -> int:
    """How many parts of a task are open."""
    return int(await _COUNT.value(connection, {"parent_id": parent_id}))


async def left_of(connection: AsyncConnection, parents: Sequence[UUID]) -> list[str]:
    """Subjects of the open parts of those of these tasks that are closed."""
    return await _LEFT_OF.values(connection, {"parents": list(parents)})


async def set_joint(connection: AsyncConnection, task_id: UUID, organ_ids: Sequence[UUID]) -> dict[str, Any]:
    """Say which organs help with a task; the task as it is now."""
    row = await _JOINT.row(connection, {"id": task_id, "organ_ids": list(organ_ids)})
    assert row is not None  # it is locked
    return dict(row)

"""Use cases of tasks: opened for whoever has to act, closed when it is done, listed for the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.procedures.rules import ReviewStep
from services.workflow.tasks import repository
from services.workflow.tasks.rules import position_of
from shared.http.pages import decode_cursor, encode_cursor
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction

# As many entries as an event of the catalog names.
MOST_IN_EVENT = 1_000
CONFLICT = "调整内容与现行版本冲突"
_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


async def open_for_steps(tx: Transaction, opened: Sequence[tuple[Adjustment, ReviewStep]]) -> None:
    """A task for each review step that has opened: for the organ that signs, or for the role in the region."""
    rows = [
        {
            "id": step.id,
            "kind": "review",
            "region_code": step.region_code,
            "organ_id": step.organ_id,
            "role": step.role,
            "title": f"{step.title}{f'（{step.recipient}）' if step.recipient else ''}：{adjustment.title}",
            "subject": f"review_step/{step.id}",
            "adjustment_id": adjustment.id,
            "due_at": step.due_at,
        }
        for adjustment, step in opened
    ]
    if rows:
        tell(tx, "task.opened", "review", await repository.open_tasks(tx.connection, rows, tx.now))


async def close_for_steps(tx: Transaction, step_ids: Sequence[UUID]) -> None:
    """The steps are done."""
    subjects = [f"review_step/{id_}" for id_ in step_ids]
    closed = await repository.close(tx.connection, "review", subjects, state="done", actor=tx.actor, now=tx.now)
    tell(tx, "task.closed", "review", closed)


async def open_for_conflicts(
    tx: Transaction, adjustments: Sequence[Adjustment], reasons: Mapping[UUID, str] | None = None
) -> None:
    """A decided adjustment in conflict lies in the decider's inbox, never out of sight.

    `reasons` says, by adjustment, why the catalog refused one whose values did not contradict.
    """
    causes = reasons or {}
    rows = [
        {
            "id": adjustment.id,
            "kind": "conflict",
            "region_code": adjustment.region_code,
            "organ_id": None,
            "role": "decider",
            "title": f"{causes.get(adjustment.id, CONFLICT)}：{adjustment.title}（{adjustment.number}）",
            "subject": f"adjustment/{adjustment.id}",
            "adjustment_id": adjustment.id,
            "due_at": None,
        }
        for adjustment in adjustments
    ]
    if rows:
        tell(tx, "task.opened", "conflict", await repository.open_tasks(tx.connection, rows, tx.now))


async def close_conflict(tx: Transaction, adjustment_id: UUID) -> None:
    """The conflict is being worked on again."""
    subjects = [f"adjustment/{adjustment_id}"]
    closed = await repository.close(tx.connection, "conflict", subjects, state="done", actor=tx.actor, now=tx.now)
    tell(tx, "task.closed", "conflict", closed)


async def open_correction(tx: Transaction, adjustments: Sequence[Adjustment]) -> None:
    """A returned adjustment lies with the compilers of every organ that takes part."""
    rows = [
        {
            "id": new_id(),
            "kind": "correction",
            "region_code": adjustment.region_code,
            "organ_id": organ_id,
            "role": "compiler",
            "title": f"退回修改：{adjustment.title}（{adjustment.number}）",
            "subject": f"adjustment/{adjustment.id}/{organ_id}",
            "adjustment_id": adjustment.id,
            "due_at": None,
        }
        for adjustment in adjustments
        for organ_id in adjustment.organs
    ]
    if rows:
        tell(tx, "task.opened", "correction", await repository.open_tasks(tx.connection, rows, tx.now))


async def close_correction(tx: Transaction, adjustment_id: UUID, *, state: str) -> None:
    """It was submitted again (`done`), or taken back for good (`void`); also for organs that take part no more."""
    closed = await repository.close_of_adjustment(
        tx.connection, adjustment_id, "correction", state=state, actor=tx.actor, now=tx.now
    )
    tell(tx, "task.closed", "correction", closed)


async def void_of_adjustment(tx: Transaction, adjustment_id: UUID) -> None:
    """Nobody needs to review or decide it for the time being."""
    voided = await repository.void_of_adjustment(tx.connection, adjustment_id, actor=tx.actor, now=tx.now)
    tell(tx, "task.closed", "review", voided)


def tell(tx: Transaction, type_: str, kind: str, ids: Sequence[UUID]) -> None:
    """One event for tasks of a kind that were opened or closed together, a thousand at most each."""
    for start in range(0, len(ids), MOST_IN_EVENT):
        part = [str(id_) for id_ in ids[start : start + MOST_IN_EVENT]]
        tx.append(NewEvent(type=type_, refs={"kind": kind, "tasks": part}))


async def mine(
    tx: Transaction,
    principal: Principal,
    *,
    state: str,
    kind: str | None,
    adjustment_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the caller's tasks and the cursor of the next one.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    rows = await repository.mine(
        tx.connection,
        [(grant.role, grant.region_code, grant.organ_id) for grant in principal.grants],
        state=state,
        kind=kind,
        adjustment_id=adjustment_id,
        after=position_of(decode_cursor(cursor, 2)) if cursor else _BEGINNING,
        limit=limit + 1,
    )
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor([last["opened_at"].isoformat(), str(last["id"])])

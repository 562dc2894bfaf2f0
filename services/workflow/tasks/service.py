"""Use cases of tasks: opened for whoever has to act, with the clock of their limit, closed when it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.clocks import service as clocks
from services.workflow.clocks.rules import Limit
from services.workflow.corrections import rules as corrections
from services.workflow.procedures.due import clocked
from services.workflow.procedures.rules import ReviewStep
from services.workflow.register import repository as register
from services.workflow.tasks import repository
from services.workflow.tasks.repository import Closed
from shared.calendar.limits import TimeLimit
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# As many entries as an event of the catalog names.
MOST_IN_EVENT = 1_000
CONFLICT = "调整内容与现行版本冲突"


async def open_tasks(
    tx: Transaction, kind: str, rows: Sequence[dict[str, Any]], timed: Sequence[tuple[dict[str, Any], Limit]]
) -> list[UUID]:
    """Open tasks of a kind; those that are `timed` get a clock, and their due date by their region's calendar.

    Opening one that is open already changes nothing. Returns the ids of those that were opened.
    """
    if not rows:
        return []
    begun = await clocks.begun(tx, timed)
    due = {clock.id: clock.due_at for clock in begun}
    dated = [row | {"due_at": due.get(row["id"], row.get("due_at"))} for row in rows]
    opened = await repository.open_tasks(tx.connection, dated, begun, actor=tx.actor, now=tx.now)
    tell(tx, "task.opened", kind, opened)
    fresh = set(opened)
    clocks.tell(tx, "clock.started", [clock.id for clock in begun if clock.id in fresh])
    return opened


async def time_due(tx: Transaction, opened: Sequence[Row]) -> None:
    """Clocks for tasks that are due when the catalog says: who needs longer has a finding waived, or objects."""
    wanted = [(dict(row) | {"extension_most": 0}, clocks.fixed(row.due_at)) for row in opened if row.due_at is not None]
    await clocks.start(tx, await clocks.begun(tx, wanted))


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
    timed = [(row, clocked(step.limit)) for row, (_, step) in zip(rows, opened, strict=True) if step.limit]
    await open_tasks(tx, "review", rows, timed)


async def close_for_steps(tx: Transaction, step_ids: Sequence[UUID]) -> None:
    """The steps are done."""
    subjects = [f"review_step/{id_}" for id_ in step_ids]
    closed = await repository.close(tx.connection, "review", subjects, state="done", actor=tx.actor, now=tx.now)
    tell_closed(tx, "review", closed)


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
    await open_tasks(tx, "conflict", rows, [])


async def close_conflict(tx: Transaction, adjustment_id: UUID) -> None:
    """The conflict is being worked on again."""
    subjects = [f"adjustment/{adjustment_id}"]
    closed = await repository.close(tx.connection, "conflict", subjects, state="done", actor=tx.actor, now=tx.now)
    tell_closed(tx, "conflict", closed)


async def open_correction(tx: Transaction, adjustments: Sequence[Adjustment], days: int | None = None) -> None:
    """A returned adjustment lies with the compilers of every organ that takes part, for so many working days."""
    taking_part = [(adjustment.region_code, organ) for adjustment in adjustments for organ in adjustment.organs]
    places = await register.places(tx.connection, taking_part)
    rows = [
        {
            "id": corrections.task_id(adjustment.id, organ_id),
            "kind": "correction",
            "region_code": places[adjustment.region_code, organ_id],
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
    await open_tasks(tx, "correction", rows, [(row, corrections.limit(days)) for row in rows])


async def close_correction(tx: Transaction, adjustment_id: UUID, *, state: str) -> None:
    """It was submitted again (`done`), or taken back for good (`void`); also for organs that take part no more."""
    closed = await repository.close_of_adjustment(
        tx.connection, adjustment_id, ["correction"], state=state, actor=tx.actor, now=tx.now
    )
    tell_closed(tx, "correction", closed)


async def note_submission(tx: Transaction, adjustment_id: UUID) -> None:
    """It was submitted: corrected where it had been returned, and who has not replied yet need not any more."""
    await close_correction(tx, adjustment_id, state="done")
    await void_replies(tx, adjustment_id, still_asked=())


async def void_replies(tx: Transaction, adjustment_id: UUID, *, still_asked: Collection[UUID]) -> None:
    """The lead waits for no replies but those of the organs that are `still_asked`."""
    voided = await repository.close_of_adjustment(
        tx.connection, adjustment_id, ["reply"], state="void", actor=tx.actor, now=tx.now, but=still_asked
    )
    tell_closed(tx, "reply", voided)


async def void_of_adjustment(tx: Transaction, adjustment_id: UUID) -> None:
    """Nobody needs to review or decide it for the time being."""
    voided = await repository.close_of_adjustment(
        tx.connection,
        adjustment_id,
        ["review", "conflict", "dispute", "reply"],
        state="void",
        actor=tx.actor,
        now=tx.now,
    )
    tell_closed(tx, "review", voided)


async def open_for_dispute(
    tx: Transaction,
    adjustment: Adjustment,
    dispute_id: UUID,
    *,
    role: str,
    organ_id: UUID | None,
    question: str,
    limit: TimeLimit | None,
) -> None:
    """A dispute lies with whoever consults about it, or with the government that decides it."""
    what = "会商审核反馈争议" if role == "reviewer" else "审定争议"
    row = {
        "id": new_id(), "kind": "dispute", "region_code": adjustment.region_code, "organ_id": organ_id, "role": role,
        "title": f"{what}：{question[:100]}（{adjustment.number}）", "subject": f"dispute/{dispute_id}/{role}",
        "adjustment_id": adjustment.id, "due_at": None,
    }  # fmt: skip
    await open_tasks(tx, "dispute", [row], [(row, clocked(limit))] if limit else [])


async def close_dispute(tx: Transaction, dispute_id: UUID, role: str) -> None:
    """It was consulted about, or decided."""
    subjects = [f"dispute/{dispute_id}/{role}"]
    closed = await repository.close(tx.connection, "dispute", subjects, state="done", actor=tx.actor, now=tx.now)
    tell_closed(tx, "dispute", closed)


def tell_closed(tx: Transaction, kind: str, closed: Closed) -> None:
    """The tasks are closed, and their clocks stand still."""
    tell(tx, "task.closed", kind, closed.ids)
    clocks.tell(tx, "clock.stopped", closed.timed)


def tell(tx: Transaction, type_: str, kind: str, ids: Sequence[UUID]) -> None:
    """One event for tasks of a kind that were opened or closed together, a thousand at most each."""
    for start in range(0, len(ids), MOST_IN_EVENT):
        part = [str(id_) for id_ in ids[start : start + MOST_IN_EVENT]]
        tx.append(NewEvent(type=type_, refs={"kind": kind, "tasks": part}))

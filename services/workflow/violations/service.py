"""Use cases of violations: told of when found, read, dismissed with a reason, closed by what puts them right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.workflow.handling.rules import KIND_TITLES
from services.workflow.oversight import rules as oversight
from services.workflow.register import repository as registered
from services.workflow.register import service as register
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from services.workflow.violations import repository
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

KIND = "violation"


async def follow(tx: Transaction, found: Sequence[Row]) -> None:
    """Tell of violations that were just found, and lay them before the region's reviewer: one task an organ and kind.

    A platform that handles without a list at all leaves thousands of them; nobody can act on them one by one. One whose
    record turns out to be another organ's goes there, and the task it leaves ends when it was the last.
    """
    coming = [row for row in found if row.fresh or row.left_id is not None]
    if not coming:
        return
    by_region: dict[str, list[str]] = defaultdict(list)
    for row in coming:
        if row.fresh:
            by_region[row.region_code].append(str(row.violation_id))
    for region, ids in sorted(by_region.items()):
        tx.append(NewEvent(type="violation.found", region_code=region, refs={"violations": ids}))
    rows = await _tasks(tx, coming)
    left = sorted({(row.left_id, row.kind) for row in coming if row.left_id is not None}, key=str)
    subjects = [str(row["subject"]) for row in rows]
    await repository.take_turns(tx.connection, [*subjects, *(_subject(*place) for place in left)])
    await tasks.open_tasks(tx, KIND, rows, [])
    if left:
        await _close_tasks(tx, left)


async def _tasks(tx: Transaction, coming: Sequence[Row]) -> list[dict[str, Any]]:
    organs = await registered.organs(tx.connection, {row.organ_id for row in coming})
    places = sorted({(row.organ_id, row.kind, row.region_code) for row in coming}, key=str)
    return [
        {
            "id": new_id(), "kind": KIND, "region_code": region, "organ_id": None, "role": "reviewer",
            "title": f"核查违规办件：{organs[organ].name if organ in organs else ''}{KIND_TITLES[kind]}",
            "subject": _subject(organ, kind), "list_id": None, "adjustment_id": None, "due_at": None,
        }
        for organ, kind, region in places
    ]  # fmt: skip


async def page(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Violations of a region, or of an organ alone for its people. Raises NotFound, Forbidden."""
    chain = await register.chain_of(tx, filters["region"])
    oversight.require_reader(who, chain, filters["organ"])
    rows = await repository.page(tx.connection, filters, after=after, limit=limit)
    return [shown(who, row) for row in rows]


async def get(tx: Transaction, who: Principal, violation_id: UUID, *, lock: bool = False) -> Row:
    """A violation, for those who may see it; to others there is none. Raises NotFound."""
    row = await repository.find(tx.connection, violation_id, lock=lock)
    if row is None or not oversight.may_read(who, row.chain, row.organ_id):
        raise problems.NotFound("没有这条违规记录，请核对编号。", code="violation_not_found")
    return row


def shown(who: Principal, row: Row) -> dict[str, Any]:
    """A row as somebody may see it: persons are named only to those who supervise (TH-49)."""
    return dict(row) if oversight.sees_persons(who, row.chain) else dict(row) | {"responsible": None}


async def dismiss(tx: Transaction, who: Principal, violation_id: UUID, reason: str) -> dict[str, Any]:
    """Say why something is no violation after all; its record stays. Raises NotFound, Forbidden, IllegalTransition."""
    row = await get(tx, who, violation_id, lock=True)
    oversight.require_supervisor(who, row.chain)
    if row.state != "open":
        raise problems.IllegalTransition("该违规记录已办结，不能再撤销。", allowed=[])
    await close(tx, row, state="dismissed", reason=reason)
    # Answers to POST are kept for repeats, where every service reads them: no person is named in one.
    return dict(await get(tx, who, violation_id)) | {"responsible": None}


async def remedy(tx: Transaction, violation_id: UUID, reason: str) -> None:
    """What was ordered about it was done: it is closed."""
    row = await repository.find(tx.connection, violation_id, lock=True)
    if row is not None and row.state == "open":
        await close(tx, row, state="remedied", reason=reason)


async def close(tx: Transaction, row: Row, *, state: str, reason: str) -> None:
    """Close an open violation, and the task when it was the last of its organ and kind."""
    await repository.take_turns(tx.connection, [_subject(row.organ_id, row.kind)])
    await repository.close(tx.connection, row.id, state=state, reason=reason, actor=tx.actor, now=tx.now)
    refs = {"violations": [str(row.id)]}
    tx.append(NewEvent(type=f"violation.{state}", region_code=row.region_code, reason=reason, refs=refs))
    await _close_tasks(tx, [(row.organ_id, row.kind)])


async def _close_tasks(tx: Transaction, places: Sequence[tuple[UUID, str]]) -> None:
    """Close the tasks of organs and kinds that have no open violation any more; whoever calls has taken turns."""
    remaining = await repository.remaining(tx.connection, places)
    subjects = [_subject(*place) for place in places if place not in remaining]
    if subjects:
        closed = await stored_tasks.close(tx.connection, KIND, subjects, state="done", actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, KIND, closed)


def _subject(organ_id: UUID, kind: str) -> str:
    return f"violation/{organ_id}/{kind}"

"""Use cases of parts of tasks: divide a task, name the organs that help, and end the parts with the whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.workflow.clocks import service as clocks
from services.workflow.register import service as register
from services.workflow.tasks import repository as stored
from services.workflow.tasks import rules as tasks_rules
from services.workflow.tasks import service as tasks
from services.workflow.tasks.inbox import repository as inbox_repository
from services.workflow.tasks.inbox import service as inbox
from services.workflow.tasks.subtasks import repository, rules
from services.workflow.tasks.subtasks.schemas import JointOrgans, NewSubtask
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.statement import Row

KIND = "subtask"


async def add(tx: Transaction, principal: Principal, task_id: UUID, given: NewSubtask) -> dict[str, Any]:
    """Give a part of a task to an organ or to somebody, with a day (QX-52).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition
    problems.Conflict
        The task is a part itself, or has too many.
    problems.Invalid
        The organ lies elsewhere, the day is no good, or the account could not do it.
    """
    parent = await inbox.lock_open(tx, principal, task_id, None)
    inbox.require_hand(principal, parent)
    rules.check_parent(parent, await repository.count_open(tx.connection, task_id))
    place = await _place(tx, parent, given.organ_id)
    id_ = new_id()
    row = {
        "id": id_, "kind": KIND, "region_code": place[0],
        "organ_id": given.organ_id or parent["organ_id"],
        "role": given.role or ("compiler" if given.organ_id else parent["role"]),
        "title": given.title, "subject": f"subtask/{id_}", "list_id": parent["list_id"],
        "adjustment_id": parent["adjustment_id"], "parent_id": task_id,
        "due_at": rules.due_at(given.due_on, parent["due_at"], tx.now),
    }  # fmt: skip
    if given.account_id is not None:
        await _check_able(tx, row | {"chain": place, "joint_organ_ids": []}, given.account_id)
    timed = [(row | {"extension_most": 0}, clocks.fixed(row["due_at"]))] if row["due_at"] is not None else []
    await tasks.open_tasks(tx, KIND, [row], timed)
    await inbox.hand(tx, parent, parent["assignee_id"], "divided", given.title)
    if given.account_id is not None:
        return await inbox.hand(tx, row, given.account_id, "assigned", given.title)
    return await repository.part(tx.connection, id_)


async def parts(tx: Transaction, principal: Principal, task_id: UUID) -> list[Row]:
    """The parts of a task the caller may see.

    Raises
    ------
    problems.NotFound
    """
    await inbox.find(tx, principal, task_id)
    return await repository.parts(tx.connection, task_id)


async def share(
    tx: Transaction, principal: Principal, task_id: UUID, given: JointOrgans, if_match: str | None
) -> dict[str, Any]:
    """Say which organs help the leading one with a task (TH-05); their people see and may complete it.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    problems.Invalid
        An organ is unknown, lies elsewhere, or is named twice.
    """
    task = await inbox.lock_open(tx, principal, task_id, if_match)
    inbox.require_hand(principal, task)
    rules.check_joint(task, given.organ_ids)
    if given.organ_ids:
        await _check_joint(tx, task, given.organ_ids)
    await repository.set_joint(tx.connection, task_id, given.organ_ids)
    return await inbox.hand(tx, task, task["assignee_id"], "shared", given.reason)


async def end_with(tx: Transaction, parents: Sequence[UUID]) -> None:
    """What is still open of tasks that are closed is not needed any more."""
    subjects = await repository.left_of(tx.connection, parents)
    if subjects:
        closed = await stored.close(tx.connection, KIND, subjects, state="void", actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, KIND, closed)


async def _place(tx: Transaction, task: Row, organ_id: UUID | None) -> Sequence[str]:
    """Where a part lies, the nearest region first: with its organ, or else with the whole.

    Raises
    ------
    problems.Invalid
        The organ lies neither in the region of the task nor below it.
    """
    if organ_id is None:
        return list(task["chain"])
    organ = (await register.organs_of(tx, [organ_id], "/organ_id"))[organ_id]
    if task["region_code"] not in organ.region_chain:
        place = problems.FieldError("/organ_id", "elsewhere", "该单位不在本区划内")
        raise problems.Invalid("所列单位不在任务所属区划内，请修改。", code="elsewhere", errors=[place])
    return organ.region_chain


async def _check_joint(tx: Transaction, task: Row, organ_ids: Sequence[UUID]) -> None:
    """Organs that help see the task where it lies: those below it get parts of their own. Raises Invalid."""
    found = await register.organs_of(tx, organ_ids, "/organ_ids")
    errors = [
        problems.FieldError(f"/organ_ids/{index}", "elsewhere", "该单位不在本区划内；下级单位请分解任务")
        for index, organ_id in enumerate(organ_ids)
        if found[organ_id].region_code != task["region_code"]
    ]
    if errors:
        raise problems.Invalid("所列单位不在任务所属区划内，请修改。", code="elsewhere", errors=errors)


async def _check_able(tx: Transaction, row: dict[str, Any], account_id: UUID) -> None:
    if wrong := tasks_rules.refusal(await inbox_repository.able(tx.connection, row, account_id)):
        place = problems.FieldError("/account_id", wrong[0], wrong[1])
        raise problems.Invalid("该账号不能办理此任务，请另选人员。", code=wrong[0], errors=[place])

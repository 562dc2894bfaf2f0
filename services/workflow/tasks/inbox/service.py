"""Use cases of the inbox: list, count, assign, take, give back, complete, and what happened to a task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.workflow.clocks.service import position_of
from services.workflow.tasks import repository as tasks
from services.workflow.tasks import rules
from services.workflow.tasks.inbox import repository
from services.workflow.tasks.inbox.repository import Filters, Grants
from services.workflow.tasks.service import tell_closed
from shared import problems
from shared.http.etag import require_match
from shared.http.pages import decode_cursor, encode_cursor
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))


async def page(
    tx: Transaction, principal: Principal, filters: Filters, *, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of the caller's tasks and the cursor of the next one.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    rows = await repository.page(
        tx.connection,
        grants_of(principal),
        principal.account_id,
        filters,
        now=tx.now,
        after=position_of(decode_cursor(cursor, 2)) if cursor else _BEGINNING,
        limit=limit + 1,
    )
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], encode_cursor([last["opened_at"].isoformat(), str(last["id"])])


async def summary(tx: Transaction, principal: Principal, filters: Filters) -> list[dict[str, Any]]:
    """How many of the caller's tasks there are of each kind, late ones and his own among them."""
    return await repository.summary(tx.connection, grants_of(principal), principal.account_id, filters, tx.now)


async def find(tx: Transaction, principal: Principal, task_id: UUID) -> Row:
    """A task the caller may see.

    Raises
    ------
    problems.NotFound
        There is none, or it is not his to see.
    """
    row = await repository.find(tx.connection, grants_of(principal), principal.account_id, task_id, tx.now)
    if row is None:
        raise problems.NotFound("没有这项待办，或不在您的职责范围内。", code="task_not_found")
    return row


async def history(tx: Transaction, principal: Principal, task_id: UUID) -> list[dict[str, Any]]:
    """What happened to a task, in order: opened, handed on, paused, extended, warned of, closed.

    Raises
    ------
    problems.NotFound
    """
    return rules.history(dict(await find(tx, principal, task_id)))


async def assign(
    tx: Transaction, principal: Principal, task_id: UUID, account_id: UUID, *, reason: str | None, if_match: str | None
) -> dict[str, Any]:
    """Give a task to a colleague who could do it, or from one to another.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition, problems.PreconditionFailed
    problems.Forbidden
        The caller could neither do the task himself, nor has it risen to him, nor does he administer the region.
    problems.Invalid
        The account is unknown, blocked, does not hold the role there, or compiled what is to be reviewed.
    """
    task = await lock_open(tx, principal, task_id, if_match)
    require_hand(principal, task)
    if wrong := rules.refusal(await repository.able(tx.connection, task, account_id)):
        place = problems.FieldError("/account_id", wrong[0], wrong[1])
        raise problems.Invalid("该账号不能办理此待办，请另选人员。", code=wrong[0], errors=[place])
    return await hand(tx, task, account_id, "assigned", reason)


async def take(tx: Transaction, principal: Principal, task_id: UUID, if_match: str | None) -> dict[str, Any]:
    """Take a task nobody has, or one of somebody the caller stands in for.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition, problems.PreconditionFailed
    problems.Forbidden
        The caller could not do it.
    problems.Conflict
        Somebody else has taken it.
    """
    task = await lock_open(tx, principal, task_id, if_match)
    if not task["may_act"]:
        raise problems.Forbidden("您没有办理此待办的角色，不能领取。", code="cannot_act")
    if task["assignee_id"] not in (None, principal.account_id) and not task["stands_in"]:
        raise problems.Conflict("该待办已由他人领取；如需转办，请由领取人退回或重新指派。", code="task_taken")
    wrong = rules.refusal(await repository.able(tx.connection, task, principal.account_id))
    if wrong and wrong[0] == "own_compilation":
        raise problems.Forbidden("您参与了该调整的编制，不能办理其审核。", code="own_compilation")
    return await hand(tx, task, principal.account_id, "taken", None)


async def give_back(
    tx: Transaction, principal: Principal, task_id: UUID, *, reason: str | None, if_match: str | None
) -> dict[str, Any]:
    """Let a task lie for whoever takes it; by who has it, or by whoever may hand it on.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition, problems.Forbidden, problems.PreconditionFailed
    problems.Conflict
        Nobody has it.
    """
    task = await lock_open(tx, principal, task_id, if_match)
    if task["assignee_id"] is None:
        raise problems.Conflict("该待办尚无人领取，无需退回。", code="task_not_taken")
    if task["assignee_id"] != principal.account_id:
        require_hand(principal, task)
    return await hand(tx, task, None, "released", reason)


async def complete(
    tx: Transaction, principal: Principal, task_id: UUID, *, note: str, if_match: str | None
) -> dict[str, Any]:
    """Say that something with a deadline, or a part of a task, was done; all other tasks close by what is done about
    them.

    Raises
    ------
    problems.NotFound, problems.PreconditionFailed
    problems.IllegalTransition
        It is closed, or not one that people close.
    problems.Forbidden
    """
    task = await lock_open(tx, principal, task_id, if_match)
    if task["kind"] not in rules.CLOSED_BY_PEOPLE:
        raise problems.IllegalTransition(
            "此类待办随所涉事项办结自动关闭，请办理该事项。", allowed=[], code="closes_by_itself"
        )
    if not task["may_act"]:
        raise problems.Forbidden("您没有办理此待办的角色。", code="cannot_act")
    await hand(tx, task, task["assignee_id"], "completed", note)
    closed = await tasks.close(tx.connection, task["kind"], [task["subject"]], state="done", actor=tx.actor, now=tx.now)
    tell_closed(tx, task["kind"], closed)
    return dict(await find(tx, principal, task_id))


async def lock_open(tx: Transaction, principal: Principal, task_id: UUID, if_match: str | None) -> Row:
    """The task as it is now, locked, while it is open.

    Raises
    ------
    problems.NotFound, problems.PreconditionFailed, problems.IllegalTransition
    """
    await find(tx, principal, task_id)
    await repository.lock(tx.connection, task_id)
    task = await find(tx, principal, task_id)
    if if_match is not None:
        require_match(if_match, task["version"])
    if task["state"] != "open":
        raise problems.IllegalTransition("该待办已办结，不能再转办。", allowed=[], code="task_closed")
    return task


def require_hand(principal: Principal, task: Row) -> None:
    """Refuse whoever may not say who does a task. Raises Forbidden."""
    if not (task["may_act"] or task["risen"]):
        principal.require("administrator", region=task["chain"])


async def hand(
    tx: Transaction, task: Row | dict[str, Any], account_id: UUID | None, act: str, reason: str | None
) -> dict[str, Any]:
    """Give a task to somebody, or note what else was done with it, and tell of it; the task as it is now."""
    entry = {"at": tx.now, "act": act, "by": tx.actor, "to": account_id, "reason": reason}
    handed = await repository.hand(tx.connection, task["id"], account_id, entry)
    refs = {"kind": task["kind"], "tasks": [str(task["id"])], "account": account_id and str(account_id)}
    tx.append(
        NewEvent(
            type=f"task.{act}",
            region_code=task["region_code"],
            adjustment_id=task["adjustment_id"],
            reason=reason,
            refs=refs,
        )
    )
    return handed


def grants_of(principal: Principal) -> Grants:
    """The roles of somebody, as the statements of the inbox take them."""
    found: Sequence[tuple[str, str, UUID | None]] = [
        (grant.role, grant.region_code, grant.organ_id) for grant in principal.grants
    ]
    return found

"""Use cases of tasks by cause: a page of them, and all of one given to somebody."""

from __future__ import annotations

from uuid import UUID

from services.workflow.tasks.groups import repository
from services.workflow.tasks.groups.schemas import GroupAssignment
from services.workflow.tasks.inbox.repository import Filters
from services.workflow.tasks.inbox.service import grants_of
from services.workflow.tasks.service import MOST_IN_EVENT
from shared import problems
from shared.http.pages import decode_cursor, encode_cursor
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def page(
    tx: Transaction, principal: Principal, filters: Filters, *, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """A page of the caller's tasks by kind and cause, and the cursor of the next one.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    kind, key = decode_cursor(cursor, 2) if cursor else ("", "")
    rows = await repository.page(
        tx.connection,
        grants_of(principal),
        principal.account_id,
        filters,
        now=tx.now,
        after=(str(kind), str(key)),
        limit=limit + 1,
    )
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor([rows[limit - 1].kind, rows[limit - 1].key])


async def assign(tx: Transaction, principal: Principal, given: GroupAssignment) -> tuple[list[UUID], int]:
    """Give all tasks of a kind and cause to somebody, a thousand at most; which, and how many he could not do.

    Raises
    ------
    problems.NotFound
        The caller has none of this cause.
    problems.Invalid
        The account could do none of them.
    """
    entry = {"at": tx.now, "act": "assigned", "by": tx.actor, "to": given.account_id, "reason": given.reason}
    rows = await repository.assign(
        tx.connection,
        grants_of(principal),
        principal.account_id,
        Filters(kind=given.kind, cause=given.cause),
        now=tx.now,
        account_id=given.account_id,
        entry=entry,
        limit=MOST_IN_EVENT,
    )
    if not rows:
        raise problems.NotFound("没有此缘由的待办，或不在您的职责范围内。", code="task_not_found")
    handed = [row.id for row in rows if row.able]
    if not handed:
        place = problems.FieldError("/account_id", "cannot_act", "没有这个账号，或其没有办理这些待办的角色")
        raise problems.Invalid("该账号不能办理这些待办，请另选人员。", code="cannot_act", errors=[place])
    refs = {"kind": given.kind, "tasks": [str(id_) for id_ in handed], "account": str(given.account_id)}
    tx.append(NewEvent(type="task.assigned", reason=given.reason, refs=refs))
    return handed, len(rows) - len(handed)

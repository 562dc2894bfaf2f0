"""Use cases of the issue log: report at once, assign with a day, solve, open again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.campaigns import access
from services.workflow.campaigns.rules import require_state
from services.workflow.clocks import service as clocks
from services.workflow.clocks.rules import end_of
from services.workflow.obligations.papers.service import SPEAKING
from services.workflow.register import service as register
from services.workflow.reports.issues import repository, rules
from services.workflow.reports.issues.naming import Named, named
from services.workflow.reports.issues.rules import KIND
from services.workflow.reports.issues.schemas import Assignment, NewIssue, Reopening
from services.workflow.reports.repository import Overseer
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Who coordinates comes first in a campaign; in daily work the office of the approval reform (审改办, ZZ-33).
REVIEWER = "reviewer"
DAILY = (REVIEWER, "coordination_group")


async def report(tx: Transaction, principal: Principal, campaign_id: UUID, given: NewIssue) -> Row:
    """Report a major problem of a campaign: it lies with who runs it at once (QX-61).

    Raises
    ------
    problems.NotFound, problems.IllegalTransition, problems.Forbidden, problems.Invalid
        See `named`; or the region lies outside the campaign.
    """
    campaign = await access.find(tx, principal, campaign_id)
    require_state(campaign, "running")
    what = await named(tx, principal, given, campaign.region_code)
    if campaign.region_code not in what.chain:
        place = problems.FieldError("/region_code", "outside_campaign", "区划不在该专项工作范围内")
        raise problems.Invalid("区划有误。", code="outside_campaign", errors=[place])
    return await _open(tx, principal, given, what, campaign_id)


async def report_daily(tx: Transaction, principal: Principal, given: NewIssue) -> Row:
    """Report a major problem of daily work on lists: it lies with the office of the approval reform (ZZ-33).

    Raises
    ------
    problems.Forbidden, problems.Invalid
        See `named`.
    """
    return await _open(tx, principal, given, await named(tx, principal, given, None), None)


async def find(tx: Transaction, principal: Principal, issue_id: UUID) -> Row:
    """An issue the caller may read.

    Raises
    ------
    problems.NotFound
    """
    overseer = Overseer.of(principal, access.OVERSEEING)
    found = await repository.find(tx.connection, issue_id, overseer, actor=principal.actor)
    if found is None:
        raise problems.NotFound("没有这个问题记录，或不在您的职责范围内。", code="issue_not_found")
    return found


async def assign(tx: Transaction, principal: Principal, issue_id: UUID, given: Assignment, if_match: str | None) -> Row:
    """Say which organ has to solve it, and by when: by who coordinates (QX-54).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    problems.Invalid
        The day is over, or the organ is not one of the region, above or below it.
    """
    row = await _hold(tx, principal, issue_id, if_match, "assign")
    await _require_coordinator(tx, principal, row)
    rules.check_due(given.due_on, tx.now)
    organ = (await register.organs_of(tx, [given.organ_id], "/organ_id"))[given.organ_id]
    chain = await register.chain_of(tx, row.home)
    if row.home not in organ.region_chain and organ.region_code not in chain:
        place = problems.FieldError("/organ_id", "organ_elsewhere", f"“{organ.name}”不属于本区划及其上下级")
        raise problems.Invalid("责任单位有误。", code="organ_elsewhere", errors=[place])
    owner = {"owner_id": organ.id, "owner_region": organ.region_code}
    changed = dict(row) | owner | {"due_at": end_of(given.due_on)}
    note = {"organ": str(given.organ_id), "due_on": given.due_on.isoformat()}
    return await _save(tx, principal, changed, "assigned", note=given.note, **note)


async def resolve(tx: Transaction, principal: Principal, issue_id: UUID, resolution: str, if_match: str | None) -> Row:
    """Note how it was solved: by the organ that had to, or by who coordinates (HB-38).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    row = await _hold(tx, principal, issue_id, if_match, "resolve")
    if not any(grant.role in SPEAKING and grant.organ_id == row.owner_id is not None for grant in principal.grants):
        await _require_coordinator(tx, principal, row)
    solved = {"state": "resolved", "resolution": resolution, "resolved_by": tx.actor, "resolved_at": tx.now}
    return await _save(tx, principal, dict(row) | solved, "resolved", note=resolution)


async def reopen(tx: Transaction, principal: Principal, issue_id: UUID, given: Reopening, if_match: str | None) -> Row:
    """It is not solved after all: by who coordinates, with another day.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed, problems.Invalid
    """
    row = await _hold(tx, principal, issue_id, if_match, "reopen")
    await _require_coordinator(tx, principal, row)
    rules.check_due(given.due_on, tx.now)
    again = {"state": "open", "resolution": None, "resolved_by": None, "resolved_at": None,
             "due_at": end_of(given.due_on)}  # fmt: skip
    return await _save(tx, principal, dict(row) | again, "reopened", note=given.reason)


async def _open(tx: Transaction, principal: Principal, given: NewIssue, what: Named, campaign_id: UUID | None) -> Row:
    due = await calendars.due_for(tx, what.chain[0], rules.LIMITS[given.severity], tx.now)
    values = given.model_dump() | {
        "id": new_id(), "campaign_id": campaign_id, "region_code": what.chain[0], "organ_id": what.organ_id,
        "list_kind": what.list_kind, "due_at": due.at, "actor": tx.actor, "now": tx.now,
    }  # fmt: skip
    await repository.insert(tx.connection, values)
    row = await find(tx, principal, values["id"])
    await _open_task(tx, dict(row))
    _tell(tx, row, "reported", severity=given.severity)
    return row


async def _save(
    tx: Transaction, principal: Principal, issue: dict[str, Any], act: str, *, note: str | None, **more: str
) -> Row:
    await repository.save(tx.connection, issue, rules.entry(act, by=tx.actor, at=tx.now, note=note, **more))
    subjects = [rules.subject_of(issue["id"])]
    state = "done" if act == "resolved" else "void"
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state=state, actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)
    if issue["state"] == "open":
        await _open_task(tx, issue)
    row = await find(tx, principal, issue["id"])
    _tell(tx, row, act, reason=note if act == "reopened" else None, **more)
    return row


async def _open_task(tx: Transaction, issue: dict[str, Any]) -> None:
    """It may come back, to somebody else: the same task opens again, with a clock that ends on the new day."""
    home = await register.chain_of(tx, issue["home"])
    roles = access.COORDINATING if issue["campaign_id"] else DAILY
    role = await repository.role_there(tx.connection, roles, home) or REVIEWER
    task = rules.task(issue, home=home[0], role=role)
    await tasks.open_tasks(tx, KIND, [task], [(task, clocks.fixed(task["due_at"]))])


async def _hold(tx: Transaction, principal: Principal, issue_id: UUID, if_match: str | None, act: str) -> Row:
    await repository.lock(tx.connection, issue_id)
    row = await find(tx, principal, issue_id)
    if if_match is not None:
        require_match(if_match, row.version)
    rules.require(row, act)
    return row


async def _require_coordinator(tx: Transaction, principal: Principal, row: Row) -> None:
    access.require_coordinator(principal, await register.chain_of(tx, row.home))


def _tell(tx: Transaction, row: Row, what: str, *, reason: str | None = None, **refs: str) -> None:
    given = {"campaign": str(row.campaign_id)} if row.campaign_id else {}
    tx.append(NewEvent(type=f"campaign_issue.{what}", region_code=row.region_code, list_kind=row.list_kind,
                       list_id=row.list_id, reason=reason, refs=given | {"issue": str(row.id)} | refs))  # fmt: skip

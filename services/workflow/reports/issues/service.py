"""Use cases of the issue log: report at once, solve."""

from __future__ import annotations

from uuid import UUID

from services.workflow.campaigns import access
from services.workflow.campaigns import repository as campaigns
from services.workflow.campaigns.rules import require_state
from services.workflow.register import repository as register_repository
from services.workflow.register import service as register
from services.workflow.reports.issues import repository
from services.workflow.reports.issues.schemas import NewIssue
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

KIND = "issue"
SEVERITIES = {"major": "重大", "critical": "特别重大"}


async def report(tx: Transaction, principal: Principal, campaign_id: UUID, given: NewIssue) -> Row:
    """Report a major problem: it lies with who runs the campaign at once (QX-61).

    Raises
    ------
    problems.NotFound, problems.IllegalTransition
    problems.Forbidden
        The caller has no role where the problem is said to be, or does not act for the organ.
    problems.Invalid
        There is no such organ or kind of list, or the region lies elsewhere.
    """
    campaign = await access.find(tx, principal, campaign_id)
    require_state(campaign, "running")
    chain = await register.chain_of(tx, given.region_code or campaign.region_code)
    if campaign.region_code not in chain:
        place = problems.FieldError("/region_code", "outside_campaign", "区划不在该专项工作范围内")
        raise problems.Invalid("区划有误。", code="outside_campaign", errors=[place])
    organ_id = given.organ_id or principal.organ_id
    await _check(tx, principal, given, chain, organ_id)
    values = given.model_dump() | {
        "id": new_id(), "campaign_id": campaign_id, "region_code": chain[0], "organ_id": organ_id,
        "actor": tx.actor, "now": tx.now,
    }  # fmt: skip
    await repository.insert(tx.connection, values)
    home = await register.chain_of(tx, campaign.region_code)
    role = await repository.role_there(tx.connection, access.COORDINATING, home)
    task = {
        "id": values["id"], "kind": KIND, "region_code": campaign.region_code, "organ_id": None, "role": role,
        "title": f"{SEVERITIES[given.severity]}问题：{given.title}（{campaign.title}）",
        "subject": f"{KIND}/{values['id']}", "list_id": None, "adjustment_id": None, "due_at": None,
    }  # fmt: skip
    await tasks.open_tasks(tx, KIND, [task], [])
    _tell(tx, "campaign_issue.reported", campaign_id, values["id"], chain[0], severity=given.severity)
    return await find(tx, principal, values["id"])


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


async def resolve(tx: Transaction, principal: Principal, issue_id: UUID, resolution: str, if_match: str | None) -> Row:
    """Note how it was solved: by who runs the campaign (HB-38).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    await repository.lock(tx.connection, issue_id)
    row = await find(tx, principal, issue_id)
    if if_match is not None:
        require_match(if_match, row.version)
    access.require_coordinator(principal, await register.chain_of(tx, row.campaign_region))
    if row.state != "open":
        raise problems.IllegalTransition("该问题已经解决。", allowed=[])
    await repository.resolve(tx.connection, issue_id, resolution=resolution, actor=tx.actor, now=tx.now)
    subjects = [f"{KIND}/{issue_id}"]
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state="done", actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)
    _tell(tx, "campaign_issue.resolved", row.campaign_id, issue_id, row.region_code)
    return await find(tx, principal, issue_id)


async def _check(
    tx: Transaction, principal: Principal, given: NewIssue, chain: tuple[str, ...], organ_id: UUID | None
) -> None:
    own = access.oversees(principal, chain) or any(
        grant.region_code in chain and (grant.organ_id is None or grant.organ_id == organ_id)
        for grant in principal.grants
    )
    if not own:
        raise problems.Forbidden("您在该区划、单位没有角色，不能代其报告问题。", code="not_own_unit")
    if organ_id is not None and organ_id not in await register_repository.organs(tx.connection, [organ_id]):
        place = problems.FieldError("/organ_id", "unknown_organ", f"没有标识为 {organ_id} 的机构")
        raise problems.Invalid("所列机构未登记。", code="unknown_organ", errors=[place])
    if given.list_kind and given.list_kind not in await campaigns.known_kinds(tx.connection, [given.list_kind]):
        place = problems.FieldError("/list_kind", "kind_unknown", f"没有清单类型“{given.list_kind}”，请核对代码")
        raise problems.Invalid("所列清单类型未登记。", code="kind_unknown", errors=[place])


def _tell(tx: Transaction, type_: str, campaign_id: UUID, issue_id: UUID, region_code: str, **refs: str) -> None:
    given = {"campaign": str(campaign_id), "issue": str(issue_id)} | refs
    tx.append(NewEvent(type=type_, region_code=region_code, refs=given))

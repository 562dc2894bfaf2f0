"""Use cases of papers: hand in, file with a receipt, give back, waive."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.workflow.campaigns import access
from services.workflow.campaigns.rules import PAPERS
from services.workflow.clocks.rules import day_of, end_of
from services.workflow.obligations import repository, rules, service
from services.workflow.obligations.papers.schemas import HandedIn, Receipt
from services.workflow.register import service as register
from shared import problems
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Who speaks for a unit: the lead of its lists, its head, or whoever compiles there.
SPEAKING = ("list_authority", "principal", "compiler")


async def hand_in(
    tx: Transaction, principal: Principal, obligation_id: UUID, given: HandedIn, if_match: str | None
) -> Row:
    """Hand in a plan, a summary, a document, or what has to be there beside a list.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    row = await _hold(tx, principal, obligation_id, if_match)
    await require_speaker(tx, principal, row.region_code, row.organ_id, *row.organisers)
    rules.require_open(row, "open")
    if "submit" not in rules.allowed(row):
        raise problems.IllegalTransition("该事项无须报送文件，随清单公布自动完成。", allowed=rules.allowed(row))
    document = given.model_dump(mode="json") | {"by": tx.actor, "at": tx.now.isoformat()}
    paper = row.subject in PAPERS
    await repository.submit(tx.connection, obligation_id, document, paper=paper, filing=row.filing, now=tx.now)
    _tell(tx, row, "obligation.submitted")
    if paper:
        await service.close_tasks(tx, [row])
    else:
        await service.settle_ids(tx, [obligation_id])
    return await service.find(tx, principal, obligation_id)


async def file(tx: Transaction, principal: Principal, obligation_id: UUID, given: Receipt, if_match: str | None) -> Row:
    """Note that a paper, or a list that was published, was filed (备案), with the receipt (QX-35, QX-44).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    problems.Invalid
        The day of the receipt is impossible.
    """
    row = await _hold_as_coordinator(tx, principal, obligation_id, if_match)
    rules.require_open(row, "submitted", "open")
    if "file" not in rules.allowed(row):
        acts = rules.allowed(row)
        raise problems.IllegalTransition("尚未报送或公布，不能备案。", allowed=acts, code="nothing_to_file")
    rules.check_receipt(given.date, row.submitted_at if row.subject in PAPERS else row.published_at, day_of(tx.now))
    receipt = given.model_dump(mode="json") | {"by": tx.actor, "at": tx.now.isoformat()}
    await repository.file(tx.connection, obligation_id, receipt, min(end_of(given.date), tx.now))
    _tell(tx, row, "obligation.filed", receipt_number=given.receipt_number)
    if row.subject == "list":
        await service.settle_ids(tx, [obligation_id])
    return await service.find(tx, principal, obligation_id)


async def give_back(
    tx: Transaction, principal: Principal, obligation_id: UUID, reason: str, if_match: str | None
) -> Row:
    """A paper is not what was asked for: it is due again, on the same day.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    row = await _hold_as_coordinator(tx, principal, obligation_id, if_match)
    rules.require_open(row, "submitted")
    returned = {"reason": reason, "by": tx.actor, "at": tx.now.isoformat()}
    await repository.give_back(tx.connection, obligation_id, returned)
    _tell(tx, row, "obligation.returned", reason=reason)
    await service.open_tasks(tx, [dict(row)])
    return await service.find(tx, principal, obligation_id)


async def waive(tx: Transaction, principal: Principal, obligation_id: UUID, reason: str, if_match: str | None) -> Row:
    """Somebody need not do it, for a reason: nothing has to change in the list, the matter does not arise there.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    row = await _hold_as_coordinator(tx, principal, obligation_id, if_match)
    rules.require_open(row, "open")
    waiver = {"reason": reason, "by": tx.actor, "at": tx.now.isoformat()}
    await repository.waive(tx.connection, obligation_id, waiver, tx.now)
    _tell(tx, row, "obligation.waived", reason=reason)
    await service.close_tasks(tx, [row], state="void")
    return await service.find(tx, principal, obligation_id)


async def require_speaker(
    tx: Transaction, principal: Principal, region_code: str, organ_id: UUID | None, *organisers: UUID
) -> None:
    """Refuse whoever does not speak for a unit: an organ, those that organise with it, or the region itself.

    Raises
    ------
    problems.Forbidden
    """
    chain = await register.chain_of(tx, region_code)
    roles = SPEAKING if organ_id is not None else access.COORDINATING
    if any(principal.holds(role, region=chain, organ_id=organ_id) for role in roles):
        return
    if not any(_organises(principal, organ) for organ in organisers):
        principal.require(roles[0], region=chain, organ_id=organ_id, detail="只能由该单位的人员办理。")


def _organises(principal: Principal, organ_id: UUID) -> bool:
    """An organ of the county may organise in a zone: who speaks for it has his role where it is."""
    return any(grant.role in SPEAKING and grant.organ_id == organ_id for grant in principal.grants)


async def _hold(tx: Transaction, principal: Principal, obligation_id: UUID, if_match: str | None) -> Row:
    await repository.lock(tx.connection, obligation_id)
    row = await service.find(tx, principal, obligation_id)
    if if_match is not None:
        require_match(if_match, row.version)
    return row


async def _hold_as_coordinator(tx: Transaction, principal: Principal, obligation_id: UUID, if_match: str | None) -> Row:
    row = await _hold(tx, principal, obligation_id, if_match)
    access.require_coordinator(principal, await register.chain_of(tx, row.campaign_region))
    return row


def _tell(tx: Transaction, row: Row, type_: str, *, reason: str | None = None, **refs: Any) -> None:
    known = {"campaign": str(row.campaign_id), "obligation": str(row.id), "subject": row.subject}
    tx.append(NewEvent(type=type_, region_code=row.region_code, list_kind=row.list_kind, list_id=row.list_id,
                       reason=reason, refs=known | refs))  # fmt: skip

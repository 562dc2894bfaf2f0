"""Use cases of inspections: recorded with their findings, each of which is followed up as an order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from services.workflow.inspections import repository
from services.workflow.inspections.schemas import NewInspection, NewInspectionFinding
from services.workflow.oversight import repository as oversight
from services.workflow.oversight.rules import may_read, require_reader, require_supervisor
from services.workflow.rectification import service as rectification
from services.workflow.rectification.rules import TOO_EARLY, is_too_early
from services.workflow.register import repository as registered
from services.workflow.register import service as register
from services.workflow.register.repository import Organ
from shared import problems
from shared.clock import ZONE
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def record(tx: Transaction, who: Principal, given: NewInspection) -> Row:
    """Record an inspection and order what it found to be put right (QX-59).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid
    """
    chain = await register.chain_of(tx, given.region_code)
    require_supervisor(who, chain)
    if given.inspected_on > tx.now.astimezone(ZONE).date():
        raise _wrong([problems.FieldError("/inspected_on", "in_future", "督导检查日期不能晚于今日")])
    places = await _places(tx, chain[0], given)
    id_ = new_id()
    values = given.model_dump(exclude={"findings", "region_code"})
    await repository.add(
        tx.connection,
        values | {"id": id_, "region_code": chain[0], "count": len(given.findings), "actor": tx.actor, "now": tx.now},
    )
    refs = {"inspection": str(id_), "findings": len(given.findings)}
    tx.append(NewEvent(type="inspection.recorded", region_code=chain[0], reason=given.title, refs=refs))
    wanted = [
        finding.model_dump()
        | {"subject": f"inspection/{id_}/{number}", "number": None, "region_code": chain[0],
           "organ_region": places[finding.organ_id]}
        for number, finding in enumerate(given.findings, start=1)
    ]  # fmt: skip
    await rectification.issue_all(tx, wanted)
    return await get(tx, who, id_)


async def _places(tx: Transaction, region: str, given: NewInspection) -> dict[UUID, str]:
    """The regions of the organs of the findings, at or below the region; entries are of the organ's region.

    Raises
    ------
    problems.Invalid
        With every place.
    """
    if not given.findings:
        return {}
    organs = await registered.organs(tx.connection, {finding.organ_id for finding in given.findings})
    items = await oversight.items(tx.connection, [each.item_id for each in given.findings if each.item_id])
    errors = [
        problems.FieldError(f"/findings/{index}/{place}", code, message)
        for index, finding in enumerate(given.findings)
        for place, code, message in _errors(finding, organs.get(finding.organ_id), items, region, tx.now)
    ]
    if errors:
        raise _wrong(errors)
    return {id_: organ.region_code for id_, organ in organs.items()}


def _errors(
    finding: NewInspectionFinding, organ: Organ | None, items: Mapping[UUID, Row], region: str, now: datetime
) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a finding: place, code, words."""
    if organ is None:
        yield "organ_id", "unknown_organ", "没有这个机构，请核对机构标识"
    elif wrong := rectification.organ_error(organ, region):
        yield "organ_id", *wrong
    item = items.get(finding.item_id) if finding.item_id else None
    if organ and finding.item_id and (item is None or item.region_code != organ.region_code):
        yield "item_id", "unknown_item", "该机构所在区划的清单中没有这个事项"
    if is_too_early(finding.due_on, now):
        yield "due_on", "due_too_early", TOO_EARLY


def _wrong(errors: list[problems.FieldError]) -> problems.Invalid:
    return problems.Invalid("督导检查记录有误，请按所列位置修改。", code="inspection_invalid", errors=errors)


async def get(tx: Transaction, who: Principal, inspection_id: UUID) -> Row:
    """An inspection, for those who work for the region; to others there is none. Raises NotFound."""
    row = await repository.find(tx.connection, inspection_id)
    if row is None or not may_read(who, row.chain, None):
        raise problems.NotFound("没有这次督导检查，请核对编号。", code="inspection_not_found")
    return row


async def page(tx: Transaction, who: Principal, region: str, *, after: UUID | None, limit: int) -> list[Row]:
    """Inspections of a region and all below it. Raises NotFound, Forbidden."""
    chain = await register.chain_of(tx, region)
    require_reader(who, chain, None)
    return await repository.page(tx.connection, chain[0], after=after, limit=limit)

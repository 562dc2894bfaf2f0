"""The use case of recording justifications while an adjustment is compiled."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.service import editable, note_edit
from services.workflow.attachments import evidence
from services.workflow.justifications import repository, rules
from services.workflow.justifications.rules import AddedMaterial
from services.workflow.justifications.schemas import NewJustifications
from services.workflow.register import repository as register
from services.workflow.register.service import may_compile
from shared import clock, problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def record(tx: Transaction, principal: Principal, adjustment_id: UUID, given: NewJustifications) -> int:
    """Argue for materials that an editable adjustment adds; returns its new version.

    Raises
    ------
    problems.NotFound, problems.IllegalTransition
    problems.Forbidden
        The caller compiles neither for the entry's organ nor for the leading one.
    problems.Invalid
        A material that is not added, or a date that has not come.
    """
    adjustment = await editable(tx, adjustment_id)
    added = await repository.added(tx.connection, adjustment.id)
    items = [each.item_id for each in given.justifications]
    await _require_compiler(tx, principal, adjustment, [each for each in added if each.item_id in items])
    rules.check_named([(each.item_id, each.material) for each in given.justifications], added)
    today = tx.now.astimezone(clock.ZONE).date()
    rules.check_dates([[heard.date for heard in each.consulted] for each in given.justifications], today)
    rows = await _rows(tx, adjustment, given)
    await repository.save(tx.connection, adjustment.id, rows, actor=principal.actor, now=tx.now)
    return await note_edit(tx, principal, adjustment, list(dict.fromkeys(items)))


async def _rows(tx: Transaction, adjustment: Adjustment, given: NewJustifications) -> list[dict[str, Any]]:
    places = {f"/justifications/{place}/evidence": each.evidence for place, each in enumerate(given.justifications)}
    named = {pointer: document for pointer, document in places.items() if document is not None}
    kept = await evidence.all_kept(tx, adjustment.id, named)
    return [
        each.model_dump(mode="json", exclude_none=True, exclude={"evidence"})
        | {"id": new_id(), "evidence": kept.get(pointer)}
        for pointer, each in zip(places, given.justifications, strict=True)
    ]


async def _require_compiler(
    tx: Transaction, principal: Principal, adjustment: Adjustment, concerned: list[AddedMaterial]
) -> None:
    organs = await register.organs(tx.connection, [adjustment.organ_id, *(each.organ_id for each in concerned)])
    lead = organs.get(adjustment.organ_id)
    if lead is not None and may_compile(principal, lead):
        return
    if not concerned or not all(
        each.organ_id in organs and may_compile(principal, organs[each.organ_id]) for each in concerned
    ):
        raise problems.Forbidden("只有该事项所属单位或牵头单位的编制人员可以登记论证。", code="not_compiler")

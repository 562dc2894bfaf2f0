"""Merging and splitting: which entries take the place of one that is cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.workflow.changes import repository
from services.workflow.changes.repository import Heir
from services.workflow.changes.schemas import ChangeInput
from shared import problems
from shared.ledger.transaction import Transaction


async def wrong_successors(
    tx: Transaction, adjustment_id: UUID, given: Sequence[tuple[str, ChangeInput, UUID | None]]
) -> list[problems.FieldError]:
    """What is wrong with the successors that changes name; `given` are place, change and the list of its entry.

    A successor is an entry of the same list that goes on, or one that this adjustment adds to it.
    """
    named = {heir for _, each, _ in given for heir in each.successors}
    if not named:
        return []
    known = await repository.heirs(tx.connection, adjustment_id, named)
    going = {each.item_id for _, each, _ in given if each.operation == "cancel"}
    return [error for place, each, list_id in given for error in _errors(place, each, list_id, known, going)]


def _errors(
    place: str, each: ChangeInput, list_id: UUID | None, known: dict[UUID, Heir], going: set[UUID | None]
) -> Iterator[problems.FieldError]:
    if each.successors and each.operation != "cancel":
        message = "只有取消事项时可以写明承接事项（合并、拆分）"
        yield problems.FieldError(f"{place}/successors", "successors_not_expected", message)
        return
    for index, heir_id in enumerate(each.successors):
        pointer, heir = f"{place}/successors/{index}", known.get(heir_id)
        if heir is None:
            message = f"没有标识为 {heir_id} 的事项；新增的承接事项须先加入本次调整"
            yield problems.FieldError(pointer, "unknown_item", message)
        elif heir_id in going or heir.state == "cancelled":
            yield problems.FieldError(pointer, "successor_ends", f"“{heir.name}”已取消或同时被取消，不能承接")
        elif list_id is not None and heir.list_id != list_id:
            yield problems.FieldError(pointer, "successor_elsewhere", f"“{heir.name}”不在同一清单中")

"""Changes with what they refer to: entries, lists and organs, looked up for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.changes import repository, rules
from services.workflow.changes.reforms import ReformedChange
from services.workflow.changes.repository import Entry
from services.workflow.changes.schemas import ChangeInput
from services.workflow.register import repository as register
from services.workflow.register.repository import Organ, TargetList
from shared.identifiers import new_id
from shared.ledger.transaction import Transaction


@dataclass(frozen=True)
class Prepared:
    """A change with what it refers to: its place in the request, entry, list and organ."""

    place: str
    input: ChangeInput
    item_id: UUID
    entry: Entry | None
    list: TargetList | None
    organ_id: UUID
    organ: Organ | None
    taking: Organ | None = None
    former: tuple[Organ, ...] = ()

    @property
    def elements(self) -> set[str]:
        """Names of the elements the change puts in place."""
        return set(rules.proposed_values(self.input.operation, self.input.elements))

    @property
    def row(self) -> dict[str, Any]:
        """The change as it is stored; only for one that passed all checks."""
        assert self.list is not None
        proposed = rules.proposed_values(self.input.operation, self.input.elements)
        return {
            "operation": self.input.operation,
            "list_id": self.list.id,
            "organ_id": self.organ_id,
            "base_version": self.entry.version if self.entry else None,
            "base": rules.base_values(proposed, self.entry.elements) if self.entry else {},
            "proposed": proposed,
            "successors": self.input.successors or None,
            "terms": self.input.terms.model_dump(mode="json", exclude_none=True) if self.input.terms else None,
        }


async def prepare(
    tx: Transaction,
    adjustment: Adjustment,
    given: Sequence[tuple[str, ChangeInput]],
    *,
    item_id: UUID | None = None,
) -> list[Prepared]:
    """Look up what the changes refer to, in three queries whatever their number."""
    entries = await repository.entries(tx.connection, [each.item_id for _, each in given if each.item_id])
    list_ids = {each.list_id for _, each in given if each.list_id} | {entry.list_id for entry in entries.values()}
    lists = await register.lists(tx.connection, list_ids)
    resolved = []
    for place, each in given:
        entry = entries.get(each.item_id) if each.item_id else None
        list_id = each.list_id or (entry.list_id if entry else None)
        organ_id = (entry.implementing_body if entry else rules.body_of(each.operation, each.elements)) or None
        target = lists.get(list_id) if list_id else None
        resolved.append((place, each, entry, target, on_behalf(each) or organ_id or adjustment.organ_id))
    named = {body for _, each in given for _, body in rules.bodies_named(each.elements)}
    named |= {organ for _, each in given if isinstance(each, ReformedChange) for organ in each.former}
    organs = await register.organs(tx.connection, named | {organ_id for *_, organ_id in resolved})
    return [
        Prepared(place, each, each.item_id or item_id or new_id(), entry, target, organ_id, organs.get(organ_id),
                 _taking(each, organs), _former(each, organs))
        for place, each, entry, target, organ_id in resolved
    ]  # fmt: skip


def on_behalf(each: ChangeInput) -> UUID | None:
    """The organ a reform acts for where another organ's entry only mentions it."""
    return each.on_behalf if isinstance(each, ReformedChange) else None


def _former(each: ChangeInput, organs: Mapping[UUID, Organ]) -> tuple[Organ, ...]:
    """The organs that give way to the one a reform acts for; theirs may compile as well."""
    former = each.former if isinstance(each, ReformedChange) else ()
    return tuple(organs[organ] for organ in former if organ in organs)


def _taking(each: ChangeInput, organs: Mapping[UUID, Organ]) -> Organ | None:
    """The organ that takes an entry over, or that a modification names where there was none."""
    if each.operation not in ("transfer", "modify"):
        return None
    return next((organs.get(body) for name, body in rules.bodies_named(each.elements) if name == rules.BODY), None)

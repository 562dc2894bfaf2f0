"""Reform of organs (机构改革，部门撤并): every entry of every list that names an organ comes to name its successor."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.changes import repository, rules
from services.workflow.changes.naming.repository import entries_naming
from services.workflow.changes.schemas import ChangeInput, OrganReform
from services.workflow.register import repository as register
from services.workflow.register.repository import Organ
from shared import problems
from shared.ledger.transaction import Transaction

# A department of a large city has some thousand entries over all lists; one decision covers them all (TH-44).
MOST_REFORMED = 10_000


class ReformedChange(ChangeInput):
    """A change of an entry that only mentions an organ of a reform: `on_behalf` of its heir, by it or the `former`."""

    on_behalf: UUID
    former: tuple[UUID, ...]


async def changes_of(tx: Transaction, adjustment: Adjustment, reform: OrganReform) -> list[ChangeInput]:
    """The changes of a reform over all lists in force of the adjustment's region and below.

    What an organ implements is transferred, with new codes; where it is only named (as supervising body, as assisting
    organ in a sub-table), its successor is named instead. Entries that are cancelled stay as they were.

    Raises
    ------
    problems.Invalid
        An organ is not registered, or the heir is no more; no entry names them, or more than one decision can carry.
    problems.Forbidden
        An organ gives way that takes no part: who is merged signs, also where he is only named.
    """
    known = await register.organs(tx.connection, {*reform.from_organs, reform.to_organ})
    wrong = list(_wrong(reform, known))
    if wrong:
        raise problems.Invalid("机构改革涉及的机构有误，请核对。", errors=wrong)
    absent = list(_absent(adjustment, reform, known))
    if absent:
        raise problems.Forbidden(absent[0].message, code=absent[0].code, errors=absent)
    there = await repository.item_ids(tx.connection, adjustment.id)
    found = await entries_naming(
        tx.connection, reform.from_organs, region=adjustment.region_code, but=there, limit=MOST_REFORMED + 1
    )
    if not found:
        place = problems.FieldError("/reform/from_organs", "nothing_selected", "本区划生效清单中没有涉及所列机构的事项")
        raise problems.Invalid("没有需要调整的事项，请核对机构。", errors=[place])
    if len(found) > MOST_REFORMED:
        message = f"涉及的事项超过 {MOST_REFORMED} 项，请按清单分次划转（selection）"
        raise problems.Invalid(
            "涉及的事项过多。", errors=[problems.FieldError("/reform/from_organs", "too_many", message)]
        )
    return [_change(row.item_id, row.elements, reform) for row in found]


def _wrong(reform: OrganReform, known: Mapping[UUID, Organ]) -> Iterator[problems.FieldError]:
    places = {f"/reform/from_organs/{place}": organ for place, organ in enumerate(reform.from_organs)}
    for pointer, organ in (places | {"/reform/to_organ": reform.to_organ}).items():
        if organ not in known:
            yield problems.FieldError(pointer, "unknown_organ", f"没有标识为 {organ} 的机构")
    heir = known.get(reform.to_organ)
    if heir is not None and heir.state != "active":
        yield problems.FieldError("/reform/to_organ", "organ_inactive", f"“{heir.name}”已撤销，不能承接事项")


def _absent(adjustment: Adjustment, reform: OrganReform, known: Mapping[UUID, Organ]) -> Iterator[problems.FieldError]:
    for place, organ_id in enumerate(reform.from_organs):
        organ = known[organ_id]
        # One that is closed already signs nothing: what still names it is put right by its heir.
        if organ.state == "active" and {organ.id, organ.supervising_organ_id}.isdisjoint(adjustment.organs):
            message = f"“{organ.name}”不是本次调整的牵头或参与单位；请先将其列为参与单位（联合调整）"
            yield problems.FieldError(f"/reform/from_organs/{place}", "organ_not_participating", message)


def _change(item_id: UUID, elements: Mapping[str, Any], reform: OrganReform) -> ChangeInput:
    former, heir = {str(organ) for organ in reform.from_organs}, str(reform.to_organ)
    named = {key: renamed(value, former, heir) for key, value in elements.items()}
    proposed = {key: value for key, value in named.items() if value != elements[key]}
    if rules.BODY in proposed:
        return ChangeInput(operation="transfer", item_id=item_id, elements=proposed)
    return ReformedChange(
        operation="modify",
        item_id=item_id,
        elements=proposed,
        on_behalf=reform.to_organ,
        former=tuple(reform.from_organs),
    )


def renamed(value: Any, former: Collection[str], heir: str) -> Any:
    """A value with each of the former organs replaced by its heir, however deep; rows that become alike are one."""
    if isinstance(value, str):
        return heir if value in former else value
    if isinstance(value, Mapping):
        return {key: renamed(inner, former, heir) for key, inner in value.items()}
    if isinstance(value, list):
        changed = [renamed(inner, former, heir) for inner in value]
        if changed == value:
            return value
        return [inner for index, inner in enumerate(changed) if inner not in changed[:index]]
    return value

"""Use cases of changes: taken in, replaced, removed - each against what the catalog says now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace as replaced
from datetime import date
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.changes import repository, rules
from services.workflow.changes.inherited.service import check_inherited
from services.workflow.changes.overlap import overlapping
from services.workflow.changes.preparing import Prepared, on_behalf, prepare
from services.workflow.changes.schemas import ChangeInput
from services.workflow.changes.successors import wrong_successors
from services.workflow.changes.transfers import Transfer, completed
from services.workflow.register import repository as register
from services.workflow.register.repository import Organ, TargetList
from services.workflow.register.service import may_compile
from shared import clock, problems, secrecy, settings
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def add(
    tx: Transaction,
    principal: Principal,
    adjustment: Adjustment,
    inputs: Sequence[ChangeInput],
    *,
    confirm_overlap: bool,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Add changes to an editable, locked adjustment; returns (stored changes, other open adjustments).

    Raises
    ------
    problems.Forbidden
        For an organ that does not take part, is no member of the list (QX-06), or the caller does not compile for.
    problems.Invalid
        Wrong elements, unknown entries or lists; every place by pointer.
    problems.Conflict
        A list not in force, an operation the entry's state does not allow, an overlap that is not confirmed.
    """
    places = [f"/changes/{index}" for index in range(len(inputs))]
    prepared = await prepare(tx, adjustment, list(zip(places, inputs, strict=True)))
    taken = await repository.taken(tx.connection, adjustment.id, [each.item_id for each in prepared])
    await _check(tx, principal, adjustment, prepared, taken)
    prepared = await _coded(tx, prepared)
    others = await overlapping(tx, adjustment.id, _touched(prepared), confirm_overlap=confirm_overlap)
    rows = [{"id": new_id(), "item_id": each.item_id, **each.row} for each in prepared]
    return await repository.insert_changes(tx.connection, adjustment.id, rows, principal.actor), others


async def replace(
    tx: Transaction,
    principal: Principal,
    adjustment: Adjustment,
    change_id: UUID,
    content: ChangeInput,
    *,
    confirm_overlap: bool,
) -> list[dict[str, Any]]:
    """Give a change new content, based on what stands in the catalog now; raises as `add` and `remove`."""
    stored = await _change(tx, adjustment, change_id)
    added = stored["operation"] == "add"
    if added != (content.operation == "add"):
        wrong = problems.FieldError(
            "/operation", "operation_fixed", "新增事项与已有事项的操作不能互换，请删除后重新添加"
        )
        raise problems.Invalid("操作类型不能这样修改。", errors=[wrong])
    given = content.model_copy(update={"list_id": stored["list_id"], "item_id": None if added else stored["item_id"]})
    prepared = await prepare(tx, adjustment, [("", given)], item_id=stored["item_id"])
    await _check(tx, principal, adjustment, prepared, set())
    prepared = await _coded(tx, prepared)
    others = await overlapping(tx, adjustment.id, _touched(prepared), confirm_overlap=confirm_overlap)
    values = prepared[0].row | {"compiled_by": principal.actor}
    await repository.replace(tx.connection, change_id, values)
    return others


async def remove(tx: Transaction, principal: Principal, adjustment: Adjustment, change_id: UUID) -> None:
    """Take a change out.

    Raises
    ------
    problems.NotFound
        The adjustment has no such change.
    problems.Forbidden
        It belongs to an organ the caller does not compile for.
    problems.Conflict
        It has taken effect; code `change_applied`.
    """
    stored = await _change(tx, adjustment, change_id)
    organs = await register.organs(tx.connection, [stored["organ_id"], adjustment.organ_id])
    if not any(may_compile(principal, organ) for organ in organs.values()):
        raise problems.Forbidden("只有该事项所属单位或牵头单位的编制人员可以删除。", code="not_compiler")
    await repository.remove(tx.connection, change_id)


async def _change(tx: Transaction, adjustment: Adjustment, change_id: UUID) -> dict[str, Any]:
    stored = await repository.change_of(tx.connection, adjustment.id, change_id)
    if stored is None:
        raise problems.NotFound("该动态调整中没有这项变更，可能已被删除，请刷新。", code="change_not_found")
    if stored["outcome"] in ("applied", "no_change"):
        # Part of an adjustment that was in conflict: what was decided and done stays on record.
        raise problems.Conflict(
            "该项变更已审定并生效，不能修改或删除；如需再次调整，请另行发起动态调整。", code="change_applied"
        )
    return stored


async def _coded(tx: Transaction, prepared: Sequence[Prepared]) -> list[Prepared]:
    """Transfers with the codes that follow from the taking organ."""
    wished = [
        Transfer(each.place, each.item_id, each.entry, each.input.elements, each.taking)
        for each in prepared
        if each.entry is not None and each.taking is not None and each.input.operation == "transfer"
    ]
    if not wished:
        return list(prepared)
    elements = await completed(tx, wished)
    return [
        replaced(each, input=each.input.model_copy(update={"elements": elements[each.item_id]}))
        if each.item_id in elements
        else each
        for each in prepared
    ]


async def _check(
    tx: Transaction, principal: Principal, adjustment: Adjustment, prepared: Sequence[Prepared], taken: set[UUID]
) -> None:
    """All checks but the overlap, in the order of the API's conventions: may you, is it well-formed, is it possible."""
    forbidden = [error for each in prepared for error in _forbidden(principal, adjustment, each)]
    if forbidden:
        raise problems.Forbidden(forbidden[0].message, code=forbidden[0].code, errors=forbidden)
    today = tx.now.astimezone(clock.ZONE).date()
    wrong = [error for each in prepared for error in _wrong(adjustment, each, today)]
    wrong += [*_duplicates(prepared, taken), *await _unknown_organs(tx, prepared)]
    named = [(each.place, each.input, each.list.id if each.list else None) for each in prepared]
    wrong += await wrong_successors(tx, adjustment.id, named)
    if wrong:
        raise problems.Invalid(f"变更内容有 {len(wrong)} 处有误，请按提示修改。", errors=wrong)
    impossible = [error for each in prepared if (error := _impossible(each)) is not None]
    if impossible:
        raise problems.Conflict(impossible[0].message, code=impossible[0].code, errors=impossible)
    await check_inherited(
        tx, [(each.place, each.item_id, each.input.elements, each.entry.elements) for each in prepared if each.entry]
    )


def _forbidden(principal: Principal, adjustment: Adjustment, each: Prepared) -> Iterator[problems.FieldError]:
    organ, target = each.organ, each.list
    if organ is None or target is None or (each.input.item_id and each.entry is None):
        return
    # Both organs sign a transfer, so either of them may compile it.
    sides = [organ, *([each.taking] if each.taking and each.taking.id != organ.id else [])]
    if not any(may_compile(principal, side) for side in (*sides, *each.former)):
        message = f"您不是“{organ.name}”的编制人员，不能代其提交事项"
        yield problems.FieldError(each.place, "not_compiler", message)
    for side in sides:
        # Whoever is only mentioned in an entry need not be able to submit to its list.
        yield from _outsider(adjustment, each.place, side, target, mentioned=on_behalf(each.input) is not None)


def _outsider(
    adjustment: Adjustment, place: str, organ: Organ, target: TargetList, *, mentioned: bool
) -> Iterator[problems.FieldError]:
    # A department answers for the institutions and enterprises it supervises; their items keep them as bodies (ZL-12).
    answering = {organ.id, organ.supervising_organ_id} - {None}
    if answering.isdisjoint(adjustment.organs):
        message = f"“{organ.name}”不是本次调整的牵头或参与单位；请先将其列为参与单位（联合调整）"
        yield problems.FieldError(place, "organ_not_participating", message)
    elif not mentioned and not any(target.admits(one) for one in answering if one is not None):
        message = f"“{organ.name}”不是清单“{target.title}”的成员单位，不能向该清单提交事项；请联系清单牵头单位"
        yield problems.FieldError(place, "organ_not_member", message)


def _wrong(adjustment: Adjustment, each: Prepared, today: date) -> Iterator[problems.FieldError]:
    given, place = each.input, each.place
    adding = given.operation == "add"
    if adding and given.item_id is not None:
        yield problems.FieldError(f"{place}/item_id", "item_not_expected", "新增事项的标识由系统生成，请勿填写")
    if adding and given.list_id is None:
        yield problems.FieldError(f"{place}/list_id", "list_missing", "新增事项须写明清单")
    if not adding and given.item_id is None:
        yield problems.FieldError(f"{place}/item_id", "item_missing", "须写明要调整的事项")
    if given.item_id is not None and not adding and each.entry is None:
        yield problems.FieldError(f"{place}/item_id", "unknown_item", f"没有标识为 {given.item_id} 的事项")
    elif given.list_id is not None and each.list is None:
        yield problems.FieldError(f"{place}/list_id", "unknown_list", f"没有标识为 {given.list_id} 的清单")
    elif each.entry is not None and each.list is not None and each.entry.list_id != each.list.id:
        yield problems.FieldError(f"{place}/item_id", "item_not_in_list", "该事项不在所写的清单中")
    elif each.list is not None and adjustment.region_code not in each.list.region_chain:
        message = f"清单“{each.list.title}”不属于本次调整的区划及其下级"
        yield problems.FieldError(f"{place}/list_id", "other_region", message)
    if each.entry is not None and given.operation == "modify":
        yield from rules.check_body(each.entry.implementing_body, given.elements, place)
    yield from rules.check_elements(given.operation, given.elements, place)
    if secrecy.refused_at_entry(given.elements, internet_facing=settings.load().internet_facing):
        yield problems.FieldError(f"{place}/elements/{secrecy.ELEMENT}", secrecy.REFUSED_CODE, secrecy.REFUSED)
    until = given.terms.until if given.terms else None
    yield from rules.check_terms(given.operation, until, given=given.terms is not None, today=today, place=place)


def _duplicates(prepared: Sequence[Prepared], taken: set[UUID]) -> Iterator[problems.FieldError]:
    seen = set(taken)
    for each in prepared:
        if each.item_id in seen:
            message = "同一事项在一次调整中只能列一项变更，请合并要素后提交"
            yield problems.FieldError(f"{each.place}/item_id", "duplicate_item", message)
        seen.add(each.item_id)


async def _unknown_organs(tx: Transaction, prepared: Sequence[Prepared]) -> list[problems.FieldError]:
    named = {body for each in prepared for _, body in rules.bodies_named(each.input.elements)}
    known = await register.organs(tx.connection, named)
    wrong = []
    for each in prepared:
        for element, body in rules.bodies_named(each.input.elements):
            pointer = f"{each.place}/elements/{element}"
            if body not in known:
                wrong.append(problems.FieldError(pointer, "unknown_organ", f"没有标识为 {body} 的机构"))
            elif known[body].state != "active" and each.input.operation != "transfer":  # of transfers: `transfers`
                message = f"“{known[body].name}”已撤销，不能再作为实施主体或监管主体"
                wrong.append(problems.FieldError(pointer, "organ_inactive", message))
    return wrong


def _impossible(each: Prepared) -> problems.FieldError | None:
    if each.list is not None and each.list.mirrored:
        message = f"清单“{each.list.title}”与上级平台目录同步，不能在本系统调整；请向目录的编制机关提出"
        return problems.FieldError(each.place, "list_mirrored", message)
    if each.list is not None and each.list.state != "in_force":
        message = f"清单“{each.list.title}”尚在编制、未公布施行；请先审定公布该清单，或在编制阶段直接修改其内容"
        return problems.FieldError(each.place, "list_not_in_force", message)
    if each.entry is None:
        return None
    return rules.check_operation(each.input.operation, each.entry.state, each.place)


def _touched(prepared: Sequence[Prepared]) -> dict[UUID, tuple[str, set[str]]]:
    """Place and elements of each change of an entry that is there."""
    return {each.item_id: (each.place, each.elements) for each in prepared if each.entry is not None}

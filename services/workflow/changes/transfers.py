"""Transfer of body (划转): what an entry becomes when another organ implements it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.workflow.changes import repository
from services.workflow.changes.repository import Entry
from services.workflow.changes.schemas import MOST_CHANGES, ChangeInput, Selection
from services.workflow.register.repository import Organ
from shared import problems
from shared.codes.problems import CodeError
from shared.codes.recoding import prefix_of, recoded
from shared.ledger.transaction import Transaction

_BODY = "implementing_body"


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that is wished for: its place in the request, the entry, the new elements, the taking organ."""

    place: str
    item_id: UUID
    entry: Entry
    elements: Mapping[str, Any]
    organ: Organ

    @property
    def entire(self) -> dict[str, Any]:
        """The entry as it would be, codes aside."""
        return {**self.entry.elements, **self.elements}


async def completed(tx: Transaction, transfers: Sequence[Transfer]) -> dict[UUID, dict[str, Any]]:
    """The proposed elements of each transfer with the codes that follow from the taking organ, by item.

    Raises
    ------
    problems.Invalid
        An organ that cannot take the entry over, or codes that cannot be made; each with its pointer.
    """
    wrong = [error for each in transfers for error in _unable(each)]
    sound: list[tuple[Transfer, str]] = []
    for each in transfers:
        try:
            if each.organ.credit_code and (prefix := prefix_of(each.entire, each.organ.credit_code)):
                sound.append((each, prefix))
        except CodeError as error:
            wrong.append(_of_code(each, error))
    found = {each.item_id: dict(each.elements) for each in transfers}
    used = await repository.used_codes(
        tx.connection,
        lists=[each.entry.list_id for each, _ in sound],
        bases=[prefix[19:] for _, prefix in sound],
    )
    given: dict[tuple[UUID, str], set[str]] = {}
    for each, prefix in sound:
        others = given.setdefault((each.entry.list_id, prefix), set())
        held = {code for item, code in used.get((each.entry.list_id, prefix[19:]), ()) if item != each.item_id}
        try:
            new = recoded(each.entire, prefix[:18], [code for code in held if code.startswith(prefix)] + [*others])
        except CodeError as error:
            wrong.append(_of_code(each, error))
            continue
        others |= new.replaces.keys()
        found[each.item_id] |= new.elements
    if wrong:
        raise problems.Invalid(f"划转内容有 {len(wrong)} 处有误，请按提示修改。", errors=wrong)
    return found


def _unable(each: Transfer) -> list[problems.FieldError]:
    pointer = f"{each.place}/elements/{_BODY}"
    if each.organ.state != "active":
        return [problems.FieldError(pointer, "organ_inactive", f"“{each.organ.name}”已停用，不能划入事项")]
    if each.organ.id == each.entry.implementing_body:
        return [problems.FieldError(pointer, "same_body", f"该事项已由“{each.organ.name}”实施，无需划转")]
    if each.entry.elements.get("implementation_code") and not each.organ.credit_code:
        message = f"“{each.organ.name}”没有登记统一社会信用代码，无法生成新的实施编码；请先在机构库中补登"
        return [problems.FieldError(pointer, "credit_code_missing", message)]
    return []


def _of_code(each: Transfer, error: CodeError) -> problems.FieldError:
    message = f"无法生成“{each.entry.name}”划转后的编码：{error.problem.message}"
    return problems.FieldError(f"{each.place}/elements/{_BODY}", error.problem.code, message)


async def chosen(tx: Transaction, adjustment_id: UUID, selection: Selection) -> list[ChangeInput]:
    """A selection as changes, one an entry that is not cancelled and not in the adjustment yet, oldest first.

    Raises
    ------
    problems.Invalid
        There are none, or more than an adjustment takes at once.
    """
    there = await repository.item_ids(tx.connection, adjustment_id)
    found = await repository.entries_of(
        tx.connection, selection.list_id, selection.organ_id, but=there, limit=MOST_CHANGES + 1
    )
    if not found:
        place = problems.FieldError("/selection", "nothing_selected", "该单位在该清单中没有可调整的事项")
        raise problems.Invalid("没有选中任何事项，请核对清单和单位。", errors=[place])
    if len(found) > MOST_CHANGES:
        place = problems.FieldError("/selection", "too_many", f"超过 {MOST_CHANGES} 项，请分多次调整，逐项列出")
        raise problems.Invalid("选中的事项过多。", errors=[place])
    content = selection.model_dump(include={"list_id", "operation", "elements", "terms"})
    return [ChangeInput(item_id=item_id, **content) for item_id in found]

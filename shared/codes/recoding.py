"""New codes of an entry that passes to another organ (划转): the base code stays, what is built on the organ does not.

An implementation code begins with the organ's credit code, so transfer, devolution and merger of organs issue new
implementation, handling item and material codes (specification, 1.1). Serials of two organs are not comparable: one
that the taking organ has given before is not given again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.codes.item_code import HandlingItemCode, ImplementationCode, MaterialCode, next_number
from shared.codes.level import Level
from shared.codes.problems import CodeError, CodeProblem


@dataclass(frozen=True, slots=True)
class Recoded:
    """What a transfer changes in an entry.

    Attributes
    ----------
    elements : the elements that carry codes, as they are to be: `implementation_code`, `handling_item`, `materials`.
    replaces : new code -> the code it takes the place of, handling item codes with their serial.
    """

    elements: dict[str, Any] = field(default_factory=dict)
    replaces: dict[str, str] = field(default_factory=dict)


def prefix_of(elements: Mapping[str, Any], organ: str) -> str | None:
    """The implementation code an entry has with the organ of this credit code; None for an entry without one.

    Raises
    ------
    CodeError
        The entry's present code or the credit code is unsound.
    """
    code = elements.get("implementation_code")
    if not code:
        return None
    present = ImplementationCode.parse(str(code)[: ImplementationCode.LENGTH])
    return ImplementationCode.generate(organ, _level(present.level, elements.get("level")), present.base).value


def recoded(elements: Mapping[str, Any], organ: str, used: Iterable[str]) -> Recoded:
    """The codes of an entry once the organ of this credit code implements it.

    Parameters
    ----------
    elements : the entry as it is to be, with its present codes.
    organ : credit code of the taking organ.
    used : codes other entries have or had under the new implementation code.

    Raises
    ------
    CodeError
        As `prefix_of`; ``code_in_use`` when the organ has the matter already and it has no handling items;
        ``code_space_exhausted`` when all serials are given.
    """
    prefix = prefix_of(elements, organ)
    if prefix is None:
        return Recoded()
    taken = frozenset(used)
    present = str(elements["implementation_code"])
    former = present[: ImplementationCode.LENGTH]
    serial = present[ImplementationCode.LENGTH :] or str(elements.get("handling_item") or "")
    given = _handling_serial(prefix, serial, taken)
    found: dict[str, Any] = {"implementation_code": prefix + given if len(present) > len(former) else prefix}
    if given != serial:
        found["handling_item"] = given
    replaces = {prefix + given: former + serial}
    materials = _materials(elements.get("materials"), former, prefix, taken, replaces)
    if materials is not None:
        found["materials"] = materials
    return Recoded(found, {new: old for new, old in replaces.items() if new != old})


def _level(present: Level, levels: Any) -> Level:
    """The code's level, unless the entry is to be exercised at others."""
    digits = [digit for digit in str(levels or "").split(",") if digit in "1234567" and digit]
    return present if not digits or str(present.value) in digits else Level(int(digits[0]))


def _handling_serial(prefix: str, serial: str, taken: frozenset[str]) -> str:
    if prefix + serial not in taken:
        return serial
    if not serial:
        reason = "划入单位已有同一编码的事项，请取消其中一项，或先分设业务办理项"
        raise CodeError(CodeProblem("code_in_use", reason, prefix))
    length = HandlingItemCode.LENGTH
    number = next_number(code[len(prefix) :] for code in taken if len(code) == length and code.startswith(prefix))
    return HandlingItemCode.generate(ImplementationCode.parse(prefix), number).serial


def _materials(
    rows: Any, former: str, prefix: str, taken: frozenset[str], replaces: dict[str, str]
) -> list[Any] | None:
    """The materials with new codes; None when none of them has one."""
    if not isinstance(rows, list):
        return None
    given = set(taken)
    found: list[Any] = []
    for row in rows:
        code = row.get("code") if isinstance(row, dict) else None
        if not isinstance(code, str) or len(code) != MaterialCode.LENGTH or not code.startswith(former):
            found.append(row)
            continue
        new = prefix + code[len(former) :]
        if new in given:
            serials = [one[len(prefix) :] for one in given if len(one) == MaterialCode.LENGTH]
            new = MaterialCode.generate(ImplementationCode.parse(prefix), next_number(serials)).value
        given.add(new)
        replaces[new] = code
        found.append({**row, "code": new})
    return found if found != rows else None

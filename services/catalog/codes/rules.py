"""What a code says by itself, and which code comes next. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from shared.codes.item_code import (
    BaseCode,
    HandlingBaseCode,
    HandlingItemCode,
    ImplementationCode,
    MaterialCode,
    next_number,
)
from shared.codes.level import Level
from shared.codes.problems import CodeError

# Lengths tell the schemes apart.
SCHEMES: Mapping[int, tuple[str, Callable[[str], object]]] = {
    BaseCode.LENGTH: ("base", BaseCode.parse),
    HandlingBaseCode.LENGTH: ("handling_base", HandlingBaseCode.parse),
    ImplementationCode.LENGTH: ("implementation", ImplementationCode.parse),
    HandlingItemCode.LENGTH: ("handling_item", HandlingItemCode.parse),
    MaterialCode.LENGTH: ("material", MaterialCode.parse),
}


def scheme_of(code: str) -> tuple[str | None, str | None]:
    """The national scheme a code is of, and what is wrong with it in Chinese; (None, None) for a local code."""
    if len(code) not in SCHEMES:
        return None, None
    scheme, parse = SCHEMES[len(code)]
    try:
        parse(code)
    except CodeError as error:
        return scheme, error.problem.message
    return scheme, None


def segments(code: str) -> dict[str, str]:
    """The parts of a sound code by name: credit code, level, area, type, department, main item, sub-item, serial."""
    found: dict[str, str] = {}
    rest = code
    if len(code) in (ImplementationCode.LENGTH, HandlingItemCode.LENGTH, MaterialCode.LENGTH):
        found |= {"credit_code": code[:18], "level": code[18]}
        rest = code[19:]
    base = BaseCode.parse(rest[: BaseCode.LENGTH])
    found |= {"area": base.area, "type": base.type_code, "department": base.department, "main": base.main}
    found["sub"] = base.sub
    if serial := rest[BaseCode.LENGTH :]:
        found["serial"] = serial
    return found


def next_main_item(area: str, type_code: str, department: str, used: Iterable[str]) -> BaseCode:
    """The first main item number after all ever used under area, type and department. Raises CodeError."""
    number = next_number(code[6:9] for code in used)
    return BaseCode.generate(area=area, type_code=type_code, department=department, main=number)


def next_sub_item(main: BaseCode, used: Iterable[str]) -> BaseCode:
    """The first sub-item number after all ever used below a main item. Raises CodeError."""
    number = next_number(code[9:12] for code in used)
    return BaseCode.parse(main.main_code + str(number).zfill(3))


def next_serial(implementation: ImplementationCode, scheme: str, used: Iterable[str]) -> str:
    """The next handling item or material code below an implementation code. Raises CodeError."""
    length = HandlingItemCode.LENGTH if scheme == "handling_item" else MaterialCode.LENGTH
    number = next_number(code[ImplementationCode.LENGTH :] for code in used if len(code) == length)
    make = HandlingItemCode.generate if scheme == "handling_item" else MaterialCode.generate
    return make(implementation, number).value


def implementation(credit_code: str, level: str, base: str) -> ImplementationCode:
    """The code of a matter as an organ exercises it at a level. Raises CodeError."""
    return ImplementationCode.generate(credit_code, Level(int(level)), BaseCode.parse(base))

"""Codes of government service items (政务服务事项编码, after the GB/T 39554.1-2020 family).

    base code           12   area 2 + type 2 + department 2 + main item 3 + sub-item 3   基本编码
    implementation code 31   credit code 18 + level 1 + base code 12                     实施编码
    handling item code  33   implementation code 31 + serial 2                           业务办理项编码
    material code       34   implementation code 31 + serial 3                           材料编码
    handling base code  14   base code 12 + serial 2, written so in specifications       业务办理项编码（规范用）

Sub-item ``000`` says that there are no sub-items, ``00Y`` names the main item of a family that has some.
The lengths are confirmed by real codes; letters in the department and main segments are a tolerance.
Every ``parse`` raises CodeError whose problem gives the position within the text that was passed in.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from string import ascii_uppercase, digits
from typing import ClassVar

from shared.codes import credit_code
from shared.codes.credit_code import CreditCode
from shared.codes.item_type import CLASS_CODE
from shared.codes.level import Level
from shared.codes.problems import CodeError, CodeProblem, CodeSpaceExhausted, check_characters, check_length

NO_SUB_ITEM = "000"
MAIN_ITEM = "00Y"

_ALPHANUMERIC = digits + ascii_uppercase


@dataclass(frozen=True, slots=True)
class BaseCode:
    """基本编码: what the matter is, whoever exercises it.

    Attributes
    ----------
    area : ``00`` national, else the province's first two digits.
    type_code : item type as the *issuer* numbers it; translate with ``item_type.translate``.
    department : department segment, meaningful only together with (area, scheme).
    main : main item, 3 characters.
    sub : sub-item, 3 digits, ``000`` or ``00Y``.
    """

    LENGTH: ClassVar[int] = 12

    area: str
    type_code: str
    department: str
    main: str
    sub: str

    @classmethod
    def parse(cls, value: str) -> "BaseCode":
        """Read 12 characters.

        Raises CodeError: ``base_code_length``, ``base_code_area``, ``base_code_type``, ``base_code_department``,
        ``base_code_main``, ``base_code_sub``, or ``item_type_is_class`` (type 00 below a main item node).
        """
        check_length(value, (cls.LENGTH,), code="base_code", name="基本编码")
        check_characters(value, digits, start=0, end=2, code="base_code_area", expected="区域段应为数字")
        check_characters(value, digits, start=2, end=4, code="base_code_type", expected="事项类型段应为数字")
        letters = "应为数字或大写字母"
        check_characters(value, _ALPHANUMERIC, start=4, end=6, code="base_code_department", expected="部门段" + letters)
        check_characters(value, _ALPHANUMERIC, start=6, end=9, code="base_code_main", expected="主项段" + letters)
        if value[9:] != MAIN_ITEM:
            expected = "子项段应为3位数字，主项用00Y"
            check_characters(value, digits, start=9, end=12, code="base_code_sub", expected=expected)
            if value[2:4] == CLASS_CODE:
                reason = "起事项类型“00”是行政权力事项大类，不能用于具体事项，请使用01至10"
                raise CodeError(CodeProblem("item_type_is_class", reason, value, 3))
        return cls(value[:2], value[2:4], value[4:6], value[6:9], value[9:])

    @classmethod
    def generate(cls, *, area: str, type_code: str, department: str, main: int, sub: int | None = None) -> "BaseCode":
        """The code of main item number `main` (1-999) and sub-item number `sub`; ``None`` = no sub-items.

        Raises CodeError as ``parse`` does, or CodeSpaceExhausted for a number outside 1-999.
        """
        tail = NO_SUB_ITEM if sub is None else _serial(sub, 3, "子项")
        return cls.parse(f"{area}{type_code}{department}{_serial(main, 3, '主项')}{tail}")

    @property
    def value(self) -> str:
        """The 12 characters."""
        return f"{self.area}{self.type_code}{self.department}{self.main}{self.sub}"

    @property
    def main_code(self) -> str:
        """The first 9 characters, shared by the whole family of a main item."""
        return self.value[:9]

    @property
    def is_main_item(self) -> bool:
        """Whether this is the node of a family (``00Y``), not something that can itself be handled."""
        return self.sub == MAIN_ITEM

    @property
    def is_sub_item(self) -> bool:
        """Whether this is one of the sub-items below a main item node."""
        return self.sub not in {MAIN_ITEM, NO_SUB_ITEM}

    @property
    def main_item(self) -> "BaseCode":
        """The node a sub-item belongs to; an item without sub-items, or a node, is its own."""
        return BaseCode(self.area, self.type_code, self.department, self.main, MAIN_ITEM) if self.is_sub_item else self

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class HandlingBaseCode:
    """14 characters, base code and serial: a handling item as specifications (实施规范) name it, without an organ."""

    LENGTH: ClassVar[int] = 14

    base: BaseCode
    serial: str

    @classmethod
    def parse(cls, value: str) -> "HandlingBaseCode":
        """Read 14 characters. Raises CodeError ``handling_base_code_length`` or ``_serial``, or as the base code."""
        check_length(value, (cls.LENGTH,), code="handling_base_code", name="业务办理项编码（12+2位）")
        base = _base_within(value, offset=0)
        _check_serial(value, start=12, code="handling_base_code")
        return cls(base, value[12:])

    @classmethod
    def generate(cls, base: BaseCode, number: int) -> "HandlingBaseCode":
        """The code of handling item `number` (1-99). Raises CodeSpaceExhausted for another number."""
        return cls(base, _serial(number, 2, "业务办理项"))

    @property
    def value(self) -> str:
        """The 14 characters."""
        return f"{self.base}{self.serial}"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class ImplementationCode:
    """实施编码: which organ exercises which matter at which level. `credit_code` keeps its check flags."""

    LENGTH: ClassVar[int] = 31

    credit_code: CreditCode
    level: Level
    base: BaseCode

    @classmethod
    def parse(cls, value: str) -> "ImplementationCode":
        """Read 31 characters.

        Raises CodeError: ``implementation_code_length``, ``implementation_code_level``, and what credit code and
        base code raise, with the position counted in this code. A main item node of the class 00 is refused.
        """
        check_length(value, (cls.LENGTH,), code="implementation_code", name="实施编码")
        try:
            organ = credit_code.parse(value[:18])
        except CodeError as error:
            raise CodeError(error.problem.within(value, offset=0)) from None
        expected = "行使层级应为1至7"
        check_characters(value, "1234567", start=18, end=19, code="implementation_code_level", expected=expected)
        base = _base_within(value, offset=19)
        if base.type_code == CLASS_CODE:
            reason = "起事项类型“00”是行政权力事项大类，没有实施编码"
            raise CodeError(CodeProblem("item_type_is_class", reason, value, 22))
        return cls(organ, Level(int(value[18])), base)

    @classmethod
    def generate(cls, organ: str, level: Level, base: BaseCode) -> "ImplementationCode":
        """The code of `base` exercised by the organ with credit code `organ`. Raises CodeError as ``parse`` does."""
        return cls.parse(f"{organ}{level.value}{base}")

    @property
    def value(self) -> str:
        """The 31 characters."""
        return f"{self.credit_code}{self.level.value}{self.base}"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class HandlingItemCode:
    """业务办理项编码: one way of handling within an implementation. Serials of two organs are not comparable."""

    LENGTH: ClassVar[int] = 33

    implementation: ImplementationCode
    serial: str

    @classmethod
    def parse(cls, value: str) -> "HandlingItemCode":
        """Read 33 characters. Raises CodeError ``handling_item_code_length`` or ``_serial``, or as its parts do."""
        check_length(value, (cls.LENGTH,), code="handling_item_code", name="业务办理项编码")
        implementation = _implementation_within(value)
        _check_serial(value, start=31, code="handling_item_code")
        return cls(implementation, value[31:])

    @classmethod
    def generate(cls, implementation: ImplementationCode, number: int) -> "HandlingItemCode":
        """The code of handling item `number` (1-99). Raises CodeSpaceExhausted for another number."""
        return cls(implementation, _serial(number, 2, "业务办理项"))

    @property
    def value(self) -> str:
        """The 33 characters."""
        return f"{self.implementation}{self.serial}"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class MaterialCode:
    """材料编码: one material asked for by an implementation."""

    LENGTH: ClassVar[int] = 34

    implementation: ImplementationCode
    serial: str

    @classmethod
    def parse(cls, value: str) -> "MaterialCode":
        """Read 34 characters. Raises CodeError ``material_code_length`` or ``_serial``, or as its parts do."""
        check_length(value, (cls.LENGTH,), code="material_code", name="材料编码")
        implementation = _implementation_within(value)
        _check_serial(value, start=31, code="material_code")
        return cls(implementation, value[31:])

    @classmethod
    def generate(cls, implementation: ImplementationCode, number: int) -> "MaterialCode":
        """The code of material `number` (1-999). Raises CodeSpaceExhausted for another number."""
        return cls(implementation, _serial(number, 3, "材料"))

    @property
    def value(self) -> str:
        """The 34 characters."""
        return f"{self.implementation}{self.serial}"

    def __str__(self) -> str:
        return self.value


def next_number(used: Iterable[str]) -> int:
    """The number after the highest of the serials ever `used` (cancelled ones included: codes are not reused).

    Serials that are not digits are passed over; whether the number still fits is the generator's business.
    """
    return max((int(serial) for serial in used if re.fullmatch("[0-9]+", serial)), default=0) + 1


def _serial(number: int, width: int, name: str) -> str:
    """`number` with leading zeros. Raises CodeSpaceExhausted unless it is between 1 and what `width` digits hold."""
    highest = 10**width - 1
    if not 1 <= number <= highest:
        reason = f"{name}序号{number}超出1至{highest}的范围，编码不得重复使用，请另立上级编码"
        raise CodeSpaceExhausted(CodeProblem("code_space_exhausted", reason, str(number)))
    return str(number).zfill(width)


def _check_serial(value: str, *, start: int, code: str) -> None:
    check_characters(value, digits, start=start, end=len(value), code=f"{code}_serial", expected="序号应为数字")


def _base_within(value: str, *, offset: int) -> BaseCode:
    try:
        return BaseCode.parse(value[offset : offset + BaseCode.LENGTH])
    except CodeError as error:
        raise CodeError(error.problem.within(value, offset=offset)) from None


def _implementation_within(value: str) -> ImplementationCode:
    try:
        return ImplementationCode.parse(value[: ImplementationCode.LENGTH])
    except CodeError as error:
        raise CodeError(error.problem.within(value, offset=0)) from None

"""V02 and V03 on the codes of an entry: sound, given once, and in agreement with type, level and body. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from shared.codes import credit_code
from shared.codes.credit_code import CreditCode
from shared.codes.item_code import BaseCode, HandlingItemCode, ImplementationCode
from shared.codes.item_type import TYPE_MAPPINGS
from shared.codes.problems import CodeError, CodeProblem

F = TypeVar("F")
Make = Callable[[str, str, str, str, str, str], F]


class Body(Protocol):
    """An organ, as far as its code matters."""

    @property
    def name(self) -> str: ...
    @property
    def credit_code(self) -> str | None: ...


def check(
    elements: Mapping[str, Any], organs: Mapping[str, Body] | None, held_codes: Mapping[str, bool], make: Make[F]
) -> Iterator[F]:
    """Findings on `base_code`, `implementation_code` and `handling_item`; values are well-formed texts."""
    base, whole = elements.get("base_code"), elements.get("implementation_code")
    if base:
        problem = _base_problem(base)
        if problem:
            yield make("V02", "block", "base_code", problem.code, f"基本编码{problem.message}", "/base_code")
        elif elements.get("item_type") and not _types_agree(base[2:4], elements["item_type"]):
            message = f"事项类型{elements['item_type']}与基本编码第3至4位“{base[2:4]}”不一致，请核对类型或编码"
            yield make("V03", "block", "item_type", "type_disagrees", message, "/item_type")
        if base in held_codes:
            yield _taken(base, held_codes[base], "base_code", make)
    if whole:
        problem = _implementation_problem(whole)
        if problem:
            yield make("V02", "block", "implementation_code", problem.code, f"实施编码{problem.message}",
                       "/implementation_code")  # fmt: skip
        else:
            yield from _implementation(elements, whole, organs, held_codes, make)
    elif elements.get("implementing_body") and organs is not None and elements["implementing_body"] not in organs:
        yield make("V03", "block", "implementing_body", "unknown_organ", _UNKNOWN, "/implementing_body")


_UNKNOWN = "实施主体不在机构库中，请先登记机构"


def whole_code(elements: Mapping[str, Any]) -> str | None:
    """The code an entry is known by: 31 digits with the serial of its handling item, or the 33 digits given."""
    code = elements.get("implementation_code")
    serial = elements.get("handling_item")
    if not isinstance(code, str) or not code:
        return None
    return code + serial if len(code) == ImplementationCode.LENGTH and isinstance(serial, str) else code


def _implementation(
    elements: Mapping[str, Any], code: str, organs: Mapping[str, Body] | None, held: Mapping[str, bool], make: Make[F]
) -> Iterator[F]:
    for warning in _credit(code[:18]).warnings:
        yield make("V02", "warn", "implementation_code", warning.code, f"实施编码{warning.message}",
                   "/implementation_code")  # fmt: skip
    whole = whole_code(elements)
    if whole and whole in held:
        yield _taken(whole, held[whole], "implementation_code", make)
    base = elements.get("base_code")
    if base and base != code[19:31]:
        message = f"实施编码第20至31位“{code[19:31]}”与基本编码“{base}”不一致"
        yield make("V03", "block", "implementation_code", "base_disagrees", message, "/implementation_code")
    levels = elements.get("level")
    if levels and code[18] not in levels.split(","):
        message = f"实施编码第19位层级“{code[18]}”与行使层级“{levels}”不一致"
        yield make("V03", "block", "level", "level_disagrees", message, "/level")
    serial = elements.get("handling_item")
    if serial and len(code) == HandlingItemCode.LENGTH and code[31:] != serial:
        message = f"实施编码末2位“{code[31:]}”与业务办理项序号“{serial}”不一致"
        yield make("V03", "block", "handling_item", "serial_disagrees", message, "/handling_item")
    if elements.get("implementing_body") and organs is not None:
        yield from _body(elements["implementing_body"], code[:18], organs, make)


def _taken(code: str, retired: bool, element: str, make: Make[F]) -> F:
    name, state = ("code_retired", "已停用，不得再用") if retired else ("code_in_use", "已由另一事项使用")
    return make("V02", "block", element, name, f"编码{code}{state}，请另行编码", f"/{element}")


def _body(body: str, code: str, organs: Mapping[str, Body], make: Make[F]) -> Iterator[F]:
    organ = organs.get(body)
    if organ is None:
        yield make("V03", "block", "implementing_body", "unknown_organ", _UNKNOWN, "/implementing_body")
    elif organ.credit_code and organ.credit_code != code:
        message = f"实施编码前18位“{code}”不是{organ.name}的统一社会信用代码“{organ.credit_code}”"
        yield make("V03", "block", "implementing_body", "body_disagrees", message, "/implementing_body")


def _types_agree(digits: str, item_type: str) -> bool:
    """Whether the digits of a code mean the type: as the standard numbers it, or as a known source does."""
    return digits == item_type or (digits, item_type) in _TRANSLATED


_TRANSLATED = frozenset((row.source_code, row.code) for row in TYPE_MAPPINGS.values())


# Lists repeat base codes (one per organ) and organs (many items each): parsing them once makes a row cheap.
@lru_cache(maxsize=65_536)
def _base_problem(value: str) -> CodeProblem | None:
    try:
        BaseCode.parse(value)
    except CodeError as error:
        return error.problem
    return None


@lru_cache(maxsize=16_384)
def _credit(value: str) -> CreditCode:
    return credit_code.parse(value)


def _is_serial(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _implementation_problem(value: str) -> CodeProblem | None:
    """What is wrong with a code of 31 or 33 characters; the quick way first, the full parser only to explain."""
    length = len(value)
    sound_tail = length == ImplementationCode.LENGTH or (length == HandlingItemCode.LENGTH and _is_serial(value[31:]))
    try:
        _credit(value[:18])
        if sound_tail and value[18] in "1234567" and value[21:23] != "00" and not _base_problem(value[19:31]):
            return None
        parser = HandlingItemCode if length == HandlingItemCode.LENGTH else ImplementationCode
        parser.parse(value)
    except CodeError as error:
        return error.problem
    return None

"""What one change of an adjustment may say, and when two changes of an item contradict each other. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from shared import problems, secrecy

# Operation -> states of the entry it is possible in, and the state it leaves; `modify` leaves the state alone.
FROM_STATES: dict[str, frozenset[str]] = {
    "modify": frozenset({"in_use", "suspended"}),
    "suspend": frozenset({"in_use"}),
    "resume": frozenset({"suspended"}),
    "cancel": frozenset({"in_use", "suspended"}),
    "transfer": frozenset({"in_use", "suspended"}),
}
RESULTING_STATE = {"suspend": "suspended", "resume": "in_use", "cancel": "cancelled"}

OPERATION_TITLES = {"add": "新增", "modify": "修改", "suspend": "暂停", "resume": "恢复", "cancel": "取消",
                    "transfer": "划转"}  # fmt: skip
STATE_TITLES = {"in_use": "在用", "suspended": "暂停", "cancelled": "取消"}

# The element that says which organ an entry belongs to.
BODY = "implementing_body"

_ELEMENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOST_ELEMENTS = 200
_LONGEST_NAME = 1000  # TASK_NAME v1000 (domain/spec.md 2.1)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST_NAME


def _matches(pattern: str) -> Callable[[Any], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


# Elements the catalog keeps as columns of the entry: a value of another shape could be decided but never applied.
# The full rules of a kind (profiles, V01 ...) are the catalog's answer to the submission.
_KEY_ELEMENTS: dict[str, tuple[Callable[[Any], bool], bool, str]] = {
    # element: (shape, may be removed with null, what is expected)
    "name": (_is_name, False, "须为 1 至 1000 字的文本"),
    "permit_name": (_is_name, True, "须为 1 至 1000 字的文本"),
    "base_code": (_matches(r"[0-9A-Z]{12}"), True, "须为 12 位基本编码"),
    "implementation_code": (_matches(r"[0-9A-Z]{31}([0-9]{2})?"), True, "须为 31 位实施编码或 33 位业务办理项编码"),
    "handling_item": (_matches(r"([0-9]{2})?"), False, "须为 2 位数字或空文本"),
    "item_type": (_matches(r"[0-9]{2}"), True, "须为 2 位事项类型代码"),
    "level": (_matches(r"[1-7](,[1-7]){0,6}"), True, "须为行使层级代码 1 至 7，多个以英文逗号分隔"),
    "implementing_body": (_matches(_UUID_TEXT.pattern), True, "须为实施主体的机构标识（小写 UUID）"),
    "supervising_body": (_matches(_UUID_TEXT.pattern), True, "须为监管主体的机构标识（小写 UUID）"),
    secrecy.ELEMENT: (lambda value: value in secrecy.OF_ENTRIES, True, f"须为 {'、'.join(secrecy.OF_ENTRIES)} 之一"),
    "audience": (lambda value: value in ("public", "staff"), False, "须为 public（公开）或 staff（内部）"),
}


def check_elements(operation: str, elements: Mapping[str, Any], place: str) -> Iterator[problems.FieldError]:
    """Errors in the elements of one change, with pointers that begin with `place`."""
    where = f"{place}/elements"
    if operation in RESULTING_STATE:
        if elements:
            yield problems.FieldError(where, "elements_not_expected", "暂停、恢复、取消不改变其他要素，请另列修改")
        return
    if operation == "modify" and not elements:
        yield problems.FieldError(where, "no_elements", "请至少写明一个要修改的要素")
    if operation == "transfer":
        yield from _transfer_errors(elements, where)
    if operation == "add" and not _is_name(elements.get("name")):
        yield problems.FieldError(f"{where}/name", "name_missing", "新增事项须有名称")
    if len(elements) > _MOST_ELEMENTS:
        yield problems.FieldError(where, "too_many_elements", f"一次最多 {_MOST_ELEMENTS} 个要素")
    for element, value in elements.items():
        yield from _element_errors(operation, element, value, f"{where}/{_escaped(element)}")


def check_terms(
    operation: str, until: date | None, *, given: bool, today: date, place: str
) -> Iterator[problems.FieldError]:
    """A suspension says how long it holds; nothing else does."""
    if operation != "suspend":
        if given:
            yield problems.FieldError(f"{place}/terms", "terms_not_expected", "只有暂停事项时须写明期限或条件")
    elif not given:
        message = "暂停须写明暂停至何日（until）或恢复的条件（condition）"
        yield problems.FieldError(f"{place}/terms", "terms_missing", message)
    elif until is not None and until <= today:
        yield problems.FieldError(f"{place}/terms/until", "date_in_past", "暂停的截止日须晚于今天")


# They follow from the taking organ; the base code says what the matter is and stays (specification, 1.1).
_CODED_BY_ORGAN = ("base_code", "implementation_code", "handling_item")


def _transfer_errors(elements: Mapping[str, Any], where: str) -> Iterator[problems.FieldError]:
    if elements.get("implementing_body") is None:
        yield problems.FieldError(f"{where}/implementing_body", "body_missing", "划转须写明划入单位（实施主体）")
    for element in _CODED_BY_ORGAN:
        if element in elements:
            message = "划转后的编码由系统按划入单位生成，基本编码不变，请勿填写"
            yield problems.FieldError(f"{where}/{element}", "computed_code", message)


def check_body(body: UUID | None, elements: Mapping[str, Any], place: str) -> Iterator[problems.FieldError]:
    """The error of a modification that would give an entry to another organ: a transfer, which both organs sign."""
    named = dict(bodies_named(elements)).get(BODY)
    if body is not None and named is not None and named != body:
        message = "变更实施主体请使用划转（transfer）：须由划出、划入单位共同参与，并重新赋码"
        yield problems.FieldError(f"{place}/elements/{BODY}", "body_by_transfer", message)


def _element_errors(operation: str, element: str, value: Any, pointer: str) -> Iterator[problems.FieldError]:
    if not _ELEMENT_NAME.fullmatch(element):
        yield problems.FieldError(pointer, "unknown_element", "要素代码须为小写字母、数字和下划线")
        return
    if element == "state":
        message = "事项状态不能直接修改，请使用暂停、恢复或取消操作"
        if operation == "add" and value == "in_use":
            return
        yield problems.FieldError(pointer, "state_by_operation", message)
        return
    shape = _KEY_ELEMENTS.get(element)
    if shape is None or (operation == "add" and element == "name"):
        return
    fits, removable, expected = shape
    if not (removable and value is None) and not fits(value):
        yield problems.FieldError(pointer, "wrong_shape", expected)


def _escaped(element: str) -> str:
    return element.replace("~", "~0").replace("/", "~1")[:80]


def proposed_values(operation: str, elements: Mapping[str, Any]) -> dict[str, Any]:
    """What the change puts in place, by element; operations on the state name only the state."""
    if operation in RESULTING_STATE:
        return {"state": RESULTING_STATE[operation]}
    if operation == "add":
        given = {element: value for element, value in elements.items() if value is not None}
        return {"handling_item": "", **given, "state": "in_use"}
    return dict(elements)


def base_values(proposed: Mapping[str, Any], current: Mapping[str, Any]) -> dict[str, Any]:
    """What the compiler saw of the elements he changes; an element that is not there yet is null."""
    return {element: current.get(element) for element in proposed}


def check_operation(operation: str, state: str, place: str) -> problems.FieldError | None:
    """The error when the entry's state does not allow the operation."""
    if operation == "add" or state in FROM_STATES[operation]:
        return None
    titles = "、".join(STATE_TITLES[each] for each in sorted(FROM_STATES[operation]))
    message = (
        f"事项处于“{STATE_TITLES.get(state, state)}”状态，不能{OPERATION_TITLES[operation]}；"
        f"只有处于“{titles}”状态的事项可以"
    )
    return problems.FieldError(f"{place}/operation", "operation_not_possible", message)


def body_of(operation: str, elements: Mapping[str, Any]) -> UUID | None:
    """The organ an added entry belongs to, as its elements say."""
    value = elements.get("implementing_body") if operation == "add" else None
    return UUID(value) if isinstance(value, str) and _UUID_TEXT.fullmatch(value) else None


def verdict(base: Any, proposed: Any, current: Any) -> str:
    """What becomes of one element at decision and at effect: `apply`, `no_change` or `conflict`.

    Unchanged since it was compiled: it applies. Equal to what is proposed: nothing to do. Anything else is a
    conflict that people must look at (architecture, 'Time').
    """
    if current == proposed:
        return "no_change"
    return "apply" if current == base else "conflict"


def bodies_named(elements: Mapping[str, Any]) -> Iterator[tuple[str, UUID]]:
    """Organs that elements refer to: (element, organ)."""
    for element in (BODY, "supervising_body"):
        value = elements.get(element)
        if isinstance(value, str) and _UUID_TEXT.fullmatch(value):
            yield element, UUID(value)

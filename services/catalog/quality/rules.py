"""What is wrong with an entry by itself: the validators V01-V05; pure and fast enough for every row of an import.

V01 mandatory and well-formed · V02 codes sound and not given twice · V03 type, level, body and codes agree ·
V04 a basis that may set such an item · V05 promised limit within the statutory one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from services.catalog.kinds.rules import IMPLICIT, Element, Profile
from services.catalog.quality import codes
from services.catalog.quality.shapes import CHECKERS, DOCUMENT_KINDS, as_limit
from shared.calendar.limits import Comparison, LimitError, TimeLimit, compare
from shared.calendar.working_days import CalendarNotAnnounced

BLOCK, ERROR, WARN = "block", "error", "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with one element.

    Attributes
    ----------
    rule : V01-V05.
    severity : block (must be put right), error (should be), warn (a person should look).
    element : the key of the element.
    code : stable English identifier.
    message : Chinese, names the element and the remedy.
    place : JSON pointer from the entry's elements to the value, e.g. `/basis/0/article`.
    """

    rule: str
    severity: str
    element: str
    code: str
    message: str
    place: str


@dataclass(frozen=True, slots=True)
class OrganFacts:
    """What the validators need to know of an organ."""

    name: str
    credit_code: str | None = None
    administrative_subject: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryContext:
    """What the validators need beside the entry.

    Attributes
    ----------
    organs : organs by id (lower-case text); None: bodies are not checked.
    held_codes : whole codes that other items of the kind hold or held -> True when retired.
    touched : names of the elements a change touches; findings on others are left out. None: all.
    complete : False while a list is being compiled from files: gaps are `error`, not `block`.
    """

    organs: Mapping[str, OrganFacts] | None = None
    held_codes: Mapping[str, bool] = field(default_factory=dict)
    touched: frozenset[str] | None = None
    complete: bool = True


# Who may set what: 行政许可法 art. 14-17 for permits; duties and services may rest on lesser documents.
_SETS_PERMITS = frozenset({"law", "regulation", "decision", "local_regulation", "provincial_rule"})
_SETS_POWERS = _SETS_PERMITS | {"department_rule"}
_POWER_TYPES = frozenset(f"{number:02d}" for number in range(1, 11))
# Lists whose entries are powers exercised in the body's own name (HB-06).
_POWER_KINDS = frozenset({"permit", "power"})

NO_CONTEXT = EntryContext()


def validate_entry(profile: Profile, elements: Mapping[str, Any], context: EntryContext = NO_CONTEXT) -> list[Finding]:
    """All findings of V01-V05 on one complete entry, in the order of the profile's elements.

    `elements` is the entry as it would be; null counts as absent. Nothing is raised for bad values: they are findings.
    """
    found: list[Finding] = []
    keys = _keys(profile)
    malformed: set[str] = set()
    item_type = elements.get("item_type")
    for key, element, check in _plan(profile):
        value = elements.get(key)
        # False and 0 are values; the first look spares the others for all that is there.
        if not value and (value is None or value == "" or value == []):
            if element.mandatory or item_type in element.mandatory_for:
                found.append(_gap(element, context))
        elif problem := check(value, element):
            malformed.add(key)
            rule = "V03" if element.type == "item_type" else "V01"
            found.append(Finding(rule, BLOCK, key, "malformed", f"{element.title}{problem[1]}", f"/{key}{problem[0]}"))
    if not elements.keys() <= keys:
        found += _unknown(profile, elements)
    sound = {k: v for k, v in elements.items() if k in keys and k not in malformed and v is not None and v != ""}
    found += codes.check(sound, context.organs, context.held_codes, Finding)
    if profile.kind in _POWER_KINDS and context.organs is not None:
        found += _subject(sound, context.organs)
    if sound.get("basis"):
        found += _basis(sound)
    if sound.get("promised_limit"):
        found += _limits(sound)
    if context.touched is not None:
        found = [finding for finding in found if finding.element in context.touched]
    return found


def blocking(findings: list[Finding]) -> list[Finding]:
    """Those that must be put right before the entry can be in force."""
    return [finding for finding in findings if finding.severity == BLOCK]


def _gap(element: Element, context: EntryContext) -> Finding:
    severity = BLOCK if context.complete else ERROR
    return Finding("V01", severity, element.key, "missing", f"{element.title}为必填要素，请填写", f"/{element.key}")


Step = tuple[str, Element, Callable[[Any, Element], tuple[str, str] | None]]


@lru_cache(maxsize=1024)
def _plan(profile: Profile) -> tuple[Step, ...]:
    named = {element.key for element in profile.elements}
    implicit = [Element(key=key, title=title, type=key) for key, title in IMPLICIT.items() if key not in named]
    return tuple((element.key, element, CHECKERS[element.type]) for element in (*profile.elements, *implicit))


@lru_cache(maxsize=1024)
def _keys(profile: Profile) -> frozenset[str]:
    return frozenset(key for key, _, _ in _plan(profile))


def _unknown(profile: Profile, elements: Mapping[str, Any]) -> Iterator[Finding]:
    for key in sorted(elements.keys() - _keys(profile)):
        message = f"要素“{key[:60]}”不在该清单的要素表中，不会公开，请核对名称或先扩充要素表"
        yield Finding("V01", WARN, key, "unknown_element", message, f"/{key}")


def _subject(elements: Mapping[str, Any], organs: Mapping[str, OrganFacts]) -> Iterator[Finding]:
    body = organs.get(str(elements.get("implementing_body")))
    if body is not None and not body.administrative_subject and elements.get("item_type", "01") in _POWER_TYPES:
        message = f"{body.name}没有行政主体资格，不能作为行政权力事项的实施主体，请改由其主管部门列入或先核定其主体资格"
        yield Finding("V03", BLOCK, "implementing_body", "not_administrative_subject", message, "/implementing_body")


def _basis(elements: Mapping[str, Any]) -> Iterator[Finding]:
    """V04: at least one basis that may set an item of this type, each setting basis with its article."""
    item_type = str(elements.get("item_type"))
    allowed = _SETS_PERMITS if item_type == "01" else _SETS_POWERS if item_type in _POWER_TYPES else None
    setting = [(index, row) for index, row in enumerate(elements["basis"]) if row["kind"] == "set"]
    if not setting:
        message = "缺少设定依据：实施依据和监管依据不能设定事项，请补充设定依据及条款"
        yield Finding("V04", BLOCK, "basis", "no_setting_basis", message, "/basis")
    for index, row in setting:
        if not row.get("article"):
            message = f"设定依据《{row['document'][:60]}》未写明条款，请补充条款号"
            yield Finding("V04", BLOCK, "basis", "article_missing", message, f"/basis/{index}/article")
        if allowed is not None and row["document_kind"] not in allowed:
            kind = DOCUMENT_KINDS[row["document_kind"]]
            message = f"《{row['document'][:60]}》是{kind}，不得设定此类事项，请更换设定依据"
            yield Finding("V04", BLOCK, "basis", "may_not_set", message, f"/basis/{index}/document_kind")


def _limits(elements: Mapping[str, Any]) -> Iterator[Finding]:
    """V05: the promise must not be longer than the law allows, whatever units the two are in."""
    promised = as_limit(elements["promised_limit"])
    if elements.get("handling_kind") == "immediate" and promised.amount > 1:
        message = f"即办件的承诺办结时限应为0或1，实际为{promised}"
        yield Finding("V05", BLOCK, "promised_limit", "immediate_limit", message, "/promised_limit/amount")
    if not elements.get("statutory_limit"):
        return
    statutory = as_limit(elements["statutory_limit"])
    match _compared(promised, statutory):
        case Comparison.CERTAINLY_LONGER:
            message = f"承诺办结时限{promised}长于法定办结时限{statutory}，请缩短承诺时限"
            yield Finding("V05", BLOCK, "promised_limit", "promise_too_long", message, "/promised_limit")
        case Comparison.DEPENDS:
            message = f"承诺办结时限{promised}遇节假日可能长于法定办结时限{statutory}，请核对单位"
            yield Finding("V05", WARN, "promised_limit", "promise_may_be_too_long", message, "/promised_limit")


def _compared(promised: TimeLimit, statutory: TimeLimit) -> Comparison | None:
    try:
        return compare(promised, statutory)
    except (CalendarNotAnnounced, LimitError):
        return None

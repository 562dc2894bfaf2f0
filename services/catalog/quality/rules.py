"""What is wrong with an entry by itself; pure and fast enough for every row of an import.

V01 mandatory and well-formed · V02 codes sound and not given twice · V03 type, level, body and codes agree; the other
rules are modules of `validators`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from services.catalog.kinds.rules import IMPLICIT, Element, Profile
from services.catalog.quality import codes
from services.catalog.quality.concerns import concerns
from services.catalog.quality.entry import BLOCK, ERROR, NO_CONTEXT, WARN, Entry, EntryContext, Finding, Validator
from services.catalog.quality.levels.rules import leveled
from services.catalog.quality.shapes import CHECKERS
from services.catalog.quality.validators import VALIDATORS


def validate_entry(profile: Profile, elements: Mapping[str, Any], context: EntryContext = NO_CONTEXT) -> list[Finding]:
    """All findings on one complete entry by itself, in the order of the profile's elements and then of the rules.

    `elements` is the entry as it would be; null counts as absent. Nothing is raised for bad values: they are findings.
    """
    found: list[Finding] = []
    keys = _keys(profile)
    malformed: set[str] = set()
    for key, element, check in _plan(profile):
        value = elements.get(key)
        if not value and _empty(value):  # the first look spares the call for all that is there
            if asked(element, elements):
                found.append(_gap(element, context))
        elif problem := check(value, element):
            malformed.add(key)
            rule = "V03" if element.type == "item_type" else "V01"
            found.append(Finding(rule, BLOCK, key, "malformed", f"{element.title}{problem[1]}", f"/{key}{problem[0]}"))
    if not elements.keys() <= keys:
        found += _unknown(profile, elements)
    sound = {k: v for k, v in elements.items() if k in keys and k not in malformed and not _empty(v)}
    found += codes.check(sound, context.organs, context.held_codes, Finding)
    entry = Entry(profile, sound, context)
    for elements_of, validate in _validators(profile):
        if not elements_of.isdisjoint(sound):
            found += validate(entry)
    if context.levels:
        found = leveled(found, context.levels)
    if context.touched is not None:
        found = [finding for finding in found if concerns(finding, context.touched, profile)]
    return found


def asked(element: Element, elements: Mapping[str, Any]) -> bool:
    """Whether an entry must have the element: always, for its type, or for what it says elsewhere."""
    if element.mandatory:
        return True
    if element.mandatory_for and elements.get("item_type") in element.mandatory_for:
        return True
    # Few elements have conditions, and every empty element of every row is asked.
    return bool(element.mandatory_when) and any(
        _says_one_of(elements.get(key), values) for key, values in element.mandatory_when.items()
    )


def _says_one_of(value: Any, values: tuple[str, ...]) -> bool:
    return any(one in values for one in value) if isinstance(value, list) else value in values


def _empty(value: Any) -> bool:
    """False and 0 are values; nothing, an empty text and an empty list are none."""
    return not value and (value is None or value == "" or value == [])


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
    implicit = [element for element in IMPLICIT if element.key not in named]
    return tuple((element.key, element, CHECKERS[element.type]) for element in (*profile.elements, *implicit))


@lru_cache(maxsize=1024)
def _keys(profile: Profile) -> frozenset[str]:
    return frozenset(key for key, _, _ in _plan(profile))


@lru_cache(maxsize=1024)
def _validators(profile: Profile) -> tuple[tuple[frozenset[str], Callable[[Entry], Iterator[Finding]]], ...]:
    """The validators that may say something of an entry of this profile, with the elements that wake them."""
    keys = _keys(profile)
    return tuple((v.elements, v.check) for v in VALIDATORS if _speaks_of(v, profile.kind, keys))


def _speaks_of(validator: Validator, kind: str, keys: frozenset[str]) -> bool:
    return (validator.kinds is None or kind in validator.kinds) and not validator.elements.isdisjoint(keys)


def _unknown(profile: Profile, elements: Mapping[str, Any]) -> Iterator[Finding]:
    for key in sorted(elements.keys() - _keys(profile)):
        message = f"要素“{key[:60]}”不在该清单的要素表中，不会公开，请核对名称或先扩充要素表"
        yield Finding("V01", WARN, key, "unknown_element", message, f"/{key}")

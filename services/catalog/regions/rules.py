"""Which regions the register accepts: level and parent come from the register, never from the digits of a code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.codes import region_code
from shared.codes.problems import CodeError
from shared.problems import FieldError

LEVELS = ("nation", "province", "city", "county", "township", "village")
LEVEL_TITLES = dict(zip(LEVELS, ("国家", "省", "市", "县", "乡镇（街道）", "村（社区）"), strict=True))
RANK = {level: rank for rank, level in enumerate(LEVELS)}
KINDS = ("administrative", "zone", "virtual")
NATION = region_code.NATION


@dataclass(frozen=True, slots=True)
class Place:
    """A region as far as its place in the tree matters."""

    code: str
    level: str
    kind: str
    parent_code: str | None


def stored_code(text: str, kind: str) -> tuple[str, list[FieldError], list[str]]:
    """A code in its stored form, what is wrong with it, and warnings about it.

    Codes of 6, 9 or 12 digits are GB/T 2260 or its extensions; a zone that has none carries a local code.
    """
    if not text.isdigit():
        if kind == "zone":
            return text, [], []
        message = "行政区划代码应为数字；只有开发区等可用本地代码"
        return text, [FieldError("/code", "region_code_character", message)], []
    try:
        parsed = region_code.parse(text)
    except CodeError as error:
        return text, [FieldError("/code", error.problem.code, error.problem.message)], []
    return parsed.value, [], [warning.message for warning in parsed.warnings]


def misplaced(place: Place, parent: Place | None, children: Sequence[Place]) -> list[FieldError]:
    """Why a region cannot stand where it is put: under its parent, above its children.

    Levels descend strictly, so the tree has no cycle; a zone (开发区) may have the level of its parent, which must
    then be an ordinary region.
    """
    errors = []
    if place.parent_code is None:
        if place.kind == "zone":
            errors.append(FieldError("/parent_code", "parent_missing", "开发区等须指明所属的上级区划"))
    elif parent is None:
        message = f"上级区划{place.parent_code}不在区划库中，请先登记上级"
        errors.append(FieldError("/parent_code", "parent_unknown", message))
    elif not _below(place, parent):
        message = f"{LEVEL_TITLES[place.level]}级区划不能归属{LEVEL_TITLES[parent.level]}级区划{parent.code}"
        errors.append(FieldError("/parent_code", "level_order", message))
    wrong = [child.code for child in children if not _below(child, place)]
    if wrong:
        message = f"下级区划{'、'.join(wrong[:5])}的层级不低于“{LEVEL_TITLES[place.level]}”，请先调整下级"
        errors.append(FieldError("/level", "level_of_children", message))
    return errors


def _below(child: Place, parent: Place) -> bool:
    if child.kind == "zone" and parent.kind != "zone":
        return RANK[child.level] >= RANK[parent.level]
    return RANK[child.level] > RANK[parent.level]


def check_tree(given: Sequence[Place], known: Mapping[str, Place]) -> dict[int, list[FieldError]]:
    """Errors by index of the given regions, each seen together with all others and the register as it is.

    A region under a refused one is refused too. `known` holds the registered parents and children of the given ones,
    and the given ones as they are registered now.
    """
    errors = _repeated(given)
    while True:
        tree = {**known, **{place.code: place for index, place in enumerate(given) if index not in errors}}
        children: dict[str, list[Place]] = {}
        for place in tree.values():
            children.setdefault(place.parent_code or "", []).append(place)
        found = {
            index: wrong
            for index, place in enumerate(given)
            if index not in errors
            and (wrong := misplaced(place, tree.get(place.parent_code or ""), children.get(place.code, ())))
        }
        if not found:
            return errors
        errors |= found


def _repeated(given: Sequence[Place]) -> dict[int, list[FieldError]]:
    errors: dict[int, list[FieldError]] = {}
    seen: set[str] = set()
    for index, place in enumerate(given):
        if place.code in seen:
            errors[index] = [FieldError("/code", "given_twice", f"区划{place.code}在本次请求中重复")]
        seen.add(place.code)
    return errors

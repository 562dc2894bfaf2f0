"""Kinds of adjustment (调整类型), and which one an adjustment is by what it does to entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# From the lightest to the gravest for those concerned; domain/spec.md 5.3. Changing elements takes the short path,
# everything else needs the government ([P5], articles 22-25). Where one adjustment does several things, the gravest
# decides which procedure all of it passes: a cancellation does not become lighter by a corrected name beside it.
KIND_TITLES: dict[str, str] = {
    "modify": "要素修改",
    "resume": "恢复",
    "suspend": "暂停",
    "add": "新增",
    "take_over": "承接",
    "merge": "合并",
    "split": "拆分",
    "transfer": "划转",
    "devolve": "下放",
    "cancel": "取消",
}
KINDS: tuple[str, ...] = tuple(KIND_TITLES)
GRAVEST = KINDS[-1]


def kind_of(operations: Iterable[str]) -> str | None:
    """The kind of an adjustment whose changes do these operations; None while it has no change.

    An operation that is no kind of its own counts as the gravest: what nobody has thought about never takes the short
    path.
    """
    ranks = [KINDS.index(operation) if operation in KIND_TITLES else len(KINDS) - 1 for operation in operations]
    return KINDS[max(ranks)] if ranks else None


def kind_of_change(operation: str, *, before: Any, after: Any, trigger: str, successors: int = 0) -> str:
    """What a change does to its entry as kinds tell it apart: more than its operation says in some cases.

    A modification that lets a lower level exercise a matter devolves it (下放, with the target level; TH-02); an entry
    that is added because a superior has devolved it is taken over (承接); one that ends with a successor is merged into
    it, with several it is split (合并、拆分; TH-47).

    Parameters
    ----------
    before, after : the element `level` as it is and as proposed, such as `2,3`; None where it is not named.
    trigger : of the adjustment.
    successors : how many entries take the place of one that ends.
    """
    if operation == "add" and trigger == "SUPERIOR_DEVOLVE":
        return "take_over"
    if operation == "cancel" and successors:
        return "merge" if successors == 1 else "split"
    if operation == "modify" and _lowest(after) > _lowest(before) > 0:
        return "devolve"
    return operation


def _lowest(levels: Any) -> int:
    """The lowest of levels 1 (nation) to 6 (village); 0 where none is named. 7, graded, stands beside the order."""
    named = str(levels or "").split(",")
    return max((int(each) for each in named if each in {"1", "2", "3", "4", "5", "6"}), default=0)

"""Kinds of adjustment (调整类型), and which one an adjustment is by what it does to entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable

# From the lightest to the gravest for those concerned; domain/spec.md 5.3. Changing elements takes the short path,
# everything else needs the government ([P5], articles 22-25). Where one adjustment does several things, the gravest
# decides which procedure all of it passes: a cancellation does not become lighter by a corrected name beside it.
KIND_TITLES: dict[str, str] = {
    "modify": "要素修改",
    "resume": "恢复",
    "suspend": "暂停",
    "add": "新增",
    "take_over": "承接",
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

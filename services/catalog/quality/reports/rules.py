"""The five figures of quality: what each counts, and which rules speak for it. Pure; ZL-08 and the linkage check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

FIGURES: Mapping[str, tuple[str, str]] = {
    "legality": ("合法性", "没有设定依据、收费、环节、变相许可等合法性问题（阻断、错误级）的事项数 ÷ 事项数"),
    "authenticity": ("真实性", "编码、实施主体、上级目录均能对应（无阻断、错误级问题）的事项数 ÷ 事项数"),
    "accuracy": ("准确性", "格式正确，且时限、材料、网上办理等要素没有阻断、错误级问题的事项数 ÷ 事项数"),
    "completeness": ("完整性", "已填写的必填要素数 ÷ 必填要素数（最近一次质量检查）"),
    "consistency": ("一致性", "与其他清单没有不一致（阻断、错误级）的事项数 ÷ 事项数"),
}
# Rules by the figure they speak for; other linkage rules speak for consistency, other validators for accuracy.
_FIGURE_OF = {
    "V04": "legality", "V07": "legality", "V11": "legality", "V12": "legality", "V13": "legality", "V17": "legality",
    "V20": "legality", "V30": "legality", "V32": "legality", "K22": "legality", "K23": "legality",
    "V02": "authenticity", "V03": "authenticity", "V14": "authenticity", "K20": "authenticity", "K29": "authenticity",
    "V01": "completeness", "V22": "consistency",
}  # fmt: skip


def figure_of(rule: str, *, malformed: bool = False) -> str:
    """The figure a rule speaks for; what is filled but malformed (错误项) is complete, and not accurate."""
    if rule == "V01" and malformed:
        return "accuracy"
    return _FIGURE_OF.get(rule) or ("accuracy" if rule.startswith("V") else "consistency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A figure as a fraction; None when nothing was counted yet."""

    figure: str
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Between 0 and 1, to four places, rounded down: 0.99996 is not all."""
        if self.denominator == 0:
            return None
        return int(Fraction(self.numerator, self.denominator) * 10_000) / 10_000


def shares(counted: Mapping[str, Any], faults: Mapping[str, int]) -> list[Share]:
    """The five figures of one organ in one list.

    `counted` has `entries`, and `mandatory` and `filled` where the list was checked; `faults` says how many entries
    have an open fault, by figure. While nobody has judged the entries only what other lists say of them is known: that
    no fault was found says nothing.
    """
    entries, judged = int(counted["entries"]), counted["mandatory"] is not None
    told = []
    for figure in FIGURES:
        if figure == "completeness":
            whole, good = int(counted["mandatory"] or 0), int(counted["filled"] or 0)
        elif figure == "consistency" or judged:
            whole, good = entries, entries - faults.get(figure, 0)
        else:
            whole, good = 0, 0
        told.append(Share(figure=figure, numerator=good, denominator=whole))
    return told


def by_figure(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[Any, Any], dict[str, set[Any]]]:
    """(list, organ) -> figure -> the entries with an open fault of it; an entry counts once for each figure."""
    found: dict[tuple[Any, Any], dict[str, set[Any]]] = {}
    for row in rows:
        figures = found.setdefault((row["list_id"], row["organ_id"]), {})
        figures.setdefault(figure_of(row["rule"], malformed=row["malformed"]), set()).update(row["item_ids"])
    return found


def below(told: Sequence[Share], gates: Mapping[str, float]) -> list[Share]:
    """Figures that do not reach their gate; one that nothing was counted for does not."""
    wanting = []
    for share in told:
        minimum = gates.get(share.figure)
        if minimum is not None and (share.value is None or share.value < minimum):
            wanting.append(share)
    return wanting


def together(parts: Iterable[Sequence[Share]]) -> list[Share]:
    """The figures of several organs taken together."""
    sums: dict[str, tuple[int, int]] = dict.fromkeys(FIGURES, (0, 0))
    for part in parts:
        for share in part:
            good, whole = sums[share.figure]
            sums[share.figure] = (good + share.numerator, whole + share.denominator)
    return [Share(figure=figure, numerator=good, denominator=whole) for figure, (good, whole) in sums.items()]

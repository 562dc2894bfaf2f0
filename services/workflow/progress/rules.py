"""How counts are told apart, and when a target is met. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.workflow.campaigns.rules import Target

# Bits of columns that a group is not about: milestone, phase, organ, region, kind.
MASKS = {"total": 0b11111, "milestones": 0b01111, "phases": 0b10111, "organs": 0b11011, "regions": 0b11101,
         "kinds": 0b11110}  # fmt: skip
CLASS_TITLES = {"comprehensive": "综合清单", "special": "专项责任清单"}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a target stands: what was published counts, kinds that belong together once (QX-04, QX-05)."""

    target: Target
    actual: int
    counted: tuple[str, ...]

    @property
    def met(self) -> bool:
        """Whether there are as many as there have to be."""
        return self.actual >= self.target.at_least


def standing(target: Target, published: Iterable[Mapping[str, Any]]) -> Standing:
    """How a target stands by the lists that are published."""
    of_class = {row["kind"]: str(row["title"]) for row in published if row["list_class"] == target.list_class}
    counted, seen = [], set[str]()
    for group in target.together:
        seen.update(group)
        if all(kind in of_class for kind in group):
            counted.append("、".join(of_class[kind] for kind in group))
    counted += [title for kind, title in of_class.items() if kind not in seen]
    return Standing(target=target, actual=len(counted), counted=tuple(counted))


def group(rows: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """The rows of one way of grouping."""
    return [row for row in rows if row["mask"] == MASKS[name]]

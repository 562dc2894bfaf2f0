"""Dates of a campaign within those of its superiors (HB-30): a later one is refused with the superior's row. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.workflow.campaigns.rules import Campaign, Milestone
from shared import problems
from shared.problems import FieldError


@dataclass(frozen=True, kw_only=True)
class Superior:
    """A milestone of a campaign above, whose date binds."""

    campaign_id: UUID
    campaign: str
    region_code: str
    region: str
    milestone: Milestone

    def as_row(self) -> dict[str, Any]:
        """How a refusal shows it."""
        return {
            "campaign_id": str(self.campaign_id), "campaign": self.campaign, "region_code": self.region_code,
            "region": self.region, "milestone": self.milestone.title, "due_on": self.milestone.due_on.isoformat(),
        }  # fmt: skip


def refuse_later(milestones: Sequence[tuple[str, Milestone]], superiors: Sequence[Superior]) -> None:
    """A region may set its own dates within the superior's (HB-30); a later one is refused with the superior's row.

    Parameters
    ----------
    milestones
        The pointer of each date in the request, and the milestone.

    Raises
    ------
    problems.Invalid
        Code `later_than_superior`; `superior` holds the rows.
    """
    errors, rows = [], []
    for place, milestone in milestones:
        above = _binding(milestone, superiors)
        if above is None or milestone.due_on <= above.milestone.due_on:
            continue
        rows.append(above.as_row())
        errors.append(
            FieldError(
                place,
                "later_than_superior",
                f"不得晚于{above.region}“{above.campaign}”中节点“{above.milestone.title}”规定的"
                f" {above.milestone.due_on.isoformat()}；请改为该日或更早",
            )
        )
    if errors:
        raise problems.Invalid(
            "所定日期晚于上级方案的时限。", code="later_than_superior", errors=errors, extra={"superior": rows}
        )


def refuse_later_end(campaign: Campaign, superior: Campaign, region: str) -> None:
    """The whole cannot be due later than the whole of the superior.

    Raises
    ------
    problems.Invalid
        Code `later_than_superior`.
    """
    if campaign.due_on > superior.due_on:
        day = superior.due_on.isoformat()
        place = FieldError(
            "/due_on",
            "later_than_superior",
            f"不得晚于{region}“{superior.title}”的整体完成时限 {day}；请改为该日或更早",
        )
        row = {"campaign_id": str(superior.id), "campaign": superior.title, "region_code": superior.region_code,
               "region": region, "milestone": None, "due_on": day}  # fmt: skip
        raise problems.Invalid(
            "整体完成时限晚于上级方案。", code="later_than_superior", errors=[place], extra={"superior": [row]}
        )


def _binding(milestone: Milestone, superiors: Sequence[Superior]) -> Superior | None:
    """The earliest date above that is about the same: subject, a level, a nature of region and a kind in common."""
    same = [each for each in superiors if _meet(milestone, each.milestone)]
    return min(same, key=lambda each: each.milestone.due_on, default=None)


def _meet(mine: Milestone, theirs: Milestone) -> bool:
    kinds = not mine.kinds or not theirs.kinds or set(mine.kinds) & set(theirs.kinds)
    places = set(mine.levels) & set(theirs.levels) and set(mine.region_kinds) & set(theirs.region_kinds)
    return mine.subject == theirs.subject and bool(kinds and places)

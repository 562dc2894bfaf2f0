"""What the days of a compilation guide may be. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.workflow.campaigns.rules import Campaign
from services.workflow.obligations.rules import ACTS
from shared import problems
from shared.problems import FieldError


def check(nodes: Sequence[tuple[str, date]], kind: str, campaign: Campaign) -> None:
    """A guide orders the work on a kind within the plan: its days lie in order, none later than the milestone's.

    Parameters
    ----------
    nodes
        (act, last day), as they were given.

    Raises
    ------
    problems.Invalid
        Each node with what is wrong with it.
    """
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, (act, day) in enumerate(nodes):
        place = f"/time_nodes/{index}"
        if index and day < nodes[index - 1][1]:
            errors.append(FieldError(f"{place}/ends_on", "nodes_disordered", "时间节点须按先后排列"))
        if act != "other" and act in seen:
            errors.append(FieldError(f"{place}/act", "act_repeated", "同类节点（报送、审核、公布）只能有一个"))
        seen.add(act)
        if not campaign.starts_on <= day <= campaign.due_on:
            errors.append(FieldError(f"{place}/ends_on", "outside_campaign", "时间节点须在专项工作的起止日期之内"))
        for milestone in campaign.milestones:
            concerned = kind in milestone.kinds and ACTS.get(milestone.subject) == act
            if concerned and day > milestone.due_on:
                limit = milestone.due_on.isoformat()
                errors.append(
                    FieldError(f"{place}/ends_on", "later_than_milestone", f"不能晚于节点“{milestone.title}”的 {limit}")
                )
    if errors:
        raise problems.Invalid("编制指南的时间节点有误。", code="guide_invalid", errors=errors)

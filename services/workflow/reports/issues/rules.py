"""What can be done with an issue, by when it has to be solved, and what its task is. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from services.workflow.clocks.rules import Limit, LimitUnit, day_of
from shared import problems

KIND = "issue"
SEVERITIES = {"major": "重大", "critical": "特别重大"}
# The notices say 及时 (QX 五(一)) and name no number: until who coordinates sets a day, these hold, so that whatever
# nobody takes up shows as overdue.
LIMITS = {"major": Limit(10, LimitUnit.WORKING_DAY), "critical": Limit(3, LimitUnit.WORKING_DAY)}
ALLOWED = {"open": ("assign", "resolve"), "resolved": ("reopen",)}
STATE_TITLES = {"open": "未解决", "resolved": "已解决"}


class Facts(Protocol):
    """What is known of an issue, by name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def task(issue: Facts, *, home: str, role: str) -> dict[str, Any]:
    """The task of an issue: with the organ that has to solve it, or with who coordinates (a role at `home`)."""
    owner = issue["owner_id"]
    campaign = f"（{issue['campaign']}）" if issue["campaign"] else ""
    return {
        "id": issue["id"], "kind": KIND, "region_code": issue["owner_region"] if owner else home, "organ_id": owner,
        "role": "list_authority" if owner else role, "subject": subject_of(issue["id"]),
        "title": f"{SEVERITIES[issue['severity']]}问题：{issue['title']}{campaign}"[:500],
        "list_id": issue["list_id"], "adjustment_id": None, "due_at": issue["due_at"], "extension_most": 0,
    }  # fmt: skip


def subject_of(issue_id: UUID) -> str:
    """What the task of an issue is about."""
    return f"{KIND}/{issue_id}"


def entry(act: str, *, by: str, at: datetime, note: str | None, **more: Any) -> dict[str, Any]:
    """A line of the history of an issue."""
    return {"act": act, "by": by, "at": at.isoformat(), "note": note} | more


def require(issue: Facts, act: str) -> None:
    """Refuse what is not possible now.

    Raises
    ------
    problems.IllegalTransition
    """
    if act not in ALLOWED[issue["state"]]:
        title = STATE_TITLES[issue["state"]]
        raise problems.IllegalTransition(f"该问题{title}，不能进行此操作。", allowed=ALLOWED[issue["state"]])


def check_due(due_on: date, now: datetime) -> None:
    """A day by which something has to be solved is not over.

    Raises
    ------
    problems.Invalid
        Pointer `/due_on`.
    """
    if due_on < day_of(now):
        place = problems.FieldError("/due_on", "date_in_past", "解决时限不能早于今天")
        raise problems.Invalid("解决时限有误。", errors=[place])

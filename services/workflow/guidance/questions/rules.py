"""What can be done with a question now, by when it is answered, and what its task is. Pure."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from services.workflow.clocks.rules import Limit, LimitUnit
from shared import problems

KIND = "guidance"
# QX 五(二) and HB 五(三) ask for guidance and answers and name no days: a working week, since others wait for it.
LIMIT = Limit(5, LimitUnit.WORKING_DAY)
# A thread that goes on for longer wants a meeting.
MOST_MESSAGES = 100
STATE_TITLES = {"open": "待答复", "answered": "已答复", "closed": "已办结"}
ALLOWED = {
    "open": {"answer": "asked", "close": "asking"},
    "answered": {"answer": "asked", "follow_up": "asking", "close": "asking"},
    "closed": {},
}


class Facts(Protocol):
    """What is known of a question, by name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def require(question: Facts, act: str) -> None:
    """Refuse what is not possible now.

    Raises
    ------
    problems.IllegalTransition
    """
    if act not in ALLOWED[question["state"]]:
        title = STATE_TITLES[question["state"]]
        raise problems.IllegalTransition(f"该咨询{title}，不能进行此操作。", allowed=tuple(ALLOWED[question["state"]]))
    if question["messages"] >= MOST_MESSAGES and act != "close":
        message = f"往来已达{MOST_MESSAGES}条，请另行提出或当面沟通。"
        raise problems.Conflict(message, code="thread_too_long")


def speaker(question: Facts, act: str) -> tuple[str, UUID]:
    """Whose part an act is: the region and the organ that has to speak."""
    if ALLOWED[question["state"]][act] == "asked":
        return question["asked_region"], question["asked_organ_id"]
    return question["region_code"], question["organ_id"]


def task(question: Facts) -> dict[str, Any]:
    """The task of a question: with the organ that is asked."""
    return {
        "id": question["id"], "kind": KIND, "region_code": question["asked_region"],
        "organ_id": question["asked_organ_id"], "role": "compiler", "title": f"答复下级咨询：{question['title']}",
        "subject": subject_of(question["id"]), "list_id": question["list_id"], "adjustment_id": None,
        "due_at": question["due_at"], "extension_most": 0,
    }  # fmt: skip


def subject_of(question_id: UUID) -> str:
    """What the task of a question is about."""
    return f"{KIND}/{question_id}"

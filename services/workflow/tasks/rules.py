"""Which events open and close which tasks, who may be given one, and what happened to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from shared.ledger.envelope import Event

OPENING = {
    "draft.opened": "drafts",
    "finding.opened": "findings",
    "feedback.received": "feedback",
    "publication.channel_due": "channel_findings",
    "publication.channel_lagging": "channel_findings",
    "publication.channel_differs": "channel_findings",
}
# Event -> (ids in refs, kind of task, state the task ends in)
CLOSING = {
    "draft.accepted": ("drafts", "linkage_draft", "done"),
    "draft.objected": ("drafts", "linkage_draft", "done"),
    "draft.closed": ("drafts", "linkage_draft", "void"),
    "finding.closed": ("findings", "finding", "done"),
    "finding.waived": ("findings", "finding", "done"),
    "feedback.answered": ("feedback", "feedback", "done"),
    "publication.channel_levelled": ("channel_findings", "channel", "done"),
}
SUBJECTS = {"linkage_draft": "draft", "finding": "finding", "feedback": "feedback", "channel": "channel"}
# All others close by what is done about them.
CLOSED_BY_PEOPLE = frozenset({"deadline", "subtask"})


def named(events: Iterable[Event], type_: str, key: str) -> list[UUID]:
    """The ids that events of a type name in `refs[key]`, each once.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    found = [UUID(str(id_)) for event in events if event.type == type_ for id_ in event.refs.get(key, ())]
    return list(dict.fromkeys(found))


class Ability(Protocol):
    """What is known of an account and a task, by name: `active`, `able`, `compiled`."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def refusal(able: Ability | None) -> tuple[str, str] | None:
    """Why an account cannot be given a task (code, message); None when it can."""
    if able is None:
        return "account_not_found", "没有这个账号"
    if not able["active"]:
        return "account_inactive", "该账号已停用"
    if not able["able"]:
        return "cannot_act", "该账号在此区划、单位没有办理此待办的角色"
    if able["compiled"]:
        return "own_compilation", "该账号参与了该调整的编制，不能办理其审核"
    return None


# What a subject begins with -> where it is read, by its id.
_READ_AT = {
    "draft": "/catalog/v1/drafts",
    "finding": "/catalog/v1/findings",
    "supervision_dispute": "/catalog/v1/supervision/disputes",
    "feedback": "/publish/v1/feedback",
    "channel": "/publish/v1/channel-findings",
    "report": "/workflow/v1/monthly-reports",
    "guidance": "/workflow/v1/guidance-questions",
    "issue": "/workflow/v1/campaign-issues",
    "complaint": "/workflow/v1/complaints",
    "notice": "/workflow/v1/notices",
    "survey": "/workflow/v1/surveys",
}


def href(task: Mapping[str, Any]) -> str:
    """Where to read what a task is about, and what would change."""
    about, _, id_ = str(task["subject"]).partition("/")
    if about in _READ_AT:
        return f"{_READ_AT[about]}/{id_}"
    match about:
        case "obligation":
            return f"/workflow/v1/obligations/{id_.partition('/')[0]}"
        case "rectification_order":
            return f"/workflow/v1/rectification-orders/{id_.partition('/')[0]}"
        case "violation":
            organ, kind = id_.split("/")
            return f"/workflow/v1/violations?region={task['region_code']}&organ={organ}&kind={kind}&state=open"
        case "subtask":
            return f"/workflow/v1/tasks/{task['parent_id']}"
        case "claim":
            region, kind, organ = id_.split("/")
            chosen = {"nobody": "state=offered", "disputed": "state=disputed"}.get(organ, f"organ={organ}")
            return f"/catalog/v1/claims?region={region}&kind={kind}&{chosen}"
        case _ if task["adjustment_id"] is not None:
            return f"/workflow/v1/adjustments/{task['adjustment_id']}"
        case _ if task["list_id"] is not None:
            return f"/catalog/v1/lists/{task['list_id']}"
    return f"/workflow/v1/tasks/{task['id']}"


def history(task: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What happened to a task and its clock, in order: {at, act, by, to, reason}."""
    found = [_entry(task["opened_at"], "opened"), *task["history"]]
    for pause in task["pauses"] or ():
        found.append(_entry(pause["began"], "paused", pause["by"], pause["reason"]))
        if pause["ended"]:
            found.append(_entry(pause["ended"], "resumed", pause["ended_by"]))
    found += [_entry(each["at"], "extended", each["by"], each["reason"]) for each in task["extensions"] or ()]
    # Warnings are in order: of several that were folded into one word, the last is the one that was said.
    said = {warning["told_at"]: warning["grade"] for warning in task["warnings"] or () if warning["told_at"]}
    found += [_entry(at, "overdue" if grade == "overdue" else "warned", reason=grade) for at, grade in said.items()]
    if task["closed_at"]:
        found.append(_entry(task["closed_at"], "closed", task["closed_by"]))
    return sorted(found, key=lambda entry: _instant(entry["at"]))


def _entry(at: Any, act: str, by: str | None = None, reason: str | None = None) -> dict[str, Any]:
    return {"at": at, "act": act, "by": by, "to": None, "reason": reason}


def _instant(at: Any) -> datetime:
    return at if isinstance(at, datetime) else datetime.fromisoformat(at)

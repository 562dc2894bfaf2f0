"""What a publication is: which lists belong together, how it is named, how it stands, what may be said of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared import problems

# Entries a withdrawal may take back: they are written by one statement, and told of in one transaction of the log.
MOST_TAKEN_BACK = 5_000

KINDS = {
    "enactment": "清单公布",
    "adjustment": "动态调整公布",
    "correction": "更正公布",
    "withdrawal": "撤回公布",
    "update": "信息更新",
}
STATES = {"current": "现行", "superseded": "已被后续公布替代", "withdrawing": "正在撤回", "withdrawn": "已撤回"}
# The trigger of an adjustment that puts right what was published wrongly (差错更正).
ERROR_CORRECTION = "ERROR_CORRECTION"
NOTICES = {"correction": "更正", "withdrawal": "撤回"}
# What of a decision is public: the document, not who typed it in.
_DECISION = ("number", "authority", "meeting", "date", "link")
ZONE = ZoneInfo("Asia/Shanghai")


def bound_together(bonds: Mapping[UUID, frozenset[UUID]]) -> list[frozenset[UUID]]:
    """The lists in groups: two are in one when they share a bond, or each does with a third. In order of list ids."""
    group_of: dict[UUID, set[UUID]] = {}
    held_by: dict[UUID, UUID] = {}
    for list_id in sorted(bonds):
        group = {list_id}
        for bond in bonds[list_id]:
            if bond in held_by:
                group |= group_of[held_by[bond]]
            held_by[bond] = list_id
        for member in group:
            group_of[member] = group
    found = {id(group): group for _, group in sorted(group_of.items())}
    return [frozenset(group) for group in found.values()]


def leading_region(codes: Iterable[str]) -> str:
    """The region a publication is counted in: of several the highest, whose code has most trailing zeros."""
    return min(codes, key=lambda code: (len(code.rstrip("0")), code))


def kind_of(*, first: bool, withdraws: bool, triggers: Sequence[str]) -> str:
    """One of `KINDS`.

    Parameters
    ----------
    first : it puts a list in force.
    withdraws : what it goes back to is a withdrawal.
    triggers : of the adjustments it goes back to.
    """
    if withdraws:
        return "withdrawal"
    if first:
        return "enactment"
    if not triggers:
        return "update"
    return "correction" if set(triggers) == {ERROR_CORRECTION} else "adjustment"


def title_of(kind: str, titles: Sequence[str]) -> str:
    """How a publication is called. Made of the lists' titles alone: an adjustment's title may name what is secret."""
    named = f"《{titles[0]}》" + (f"等{len(titles)}项清单" if len(titles) > 1 else "")
    return f"{named}{KINDS[kind]}"


def state_of(*, present: bool, withdrawal: str | None) -> str:
    """One of `STATES`; `withdrawal`: the state of its withdrawal, if there is one that was not refused."""
    if withdrawal == "done":
        return "withdrawn"
    if withdrawal == "waiting":
        return "withdrawing"
    return "current" if present else "superseded"


@dataclass(frozen=True)
class Correcting:
    """The later publication that is said to put another right."""

    number: str
    later: bool
    shares_list: bool
    kind: str
    withdrawal: str | None = None  # the state of its own withdrawal, if there is one that was not refused


def check_corrects(one: Correcting, withdrawal: str | None) -> None:
    """A publication is put right by a later one of one of its lists that goes back to a correction of errors.

    Raises
    ------
    problems.Conflict, problems.IllegalTransition
    """
    if withdrawal in ("waiting", "done"):
        raise problems.IllegalTransition("该公布已撤回或正在撤回，不再更正。", allowed=[])
    message = None
    if not one.later:
        message = f"公布 {one.number} 不晚于被更正的公布；请指明其后的公布。"
    elif not one.shares_list:
        message = f"公布 {one.number} 与被更正的公布没有共同的清单，请核对编号。"
    elif one.kind != "correction":
        message = f"公布 {one.number} 不是由差错更正（ERROR_CORRECTION）的调整形成的，请先按差错更正办理调整。"
    elif one.withdrawal is not None:
        message = f"公布 {one.number} 已撤回或正在撤回，不能用以更正其他公布。"
    if message is not None:
        place = problems.FieldError("/corrected_by", "no_correction", message)
        raise problems.Conflict(message, code="no_correction", errors=[place])


@dataclass(frozen=True)
class TakenBack:
    """What a withdrawal would take back."""

    entries: int
    first: bool  # it puts a list in force: before it there is nothing to go back to
    untraced: int  # entries whose earlier bodies were purged, or that are no longer public
    changed_since: Sequence[tuple[str, str]]  # (name of the entry, number of the later publication), a few


def check_withdrawable(one: TakenBack, withdrawal: str | None) -> None:
    """A publication is taken back whole, once, and while nothing has built on it.

    Raises
    ------
    problems.IllegalTransition
        It is withdrawn or being withdrawn.
    problems.Conflict
        It puts a list in force; a later publication changed an entry again; it is too large; nothing to take back.
    """
    if withdrawal in ("waiting", "done"):
        raise problems.IllegalTransition("该公布已撤回或正在撤回。", allowed=[])
    if one.first:
        raise problems.Conflict(
            "该公布使清单首次生效，其前没有可以恢复的内容；请通过调整取消有关事项，或以更正公布说明。",
            code="first_publication",
        )
    if one.changed_since:
        named = "；".join(f"“{name}”已由公布 {number} 变更" for name, number in one.changed_since)
        raise problems.Conflict(
            f"该公布的部分事项其后又有变更，不能整体撤回：{named}。请先撤回其后的公布，或通过调整办理。",
            code="changed_since",
            errors=[problems.FieldError("/number", "changed_since", f"“{name}”见公布 {number}")
                    for name, number in one.changed_since],
        )  # fmt: skip
    if one.entries > MOST_TAKEN_BACK:
        raise problems.Conflict(
            f"该公布涉及{one.entries}个事项，超过一次撤回的上限（{MOST_TAKEN_BACK}个）；请通过调整分批办理。",
            code="publication_too_large",
        )
    if one.untraced or not one.entries:
        raise problems.Conflict(
            "该公布没有可以恢复的事项变更，或其中有不再公开的事项；请通过调整办理。", code="nothing_to_take_back"
        )


def check_decided(on: date, now: datetime) -> None:
    """A decision is recorded when it was made. Raises problems.Invalid."""
    if on > now.astimezone(ZONE).date():
        message = "决定日期不能晚于今天"
        place = problems.FieldError("/decision/date", "decision_ahead", message)
        raise problems.Invalid(f"{message}。", code="decision_ahead", errors=[place])


def public_decision(decision: Mapping[str, Any]) -> dict[str, Any]:
    """The reference to a decision: document number, authority, meeting, date, link."""
    return {name: decision.get(name) for name in _DECISION}


def public_decisions(decisions: Iterable[Mapping[str, Any] | None]) -> list[dict[str, Any]]:
    """References to decisions, each once: lists enacted together have one decision."""
    found: list[dict[str, Any]] = []
    for decision in decisions:
        told = public_decision(decision) if decision else None
        if told is not None and told not in found:
            found.append(told)
    return found


def enactment_steps(enacted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Who compiled and who decided on lists that were put in force directly, without the steps of a procedure."""
    compiled = [
        {"step": "编制汇总", "act": "compile", "role": "list_authority", "organ": organ, "at": None}
        for organ in dict.fromkeys(part["lead"] for part in enacted if part["lead"])
    ]
    decided: dict[tuple[Any, ...], dict[str, Any]] = {}
    for part in enacted:
        decision = part["decision"] or {}
        organ = decision.get("authority") or decision.get("meeting")
        step = {"step": "审定公布", "act": "decide", "role": "decider", "organ": organ, "at": part["effective_at"]}
        decided.setdefault((organ, part["effective_at"]), step)
    return [*compiled, *decided.values()]


def passed_step(step: Any) -> dict[str, Any]:
    """A step of the procedure as the public reads it."""
    return {"step": step.title, "act": step.act, "role": step.role, "organ": step.organ, "at": step.decided_at}


def public_notice(notice: Mapping[str, Any]) -> dict[str, Any]:
    """A notice with what people read."""
    decision = public_decision(notice["decision"]) if notice["decision"] else None
    return {**notice, "kind_title": NOTICES[notice["kind"]], "decision": decision}

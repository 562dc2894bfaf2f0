"""What may be done with a list in which state."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import problems

COMPILING, IN_FORCE = "compiling", "in_force"
STATE_TITLES = {COMPILING: "编制中", IN_FORCE: "已生效"}


def check_enactable(state: str) -> None:
    """Only a list that is being compiled is enacted, once, by a decision (ZL-34).

    Raises
    ------
    problems.IllegalTransition
    """
    if state != COMPILING:
        raise problems.IllegalTransition(
            "清单已生效，不能再次公布；内容变化请通过调整程序办理。", allowed=["editions"], code="already_in_force"
        )


def check_each_once(list_ids: Sequence[UUID]) -> None:
    """Each list is named once in a decision. Raises Invalid."""
    twice = [place for place, list_id in enumerate(list_ids) if list_id in list_ids[:place]]
    if twice:
        raise problems.Invalid(
            "同一清单只能列一次，请删除重复的清单。",
            code="list_twice",
            errors=[problems.FieldError(f"/list_ids/{place}", "list_twice", "该清单已列出") for place in twice],
        )


def held_back(titles: Sequence[str | None], refusals: Mapping[int, problems.Problem]) -> problems.Problem:
    """Why several lists are not put into force together: each that holds the others back, with its own reasons.

    Parameters
    ----------
    titles : of the lists as they were asked for; None where there is no such list.
    refusals : place of a list among them -> what is in its way.
    """
    errors: list[problems.FieldError] = []
    for place, problem in sorted(refusals.items()):
        pointer = f"/list_ids/{place}"
        title = titles[place]
        said = problem.detail if title is None else f"《{title}》：{problem.detail}"
        errors.append(problems.FieldError(pointer, problem.code, said))
        errors += [problems.FieldError(pointer + one.pointer, one.code, one.message) for one in problem.errors]
    unknown = [place for place in refusals if titles[place] is None]
    if unknown:
        return problems.Invalid("有清单不存在，未公布任何清单；请核对编号。", code="list_not_found", errors=errors)
    first = min(refusals)
    others = f"等{len(refusals)}项清单" if len(refusals) > 1 else ""
    return problems.Conflict(
        f"《{titles[first]}》{others}尚不能公布，因此未公布任何清单：{refusals[first].detail}",
        code="lists_held_back",
        errors=errors,
    )


def check_compiling(state: str) -> None:
    """Entries are written directly only while the list is compiled; afterwards every change passes the procedure.

    Raises
    ------
    problems.Conflict
    """
    if state != COMPILING:
        raise problems.Conflict(
            "清单已生效，不能直接编制；请通过动态调整提交变更。", code="list_in_force", extra={"state": state}
        )


def edition_instant(asked: datetime | None, *, enacted_at: datetime | None, now: datetime) -> datetime:
    """The instant an edition stands for: the one asked for, else now.

    Raises
    ------
    problems.Invalid
        It lies ahead, or before the list was in force: then there was nothing to name.
    """
    if asked is None:
        return now
    if asked > now:
        message = "版次的时点不能晚于当前时间"
    elif enacted_at is not None and asked < enacted_at:
        message = "该时点清单尚未生效，没有可以命名的内容"
    else:
        return asked
    place = problems.FieldError("/in_force_at", "bad_instant", message)
    raise problems.Invalid(f"{message}。", code="bad_instant", errors=[place])


def check_own(mirrored_from: UUID | None) -> None:
    """A list that mirrors a platform's catalogue says what that says; nobody compiles it here.

    Raises
    ------
    problems.Conflict
    """
    if mirrored_from is not None:
        raise problems.Conflict(
            "该清单与上级平台目录同步，不能在本系统编制或更正；请向目录的编制机关提出。", code="list_mirrored"
        )


def check_kind_region(kind_region: str | None, region_chain: Collection[str]) -> None:
    """A kind defined for a region is used there and below only. Raises Conflict."""
    if kind_region is not None and kind_region not in region_chain:
        raise problems.Conflict(
            f"该清单类型只在区划{kind_region}及其下级使用，不能用于本区划。", code="kind_of_other_region"
        )


def check_member(organ: Mapping[str, Any], members: Collection[UUID], title: str) -> None:
    """An organ outside the list's set cannot bring items into it (QX-06), unless the one that supervises it is inside.

    A department sorts out the items of its institutions and enterprises (ZL-12). Raises Forbidden.
    """
    if organ["id"] not in members and organ["supervising_organ_id"] not in members:
        raise problems.Forbidden(
            f"该机构不是《{title}》的成员单位，不能提交事项；请先由牵头单位将其列为成员单位。",
            code="not_a_member",
            extra={"organ_id": str(organ["id"])},
        )

"""Which elements may be changed without review, and which never. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from shared import problems

# How applicants reach the window and follow their case. What a matter is, who exercises it, on what it rests, what it
# asks and costs and what it leads to is always reviewed (ZL-07, ZL-33): also elements nobody has thought of here.
GUIDANCE = frozenset(
    {
        "consult_phone", "consult_way", "complaint_phone", "complaint_way", "handling_place", "handling_hours",
        "acceptance_window", "conclusion_window", "windows", "online_address", "mobile_address", "appointment",
        "express_delivery", "self_service", "agency_service", "progress_query", "publicity_way", "questions",
        "result_sample", "guide_documents",
    }
)  # fmt: skip
MEETING = "按规定免于审核的微调"


def check_elements(elements: Sequence[str]) -> None:
    """A region's own decision frees guidance from review, never what makes up a matter.

    Raises
    ------
    problems.Invalid
        Pointers `/elements/<n>`.
    """
    message = "该要素的变更须经审核；只有电话、地点、时间、网址等办理指引类要素可列为微调"
    errors = [
        problems.FieldError(f"/elements/{place}", "always_reviewed", message)
        for place, element in enumerate(elements)
        if element not in GUIDANCE
    ]
    if errors:
        raise problems.Invalid("所列要素不能免于审核。", errors=errors)


def check_period(first: date, last: date | None, today: date) -> None:
    """A permission begins today or later, and ends after it began.

    Raises
    ------
    problems.Invalid
        Pointers `/valid_from`, `/valid_to`.
    """
    if first < today:
        place = problems.FieldError("/valid_from", "date_in_past", "不能早于今天")
        raise problems.Invalid("起始日期有误。", errors=[place])
    if last is not None and last < first:
        place = problems.FieldError("/valid_to", "date_before_begin", "不能早于起始日期")
        raise problems.Invalid("截止日期有误。", errors=[place])


def reviewed(
    changes: Sequence[Mapping[str, Any]], kinds: Mapping[UUID, str], allowed: Collection[tuple[str | None, str]]
) -> Iterator[problems.FieldError]:
    """Errors for everything in the changes that is not free from review.

    Parameters
    ----------
    changes : number, operation, list_id, proposed.
    kinds : kind of each list.
    allowed : (kind of list or None for all, element) that the region and those above have freed.
    """
    for change in changes:
        place = f"/changes/{change['number']}"
        if change["operation"] != "modify":
            yield problems.FieldError(f"{place}/operation", "always_reviewed", "只有修改要素可以作为微调，其他须经审核")
            continue
        kind = kinds.get(change["list_id"])
        for element in change["proposed"]:
            if element not in GUIDANCE or not {(None, element), (kind, element)} & set(allowed):
                message = "本区划未将该要素列为微调，须按审核程序提交（submit）"
                yield problems.FieldError(f"{place}/elements/{element}", "needs_review", message)

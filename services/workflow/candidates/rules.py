"""What each cause of an adjustment proposes, and which proposals must be answered before submission. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from shared import problems

SERVICE, CHARGE = "intermediary_service", "charge"
# Cause -> how entries it concerns are found. A local initiative and the correction of an error concern what they name.
FOUND_BY: dict[str, str] = {
    "SUPERIOR_CANCEL": "superior_ended",
    "SUPERIOR_SUSPEND": "superior_suspended",
    "SUPERIOR_LIST_CHANGE": "superior_changed",
    "SUPERIOR_SPEC_CHANGE": "superior_changed",
    "SUPERIOR_DEVOLVE": "superior_devolved",
    "ORG_REFORM": "organ_reformed",
    "FUNCTION_CHANGE": "organ_reformed",
    "INTERMEDIARY_CLEANUP": "intermediary_cleaned",
    "PROCESS_CHANGE": "process_changed",
    "FEE_POLICY_CHANGE": "charge_changed",
    "MERGE_SPLIT": "matter_ended",
    "LAW_ENACT": "basis_changed",
    "LAW_AMEND": "basis_changed",
    "LAW_REPEAL": "basis_changed",
    "RECTIFICATION": "finding_open",
}
# Of these some must be answered; the others need not be looked for when a submission is checked.
ANSWERED = frozenset({"superior_ended", "superior_suspended", "organ_reformed", "intermediary_cleaned"})
# How a matter goes; what is left of them belongs to whether there is one.
PROCESS = ("process_steps", "special_procedures", "flow_chart")
# Where rows of a matter rest on an intermediary service: element of the matter -> element of the service that names
# them (QX-15; as the linkage rules K28 and K28_SI take them away after the decision).
RESTING = {
    "intermediary_services": "name",
    "materials": "resulting_materials",
    "process_steps": "served_steps",
    "fees": "served_fees",
}
KEYS = tuple(dict.fromkeys([*RESTING, *RESTING.values(), *PROCESS]))


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An entry the cause concerns, and what is proposed for it.

    Attributes
    ----------
    entry_id : the entry; of one that is to be taken over the superior's, `item_id` is empty then.
    elements : values that follow from the cause; what people have to find out themselves is left out.
    required : whether the submission is held back while there is no answer.
    """

    rule: str
    entry_id: UUID
    item_id: UUID | None
    list_id: UUID | None
    list_kind: str
    list_title: str | None
    region_code: str
    name: str
    base_code: str | None
    operation: str
    elements: dict[str, Any]
    reason: str
    required: bool


class Found(Protocol):
    """A row of the repository: an entry with what makes it a candidate, by the names of columns."""

    def __getattr__(self, name: str, /) -> Any: ...


def candidate(rule: str, row: Found) -> Candidate | None:
    """What is proposed for an entry; None where nothing follows for it."""
    operation, elements, reason, required = _PROPOSALS[rule](row)
    if operation is None:
        return None
    return Candidate(
        rule=rule, entry_id=row.entry_id, item_id=row.item_id, list_id=row.list_id, list_kind=row.list_kind,
        list_title=row.list_title, region_code=row.region_code, name=row.name, base_code=row.base_code,
        operation=operation, elements=elements, reason=reason, required=required,
    )  # fmt: skip


Proposal = tuple[str | None, dict[str, Any], str, bool]
_NONE: Proposal = (None, {}, "", False)


def _ended(row: Found) -> Proposal:
    return "cancel", {}, f"上级已取消“{row.source_name}”（{row.source_list}）", True


def _suspended(row: Found) -> Proposal:
    return "suspend", {}, f"上级已暂停“{row.source_name}”（{row.source_list}）", True


def _changed_above(row: Found) -> Proposal:
    # Drafts with a due date of their own wait for these: an answer here would be asked for twice.
    differing = {key: value for key, value in row.expected.items() if row.elements.get(key) != value}
    if not differing:
        return _NONE
    return "modify", differing, f"与上级“{row.source_name}”（{row.source_list}）不一致", False


def _devolved(row: Found) -> Proposal:
    # Claiming has its own answers (claimed, not applicable, disputed).
    return "add", dict(row.elements), f"上级已下放，待承接：“{row.name}”（{row.source_list}）", False


def _reformed(row: Found) -> Proposal:
    reason = f"原实施主体“{row.source_name}”的事项正在划转，本事项尚未列入"
    return "transfer", {"implementing_body": str(row.heir)}, reason, bool(row.abolished)


def _names(elements: Mapping[str, Any], key: str) -> set[str]:
    value = elements.get(key)
    return {value} if isinstance(value, str) else {each for each in value or () if isinstance(each, str)}


def _cleaned(row: Found) -> Proposal:
    if row.list_kind == SERVICE:
        if row.source_kind == SERVICE and row.entry_id != row.source_id:
            return _NONE
        reason = "清理规范中介服务：核实该中介服务事项是否取消"
        return "cancel", {}, reason, not row.wished
    if row.source_kind != SERVICE:
        return _NONE
    left = {} if row.operation == "cancel" else {**row.source_elements, **row.proposed}
    elements: dict[str, Any] = {}
    for element, named_by in RESTING.items():
        gone = _names(row.source_elements, named_by) - _names(left, named_by)
        rows = row.elements.get(element)
        if isinstance(rows, list):
            kept = [each for each in rows if not (isinstance(each, dict) and each.get("name") in gone)]
            if kept != rows:
                elements[element] = kept
    if not elements:
        return _NONE
    return "modify", elements, f"依中介服务“{row.source_name}”而设的材料、环节、收费随之取消", not row.wished


def _process(row: Found) -> Proposal:
    moved = {key: row.proposed[key] for key in PROCESS if key in row.proposed and key in row.elements}
    elements = {key: value for key, value in moved.items() if row.elements[key] != value}
    return ("modify", elements, f"同一事项“{row.source_name}”的运行流程正在调整", False) if elements else _NONE


def _charge(row: Found) -> Proposal:
    concerned = (row.source_kind == CHARGE and row.elements.get("fees")) or row.list_kind == CHARGE
    return ("modify", {}, f"同一事项“{row.source_name}”的收费正在调整", False) if concerned else _NONE


def _matter(row: Found) -> Proposal:
    ended = row.operation == "cancel" and row.source_id != row.entry_id
    return ("cancel", {}, f"同一事项“{row.source_name}”正在合并或拆分", False) if ended else _NONE


def _finding(row: Found) -> Proposal:
    return "modify", {}, row.message, False


_PROPOSALS = {
    "superior_ended": _ended,
    "superior_suspended": _suspended,
    "superior_changed": _changed_above,
    "superior_devolved": _devolved,
    "organ_reformed": _reformed,
    "intermediary_cleaned": _cleaned,
    "process_changed": _process,
    "charge_changed": _charge,
    "matter_ended": _matter,
    "basis_changed": _finding,
    "finding_open": _finding,
}


def by_entry(rule: str, rows: Sequence[Found]) -> list[Candidate]:
    """The candidates of rows, each entry once; what several causes propose for its elements is put together."""
    found: dict[UUID, Candidate] = {}
    for row in rows:
        each = candidate(rule, row)
        if each is None:
            continue
        before = found.get(each.entry_id)
        found[each.entry_id] = each if before is None else _together(before, each)
    return list(found.values())


def _together(first: Candidate, second: Candidate) -> Candidate:
    both: dict[str, Any] = dict(first.elements)
    for key, value in second.elements.items():
        # Both keep rows of the same entry: what either takes away is gone.
        both[key] = [row for row in both[key] if row in value] if isinstance(both.get(key), list) else value
    return Candidate(**vars(first) | {"elements": both, "required": first.required or second.required})


# A change that does more than is proposed answers it as well: nothing is left to suspend or to hand over.
_COVERING = {
    "cancel": frozenset({"cancel"}),
    "suspend": frozenset({"suspend", "cancel"}),
    "transfer": frozenset({"transfer", "cancel"}),
    "modify": frozenset({"modify", "transfer", "cancel"}),
}


def is_covered(
    each: Candidate, changed: Mapping[UUID, tuple[str, Collection[str]]], added: Collection[tuple[UUID, str]]
) -> bool:
    """Whether the adjustment does to the entry what is proposed, or adds what is to be taken over.

    A corrected telephone number does not answer for a matter that is to be cancelled.

    Parameters
    ----------
    changed : operation and elements of each entry the adjustment changes.
    added : list and base code of entries it adds.
    """
    if each.item_id is None:
        return each.list_id is not None and each.base_code is not None and (each.list_id, each.base_code) in added
    operation, elements = changed.get(each.item_id, (None, ()))
    # A clean-up asks whether a service goes: one that is changed has been looked at.
    looked_at = each.rule == "intermediary_cleaned" and operation == "modify"
    if operation not in _COVERING[each.operation] and not looked_at:
        return False
    return operation == "cancel" or each.operation != "modify" or set(each.elements) <= set(elements)


def refuse_unanswered(unanswered: Sequence[Candidate]) -> None:
    """A submission says of everything its cause concerns that it is covered, or why it is not.

    Raises
    ------
    problems.Conflict
        Code `candidates_unanswered`; a pointer for each.
    """
    if not unanswered:
        return
    errors = [
        problems.FieldError(
            f"/candidates/{each.rule}/{each.entry_id}",
            "candidate_unanswered",
            f"“{each.name}”（{each.list_title}）：{each.reason}；请列入变更，或答复已另行覆盖、不需调整及理由",
        )
        for each in unanswered[:100]
    ]
    raise problems.Conflict(
        f"还有 {len(unanswered)} 个候选事项未列入本次调整也未答复，请逐项处理后再提交（candidates）。",
        code="candidates_unanswered",
        errors=errors,
    )


def unknown_answers(
    given: Sequence[tuple[str, UUID]], known: Collection[tuple[str, UUID]]
) -> Iterator[problems.FieldError]:
    """Errors of answers to what is no candidate of the adjustment, or that come twice."""
    for place, pair in enumerate(given):
        if pair not in known:
            yield problems.FieldError(f"/answers/{place}/entry_id", "unknown_candidate", "不是本次调整的候选事项")
        elif pair in given[:place]:
            yield problems.FieldError(f"/answers/{place}/entry_id", "duplicate_answer", "同一候选事项重复答复")

"""Who answers for the approval and who supervises afterwards; pure.

The sentences are those of the notice (泽政办发〔2022〕27号, 二(四)7): who approves is responsible, who is in charge of
the matter supervises; by law and the 三定 rules where they say it; with several organs the industry department leads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared import problems

# Elements of a permit that a determination sets, and those of them a dispute keeps as they are.
DETERMINED = (
    "approval_responsible",
    "supervising_body",
    "joint_supervision",
    "supervision_reason",
    "supervision_source",
)
LOCKED = frozenset({"supervising_body", "joint_supervision"})


class Branch(StrEnum):
    """Which sentence of the notice decides."""

    CONCENTRATED = "concentrated"
    BY_LAW = "by_law"
    SILENT = "silent"
    SEVERAL = "several"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Stated:
    """A body that a law or the 三定 rules name as supervisor, and where."""

    body: UUID
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a permit.

    Attributes
    ----------
    approving_body : who permits.
    industry_department : who is in charge of the matter (行业主管部门).
    concentrated : licensing is concentrated in an approval bureau.
    stated : bodies that law or 三定 name.
    sharing : further organs that share the duty.
    """

    approving_body: UUID
    industry_department: UUID | None = None
    concentrated: bool = False
    stated: tuple[Stated, ...] = ()
    sharing: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Determination:
    """Exactly one organ that leads the supervision, those beside it, and why."""

    branch: Branch
    approval_responsible: UUID
    supervising_body: UUID
    joint_bodies: tuple[UUID, ...]
    reason: str
    source: str


def determine(facts: Facts, names: Mapping[UUID, str]) -> Determination:
    """The supervising body of a permit.

    Raises
    ------
    problems.Invalid
        The industry department is not known where it leads, or is the approving bureau itself.
    """
    parties = tuple(dict.fromkeys([*(one.body for one in facts.stated), *facts.sharing]))
    if facts.concentrated:
        return _concentrated(facts, parties, names)
    if len(parties) == 1 and not facts.stated:
        # Nobody named it: whoever shares a duty shares it with the body that permits.
        parties = tuple(dict.fromkeys([*parties, facts.approving_body]))
    if len(parties) > 1:
        lead = _industry(facts, "几个部门共同监管时，由行业主管部门牵头，请指明行业主管部门")
        reason = f"涉及多个部门：由行业主管部门{names[lead]}牵头，{_listed(parties, lead, names)}配合监管"
        source = _sources(facts) or "涉及多个部门的，由行业主管部门牵头综合监管"
        return _found(Branch.SEVERAL, facts, lead, parties, reason, source)
    if facts.stated:
        reason = f"法律法规和三定规定明确由{names[parties[0]]}监管"
        return _found(Branch.BY_LAW, facts, parties[0], (), reason, _sources(facts))
    lead = facts.industry_department or facts.approving_body
    both = names[lead] if lead == facts.approving_body else f"行业主管部门{names[lead]}牵头、{_of(facts, names)}共同"
    reason = f"法律法规和三定规定均未明确：谁审批谁监管、谁主管谁监管，由{both}监管"
    source = "法律法规和三定规定未明确的，谁审批谁监管、谁主管谁监管"
    return _found(Branch.SILENT, facts, lead, (facts.approving_body,), reason, source)


def decided(facts: Facts, lead: UUID, joint: tuple[UUID, ...], names: Mapping[UUID, str], number: str) -> Determination:
    """What the government decided in a dispute; `number` is that of its decision."""
    beside = _listed(joint, lead, names)
    reason = f"部门间有争议，经政府审定由{names[lead]}监管" + (f"，{beside}配合" if beside else "")
    return _found(Branch.DECIDED, facts, lead, joint, reason, number)


def refuse_disputed(dispute_id: UUID, question: str, *, feedback: bool = False) -> problems.Conflict:
    """The refusal to touch what is in dispute: who supervises, or what was fed back to a department."""
    return problems.Conflict(
        f"{'该要素' if feedback else '监管主体'}存在争议（{question[:100]}），解决或审定之前不能变更；请先提请审定。",
        code="element_disputed" if feedback else "supervision_disputed",
        extra={"dispute_id": str(dispute_id)},
    )


def _concentrated(facts: Facts, parties: tuple[UUID, ...], names: Mapping[UUID, str]) -> Determination:
    lead = _industry(facts, "集中行使许可权的，由行业主管部门监管，请指明行业主管部门")
    if lead == facts.approving_body:
        raise _missing("集中行使许可权的审批机关不是行业主管部门，请指明划转前的主管部门")
    reason = f"集中行使许可权：{_of(facts, names)}对审批负责，行业主管部门{names[lead]}负责监管"
    source = _sources(facts) or "集中行使行政许可权的，谁审批谁负责、谁主管谁监管"
    joint = tuple(party for party in parties if party != facts.approving_body)
    return _found(Branch.CONCENTRATED, facts, lead, joint, reason, source)


def _found(
    branch: Branch, facts: Facts, lead: UUID, joint: tuple[UUID, ...], reason: str, source: str
) -> Determination:
    """Whoever leads is not beside itself."""
    beside = tuple(body for body in dict.fromkeys(joint) if body != lead)
    return Determination(
        branch=branch,
        approval_responsible=facts.approving_body,
        supervising_body=lead,
        joint_bodies=beside,
        reason=reason,
        source=source,
    )


def _industry(facts: Facts, message: str) -> UUID:
    if facts.industry_department is None:
        raise _missing(message)
    return facts.industry_department


def _missing(message: str) -> problems.Invalid:
    place = problems.FieldError("/industry_department", "industry_department", message)
    return problems.Invalid(f"{message}。", code="industry_department", errors=[place])


def _sources(facts: Facts) -> str:
    return "；".join(dict.fromkeys(one.source for one in facts.stated))


def _of(facts: Facts, names: Mapping[UUID, str]) -> str:
    return names[facts.approving_body]


def _listed(parties: tuple[UUID, ...], lead: UUID, names: Mapping[UUID, str]) -> str:
    return "、".join(names[party] for party in dict.fromkeys(parties) if party != lead)

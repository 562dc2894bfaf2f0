"""Procedures as data: what a template must look like, and which steps a submission has to pass. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared import problems

# What is done at a step, and the roles that may be charged with it. `sign` is done by every participating organ,
# the others once for the region.
ACTS: dict[str, frozenset[str]] = {
    "sign": frozenset({"principal"}),
    "review": frozenset({"reviewer", "list_authority"}),
    "legality": frozenset({"legality_reviewer"}),
    "decide": frozenset({"decider"}),
}
ROLES: frozenset[str] = frozenset().union(*ACTS.values())
ROLE_TITLES = {
    "principal": "部门负责人",
    "reviewer": "审改办",
    "list_authority": "清单牵头单位",
    "legality_reviewer": "合法性审查机构",
    "decider": "本级人民政府",
}

# Longest limit a step may have: a year of working days. More is a typing error.
MOST_WORKING_DAYS = 250
MOST_STEPS = 20


@dataclass(frozen=True, kw_only=True)
class Step:
    """One review step (审核环节) of a template.

    `next` names the step that follows when this one is passed; None ends the procedure.
    """

    code: str
    title: str
    act: str
    role: str
    limit_working_days: int | None = None
    next: str | None = None

    def as_data(self) -> dict[str, Any]:
        """The step as it is stored in a template."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """A step as one submission has to pass it; signing gives one for each organ, all with the same number."""

    number: int
    code: str
    title: str
    act: str
    role: str
    organ_id: UUID | None
    limit_working_days: int | None


@dataclass(frozen=True, kw_only=True)
class Template:
    """A procedure the product brings along."""

    code: str
    title: str
    kinds: tuple[str, ...]
    steps: tuple[Step, ...]
    source: str
    version: int = 1


@dataclass(frozen=True)
class StoredTemplate:
    """One version of a template."""

    code: str
    version: int
    title: str
    region_code: str | None
    kinds: list[str]
    steps: list[Step]
    source: str
    verified: bool
    created_at: datetime


@dataclass(frozen=True)
class ReviewStep:
    """A review step of one submission."""

    id: UUID
    adjustment_id: UUID
    submission: int
    number: int
    code: str
    title: str
    act: str
    role: str
    region_code: str
    organ_id: UUID | None
    state: str
    opinion: str | None
    element_opinions: list[dict[str, Any]]
    record: dict[str, Any] | None
    decided_by: str | None
    limit_working_days: int | None
    opened_at: datetime | None
    due_at: datetime | None
    decided_at: datetime | None


OPERATIONS = ("add", "modify", "suspend", "resume", "cancel", "transfer")

_SIGN = Step(
    code="sign", title="部门编制、负责人签署", act="sign", role="principal", limit_working_days=3, next="review"
)
_REVIEW = Step(code="review", title="审改办审核", act="review", role="reviewer", limit_working_days=15, next="decide")
_DECIDE = Step(code="decide", title="本级政府审定", act="decide", role="decider", limit_working_days=10)

# Chain of the 2017 county plan (ZL, section 5): department - 审改办 - legality - government. Its text names no
# numbers of days: the limits follow preset A of domain/spec.md 5.2 and are parameters, hence not verified.
BUILT_IN: tuple[Template, ...] = (
    Template(
        code="short",
        title="三步程序：部门编制签署、审改办审核、政府审定",
        kinds=OPERATIONS,
        steps=(_SIGN, _REVIEW, _DECIDE),
        source="部门（负责人签署）—审改办—本级政府审定；天数为可调参数，待核实",
    ),
    Template(
        code="with_legality_review",
        title="四步程序：部门编制签署、审改办审核、合法性审查、政府审定",
        kinds=OPERATIONS,
        steps=(
            _SIGN,
            Step(
                code="review",
                title="审改办审核",
                act="review",
                role="reviewer",
                limit_working_days=15,
                next="legality",
            ),
            Step(
                code="legality",
                title="合法性审查",
                act="legality",
                role="legality_reviewer",
                limit_working_days=15,
                next="decide",
            ),
            _DECIDE,
        ),
        source="部门（负责人签署）—审改办—法制机构合法性审查—本级政府审定；天数为可调参数，待核实",
    ),
)


def steps_from(data: Sequence[Mapping[str, Any]]) -> list[Step]:
    """Steps as stored in a template."""
    return [Step(**step) for step in data]


def check_steps(steps: Sequence[Step]) -> None:
    """Refuse a template that could not be walked to its end, or that leaves out what the notices demand.

    Review comes before the decision and the decision ends the procedure (ZL-34); departments sign before anyone
    outside reviews (ZL, section 5).

    Raises
    ------
    problems.Invalid
        Every place that is wrong, by JSON pointer.
    """
    errors = [*_step_errors(steps), *_order_errors(steps)]
    if errors:
        raise problems.Invalid("审核程序模板有误，请按所列位置修改。", code="invalid_procedure", errors=errors)


def _step_errors(steps: Sequence[Step]) -> Iterator[problems.FieldError]:
    known = {step.code for step in steps}
    seen: set[str] = set()
    for index, step in enumerate(steps):
        place = f"/steps/{index}"
        if step.code in seen:
            yield problems.FieldError(f"{place}/code", "duplicate_step", f"环节代码“{step.code}”重复")
        seen.add(step.code)
        if step.act not in ACTS:
            message = f"未知的环节动作“{step.act}”，可用：{'、'.join(ACTS)}"
            yield problems.FieldError(f"{place}/act", "unknown_act", message)
        elif step.role not in ACTS[step.act]:
            message = f"动作“{step.act}”须由下列角色之一办理：{'、'.join(sorted(ACTS[step.act]))}"
            yield problems.FieldError(f"{place}/role", "unknown_role", message)
        if step.next is not None and step.next not in known:
            yield problems.FieldError(f"{place}/next", "unknown_step", f"下一环节“{step.next}”不存在")


def _order_errors(steps: Sequence[Step]) -> Iterator[problems.FieldError]:
    if not steps:
        yield problems.FieldError("/steps", "no_steps", "至少需要签署、审核、审定三个环节")
        return
    path, closed = walk(steps)
    if not closed:
        yield problems.FieldError("/steps", "end_not_reachable", f"程序无法到达终点：{' → '.join(path)}")
        return
    for index, step in enumerate(steps):
        if step.code not in path:
            yield problems.FieldError(f"/steps/{index}", "step_not_reachable", f"环节“{step.code}”不会被经过")
    by_code = {step.code: step for step in steps}
    acts = [by_code[code].act for code in path]
    if acts[0] != "sign" or acts.count("sign") != 1:
        yield problems.FieldError("/steps", "sign_first", "第一个环节须为部门负责人签署，且只签署一次")
    if acts[-1] != "decide" or acts.count("decide") != 1:
        yield problems.FieldError("/steps", "decide_last", "最后一个环节须为审定，且只审定一次")
    if "review" not in acts:
        yield problems.FieldError("/steps", "review_missing", "审定之前须有审核环节")


def walk(steps: Sequence[Step]) -> tuple[list[str], bool]:
    """The codes from the first step on, and whether the end is reached rather than a cycle or a gap."""
    by_code = {step.code: step for step in steps}
    path: list[str] = []
    code: str | None = steps[0].code if steps else None
    while code is not None:
        if code in path or code not in by_code:
            return [*path, code], False
        path.append(code)
        code = by_code[code].next
    return path, True


def plan(steps: Sequence[Step], organs: Sequence[UUID]) -> list[PlannedStep]:
    """The steps a submission has to pass, in order.

    Parameters
    ----------
    steps : of a checked template.
    organs : the leading organ first, then the participants; each of their principals signs.
    """
    by_code = {step.code: step for step in steps}
    path, _ = walk(steps)
    return [
        PlannedStep(
            number=number,
            code=code,
            title=by_code[code].title,
            act=by_code[code].act,
            role=by_code[code].role,
            organ_id=organ,
            limit_working_days=by_code[code].limit_working_days,
        )
        for number, code in enumerate(path, start=1)
        for organ in (_once(organs) if by_code[code].act == "sign" else [None])
    ]


def _once(organs: Sequence[UUID]) -> list[UUID]:
    return list(dict.fromkeys(organs))

"""What a template of a procedure must look like to be stored: every place that is wrong, by pointer. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from services.workflow.procedures.rules import (
    ACTS,
    AFTERWARDS,
    DECIDED_BY_OFFICES,
    MOST_COMMENT_DAYS,
    MOST_OF_UNIT,
    OMITTABLE,
    PARALLEL,
    RECIPIENT_ROLES,
    DueDay,
    Step,
    chain,
)
from shared import problems
from shared.calendar.limits import UNIT_LABELS


def check_steps(steps: Sequence[Step], kinds: Collection[str], *, today: date | None = None) -> None:
    """Refuse a template that could not be walked to its end, or that leaves out what the notices demand.

    Departments sign before anyone outside reviews (ZL, section 5); review comes before the decision, publication only
    after it (ZL-34), and filing is the last that is done. Only changes of elements are decided by an office.

    Parameters
    ----------
    kinds : of adjustment it is made for.
    today : days that are named lie on it or later; None: whenever they lie.

    Raises
    ------
    problems.Invalid
        Every place that is wrong, by JSON pointer.
    """
    errors = [*_step_errors(steps, today), *_chain_errors(steps), *_decision_errors(steps, kinds)]
    if errors:
        raise problems.Invalid("审核程序模板有误，请按所列位置修改。", code="invalid_procedure", errors=errors)


def _step_errors(steps: Sequence[Step], today: date | None) -> Iterator[problems.FieldError]:
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
        yield from _content_errors(step, place, today)
        yield from _preparing_errors(step, place)
        yield from _parallel_errors(steps, step, place)


def _content_errors(step: Step, place: str, today: date | None) -> Iterator[problems.FieldError]:
    if isinstance(step.limit, DueDay):
        if today is not None and step.limit.day < today:
            yield problems.FieldError(f"{place}/limit/day", "day_has_passed", "固定日期已过，请改为今后的日期")
    elif step.limit is not None:
        most = MOST_OF_UNIT.get(step.limit.unit, 0)
        if not 1 <= step.limit.amount <= most:
            message = f"时限须为 1 至 {most} {UNIT_LABELS[step.limit.unit]}"
            yield problems.FieldError(f"{place}/limit/amount", "limit_out_of_range", message)
    if step.sealed and step.act != "sign":
        yield problems.FieldError(f"{place}/sealed", "sealed_not_expected", "只有签署环节可以要求印章凭证")
    if step.act in RECIPIENT_ROLES and not step.recipients:
        yield problems.FieldError(f"{place}/recipients", "recipients_missing", "报送、报备环节须写明至少一个接收单位")
    if step.act not in RECIPIENT_ROLES and step.recipients:
        yield problems.FieldError(f"{place}/recipients", "recipients_not_expected", "只有报送、报备环节有接收单位")
    if len(set(step.recipients)) < len(step.recipients):
        yield problems.FieldError(f"{place}/recipients", "duplicate_recipient", "接收单位重复")


def _preparing_errors(step: Step, place: str) -> Iterator[problems.FieldError]:
    if step.optional and step.act not in OMITTABLE:
        message = "只有征求意见、评估论证、听证、会商可以视需要省略"
        yield problems.FieldError(f"{place}/optional", "optional_not_expected", message)
    if step.act == "comment" and step.least_days is None:
        message = "征求意见环节须写明最短期限（自然日）"
        yield problems.FieldError(f"{place}/least_days", "least_days_missing", message)
    if step.act != "comment" and step.least_days is not None:
        yield problems.FieldError(f"{place}/least_days", "least_days_not_expected", "只有征求意见环节有最短期限")
    elif step.least_days is not None and not 1 <= step.least_days <= MOST_COMMENT_DAYS:
        message = f"最短期限须为 1 至 {MOST_COMMENT_DAYS} 日"
        yield problems.FieldError(f"{place}/least_days", "least_days_out_of_range", message)


def _parallel_errors(steps: Sequence[Step], step: Step, place: str) -> Iterator[problems.FieldError]:
    if step.beside is None:
        # Without organs bound to it a joint review falls away: it must never be all there is at its number.
        if step.role == "joint_reviewer":
            message = "会审须与另一审核环节并行（beside），不能单独成为一个环节"
            yield problems.FieldError(f"{place}/beside", "joint_review_alone", message)
        return
    beside = next((other for other in steps if other.code == step.beside and other.beside is None), None)
    if beside is None or beside is step:
        message = f"并行的环节“{step.beside}”不存在，或它自身也是并行环节"
        yield problems.FieldError(f"{place}/beside", "unknown_step", message)
    elif not {step.act, beside.act} <= PARALLEL:
        message = "只有审核、合法性审查、征求意见、评估论证、听证、会商可以并行"
        yield problems.FieldError(f"{place}/beside", "not_parallel", message)
    if step.next is not None:
        message = "并行环节不写下一环节，由其所并行的环节决定"
        yield problems.FieldError(f"{place}/next", "next_not_expected", message)


def _chain_errors(steps: Sequence[Step]) -> Iterator[problems.FieldError]:
    if not steps:
        yield problems.FieldError("/steps", "no_steps", "至少需要签署、审核、审定三个环节")
        return
    path, closed = chain(steps)
    if not closed:
        yield problems.FieldError("/steps", "end_not_reachable", f"程序无法到达终点：{' → '.join(path)}")
        return
    for index, step in enumerate(steps):
        if (step.beside or step.code) not in path:
            yield problems.FieldError(f"/steps/{index}", "step_not_reachable", f"环节“{step.code}”不会被经过")
    by_code = {step.code: step for step in steps if step.beside is None}
    yield from _order_errors([by_code[code].act for code in path])


def _decision_errors(steps: Sequence[Step], kinds: Collection[str]) -> Iterator[problems.FieldError]:
    for index, step in enumerate(steps):
        if step.act == "decide" and step.role != "decider" and set(kinds) - DECIDED_BY_OFFICES:
            message = "只有要素修改可由清单牵头单位审定，其他调整类型须由本级政府审定"
            yield problems.FieldError(f"/steps/{index}/role", "government_decides", message)


def _order_errors(acts: Sequence[str]) -> Iterator[problems.FieldError]:
    """Errors in the order of acts along the chain."""
    if acts[0] != "sign" or acts.count("sign") != 1:
        yield problems.FieldError("/steps", "sign_first", "第一个环节须为部门负责人签署，且只签署一次")
    if acts.count("decide") != 1:
        yield problems.FieldError("/steps", "decide_missing", "须有且只有一个审定环节")
        return
    decided = acts.index("decide")
    if "review" not in acts[:decided]:
        yield problems.FieldError("/steps", "review_missing", "审定之前须有审核环节")
    if "confirm" in acts[: acts.index("review") if "review" in acts else len(acts)]:
        yield problems.FieldError("/steps", "confirmation_before_review", "部门核实确认须在审核反馈之后")
    if AFTERWARDS & set(acts[:decided]):
        message = "公布和报备须在审定之后；未经政府审定不得公布"
        yield problems.FieldError("/steps", "publication_before_decision", message)
    if set(acts[decided + 1 :]) - AFTERWARDS:
        yield problems.FieldError("/steps", "review_after_decision", "审定之后只能有公布和报备")
    if acts.count("publish") > 1 or acts.count("file") > 1 or ("file" in acts and acts[-1] != "file"):
        message = "公布、报备各一个环节，报备为最后一个环节；多个接收单位请列在 recipients 中"
        yield problems.FieldError("/steps", "filing_last", message)

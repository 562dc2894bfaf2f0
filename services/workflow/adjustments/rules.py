"""What a valid adjustment must say, who approves nothing of it, and when it takes effect. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.workflow.adjustments.states import CLOSED as CLOSED
from services.workflow.adjustments.states import EDITABLE as EDITABLE
from services.workflow.adjustments.states import STATE_TITLES as STATE_TITLES
from services.workflow.adjustments.states import SYSTEM_ACTS as SYSTEM_ACTS
from services.workflow.adjustments.states import TRANSITIONS as TRANSITIONS
from services.workflow.adjustments.states import Act as Act
from services.workflow.adjustments.states import State as State
from services.workflow.adjustments.states import allowed as allowed
from services.workflow.adjustments.states import next_state as next_state
from services.workflow.procedures.kinds import kind_of
from shared import problems

# The law and the platform rule: who applied before goes on under the version then in force.
DEFAULT_TRANSITIONAL_RULE = "生效前已受理的办件，按受理时有效的事项版本继续办理至办结；生效后受理的办件适用新版本。"

# Nobody decides further ahead than an ordinary term of a plan; a later date is a typing error.
FARTHEST_EFFECT = timedelta(days=3 * 366)
# Nor does anybody catch up with what arose before the last reforms of the lists.
OLDEST_CAUSE = timedelta(days=10 * 366)

# domain/spec.md 5.3
TRIGGERS: dict[str, str] = {
    "LAW_ENACT": "法律法规规章制定",
    "LAW_AMEND": "法律法规规章修改",
    "LAW_REPEAL": "法律法规规章废止",
    "SUPERIOR_CANCEL": "上级取消",
    "SUPERIOR_SUSPEND": "上级暂停",
    "SUPERIOR_DEVOLVE": "上级下放（承接）",
    "SUPERIOR_LIST_CHANGE": "上级清单调整",
    "SUPERIOR_SPEC_CHANGE": "上级实施规范调整",
    "ORG_REFORM": "机构撤并或职能划转",
    "FUNCTION_CHANGE": "职能调整",
    "PROCESS_CHANGE": "管理任务变化",
    "INTERMEDIARY_CLEANUP": "中介服务清理",
    "FEE_POLICY_CHANGE": "收费政策调整",
    "LOCAL_INITIATIVE": "地方经济社会发展或便民下放",
    "MERGE_SPLIT": "事项合并或拆分",
    "RECTIFICATION": "整改（变相许可、投诉等）",
    "ERROR_CORRECTION": "差错更正",
}


def refuse_own(account_id: UUID, compiled_by: Collection[str]) -> None:
    """Nobody approves what he compiled (ZL-51; 行政许可清单 procedure, step 1-3).

    Raises
    ------
    problems.Forbidden
        Code `own_compilation`: the account has had a hand in the content.
    """
    if str(account_id) in compiled_by:
        raise problems.Forbidden(
            "您参与了本次调整的编制，不能再签署、审核、作合法性审查或审定，请由其他人员办理。", code="own_compilation"
        )


def check_effective_at(effective_at: datetime | None, now: datetime) -> None:
    """An instant of effect lies ahead, and not absurdly far.

    Raises
    ------
    problems.Invalid
        The instant has passed, or is more than three years away; pointer `/effective_at`.
    """
    if effective_at is None:
        return
    if effective_at <= now:
        message = "生效时间已过；如需随审定立即生效，请留空"
    elif effective_at > now + FARTHEST_EFFECT:
        message = "生效时间距今超过三年，请核对"
    else:
        return
    raise problems.Invalid(
        "生效时间有误。", errors=[problems.FieldError("/effective_at", "effective_at_out_of_range", message)]
    )


def check_trigger_date(arisen: date | None, today: date) -> None:
    """A cause that has not arisen needs no adjustment yet; one of long ago is a typing error.

    Raises
    ------
    problems.Invalid
        Pointer `/trigger_date`.
    """
    if arisen is None or today - OLDEST_CAUSE <= arisen <= today:
        return
    message = "调整情形发生的日期不能晚于今天，也不能早于十年前"
    place = problems.FieldError("/trigger_date", "date_out_of_range", message)
    raise problems.Invalid("调整情形的日期有误。", errors=[place])


def effect_of_decision(effective_at: datetime | None, now: datetime) -> tuple[Act, datetime]:
    """What deciding at `now` brings: the act, and the instant of effect.

    An instant that passed while the procedure was running means: with the decision. It is never the instant at
    which some consumer gets round to it.
    """
    if effective_at is None or effective_at <= now:
        return Act.DECIDE, now
    return Act.SCHEDULE, effective_at


@dataclass(frozen=True)
class Adjustment:
    """An adjustment as it is stored, without its changes and steps."""

    id: UUID
    number: str
    title: str
    region_code: str
    organ_id: UUID
    participants: list[UUID]
    trigger: str
    trigger_reference: str
    trigger_date: date | None
    legal_basis: str
    reason: str
    effective_at: datetime | None
    transitional_rule: str
    operations: list[str]
    procedure_code: str | None
    procedure_version: int | None
    state: State
    minor: bool
    submission: int
    compiled_by: list[str]
    decision: dict[str, Any] | None
    decided_at: datetime | None
    applied_at: datetime | None
    published_at: datetime | None
    filed_at: datetime | None
    version: int
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def kind(self) -> str | None:
        """The kind of adjustment it was submitted as; None before."""
        return kind_of(self.operations)

    @property
    def organs(self) -> list[UUID]:
        """The leading organ, then the participants."""
        return list(dict.fromkeys([self.organ_id, *self.participants]))

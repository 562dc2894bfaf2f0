"""What can be done with a rectification order, by whom, when it is done, and to whom it escalates. Pure.

ZZ-29 (remedies), ZZ-32 (serious cases are held to account), ZZ-62 (limit, evidence, escalation), HB-40.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from services.workflow.oversight.rules import Columns
from shared import problems
from shared.clock import ZONE
from shared.codes.region_code import NATION

REMEDIES = {"stop": "停止实施", "change": "调整实施方式", "complete_basis": "完善设定依据", "correct": "限期改正"}
SEVERITIES = {"ordinary": "一般", "serious": "严重"}
STATES = {"issued": "整改中", "reported": "待核验", "accepted": "已整改", "withdrawn": "已撤销"}
# That nobody is held to account in a serious case is a decision as well, with its reason.
NO_MEASURE = "none"
MEASURES = {
    "criticism": "通报批评",
    "admonition": "约谈提醒",
    "accountability": "行政问责",
    "referral": "移送纪检监察机关",
    NO_MEASURE: "不予追责",
}
# Where an order comes from, and what people read of it.
ORIGINS = {
    "finding": "核查发现",
    "suspect": "变相许可",
    "violation": "违规办件",
    "complaint": "投诉举报",
    "inspection": "督查发现",
}
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "issued": ("report", "escalate", "withdraw"),
    "reported": ("accept", "return", "escalate", "withdraw"),
    "accepted": (),
    "withdrawn": (),
}
# Working days the next level has to see to an order that is late. A figure of ours: no source names one.
ESCALATION_DAYS = 5
TOO_EARLY = "整改期限应晚于今日"

Found = TypeVar("Found", bound=Columns)


def require(order: Columns, act: str) -> None:
    """Refuse what the state of an order does not allow. Raises IllegalTransition."""
    if act not in ALLOWED[order["state"]]:
        title = STATES[order["state"]]
        raise problems.IllegalTransition(f"整改当前为“{title}”，不能进行该操作。", allowed=ALLOWED[order["state"]])


def rung(level: int, chain: Sequence[str]) -> tuple[str, str] | None:
    """Role and region an order escalates to at a level, from 1; None when nobody is left above.

    The region's government, then upwards the superior's office and its government; the nation has no inbox here.
    """
    regions = [code for code in chain if code != NATION]
    ladder = [("decider", regions[0])] + [(role, code) for code in regions[1:] for role in ("reviewer", "decider")]
    return ladder[level - 1] if 1 <= level <= len(ladder) else None


def check_known(origin: str, found: Found | None) -> Found:
    """What an order is about must be there. Raises Invalid."""
    if found is None:
        place = problems.FieldError("/subject", "unknown_subject", f"没有这条{ORIGINS[origin]}")
        raise problems.Invalid("整改对象不存在，请核对编号。", code="unknown_subject", errors=[place])
    return found


def check_subject(origin: str, found: Columns) -> None:
    """It must still call for an order, and nothing is ordered on a suspicion alone (ZZ-26). Raises Conflict."""
    if origin == "suspect" and found["verdict"] != "disguised":
        raise problems.Conflict(
            "该疑似变相许可尚未经人工认定为变相许可，不能责令整改；请先作出认定。", code="not_judged"
        )
    if origin != "suspect" and not found["open"]:
        raise problems.Conflict(f"该{ORIGINS[origin]}已办结或不属实，无需责令整改。", code="subject_closed")


def unfinished(order: Columns, entry: Columns | None, adjustment: str | None) -> str | None:
    """Why an order cannot be accepted as done yet, in Chinese; None when it can (ZZ-29: tracked to closure).

    Parameters
    ----------
    entry
        The entry as it is now (state, version, basis_digest); None where the order is about none.
    adjustment
        State of the adjustment that the organ named; None when it named none.
    """
    if not order["evidence"]:
        return "尚未提交整改证明材料"
    if adjustment is not None and adjustment not in ("effective", "withdrawn"):
        return "所附动态调整尚未生效"
    if entry is None or order["remedy"] == "correct":
        return None
    base = order["base"]
    stopped = entry["state"] in ("suspended", "cancelled")
    match order["remedy"]:
        case "stop":
            return None if stopped else "清单中该事项仍为在用，请先通过动态调整暂停或取消"
        case "change":
            changed = entry["version"] > base["version"]
            return None if changed or stopped else "清单中该事项的内容尚未调整，请先办理动态调整"
        case _:
            completed = entry["basis_digest"] != base["basis_digest"]
            return None if completed or stopped else "清单中该事项的设定依据尚未完善，请先办理动态调整"


def check_acceptance(order: Columns, actor: str, reason: str | None) -> None:
    """Nobody accepts what he has reported himself, and nothing that is not done. Raises Forbidden, Conflict."""
    if actor == next((act["by"] for act in reversed(order["history"]) if act["act"] == "reported"), None):
        raise problems.Forbidden("不能核验自己报送的整改结果，请由其他人员核验。", code="own_report")
    if reason is not None:
        raise problems.Conflict(f"整改尚未完成：{reason}。", code="not_rectified")
    if order["severity"] == "serious" and not order["measures"]:
        raise problems.Conflict("严重情形须先登记追责情况（不予追责的说明理由），再核验办结。", code="not_accounted")


def check_evidence(order: Columns, evidence: Sequence[Mapping[str, Any]]) -> None:
    """In a serious case evidence is known by its digest, so that nobody changes it later. Raises Invalid."""
    missing = [number for number, one in enumerate(evidence) if one["sha256"] is None]
    if order["severity"] == "serious" and missing:
        message = "严重情形的证明材料须填写文件的 SHA-256 摘要"
        errors = [problems.FieldError(f"/evidence/{number}/sha256", "missing", message) for number in missing]
        raise problems.Invalid(f"整改证明材料不完整：{message}。", code="digest_missing", errors=errors)


def check_grave(order: Columns) -> None:
    """Only serious or escalated cases are held to account (ZZ-32, ZZ-62). Raises Conflict, IllegalTransition."""
    if order["state"] == "withdrawn":
        raise problems.IllegalTransition("该整改已撤销，不能追责。", allowed=[])
    if order["severity"] != "serious" and order["escalation"] == 0:
        raise problems.Conflict("该整改既非严重情形，也未逾期升级，不能追责。", code="not_grave")


def act(at: Any, name: str, by: str, reason: str | None = None) -> dict[str, Any]:
    """An entry of an order's history."""
    return {"at": at.isoformat(), "act": name, "by": by, "reason": reason}


def task_title(order: Columns, level: int = 0) -> str:
    """What lies in an inbox: the organ's, or that of the level an order has escalated to."""
    prefix = f"督办逾期整改（第{level}级）" if level else "限期整改"
    return f"{prefix}：{order['title']}"


def default_title(origin: str, found: Columns, organ_name: str) -> str:
    """How an order is called where whoever issues it gives it no title."""
    return f"{organ_name} - {ORIGINS[origin]}：{found['title']}"[:200]


def check_due(due_on: date, now: datetime) -> None:
    """An order is due after today, so that the organ has a day at least. Raises Invalid."""
    if is_too_early(due_on, now):
        place = problems.FieldError("/due_on", "due_too_early", TOO_EARLY)
        raise problems.Invalid(f"{TOO_EARLY}。", code="due_too_early", errors=[place])


def is_too_early(due_on: date, now: datetime) -> bool:
    """Whether an order due on a day would leave the organ no day at all."""
    return due_on <= now.astimezone(ZONE).date()

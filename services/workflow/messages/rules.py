"""What messages say, and when what could not be sent is tried again. Pure.

Inside of the product a message has the title of its task. What leaves it names kinds, numbers and days only: an entry
that is not public, or the words of a finding, never travel through a mail server or a messenger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.workflow.clocks.rules import day_of
from shared.ledger.envelope import Event

# Event -> (what happened, ids in refs); events of clocks name one, which has the id of its task.
TOLD = {
    "task.opened": ("opened", "tasks"),
    "task.assigned": ("assigned", "tasks"),
    "task.released": ("released", "tasks"),
    "task.escalated": ("escalated", "tasks"),
    "clock.warned": ("warned", "clock"),
    "clock.overdue": ("overdue", "clock"),
}
# Of subscriptions: what their owners have to know, since nothing reaches them any more.
SUBSCRIPTION = "subscription"
TOLD_OF_SUBSCRIPTIONS = {
    "subscription.warned": "endpoint_failing",
    "subscription.disabled": "endpoint_disabled",
    "subscription.parked": "event_parked",
    "subscription.fell_behind": "subscription_behind",
}
ACTS = {
    "opened": "新的待办",
    "assigned": "指派给您的待办",
    "released": "退回待领的待办",
    "warned": "即将到期的待办",
    "overdue": "已超期的待办",
    "escalated": "逾期未办、上报督办的待办",
    "endpoint_failing": "推送持续失败，请检查接收系统",
    "endpoint_disabled": "推送已停用，请修复后恢复订阅",
    "event_parked": "有变更接收方无法接收，已搁置",
    "subscription_behind": "订阅落后于保留期限，已停止，请重新同步后再启用",
}
KINDS = {
    "review": "签署、审核与审定",
    "linkage_draft": "联动事项",
    "finding": "疑似问题",
    "conflict": "冲突",
    "correction": "退回修改",
    "dispute": "审核反馈争议",
    "reply": "答复牵头单位",
    "deadline": "限期事项",
    "claim": "认领上级事项",
    "feedback": "公众反馈",
    "subtask": "分解任务",
    "obligation": "应完成事项",
    "report": "月报",
    "issue": "重大问题",
    "guidance": "答复下级咨询",
    "complaint": "投诉举报",
    "rectification": "整改",
    "violation": "违规办件",
    "notice": "签发通报",
    "survey": "满意度调查",
    "related_work": "对照清单调整相关工作",
    "channel": "渠道发布与核对",
}
_NOUNS = KINDS | {SUBSCRIPTION: "变更订阅"}
# What is told of a task at once with these need not be told.
LOUDER = {"assigned": ("opened",), "released": ("opened",), "overdue": ("warned",)}
# Tasks without a common cause are told of one by one, but for more at once: a platform may tell of 500 bad reviews.
MOST_SINGLY = 10
# Half a minute to six hours, then every six hours until it is too old to be news.
_FIRST, _MOST = timedelta(seconds=30), timedelta(hours=6)
GIVEN_UP_AFTER = timedelta(days=3)
# A server that does not answer is left alone for so long, and nothing is counted against what waits for it.
SERVER_AWAY = timedelta(minutes=1)
TRIED_LAST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to a task; `role`: to whom it has risen."""

    act: str
    task_id: UUID
    actor: str | None
    role: str | None


def told(events: Iterable[Event]) -> list[Told]:
    """What a batch of events tells of tasks.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    found: dict[tuple[str, UUID, str | None], Told] = {}
    for event in (each for each in events if each.type in TOLD):
        act, key = TOLD[event.type]
        named = event.refs.get(key, ())
        for id_ in [named] if isinstance(named, str) else named:
            one = Told(act, UUID(str(id_)), event.actor, event.refs.get("role") if act == "escalated" else None)
            found[one.act, one.task_id, one.role] = one
    # The later word says it all: given to somebody, late.
    louder = {(earlier, id_, None) for act, id_, _ in found for earlier in LOUDER.get(act, ())}
    return [one for key, one in found.items() if key not in louder]


def of_subscriptions(events: Iterable[Event]) -> list[tuple[str, UUID]]:
    """What a batch of events tells of subscriptions: what happened and to which, each once.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    told = (event for event in events if event.type in TOLD_OF_SUBSCRIPTIONS)
    return sorted({(TOLD_OF_SUBSCRIPTIONS[one.type], UUID(str(one.refs["subscription"]))) for one in told})


def subject_of(lines: Sequence[Mapping[str, Any]], *, digest: bool) -> str:
    """The subject of an e-mail."""
    if digest:
        return f"待办提醒汇总：{sum(line['tasks'] for line in lines)} 项"
    (line, *_) = lines
    return f"{ACTS[line['act']]}：{_NOUNS.get(line['kind'], '事项')} {line['tasks']} 项"


def sentence_of(line: Mapping[str, Any]) -> str:
    """What a message says outside of the product."""
    said = f"{ACTS[line['act']]}：{_NOUNS.get(line['kind'], '事项')} {line['tasks']} 项"
    due = line["due_at"] and day_of(datetime.fromisoformat(line["due_at"]))
    return f"{said}，最近到期日 {due:%Y-%m-%d}" if due else said


def text_of(lines: Sequence[Mapping[str, Any]], address: str | None) -> str:
    """The text of an e-mail; `address`: where the product is found."""
    where = f"请登录清单管理系统办理：{address}" if address else "请登录清单管理系统办理。"
    closing = "本邮件由系统自动发送，请勿回复。可在系统“消息设置”中修改接收方式。"
    return "\n".join([*(f"· {sentence_of(line)}" for line in lines), "", where, "", closing, ""])


def retry_at(attempts: int, made_at: datetime, now: datetime) -> datetime | None:
    """When a delivery that failed for the n-th time is tried again; None: never."""
    if now - made_at >= GIVEN_UP_AFTER:
        return None
    return now + min(_FIRST * (1 << min(attempts - 1, 20)), _MOST)


def is_refusal(status: int) -> bool:
    """Whether an answer of the messenger is about this message alone, and would be the same again."""
    return 400 <= status < 500 and status not in (401, 403, 404, 405, 408, 425, 429)


def domain_of(address: str) -> str:
    """The domain of an e-mail address, in small letters."""
    return address.rpartition("@")[2].lower()

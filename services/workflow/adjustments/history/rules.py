"""Which events make up the timeline of an adjustment, and how they read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Edits are left out: they are many, and who had a hand in the content is told beside.
TITLES: dict[str, str] = {
    "adjustment.opened": "发起",
    "joint_notice.given": "通知参与单位",
    "joint_notice.answered": "参与单位答复",
    "adjustment.submitted": "提交",
    "adjustment.paper_received": "收到纸质件",
    "adjustment.attached": "上传附件",
    "adjustment.validated": "系统校验",
    "adjustment.signed": "签署",
    "adjustment.reviewed": "环节办结",
    "adjustment.disputed": "对审核反馈提出争议",
    "dispute.escalated": "争议提请本级政府审定",
    "dispute.settled": "争议解决",
    "comment_period.opened": "公开征求意见",
    "public_comment.answered": "答复公众意见",
    "comment_period.summarised": "征求意见总结",
    "adjustment.returned": "退回",
    "adjustment.withdrawn": "撤回",
    "adjustment.suspended": "中止",
    "adjustment.resumed": "恢复办理",
    "adjustment.conflicted": "出现冲突",
    "adjustment.decided": "审定",
    "adjustment.effective": "生效",
    "adjustment.applied": "各清单已更新",
    "adjustment.published": "公布",
    "publication.corrected": "公布已更正",
    "publication.withdrawn": "公布已撤回",
    "adjustment.copied": "抄送",
    "adjustment.filed": "报备",
    "related_work.reported": "对照调整相关工作",
}
# What an entry tells beside its title, where the event has it.
_TOLD = (
    "ruling",
    "step",
    "outcome",
    "verdict",
    "receipt",
    "receipt_number",
    "recipient",
    "blocking",
    "organ",
    "reason",
    "ruling",
)


def timeline(rows: Sequence[Any], step_titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries of the timeline, the oldest first.

    Parameters
    ----------
    rows : events, the youngest first: at, type, actor, actor_name, refs.
    step_titles : of the review steps, by code.
    """
    return [_entry(row, step_titles) for row in reversed(rows)]


def _entry(row: Any, step_titles: Mapping[str, str]) -> dict[str, Any]:
    refs = row["refs"] or {}
    step = step_titles.get(refs.get("step", ""))
    title = TITLES[row["type"]]
    return {
        "at": row["at"],
        "type": row["type"],
        "title": f"{title}：{step}" if step else title,
        "actor": row["actor"],
        "actor_name": row["actor_name"],
        "details": {name: refs[name] for name in _TOLD if refs.get(name) is not None},
    }

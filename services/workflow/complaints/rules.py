"""Where complaints come from, what they say, who answers them. Pure. ZZ-61."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.workflow.oversight.rules import Columns, may_supervise
from shared import problems
from shared.identity.principal import Principal

SOURCES = {"hotline_12345": "12345热线", "good_bad_review": "好差评", "portal": "门户网站", "letter": "来信来访"}
SUBJECTS = {
    "inaction": "不作为",
    "wrong_action": "乱作为",
    "out_of_list": "清单之外实施",
    "disguised_permit": "变相许可",
    "extra_material": "多要材料",
    "overtime": "超时限",
    "fee": "乱收费",
    "attitude": "服务态度",
    "content": "内容有误",
    "other": "其他",
}
OUTCOMES = {"upheld": "属实", "partly_upheld": "部分属实", "explained": "已说明", "unfounded": "不属实"}
STATES = {"received": "办理中", "answered": "已答复"}
# What feedback of the portal is a complaint; the rest are remarks. And what its answer means here.
OF_FEEDBACK = frozenset({"inaction", "wrong_action"})
FEEDBACK_OUTCOMES = {"corrected": "upheld", "explained": "explained", "unfounded": "unfounded"}


def title(source: str, subject: str) -> str:
    """The task of answering one: without a word of what was said."""
    return f"答复投诉举报：{SOURCES[source]} - {SUBJECTS[subject]}"


def require_answerer(who: Principal, chain: Sequence[str], organ_id: UUID | None) -> None:
    """The organ itself answers, or the region for it. Raises Forbidden."""
    if not may_supervise(who, chain) and (
        organ_id is None or not who.holds("compiler", region=chain, organ_id=organ_id)
    ):
        raise problems.Forbidden("只有被投诉单位或本级审改办、清单牵头单位可以答复。", code="not_yours")


def check_open(complaint: Columns) -> None:
    """An answer is given once, and where the complaint was made. Raises IllegalTransition."""
    if complaint["feedback_id"] is not None:
        raise problems.IllegalTransition(
            f"门户网站的反馈请在公众反馈中答复（/publish/v1/feedback/{complaint['feedback_id']}/answer），此处自动同步。",
            allowed=[], code="answered_as_feedback",
        )  # fmt: skip
    if complaint["state"] != "received":
        raise problems.IllegalTransition("该投诉举报已答复，不能再次答复。", allowed=[])

"""The whole chain with public comment and all its clocks, on a calendar of its own: three months in seconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from deploy.demo.people import Refused
from deploy.demo.screen import Story
from deploy.demo.trial import ADJUSTMENTS, BEGINS, SUPERFLUOUS, Calendar, begin, trial, until
from deploy.demo.world import World
from shared import clock
from shared.installation import Place


def show(place: Place, story: Story) -> None:
    """Start the trial, let an adjustment pass the chain, stop the trial."""
    with trial(place) as (world, calendar):
        adjustment = begin(world)
        path = f"{ADJUSTMENTS}/{adjustment}"
        _review_too_late(world, story, calendar, path)
        _public_comment(world, story, calendar, path)
        _to_the_receipt(world, story, calendar, path)
        _table(world, story, path)


def _review_too_late(world: World, story: Story, calendar: Calendar, path: str) -> None:
    """The office lets its fifteen working days pass: warned in grades, late, and it rises to the government."""
    step = _step(world, path, "review")
    story.say(f"{BEGINS[:10]}: signed and sealed; the office has until {_day(step['due_at'])} (15 working days)")
    calendar.at("2017-09-07 09:00")
    told = until(lambda: _told(world, "reviewer", "warned"), "nobody is warned")
    calendar.at("2017-09-16 09:00")
    late = until(lambda: _told(world, "reviewer", "overdue"), "nobody is told that it is late")
    calendar.at("2017-09-21 09:00")
    risen = until(lambda: _told(world, "decider", "escalated"), "it does not rise")
    story.claim(bool(told and late and risen), "warned before, late the day after, three working days later it rises")
    agreed = {"outcome": "pass", "opinion": "同意"}
    for post in ("reviewer", "joint"):
        world.people[post].post(f"{path}/review", agreed)


def _public_comment(world: World, story: Story, calendar: Calendar, path: str) -> None:
    """Thirty days for everybody; each comment is answered before the matter goes on."""
    assessor = world.people["assessor"]
    asked = {"title": f"关于取消{SUPERFLUOUS}的公开征求意见", "explanation": "拟取消没有法定依据的材料。", "days": 30}
    period = assessor.post(f"{path}/comment-period", asked)
    address = f"{world.system.url('publish')}/publish/v1/comment-periods/{period['id']}/comments"
    said = {"said_by": "citizen", "text": "赞成取消，到村里开证明很不方便。"}
    given = httpx.post(address, json=said, timeout=30, trust_env=False)
    early = _refusal(lambda: assessor.post(f"{path}/comment-summary", _summary()))
    experts = [{"name": "演示专家", "organisation": "演示单位", "opinion": "取消后可由部门核验"}]
    assessed = {"outcome": "feasible", "date": "2017-10-10", "experts": experts, "conclusion": "可行"}
    calendar.at("2017-10-10 09:00")
    assessor.post(f"{path}/assess", assessed)
    for act in ("hear", "consult"):
        assessor.post(f"{path}/{act}", {"outcome": "omitted", "date": "2017-10-10", "conclusion": "无人要求"})
    calendar.at("2017-10-23 09:00")
    after = httpx.post(address, json=said | {"text": "现在才说，还来得及吗？"}, timeout=30, trust_env=False)
    comment = assessor.get(f"{path}/comments")["items"][0]
    answer = {"comment_id": comment["id"], "outcome": "adopted", "answer": "采纳，改由部门核验。"}
    assessor.post(f"{path}/comment-answers", {"answers": [answer]})
    assessor.post(f"{path}/comment-summary", _summary())
    read = httpx.post(
        f"{world.system.url('publish')}/publish/v1/comments/readings", json={"receipt": given.json()["receipt"]},
        timeout=30, trust_env=False,
    ).json()  # fmt: skip
    story.claim(
        early is not None and after.status_code == 409 and read["outcome"] == "adopted",
        f"open until {_day(period['closes_at'])}: no summary before ({early}), no comment after (409), one answer read",
    )


def _summary() -> dict[str, Any]:
    return {"outcome": "pass", "summary": "收到意见1条，采纳1条。"}


def _to_the_receipt(world: World, story: Story, calendar: Calendar, path: str) -> None:
    """Legality, the report to the superior, the government, publication, the receipt; nothing out of turn."""
    people = world.people
    decision = {"decision": {"meeting": "演示会议", "date": "2017-11-06", "number": "演示〔2017〕9号"}}
    early = _refusal(lambda: people["decider"].post(f"{path}/decide", decision))
    people["legal"].post(f"{path}/legality", {"verdict": "legal", "opinion": "内容合法"})
    calendar.at("2017-10-30 09:00")
    reported = {"sent_on": "2017-10-27", "receipt_number": "演示收〔2017〕3号", "receipt_date": "2017-10-30"}
    people["reviewer"].post(f"{path}/report", reported)
    calendar.at("2017-11-06 15:00")
    people["decider"].post(f"{path}/decide", decision)
    until(lambda: world.admin.get(path)["published_at"], "it is not published")
    calendar.at("2017-11-20 09:00")
    receipt = {"receipt_number": "演示备〔2017〕1号", "date": "2017-11-20"}
    filed = people["reviewer"].post(f"{path}/filings", receipt)
    story.claim(early is not None and bool(filed["filed_at"]), "no decision out of turn; decided, published, reported")


def _table(world: World, story: Story, path: str) -> None:
    steps = world.admin.get(path)["steps"]
    rows = [(one["title"], one["state"], _day(one["due_at"]), _day(one["decided_at"])) for one in steps]
    story.table(["step", "state", "due", "done"], rows)
    story.claim(all(one["state"] == "passed" for one in steps), f"{len(steps)} steps, each with its own clock")


def _step(world: World, path: str, code: str) -> dict[str, Any]:
    return next(one for one in world.admin.get(path)["steps"] if one["code"] == code)


def _told(world: World, post: str, act: str) -> bool:
    """Whether somebody has a message of such an act."""
    messages = world.people[post].get("/workflow/v1/messages", limit=50)["items"]
    return any(message["act"] == act for message in messages)


def _refusal(act: Any) -> str | None:
    try:
        act()
    except Refused as refused:
        return str(refused.problem["code"])
    return None


def _day(instant: str | None) -> str:
    return datetime.fromisoformat(instant).astimezone(clock.ZONE).date().isoformat() if instant else "-"

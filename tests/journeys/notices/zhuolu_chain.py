"""What the people of Zhuolu do with an adjustment: hand it in on paper and on line, review, ask the public, decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from tests.journeys.notices.campaigns import ADJUSTMENTS, Campaign, beijing
from tests.journeys.notices.standing import notice, order
from tests.journeys.notices.zhuolu import DUE, REVIEWED_BY, SOURCE
from tests.journeys.trial import Trial

SEAL = {"seal": {"reference": "卫计局报送文件（主要负责人签字、加盖公章）", "sha256": "7a" * 32}}
PASS = {"outcome": "pass", "opinion": "与行政许可目录、权力清单、责任清单一致"}
CALL = {
    "title": "关于政务服务事项目录清单和实施清单的公开征求意见",
    "explanation": "拟公布本县政务服务事项目录清单和实施清单，欢迎社会各界提出意见。",
    "days": 7,
}
LEGAL = {"verdict": "legal", "opinion": "依据有效，内容合法"}
PAPER = {"title": "政务服务事项清单编制工作总结", "reference": "档案号 2017-77"}
EXPERT = {"name": "专家甲", "organisation": "张家口市卫生和计划生育委员会", "opinion": "流程可行"}


def drafted(trial: Trial, who: str, organ: str, title: str, *changes: Mapping[str, Any]) -> str:
    """An adjustment that a department has drawn up for the campaign."""
    header = {
        "title": title, "trigger": "LOCAL_INITIATIVE", "trigger_reference": SOURCE, "reason": "梳理并优化办理流程",
        "legal_basis": SOURCE, "organ_id": trial.organs[organ], "changes": list(changes),
    }  # fmt: skip
    opened: dict[str, Any] = trial.posts[who].post(ADJUSTMENTS, header)
    return str(opened["id"])


def handed_in(trial: Trial, adjustment: str, who: str, principal: str) -> Any:
    """Submitted with the paper copy announced, found sound by the system, signed and sealed; the receipt."""
    trial.posts[who].post(f"{ADJUSTMENTS}/{adjustment}/submit?paper_copy=true")
    told = trial.wait_for(adjustment, "signing", "returned")
    assert told["state"] == "signing", told["validation"]
    trial.act(principal, adjustment, "sign", SEAL)
    return trial.posts[who].get(f"{ADJUSTMENTS}/{adjustment}/receipts")["items"][-1]


def due(trial: Trial, adjustment: str, act: str) -> set[str]:
    """The days by which the steps of an act are to be done."""
    steps = trial.admin.get(f"{ADJUSTMENTS}/{adjustment}")["steps"]
    return {beijing(step["due_at"])[:10] for step in steps if step["act"] == act and step["state"] == "open"}


def reviewed(trial: Trial, adjustment: str) -> None:
    """The reform office and the departments it asks agree."""
    assert due(trial, adjustment, "review") == {REVIEWED_BY}, "whenever it was handed in"
    trial.act("shengai", adjustment, "review", PASS)
    trial.act("caizheng", adjustment, "review", PASS)


def prepared(trial: Trial, adjustment: str, day: str) -> None:
    """Assessed by experts; nobody asked for a hearing, and nothing was left to consult on."""
    given = {"outcome": "feasible", "date": day, "experts": [EXPERT], "conclusion": "论证可行"}
    trial.act("shenpi", adjustment, "assess", given)
    trial.act("shenpi", adjustment, "hear", {"outcome": "omitted", "date": day, "conclusion": "无人要求听证"})
    trial.act("shenpi", adjustment, "consult", {"outcome": "omitted", "date": day, "conclusion": "各部门意见一致"})


def summed_up(trial: Trial, adjustment: str, summary: str) -> None:
    """What came of the public comment is published."""
    trial.act("shenpi", adjustment, "comment-summary", {"outcome": "pass", "summary": summary})


def citizen(trial: Trial, period: str, text: str) -> httpx.Response:
    """Somebody without any account says something of the draft."""
    address = f"{trial.system.url('publish')}/publish/v1/comment-periods/{period}/comments"
    return httpx.post(address, json={"said_by": "citizen", "text": text}, timeout=30, trust_env=False)


def decision_of(day: str) -> dict[str, str]:
    """The record of the meeting that decided."""
    return {"meeting": "县政府第9次常务会议", "date": day, "number": "涿政发〔2017〕15号"}


def decided(trial: Trial, adjustment: str, day: str) -> Any:
    """The county government decides, and every list shows it."""
    assert due(trial, adjustment, "decide") == {DUE["decide"]}
    trial.act("xianzhengfu", adjustment, "decide", {"decision": decision_of(day)})
    told = trial.wait_for(adjustment, "effective", "conflict")
    assert told["state"] == "effective", told
    path = f"{ADJUSTMENTS}/{adjustment}"
    return trial.until(lambda: (shown := trial.admin.get(path))["published_at"] and shown, "it is not published")


def only_transport_is_named(campaign: Campaign, day: str) -> None:
    """Who reported late is criticised, with both lists it owed; the others are not (六（三）)."""
    assert order(campaign, by="organ")["涿鹿县交通运输局"][1:] == (0, 2, 0)
    asked = {"kind": "criticism", "by": "organ"}
    named = notice(campaign, "xianzhengfu", "涿政办通报〔2017〕4号", day, **asked)
    assert [(name, row["reasons"]) for name, row in named.items()] == [("涿鹿县交通运输局", ["late"])]
    assert {title.split("：")[0] for title in named["涿鹿县交通运输局"]["evidence"]} == {"报送清单"}

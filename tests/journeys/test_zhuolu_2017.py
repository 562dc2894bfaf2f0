"""Zhuolu County, August to October 2017: three stages from the departments' desks to the public.

Of the notice 涿政办函〔2017〕21号. The chapters follow one another on one system with a calendar of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.journeys import entries
from tests.journeys.notices import zhuolu
from tests.journeys.notices.campaigns import ADJUSTMENTS, Campaign, Story, beijing, refused
from tests.journeys.notices.zhuolu_chain import (
    CALL,
    LEGAL,
    PAPER,
    citizen,
    decided,
    decision_of,
    drafted,
    handed_in,
    only_transport_is_named,
    prepared,
    reviewed,
    summed_up,
)
from tests.journeys.stage import modify
from tests.journeys.trial import trial

# Twelve processes start before the first chapter; beside other work on the machine that takes minutes.
pytestmark = pytest.mark.timeout(900)

FORM, PHOTO = {"name": "申请表", "necessity": "required"}, {"name": "场所照片", "necessity": "required"}
SITE, HANDLED = {"name": "场地证明", "necessity": "required"}, entries.HANDLING | {"materials": [FORM]}


@dataclass
class Zhuolu(Story):
    """The story with its adjustments: those of a subordinate unit and of two departments."""

    adjustments: dict[str, str] = field(default_factory=dict)
    comment_receipt: str = ""

    def entry(self, kind: str, name: str) -> str:
        """An entry of the county's list of a kind."""
        found = self.trial.admin.all_of(f"/catalog/v1/lists/{self.trial.lists[kind, zhuolu.COUNTY]}/items")
        return next(str(row["id"]) for row in found if row["name"] == name)


@pytest.fixture(scope="module")
def story(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Zhuolu]:
    """The county three days before the notice."""
    with trial(cluster, valkey, template_database, tmp_path_factory.mktemp("zhuolu"), "2017-08-17 09:00") as begun:
        zhuolu.settled(begun)
        yield Zhuolu(begun)


@pytest.mark.req("ZL-39", "ZL-40", "ZL-47", "ZL-53")
def test_the_plan_has_three_stages_and_every_unit_learns_what_it_owes_by_when(story: Zhuolu) -> None:
    story.trial.at("2017-08-20 09:00")
    beyond = zhuolu.plan()
    beyond["milestones"][0]["due_on"] = "2017-09-01"
    problem = refused(story.trial, "shengai", "/workflow/v1/campaigns", beyond, 422)
    assert [error["code"] for error in problem["errors"]] == ["after_phase"]
    story.campaign = Campaign.begun(story.trial, "shengai", zhuolu.plan())
    progress = story.running.read("progress")
    assert (progress["starts_on"], progress["due_on"]) == ("2017-08-20", "2017-09-30")
    phases = progress["phases"]
    assert [(each["act"], each["starts_on"], each["ends_on"]) for each in phases] == [
        ("submission", "2017-08-20", "2017-08-31"),
        ("review", "2017-09-01", "2017-09-20"),
        ("publication", "2017-09-21", "2017-09-30"),
    ]
    assert story.running.due(subject="submission") == {"2017-08-31"}
    assert story.running.due(subject="list") == {"2017-09-30"}
    assert story.running.due(subject="summary") == {"2017-09-30"}
    mine = story.trial.posts["weiji-bianzhi"].get("/workflow/v1/tasks", kind="obligation")["items"]
    assert [beijing(task["due_at"]) for task in mine] == ["2017-08-31 23:59:59"] * 2
    # The office that leads the lists has no matters of its own to report.
    for obligation in story.running.owed(subject="submission", organ=story.trial.organs["reform"]):
        story.running.act("shengai", obligation, "waive", {"reason": "本单位没有政务服务事项"})


@pytest.mark.req("ZL-44", "ZL-45")
def test_a_subordinate_unit_reports_through_its_department_on_paper_and_on_line(story: Zhuolu) -> None:
    stage = story.trial
    stage.at("2017-08-24 10:00")
    service = entries.public_service("预防接种证办理", 20, organ=stage.organs["disease_control"],
                                     code=stage.codes["disease_control"], domain="health")  # fmt: skip
    added = {"operation": "add", "elements": service | HANDLED}
    changes = [added | {"list_id": stage.lists[kind, zhuolu.COUNTY]} for kind in zhuolu.KINDS]
    id_ = drafted(stage, "jikong-bianzhi", "disease_control", "疾控中心政务服务事项", *changes)
    refused(stage, "jikong-bianzhi", f"{ADJUSTMENTS}/{id_}/submit", None, 403, "through_department")
    receipt = handed_in(stage, id_, "weiji-bianzhi", "weiji-juzhang")
    assert beijing(receipt["submitted_at"]).startswith("2017-08-24")
    assert (receipt["organ_id"], receipt["paper_copy"], receipt["paper_received_at"]) == (
        stage.organs["health"], True, None,
    )  # fmt: skip
    stage.at("2017-08-25 15:00")
    stage.act("shengai", id_, "paper-copy")
    (noted,) = stage.admin.get(f"{ADJUSTMENTS}/{id_}/receipts")["items"]
    assert beijing(noted["paper_received_at"]).startswith("2017-08-25")
    story.adjustments["disease_control"] = id_


@pytest.mark.req("ZL-33")
def test_a_material_more_leaves_no_department_without_its_reasons(story: Zhuolu) -> None:
    stage = story.trial
    name = zhuolu.MATTERS[0][0]
    item = story.entry("implementation", name)
    changes = [
        modify(item, materials=[FORM, SITE, PHOTO], promised_limit={"amount": 5, "unit": "working_day"}),
        modify(story.entry("catalogue", name), promised_limit={"amount": 5, "unit": "working_day"}),
    ]
    id_ = drafted(stage, "weiji-bianzhi", "health", "卫计局政务服务事项", *changes)
    path = f"{ADJUSTMENTS}/{id_}"
    problem = refused(stage, "weiji-bianzhi", f"{path}/submit", None, 409, "material_not_justified")
    assert [error["pointer"] for error in problem["errors"]] == ["/changes/1/elements/materials/2"]
    heard = {"who": "涿鹿县餐饮住宿业协会", "date": "2017-08-23", "agreed": True}
    reasons = {
        "item_id": item, "material": "场所照片", "justification": "替代现场勘验，减少申请人跑动", "consulted": [heard],
    }  # fmt: skip
    stage.posts["weiji-bianzhi"].post(f"{path}/material-justifications", {"justifications": [reasons]})
    refused(stage, "weiji-juzhang", f"{path}/sign", {"seal": {"reference": "档案号 8"}}, 409)
    receipt = handed_in(stage, id_, "weiji-bianzhi", "weiji-juzhang")
    assert (receipt["number"], receipt["paper_copy"]) == (1, True)
    story.adjustments["health"] = id_


@pytest.mark.req("ZL-40")
def test_who_reports_after_the_end_of_august_was_warned_and_is_shown_late(story: Zhuolu) -> None:
    stage, campaign, organ = story.trial, story.running, story.trial.organs["transport"]
    stage.settle()
    assert {state for name, _, state in campaign.states(subject="submission") if "卫生" in str(name)} == {"done"}
    stage.at("2017-08-31 23:50")
    first, second = campaign.owed(subject="submission", organ=organ)
    stage.until(lambda: {"half", "three_days_before", "one_day_before"} & campaign.told(first), "nobody was warned")
    assert campaign.owed(overdue="true") == []
    stage.at("2017-09-01 00:05")
    assert {row["id"] for row in campaign.owed(overdue="true")} == {first["id"], second["id"]}
    stage.until(lambda: "overdue" in campaign.told(first), "the clock does not run out")
    # The 4th is the first working day after the day it was due: the head of the department sees it.
    stage.at("2017-09-04 09:00")
    asked = {"kind": "obligation", "escalated": "true"}
    head = stage.posts["jiaotong-juzhang"]
    risen = stage.until(lambda: head.get("/workflow/v1/tasks", **asked)["items"], "it does not rise")
    assert {task["id"] for task in risen} <= {first["id"], second["id"]}
    name = zhuolu.MATTERS[2][0]
    limit = {"amount": 8, "unit": "working_day"}
    changes = [modify(story.entry(kind, name), promised_limit=limit) for kind in zhuolu.KINDS]
    id_ = drafted(stage, "jiaotong-bianzhi", "transport", "交通局政务服务事项", *changes)
    handed_in(stage, id_, "jiaotong-bianzhi", "jiaotong-juzhang")
    story.adjustments["transport"] = id_
    stage.settle()
    (late,) = campaign.read("submissions", late="true")["items"]
    assert (late["adjustment_id"], late["organ_name"]) == (id_, "涿鹿县交通运输局")
    assert [(row["state"], row["late"]) for row in campaign.owed(subject="submission", organ=organ)] == [
        ("done", True), ("done", True),
    ]  # fmt: skip
    phase = campaign.read("progress")["phases"][0]
    assert (phase["adjustments"], phase["late_adjustments"], phase["late_entries"]) == (3, 1, 2)


@pytest.mark.req("ZL-48")
def test_the_reform_office_returns_with_a_word_on_the_element_and_passes_what_is_corrected(story: Zhuolu) -> None:
    stage, id_ = story.trial, story.adjustments["health"]
    stage.at("2017-09-05 10:00")
    path = f"{ADJUSTMENTS}/{id_}"
    told = stage.admin.get(path)
    item = told["changes"][0]["item_id"]
    word = {"item_id": item, "element": "materials", "opinion": "场所照片可网上上传，请注明"}
    stage.act("shengai", id_, "review", {"outcome": "return", "opinion": "请补充", "element_opinions": [word]})
    (task,) = stage.posts["weiji-bianzhi"].get("/workflow/v1/tasks", adjustment_id=id_)["items"]
    assert task["kind"] == "correction"
    refused(stage, "caizheng", f"{path}/review", {"outcome": "pass", "opinion": "同意"}, 409)
    stage.at("2017-09-06 10:00")
    receipt = handed_in(stage, id_, "weiji-bianzhi", "weiji-juzhang")
    assert (receipt["number"], beijing(receipt["submitted_at"])[:10]) == (2, "2017-09-06")
    for each in story.adjustments.values():
        reviewed(stage, each)
    stage.settle()
    assert story.running.read("progress")["phases"][0]["late_adjustments"] == 1, "who corrects was in time"


@pytest.mark.req("ZL-49", "ZL-52")
def test_the_public_is_asked_for_a_week_and_everybody_who_spoke_is_answered(story: Zhuolu) -> None:
    stage, (first, *others) = story.trial, story.adjustments.values()
    path = f"{ADJUSTMENTS}/{first}"
    refused(stage, "xianzhengfu", f"{path}/decide", {"decision": decision_of("2017-09-06")}, 409)
    refused(stage, "shengai", f"{path}/comment-period", CALL, 403)
    problem = refused(stage, "shenpi", f"{path}/comment-period", CALL | {"days": 6}, 422)
    assert [error["pointer"] for error in problem["errors"]] == ["/days"]
    periods = [stage.posts["shenpi"].post(f"{ADJUSTMENTS}/{each}/comment-period", CALL) for each in (first, *others)]
    assert {beijing(period["closes_at"]) for period in periods} == {"2017-09-14 00:00:00"}
    shown = stage.public("/comment-periods", params={"region": zhuolu.COUNTY, "open": "true"}).json()["items"]
    assert {row["id"] for row in shown} == {period["id"] for period in periods}
    said = citizen(stage, periods[0]["id"], "预防接种证办理建议延长到周六上午。")
    assert said.status_code == 201, said.text
    story.comment_receipt = said.json()["receipt"]
    problem = refused(stage, "shenpi", f"{path}/comment-summary", {"outcome": "pass", "summary": "无意见"}, 409)
    assert problem["code"] == "period_open"
    stage.at("2017-09-08 09:00")
    (comment,) = stage.posts["shenpi"].get(f"{path}/comments")["items"]
    answer = {"comment_id": comment["id"], "outcome": "adopted", "answer": "采纳，周六上午安排值班。"}
    stage.posts["shenpi"].post(f"{path}/comment-answers", {"answers": [answer]})
    for each in (first, *others):
        prepared(stage, each, "2017-09-08")
    stage.at("2017-09-13 23:55")
    assert citizen(stage, periods[1]["id"], "建议同时公布监督电话。").status_code == 201
    stage.at("2017-09-14 00:05")
    late = citizen(stage, periods[1]["id"], "还有一条意见，希望能够采纳。")
    assert (late.status_code, late.headers["content-type"]) == (409, "application/problem+json"), late.text


@pytest.mark.req("ZL-51", "ZL-49")
def test_nothing_goes_to_the_legal_office_before_every_comment_has_its_answer(story: Zhuolu) -> None:
    stage, (first, second, third) = story.trial, story.adjustments.values()
    stage.at("2017-09-14 09:00")
    path = f"{ADJUSTMENTS}/{second}"
    summary = {"outcome": "pass", "summary": "收到意见1条，采纳1条。"}
    problem = refused(stage, "shenpi", f"{path}/comment-summary", summary, 409, "comments_waiting")
    assert problem["waiting"] == 1
    refused(stage, "fazhi", f"{path}/legality", LEGAL, 409)
    (comment,) = stage.posts["shenpi"].get(f"{path}/comments")["items"]
    answer = {"comment_id": comment["id"], "outcome": "adopted", "answer": "采纳，指南中列明监督电话。"}
    stage.posts["shenpi"].post(f"{path}/comment-answers", {"answers": [answer]})
    for each in (first, second, third):
        summed_up(stage, each, summary["summary"])
    # Who drew up the first adjustment works for the legal office as well: it is not his to review.
    refused(stage, "jikong-bianzhi", f"{ADJUSTMENTS}/{first}/legality", LEGAL, 403, "own_compilation")
    for each in (first, second, third):
        stage.act("fazhi", each, "legality", LEGAL)
    read = httpx.post(
        f"{stage.system.url('publish')}/publish/v1/comments/readings", json={"receipt": story.comment_receipt},
        timeout=30, trust_env=False,
    ).json()  # fmt: skip
    assert (read["outcome"], read["answer"]) == ("adopted", "采纳，周六上午安排值班。")


@pytest.mark.req("ZL-34", "ZL-53")
def test_nothing_is_published_before_the_government_has_decided(story: Zhuolu) -> None:
    stage, campaign = story.trial, story.running
    stage.at("2017-09-21 09:00")
    body: dict[str, Any] = zhuolu.adapted(stage)
    steps = {step["code"]: step for step in body["steps"]}
    steps["legality"]["next"], steps["publish"]["next"], steps["decide"]["next"] = "publish", "decide", None
    refused(stage, "shengai", "/workflow/v1/procedure-templates", body, 403)
    refused(stage, "admin", "/workflow/v1/procedure-templates", body, 422)
    assert {row["published_at"] for row in campaign.owed(subject="list")} == {None}
    for id_ in story.adjustments.values():
        refused(stage, "xianzhengfu", f"{ADJUSTMENTS}/{id_}/decide", {"decision": decision_of("2017-09-22")}, 422)
    told = [decided(stage, each, "2017-09-21") for each in story.adjustments.values()]
    assert {beijing(each["published_at"])[:10] for each in told} == {"2017-09-21"}
    assert all(each["decided_at"] <= each["published_at"] for each in told)
    stage.settle()
    lists = campaign.owed(subject="list")
    assert [(row["state"], row["late"], row["decided_at"] <= row["published_at"]) for row in lists] == [
        ("done", False, True), ("done", False, True),
    ]  # fmt: skip
    shown = stage.public(f"/lists/{stage.lists['catalogue', zhuolu.COUNTY]}/items").json()["items"]
    assert "预防接种证办理" in [row["name"] for row in shown]
    milestones = campaign.read("progress")["milestones"]
    assert [(each["number"], each["done"], each["open"]) for each in milestones][:2] == [(1, 6, 0), (2, 2, 0)]


@pytest.mark.req("ZL-56")
def test_only_the_department_that_was_late_is_named_in_the_notice(story: Zhuolu) -> None:
    story.trial.at("2017-09-29 09:00")
    only_transport_is_named(story.running, "2017-09-29")


def test_the_campaign_ends_with_its_summary_and_not_without_it(story: Zhuolu) -> None:
    stage, campaign = story.trial, story.running
    # A Saturday that was worked for the holiday after it: three working days from the 28th end on 9 October.
    stage.at("2017-09-30 15:00")
    day = stage.admin.get(
        f"/workflow/v1/calendars/{zhuolu.COUNTY}/due-day", start="2017-09-28", amount=3, unit="working_day"
    )
    assert day["due_on"] == "2017-10-09"
    close = f"/workflow/v1/campaigns/{campaign.id}/close"
    problem = refused(stage, "shengai", close, {"note": "完成"}, 409, "summaries_missing")
    assert "工作总结" in problem["errors"][0]["message"]
    (summary,) = campaign.owed(subject="summary")
    assert (summary["overdue"], summary["organ_id"]) == (False, stage.organs["reform"])
    refused(stage, "weiji-bianzhi", f"/workflow/v1/obligations/{summary['id']}/submit", PAPER, 403)
    handed = campaign.act("shengai-zong", summary, "submit", PAPER)
    assert (handed["state"], handed["late"]) == ("done", False)
    stage.at("2017-10-09 09:00")
    assert campaign.owed(overdue="true") == []
    assert stage.posts["shengai"].post(close, {"note": "清单已全部公布"})["state"] == "closed"
    late = [row["organ_name"] for row in campaign.owed(late="true")]
    assert late == ["涿鹿县交通运输局"] * 2

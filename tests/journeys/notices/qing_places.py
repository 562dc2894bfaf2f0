"""Chapters of Qing County: its town, its zone, and who is named for what July showed."""

from __future__ import annotations

from tests.journeys.notices import qing
from tests.journeys.notices.campaigns import refused
from tests.journeys.notices.qing_story import Qing
from tests.journeys.notices.standing import notice, order


def july_is_weighed(story: Qing) -> None:
    """Who filed no plan and who sent no report in time is criticised; who did both is commended (五（三）)."""
    campaign = story.running
    story.trial.at("2017-08-01 09:00")
    july = {"first_day": "2017-07-01", "last_day": "2017-07-31"}
    ranked = order(campaign, by="lead", **july)
    assert (ranked["青县市场监督管理局"][2:], ranked["青县财政局"][2:]) == ((1, 0), (1, 0)), ranked
    assert {rank for name, (rank, _, late, _) in ranked.items() if not late} == {1}
    blamed = notice(campaign, "zhengfu", "青整通报〔2017〕1号", "2017-08-01", kind="criticism", **july)
    assert blamed == {
        "青县市场监督管理局": {"reasons": ["late"], "evidence": ["新编清单工作方案备案：青县市场监管随机抽查事项清单"]},
        "青县财政局": {"reasons": ["late"], "evidence": ["月报（2017年6月）"]},
    }
    praised = notice(campaign, "zhengfu", "青整通报〔2017〕2号", "2017-08-01", kind="commendation", best=1, **july)
    assert set(praised) == ranked.keys() - blamed.keys()


def the_town_is_late(story: Qing) -> None:
    """Its power and responsibility lists come after the holiday instead of by the end of September."""
    stage, campaign = story.trial, story.running
    town = {"milestone": "3", "region_code": qing.TOWN}
    stage.at("2017-10-01 00:05")
    assert {row["region_name"] for row in campaign.owed(overdue="true")} == {"马厂镇"}
    regions = {row["region_code"]: row["overdue"] for row in campaign.read("progress")["regions"]}
    assert (regions[qing.COUNTY], regions[qing.TOWN]) == (0, 2)
    stage.at("2017-10-09 09:00")
    qing.makes_lists_of(stage, qing.TOWN, "town", ("power", "responsibility"))
    decision = {"meeting": "马厂镇党政联席会议", "date": "2017-10-09", "number": "马政发〔2017〕3号"}
    for kind in ("power", "responsibility"):
        qing.enact(stage, "machang", kind, qing.TOWN, decision)
    stage.settle()
    stage.until(lambda: all(row["published_at"] for row in campaign.owed(**town)), "the town's lists are not public")
    story.filed("青编备〔2017〕11号", "2017-10-09", **town)
    assert {(row["state"], row["late"]) for row in campaign.owed(**town)} == {("done", True)}
    assert campaign.owed(overdue="true") == []


def the_zone_reports_a_major_problem(story: Qing) -> None:
    """It does not wait for the month's report, and nobody but the group has it to solve."""
    stage, campaign = story.trial, story.running
    stage.at("2017-10-10 10:00")
    problem = {
        "severity": "major", "title": "开发区清单责任主体不明确", "list_kind": "responsibility",
        "description": "管委会与县直部门的监管职责划分尚未明确，影响按期公布。", "region_code": qing.ZONE,
    }  # fmt: skip
    told = stage.posts["kaifaqu"].post(f"/workflow/v1/campaigns/{campaign.id}/issues", problem)
    (task,) = stage.posts["fangguanfu"].get("/workflow/v1/tasks", kind="issue")["items"]
    assert task["id"] == told["id"]
    assert stage.posts["market-qiantou"].get("/workflow/v1/tasks", kind="issue")["items"] == []
    solved = {"resolution": "经放管服组协调，由管委会承担监管责任。"}
    refused(stage, "market-qiantou", f"/workflow/v1/campaign-issues/{told['id']}/resolve", solved, 404)
    stage.posts["fangguanfu"].post(f"/workflow/v1/campaign-issues/{told['id']}/resolve", solved)
    assert campaign.read("issues", state="open")["items"] == []


def the_zone_has_lists_and_measures(story: Qing) -> None:
    """Organised by the two bureaus by the end of October; complete only with what carries them out (落实措施)."""
    stage, campaign = story.trial, story.running
    stage.at("2017-10-27 10:00")
    qing.makes_lists_of(stage, qing.ZONE, "commerce", qing.ZONE_KINDS)
    decision = {"meeting": "县政府第11次常务会议", "date": "2017-10-27", "number": "青政发〔2017〕18号"}
    for kind in qing.ZONE_KINDS:
        qing.enact(stage, "zhengfu", kind, qing.ZONE, decision)
    stage.settle()
    rows = stage.until(
        lambda: (found := campaign.owed(milestone="5")) and all(row["published_at"] for row in found) and found,
        "the zone's lists are not public",
    )
    assert {row["state"] for row in rows} == {"open"}, "the measures are missing"
    for row in rows:
        campaign.act("commerce-qiantou", row, "submit", {"title": "落实措施", "reference": "档案号 2017-095"})
    assert {(row["state"], row["late"]) for row in campaign.owed(milestone="5")} == {("done", False)}

"""Qing County, June 2017 to February 2018: plans, reports each month, lists by September, October and November.

The chapters follow one another on one system with a calendar of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.journeys import entries
from tests.journeys.notices import qing, qing_places
from tests.journeys.notices.campaigns import ADJUSTMENTS, Campaign, beijing, refused
from tests.journeys.notices.qing_story import PLAN, REPORTING, SUMMARY, WORKERS, Qing, permit_is_renamed
from tests.journeys.trial import trial

# Twelve processes start before the first chapter.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def story(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Qing]:
    """The county before its plan."""
    with trial(cluster, valkey, template_database, tmp_path_factory.mktemp("qing"), "2017-06-19 09:00") as begun:
        qing.settled(begun)
        yield Qing(begun)


@pytest.mark.req("QX-42", "QX-44", "QX-46", "QX-47", "QX-49", "QX-50")
def test_the_plan_tells_every_lead_and_the_zone_what_is_due_by_when(story: Qing) -> None:
    stage = story.trial
    stage.at("2017-06-21 09:00")
    refused(stage, "market-qiantou", "/workflow/v1/campaigns", qing.plan(stage), 403)
    story.campaign = campaign = Campaign.begun(stage, "fangguanfu", qing.plan(stage))
    days = {number: campaign.due(milestone=str(number)) for number in range(1, 8)}
    assert days == {
        1: {"2017-07-05"}, 2: {"2017-07-05"}, 3: {"2017-09-30"}, 4: {"2017-10-31"}, 5: {"2017-10-31"},
        6: {"2017-11-30"}, 7: {"2017-11-30"},
    }  # fmt: skip
    third = {(row["region_code"], row["list_kind"]) for row in campaign.owed(milestone="3")}
    assert third == {(region, kind) for region in (qing.COUNTY, qing.TOWN) for kind in ("power", "responsibility")}
    assert {row["organ_name"] for row in campaign.owed(milestone="5")} == {"青县商务和工业信息化局"}
    row = stage.admin.get(f"/catalog/v1/matrix/{qing.ZONE}/power")
    assert (row["lead_name"], row["assisting"]) == ("青县商务和工业信息化局", ["青县发展和改革局"])
    assert campaign.read("progress")["due_on"] == "2017-11-30"
    assert len(campaign.owed(milestone="7")) == REPORTING, "whoever leads a list, and the zone, sums up"


@pytest.mark.req("QX-60")
def test_a_report_opens_by_itself_as_the_month_begins_and_says_what_the_figures_say(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    assert campaign.reports() == []
    stage.at("2017-07-01 09:00")
    reports = stage.until(campaign.reports, "no report opens")
    assert {(row["month"], beijing(row["due_at"]), row["standing"]) for row in reports} == {
        ("2017-06-01", "2017-07-05 23:59:59", "open")
    }
    assert sorted(str(story.organ_of(row["organ_id"])) for row in reports) == sorted([*qing.LEADS, "None"])
    market = next(row for row in reports if story.organ_of(row["organ_id"]) == "market")
    # A plan, a list to adjust, a list to make, a summary.
    assert (market["figures"]["total"], market["figures"]["done"]) == (4, 0)
    assert market["progress"] == (
        "截至2017年6月底，应完成事项4项，已完成0项（其中本月完成0项，逾期完成0项），尚未完成4项，免除0项。"
    )
    refused(stage, "legal-qiantou", f"/workflow/v1/monthly-reports/{market['id']}/submit", {}, 404)
    story.report("finance")


@pytest.mark.req("QX-47", "QX-60", "QX-62")
def test_who_has_filed_no_plan_and_sent_no_report_by_the_fifth_is_shown_on_the_sixth(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    stage.at("2017-07-04 15:00")
    market = stage.organs["market"]
    plans = campaign.owed(subject="plan")
    waiting = next(row for row in plans if row["organ_id"] == market)
    for row in plans:
        lead = story.organ_of(row["organ_id"])
        if row is not waiting:
            campaign.act("fangguanfu" if lead is None else f"{lead}-qiantou", row, "submit", PLAN)
    story.filed("青编备〔2017〕5号", "2017-07-04", subject="plan")
    grades = {"half", "three_days_before", "one_day_before"}
    stage.until(lambda: campaign.told(waiting) & grades, "nobody was warned")
    stage.at("2017-07-05 23:50")
    assert campaign.owed(overdue="true") == []
    assert campaign.reports(standing="missing") == []
    stage.at("2017-07-06 00:02")
    assert [row["id"] for row in campaign.owed(overdue="true")] == [waiting["id"]]
    assert [story.organ_of(row["organ_id"]) for row in campaign.reports(standing="missing")] == ["finance"]
    stage.until(lambda: "overdue" in campaign.told(waiting), "the clock does not run out")


def test_what_stays_late_rises_to_the_staffing_office_and_the_late_plan_stays_marked(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    (waiting,) = campaign.owed(overdue="true")
    asked = {"kind": "obligation", "escalated": "true"}
    # It became late with the 6th, a Thursday: two working days later it is Monday.
    stage.at("2017-07-07 17:00")
    assert stage.posts["bianban"].get("/workflow/v1/tasks", **asked)["items"] == []
    stage.at("2017-07-10 09:00")
    risen = stage.until(lambda: stage.posts["bianban"].get("/workflow/v1/tasks", **asked)["items"], "it does not rise")
    assert [task["id"] for task in risen] == [waiting["id"]]
    campaign.act("market-qiantou", waiting, "submit", PLAN)
    story.filed("青编备〔2017〕6号", "2017-07-10", subject="plan")
    assert {(row["state"], row["late"]) for row in campaign.owed(subject="plan")} == {("done", False), ("done", True)}
    (late,) = campaign.owed(late="true")
    assert (late["id"], beijing(late["submitted_at"])[:10]) == (waiting["id"], "2017-07-10")
    (report,) = campaign.reports(standing="missing")
    stage.posts["finance-qiantou"].post(f"/workflow/v1/monthly-reports/{report['id']}/submit", {})
    assert [story.organ_of(row["organ_id"]) for row in campaign.reports(standing="late")] == ["finance"]


@pytest.mark.req("QX-63")
def test_who_was_late_in_july_is_criticised_with_what_proves_it_and_the_others_are_commended(story: Qing) -> None:
    qing_places.july_is_weighed(story)


@pytest.mark.req("QX-48")
def test_a_list_the_province_publishes_is_due_in_the_county_within_a_month(story: Qing) -> None:
    stage = story.trial
    stage.at("2017-08-03 09:00")
    stage.until(lambda: story.running.reports(month="2017-07-01"), "no report opens")
    story.report()
    stage.at("2017-08-15 10:00")
    assert story.running.reports(standing="missing") == []
    decision = {"meeting": "省政府常务会议", "date": "2017-08-15", "number": "冀政发〔2017〕8号"}
    penalty = {"name": "对无照经营的处罚", "item_type": "02", "basis": entries.basis("第十二条")}
    qing.province_publishes(stage, "enforcement", decision, penalty)
    tasks = stage.until(lambda: story.deadlines("legal-qiantou"), "nothing is due")
    assert [beijing(task["due_at"]) for task in tasks] == ["2017-09-15 23:59:59"]
    assert "行政执法事项清单" in tasks[0]["title"]


@pytest.mark.req("QX-60")
def test_a_month_that_ends_while_the_workers_are_down_is_reported_on_once(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    stage.at("2017-08-31 20:00")
    for worker in WORKERS:
        stage.system.kill(worker)
    stage.at("2017-09-02 10:00")
    assert campaign.reports(month="2017-08-01") == []
    for _ in range(2):
        stage.system.start(*WORKERS)
        stage.until(lambda: campaign.reports(month="2017-08-01"), "no report opens")
        stage.settle()
        for worker in WORKERS:
            stage.system.kill(worker)
    stage.system.start(*WORKERS)
    stage.settle()
    found = Counter((row["month"], row["organ_id"]) for row in campaign.reports())
    assert set(found.values()) == {1}
    assert Counter(month for month, _ in found) == dict.fromkeys(("2017-06-01", "2017-07-01", "2017-08-01"), REPORTING)
    assert {beijing(row["due_at"]) for row in campaign.reports(month="2017-08-01")} == {"2017-09-05 23:59:59"}
    assert all("截至2017年8月底" in row["progress"] for row in campaign.reports(month="2017-08-01"))
    for kind in ("tasks", "messages"):
        assert story.about_reports("finance-qiantou", kind) == ["2017-09-05"], f"one of the {kind} is missing or double"
    story.report()


@pytest.mark.req("QX-48", "QX-53")
def test_the_county_follows_in_time_and_its_task_ends_by_itself(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    stage.at("2017-09-12 10:00")
    permit = stage.permits["食品经营许可"]
    qing.fill(stage, "enforcement", stage.elements(permit))
    decision = {"meeting": "县政府第8次常务会议", "date": "2017-09-12", "number": "青政发〔2017〕12号"}
    qing.enact(stage, "zhengfu", "enforcement", qing.COUNTY, decision)
    stage.settle()
    assert story.deadlines("legal-qiantou") == []
    (row,) = campaign.owed(milestone="6", list_kind="enforcement")
    assert (row["state"], row["late"], beijing(row["done_at"])[:10]) == ("done", False, "2017-09-12")
    leads = {each["organ_name"]: (each["done"], each["open"]) for each in campaign.read("progress")["leads"]}
    assert leads["青县人民政府法制办公室"] == (2, 1), "plan and list are done, the summary is not"


@pytest.mark.req("QX-44", "QX-45")
def test_power_and_responsibility_lists_are_adjusted_together_and_complete_once_they_are_filed(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    stage.at("2017-09-18 09:00")
    id_ = permit_is_renamed(stage, "食品（含保健食品）经营许可")
    (step,) = [step for step in stage.admin.get(f"{ADJUSTMENTS}/{id_}")["steps"] if step["act"] == "legality"]
    # Fifteen working days: Saturday the 30th was worked, the first eight days of October were not.
    assert beijing(step["due_at"]) == "2017-10-13 23:59:59"
    stage.act("fazhi", id_, "legality", {"verdict": "legal", "opinion": "合法"})
    stage.at("2017-09-25 16:00")
    decision = {"meeting": "县政府第9次常务会议", "date": "2017-09-25", "number": "青政发〔2017〕14号"}
    stage.act("zhengfu", id_, "decide", {"decision": decision})
    assert stage.wait_for(id_, "effective", "conflict")["state"] == "effective"
    stage.settle()
    home = {"milestone": "3", "region_code": qing.COUNTY}
    rows = stage.until(
        lambda: (found := campaign.owed(**home)) and all(row["published_at"] for row in found) and found,
        "power and responsibility lists do not follow",
    )
    assert {row["state"] for row in rows} == {"open"}, "not complete before it is filed"
    # The adjustment itself is filed as well, with the staffing office.
    receipt = {"receipt_number": "青编备〔2017〕9号", "date": "2017-09-25"}
    stage.act("bianban", id_, "filings", receipt)
    assert stage.admin.get(f"{ADJUSTMENTS}/{id_}")["filed_at"] is not None
    stage.at("2017-09-28 09:00")
    story.filed("青编备〔2017〕10号", "2017-09-28", **home)
    assert {(row["state"], row["late"]) for row in campaign.owed(**home)} == {("done", False)}


@pytest.mark.req("QX-44")
def test_the_town_that_is_late_is_shown_until_its_lists_are_public_and_filed(story: Qing) -> None:
    qing_places.the_town_is_late(story)


@pytest.mark.req("QX-60")
def test_the_report_of_september_is_due_on_the_fifth_although_it_is_a_holiday(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    calendar = stage.admin.get(f"/workflow/v1/calendars/{qing.COUNTY}/due-day", start="2017-09-29", amount=2)
    assert calendar["due_on"] == "2017-10-09", "the 30th was worked, and the first eight days of October were not"
    missing = campaign.reports(month="2017-09-01", standing="missing")
    assert (len(missing), {beijing(row["due_at"]) for row in missing}) == (REPORTING, {"2017-10-05 23:59:59"})
    assert {row["month"] for row in campaign.reports(standing="missing")} == {"2017-09-01"}


@pytest.mark.req("QX-61", "QX-62")
def test_a_major_problem_goes_to_the_group_at_once(story: Qing) -> None:
    qing_places.the_zone_reports_a_major_problem(story)


@pytest.mark.req("QX-46")
def test_the_other_lists_the_county_has_are_adjusted_and_filed_by_the_end_of_october(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    stage.at("2017-10-20 10:00")
    rest = {row["list_kind"]: row for row in campaign.owed(milestone="4")}
    followed = {kind for kind, row in rest.items() if row["published_at"]}
    assert {"permit", "follow_up_supervision", "intermediary_service"} <= followed, "they name the permit"
    for kind in rest.keys() - followed:
        campaign.act("fangguanfu", rest[kind], "waive", {"reason": "经核对，国家和省、市没有涉及本清单的调整"})
    story.filed("青编备〔2017〕12号", "2017-10-20", milestone="4")
    states = {row["list_kind"]: row["state"] for row in campaign.owed(milestone="4")}
    assert {states[kind] for kind in followed} == {"done"}
    assert {states[kind] for kind in states.keys() - followed} <= {"waived"}
    leads = {row["organ_name"]: row["waived"] for row in campaign.read("progress")["leads"]}
    assert leads["青县发展和改革局"] == 1, "what was waived is counted apart"


@pytest.mark.req("QX-34", "QX-49", "QX-50")
def test_the_lists_of_the_zone_are_complete_with_the_measures_that_carry_them_out(story: Qing) -> None:
    qing_places.the_zone_has_lists_and_measures(story)


@pytest.mark.req("QX-04", "QX-05", "QX-42")
def test_eleven_comprehensive_and_two_special_lists_are_public_by_the_end_of_november(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    before = {row["list_class"]: (row["actual"], row["met"]) for row in campaign.read("targets")["items"]}
    assert before == {"comprehensive": (8, False), "special": (0, False)}
    stage.at("2017-11-28 10:00")
    decision = {"meeting": "县政府第12次常务会议", "date": "2017-11-28", "number": "青政发〔2017〕21号"}
    permit = stage.elements(stage.permits["食品经营许可"])
    for kind in qing.NEW:
        if kind != "enforcement":
            qing.fill(stage, kind, permit)
            qing.enact(stage, "zhengfu", kind, qing.COUNTY, decision)
    stage.settle()
    stage.until(lambda: {row["state"] for row in campaign.owed(milestone="6")} == {"done"}, "they are not public")
    after = {row["list_class"]: (row["target"], row["actual"], row["met"]) for row in campaign.read("targets")["items"]}
    assert after == {"comprehensive": (10, 11, True), "special": (2, 2, True)}
    assert campaign.owed(overdue="true") == []


@pytest.mark.req("QX-43")
def test_the_campaign_ends_with_the_summaries_of_every_lead_and_of_the_zone(story: Qing) -> None:
    stage, campaign = story.trial, story.running
    stage.at("2017-11-30 15:00")
    close = f"/workflow/v1/campaigns/{campaign.id}/close"
    problem = refused(stage, "fangguanfu", close, {"note": "完成"}, 409, "summaries_missing")
    assert len(problem["errors"]) == REPORTING
    for row in campaign.owed(subject="summary"):
        lead = story.organ_of(row["organ_id"])
        campaign.act("kaifaqu" if lead is None else f"{lead}-qiantou", row, "submit", SUMMARY)
    stage.at("2017-12-04 09:00")
    assert stage.posts["fangguanfu"].post(close, {"note": "全年任务完成"})["state"] == "closed"
    reported = len(campaign.reports())
    late = {(row["title"].split("：")[0], row["region_name"]) for row in campaign.owed(late="true")}
    assert late == {("新编清单工作方案备案", "青县"), ("规范调整权力清单、责任清单并备案", "马厂镇")}
    stage.at("2018-01-02 09:00")
    stage.settle()
    assert len(campaign.reports()) == reported, "a campaign that is over asks for no more reports"


@pytest.mark.req("QX-48")
def test_a_month_from_the_last_day_of_january_ends_with_february(story: Qing) -> None:
    stage = story.trial
    stage.at("2018-01-31 17:00")
    decision = {"meeting": "省政府常务会议", "date": "2018-01-31", "number": "冀政发〔2018〕2号"}
    service = {
        "name": "母婴保健咨询", "item_type": "20", "base_code": entries.base_code(61, "20"), "service_domain": "health",
        "service_nature": "basic", "basis": entries.basis("第十三条"),
    }  # fmt: skip
    qing.province_publishes(stage, "public_service", decision, service)
    (task,) = stage.until(lambda: story.deadlines("qingdan"), "nothing is due")
    assert beijing(task["due_at"]) == "2018-02-28 23:59:59"

"""The responsibility lists of Hebei on the calendar of the notice of 2 December 2014, over HTTP on running processes.

Departments submit by 15 January 2015, the staffing office feeds back by the end of February, departments confirm, the
government decides, the province is public by the end of March, cities and counties by the end of June.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.notices import hebei
from tests.journeys.notices.acts import (
    ADJUSTMENTS,
    CAMPAIGNS,
    OBLIGATIONS,
    TASKS,
    acts_of,
    due_day,
    enact,
    messages,
    once_done,
    owed,
    refused,
    steps,
)
from tests.journeys.notices.hebei import CITY, COUNTY, PROVINCE, SECTIONS
from tests.journeys.trial import Trial, trial

SEAL = {"seal": {"reference": "档案号 2015-017"}}

# Alone a story takes half a minute; beside other work on the machine several.
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def province(
    cluster: str, valkey: str, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trial]:
    """The province on the day of the notice."""
    folder = tmp_path_factory.mktemp("hebei")
    with trial(cluster, valkey, template_database, folder, "2014-12-02 09:00") as system:
        hebei.settle_in(system)
        yield system


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What earlier chapters leave to later ones: ids by name."""
    return {}


@pytest.mark.req("HB-24", "HB-25")
def test_the_staffing_office_begins_with_an_empty_frame_and_a_plan(province: Trial, told: dict[str, Any]) -> None:
    frame = province.lists["responsibility", PROVINCE]
    hebei.declare_empty(province, "qiantou", frame, *SECTIONS)
    enact(province, "shengzf", frame, "省政府第39次常务会议", "2014-11-27", "冀政办函〔2014〕100号")
    province.at("2014-12-03 09:00")
    assert refused(province, "huanbao", CAMPAIGNS, hebei.plan(province))["status"] == 403
    planned = province.posts["bianban"].post(CAMPAIGNS, hebei.plan(province))
    told["campaign"] = province.posts["bianban"].post(f"{CAMPAIGNS}/{planned['id']}/start")["id"]
    found = owed(province, "bianban", told["campaign"], subject="submission")
    told["owed"] = {one["organ_id"]: one["id"] for one in found}
    assert {due_day(one) for one in found} == {"2015-01-15"}
    assert set(told["owed"]) == {province.organs[key] for key in ("staffing", "environment", "housing")}
    lists = {one["region_code"]: one for one in owed(province, "bianban", told["campaign"], subject="list")}
    assert {code: due_day(one) for code, one in lists.items()} == hebei.PUBLIC_BY
    told["lists"] = {code: one["id"] for code, one in lists.items()}


@pytest.mark.req("HB-30", "HB-24")
def test_a_county_may_plan_an_earlier_day_but_is_refused_a_later_one(province: Trial, told: dict[str, Any]) -> None:
    province.at("2015-01-05 09:00")
    problem = refused(province, "xian-bianban", CAMPAIGNS, hebei.county_plan(told["campaign"], "2015-07-15"))
    assert (problem["status"], problem["code"]) == (422, "later_than_superior")
    (row,) = problem["superior"]
    assert (row["region"], row["due_on"], row["milestone"]) == ("河北省", "2015-06-30", "公布市、县责任清单")
    (error,) = problem["errors"]
    assert (error["pointer"], "2015-06-30" in error["message"]) == ("/milestones/0/due_on", True)
    own = province.posts["xian-bianban"].post(CAMPAIGNS, hebei.county_plan(told["campaign"], "2015-06-15"))
    told["county"] = province.posts["xian-bianban"].post(f"{CAMPAIGNS}/{own['id']}/start")["id"]
    late = {"due_on": "2015-07-01", "reason": "延后"}
    moved = refused(province, "xian-bianban", f"{CAMPAIGNS}/{told['county']}/milestones/1/move", late)
    assert (moved["code"], moved["superior"][0]["due_on"]) == ("later_than_superior", "2015-06-30")


@pytest.mark.req("HB-25", "HB-26")
def test_departments_submit_by_15_january_their_institutions_through_them(
    province: Trial, told: dict[str, Any]
) -> None:
    province.at("2015-01-14 10:00")
    province.until(lambda: messages(province, "zhujian", "warned", "obligation"), "nobody was warned the day before")
    ids = told["adjustments"] = {
        "environment": hebei.opened(province, "huanbao", "environment", "重污染天气应急监测"),
        "station": hebei.opened(province, "jiance", "station", "环境质量监测数据发布"),
    }
    problem = refused(province, "jiance", f"{ADJUSTMENTS}/{ids['station']}/submit")
    assert (problem["code"], problem["department"]) == ("through_department", province.organs["environment"])
    for id_ in ids.values():
        province.posts["huanbao"].post(f"{ADJUSTMENTS}/{id_}/submit?paper_copy=true")
        province.wait_for(id_, "signing")
        province.act("huanbao-zr", id_, "sign", SEAL)
        (receipt,) = province.admin.get(f"{ADJUSTMENTS}/{id_}")["receipts"]
        assert (receipt["organ_id"], receipt["submitted_at"][:10]) == (province.organs["environment"], "2015-01-14")
        assert (len(receipt["content_hash"]), receipt["paper_copy"]) == (64, True), "the electronic version beside it"
    met = once_done(province, "bianban", told["owed"][province.organs["environment"]])
    assert (met["late"], met["done_at"][:10]) == (False, "2015-01-14")


@pytest.mark.req("HB-25")
def test_who_submits_a_day_later_is_shown_late_and_told_once(province: Trial, told: dict[str, Any]) -> None:
    province.at("2015-01-16 09:00")
    owing = told["owed"]
    open_ = owed(province, "bianban", told["campaign"], overdue="true")
    assert {one["organ_name"] for one in open_} == {hebei.ORGANS[key][0] for key in ("housing", "staffing")}
    none = {"reason": "本单位不承担面向社会的行政职责"}
    province.posts["bianban"].post(f"{OBLIGATIONS}/{owing[province.organs['staffing']]}/waive", none)
    province.until(lambda: messages(province, "zhujian", "overdue", "obligation"), "nobody was told of the lateness")
    told["adjustments"]["housing"] = id_ = hebei.opened(province, "zhujian", "housing", "城镇燃气安全监管")
    province.submit(id_, "zhujian")
    province.act("zhujian-zr", id_, "sign", SEAL)
    met = once_done(province, "bianban", owing[province.organs["housing"]])
    assert (met["late"], met["done_at"][:10]) == (True, "2015-01-16")
    (late,) = province.posts["bianban"].all_of(f"{CAMPAIGNS}/{told['campaign']}/submissions", late="true")
    assert (late["organ_name"], late["phase"]) == (hebei.ORGANS["housing"][0], 1)
    assert acts_of(province, "bianban", owing[province.organs["housing"]]).count("overdue") == 1
    assert len(messages(province, "zhujian", "overdue", "obligation")) == 1


@pytest.mark.req("HB-27", "HB-32", "HB-36")
def test_the_office_feeds_back_by_the_end_of_february_and_departments_confirm(
    province: Trial, told: dict[str, Any]
) -> None:
    (step,) = steps(province, told["adjustments"]["environment"], act="review")
    assert (due_day(step), step["organ_id"]) == ("2015-02-04", province.organs["staffing"]), "15 working days"
    hebei.gives_to_a_colleague(province, told["adjustments"]["environment"])
    # The festival is from 18 to 24 February; Sunday the 15th is worked instead.
    for moment, keys, due in (
        ("2015-02-04 15:00", ("environment", "station"), "2015-02-17"),
        ("2015-02-05 15:00", ("housing",), "2015-02-25"),
    ):
        province.at(moment)
        for id_ in (told["adjustments"][key] for key in keys):
            hebei.fed_back(province, "bianban-02", id_, "核对职责表述")
            (confirmation,) = steps(province, id_, act="confirm")
            assert (confirmation["state"], due_day(confirmation)) == ("open", due)
            early = refused(province, "shengzf", f"{ADJUSTMENTS}/{id_}/decide", hebei.decided("2015-02-04"))
            assert (early["status"], early["allowed"]) == (409, ["confirm"])
    province.at("2015-02-15 10:00")
    for key in ("environment", "station"):
        province.act("huanbao-zr", told["adjustments"][key], "confirm", {"outcome": "confirmed"})
    id_ = told["adjustments"]["housing"]
    without = refused(province, "zhujian-zr", f"{ADJUSTMENTS}/{id_}/confirm", {"outcome": "objected"})
    assert without["status"] == 422
    objection = {"outcome": "objected", "opinion": "与市场监管部门的分工须一并写明"}
    province.act("zhujian-zr", id_, "confirm", objection)
    assert province.wait_for(id_, "returned")["allowed"][:2] == ["edit", "submit"]
    assert [task["kind"] for task in province.posts["zhujian"].get(TASKS, adjustment_id=id_)["items"]] == ["correction"]


@pytest.mark.req("HB-27")
def test_what_a_department_disputes_is_corrected_fed_back_and_confirmed(province: Trial, told: dict[str, Any]) -> None:
    province.at("2015-02-26 10:00")
    id_ = told["adjustments"]["housing"]
    province.submit(id_, "zhujian")
    province.act("zhujian-zr", id_, "sign", SEAL)
    province.at("2015-02-28 10:00")
    hebei.fed_back(province, "bianban", id_, "已补充分工")
    province.act("zhujian-zr", id_, "confirm", {"outcome": "confirmed", "opinion": "无异议"})
    recorded = [(one["state"], one["opinion"]) for one in steps(province, id_, act="confirm")]
    assert recorded == [("returned", "与市场监管部门的分工须一并写明"), ("passed", "无异议")]
    (again,) = [one for one in steps(province, id_, act="review", state="passed") if one["opinion"] == "已补充分工"]
    assert again["decided_at"][:10] == "2015-02-28", "fed back by the end of February"


@pytest.mark.req("HB-24", "HB-28")
def test_the_government_decides_and_the_province_is_public_by_the_end_of_march(
    province: Trial, told: dict[str, Any]
) -> None:
    frame, owing = province.lists["responsibility", PROVINCE], told["lists"][PROVINCE]
    before = province.public(f"/lists/{frame}").json()["revision"]
    province.at("2015-03-05 09:30")
    assert province.posts["bianban"].get(f"{OBLIGATIONS}/{owing}")["state"] == "open", "the frame does not count"
    for id_ in told["adjustments"].values():
        province.act("shengzf", id_, "decide", hebei.decided("2015-03-05"))
        assert province.wait_for(id_, "effective", "conflict")["state"] == "effective"
    met = once_done(province, "bianban", owing)
    assert (met["late"], due_day(met)) == (False, "2015-03-31")
    assert met["decided_at"] <= met["published_at"] < "2015-04-01", "publication comes after the decision"
    shown = province.until(
        lambda: len(rows := hebei.published(province, frame)) == 3 and rows, "the duties are not public"
    )
    assert {row["name"] for row in shown} == {"重污染天气应急监测", "环境质量监测数据发布", "城镇燃气安全监管"}
    assert province.public(f"/lists/{frame}").json()["revision"] > before


@pytest.mark.req("HB-24", "HB-38")
def test_the_city_is_in_time_and_what_hinders_the_county_is_on_record(province: Trial, told: dict[str, Any]) -> None:
    province.at("2015-06-10 09:00")
    hindrance = {"severity": "major", "title": "两部门职责边界意见不一", "description": "影响清单按期公布。",
                 "region_code": COUNTY, "organ_id": province.organs["county_staffing"]}  # fmt: skip
    province.posts["xian-qiantou"].post(f"{CAMPAIGNS}/{told['campaign']}/issues", hindrance)
    logged = province.posts["bianban"].all_of(f"{CAMPAIGNS}/{told['campaign']}/issues")
    assert [(one["title"], one["region_code"]) for one in logged] == [(hindrance["title"], COUNTY)]
    hebei.compiled(province, "shi-bianban", CITY, "city_staffing", "机构编制管理监督")
    province.at("2015-06-25 09:00")
    enact(
        province,
        "shizf",
        province.lists["responsibility", CITY],
        "市政府第40次常务会议",
        "2015-06-24",
        "沧政〔2015〕40号",
    )
    met = once_done(province, "bianban", told["lists"][CITY])
    assert (met["late"], due_day(met)) == (False, "2015-06-30")


@pytest.mark.req("HB-24", "HB-30", "HB-40")
def test_a_county_that_is_late_was_warned_is_shown_and_rises_to_the_next_role(
    province: Trial, told: dict[str, Any]
) -> None:
    county = told["lists"][COUNTY]
    province.at("2015-06-29 09:00")
    province.until(lambda: "warned" in acts_of(province, "xian-qiantou", county), "nobody was warned before")
    (before,) = owed(province, "bianban", told["campaign"], subject="list", state="open")
    assert (before["id"], before["overdue"]) == (county, False)
    province.at("2015-07-01 00:00")
    (after,) = owed(province, "bianban", told["campaign"], subject="list", overdue="true")
    assert (after["id"], after["region_name"], due_day(after)) == (county, "青县", "2015-06-30")
    progress = province.posts["bianban"].get(f"{CAMPAIGNS}/{told['campaign']}/progress")
    regions = {one["region_code"]: (one["done"], one["overdue"]) for one in progress["regions"]}
    assert (regions[CITY], regions[COUNTY]) == ((1, 0), (0, 1))
    province.until(lambda: "overdue" in acts_of(province, "xian-qiantou", county), "the lateness was not told")
    assert hebei.risen(province, "xian-bianban", county) == [], "two working days are left to the lead"
    province.at("2015-07-03 09:00")
    province.until(lambda: hebei.risen(province, "xian-bianban", county), "it does not rise to the staffing office")
    assert hebei.risen(province, "xianzf", county) == []
    province.at("2015-07-08 09:00")
    province.until(lambda: hebei.risen(province, "xianzf", county), "it does not rise to the government")
    assert acts_of(province, "xian-qiantou", county).count("overdue") == 1


@pytest.mark.req("HB-24", "HB-40")
def test_a_list_that_comes_late_stays_shown_as_late(province: Trial, told: dict[str, Any]) -> None:
    province.at("2015-07-10 09:00")
    hebei.compiled(province, "xian-qiantou", COUNTY, "county_staffing", "机构编制管理监督")
    enact(
        province,
        "xianzf",
        province.lists["responsibility", COUNTY],
        "县政府第30次常务会议",
        "2015-07-09",
        "青政〔2015〕30号",
    )
    met = once_done(province, "bianban", told["lists"][COUNTY])
    assert (met["late"], met["published_at"][:10]) == (True, "2015-07-10")
    assert hebei.risen(province, "xianzf", told["lists"][COUNTY]) == []
    path = f"{CAMPAIGNS}/{told['campaign']}"
    problem = refused(province, "bianban", f"{path}/close", {"note": "各级责任清单均已公布"})
    assert problem["code"] == "summaries_missing"
    (summary,) = owed(province, "qiantou", told["campaign"], subject="summary")
    province.posts["qiantou"].post(f"{OBLIGATIONS}/{summary['id']}/submit", {"title": "总结", "reference": "档案号 31"})
    assert province.posts["bianban"].post(f"{path}/close", {"note": "均已公布，青县逾期"})["state"] == "closed"

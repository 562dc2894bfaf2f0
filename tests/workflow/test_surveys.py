"""Two surveys a year open by themselves with tasks and clocks; results are recorded once; missing ones show."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.workflow.clocks import jobs as clocks
from services.workflow.surveys.jobs import begin_years
from tests.workflow.campaigning import at, set_time, settle_in
from tests.workflow.county import COUNTY, PROVINCE
from tests.workflow.world import World

SURVEYS = "/workflow/v1/surveys"
SCHEDULE = f"/workflow/v1/survey-schedules/{COUNTY}"
TWICE = {"due_days": ["06-30", "12-31"], "method": "questionnaire", "source": "目录化管理工作方案四(二)"}
FILE = {"title": "调查报告", "reference": "档案号 2017-118", "sha256": "a" * 64}


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    set_time(at(2017, 1, 10))
    await settle_in(world)
    yield world
    await world.run("DELETE FROM qingdan.survey_score")
    await world.run("DELETE FROM qingdan.survey")
    await world.run("DELETE FROM qingdan.survey_schedule")


async def scheduled(county: World) -> None:
    answer = await county.call("放管服组", "PUT", SCHEDULE, TWICE, **{"If-Match": '"0"'})
    assert answer.status_code == 200, answer.text
    await begin_years(county.engine)


async def surveys(world: World, query: str = "", who: str = "放管服组") -> list[Any]:
    answer = await world.call(who, "GET", f"{SURVEYS}?region_code={COUNTY}&{query}")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def result(*scores: dict[str, Any], **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "method": "third_party", "first_day": "2017-06-01", "last_day": "2017-06-20", "conducted_by": "调查机构",
        "respondents": ["public", "enterprise"], "sample_size": 600, "score": 88.25, "file": FILE,
        "scores": list(scores),
    }  # fmt: skip
    return given | more


async def test_a_schedule_asks_for_two_a_year_at_least_and_is_the_coordinators_to_set(county: World) -> None:
    for who, status in (("环保编制", 403), ("外县政府", 403), (None, 401)):
        assert (await county.call(who, "PUT", SCHEDULE, TWICE, **{"If-Match": '"0"'})).status_code == status, who
    for wrong in (
        ["06-30"],
        ["12-31", "06-30"],
        ["02-29", "12-31"],
        ["06-31", "12-31"],
        ["13-01", "12-31"],
        ["\0", "x"],
    ):
        answer = await county.call("放管服组", "PUT", SCHEDULE, TWICE | {"due_days": wrong}, **{"If-Match": '"0"'})
        assert answer.status_code == 422, wrong
    assert (await county.call("放管服组", "GET", SCHEDULE)).status_code == 404
    assert (await county.call("放管服组", "PUT", SCHEDULE, TWICE)).status_code == 428
    both = await asyncio.gather(
        *(county.call("放管服组", "PUT", SCHEDULE, TWICE, **{"If-Match": '"0"'}) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in both) == [200, 412]
    assert (await county.call("环保编制", "GET", SCHEDULE)).json()["due_days"] == TWICE["due_days"]
    assert (await county.call("外县政府", "GET", SCHEDULE)).status_code == 404


@pytest.mark.req("TH-40")
async def test_two_surveys_open_each_year_and_a_missing_second_one_is_flagged(county: World) -> None:
    await scheduled(county)
    await asyncio.gather(begin_years(county.engine), begin_years(county.engine))
    first, second = await surveys(county)
    assert [(each["round"], each["due_at"][:10], each["standing"]) for each in (first, second)] == [
        (1, "2017-06-30", "open"), (2, "2017-12-31", "open"),
    ]  # fmt: skip
    inbox = (await county.call("审改办", "GET", "/workflow/v1/tasks?kind=survey")).json()["items"]
    assert {f"{SURVEYS}/{each['id']}" for each in (first, second)} <= {task["href"] for task in inbox}
    path = f"{SURVEYS}/{first['id']}/result"
    assert (await county.call("审改办", "POST", path, result())).status_code == 422, "the people were not asked yet"
    set_time(at(2017, 6, 28))
    for wrong in ({"score": 100.5}, {"score": 88.255}, {"sample_size": 0}, {"respondents": []}, {"file": None},
                  {"file": FILE | {"sha256": "x"}}, {"method": "x"}, {"last_day": "2017-05-01"}):  # fmt: skip
        assert (await county.call("审改办", "POST", path, result(**wrong))).status_code == 422, wrong
    assert (await county.call("环保编制", "POST", path, result())).status_code == 403
    assert (await county.call("外县政府", "POST", path, result())).status_code == 404
    done = await county.call("审改办", "POST", path, result())
    assert (done.status_code, done.json()["standing"], done.json()["file"]) == (200, "done", FILE)
    assert (await county.call("审改办", "POST", path, result())).status_code == 409
    set_time(at(2018, 1, 1, 0))
    await clocks.tick(county.engine)
    await begin_years(county.engine)
    assert [each["id"] for each in await surveys(county, "standing=missing")] == [second["id"]]
    flagged = await county.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'clock.overdue' AND refs->>'subject' = :subject",
        subject=f"survey/{second['id']}",
    )
    assert flagged[0].n == 1
    assert [each["round"] for each in await surveys(county, "year=2018")] == [1, 2]
    scores = (await county.call("放管服组", "GET", f"{SURVEYS}/scores?region_code={COUNTY}&year=2017")).json()
    assert scores["missing"] == ["2017年第2次社会满意度调查"]
    late = await county.call("审改办", "POST", f"{SURVEYS}/{second['id']}/result", result())
    assert (late.status_code, late.json()["standing"]) == (200, "late")


async def test_years_that_passed_in_an_outage_open_once_and_a_schedule_asks_for_nothing_before_it_was_set(
    county: World,
) -> None:
    set_time(at(2017, 8, 1))
    answer = await county.call("放管服组", "PUT", SCHEDULE, TWICE, **{"If-Match": '"0"'})
    assert answer.json()["since"] == "2017-08-01"
    set_time(at(2019, 3, 1))
    await asyncio.gather(begin_years(county.engine), begin_years(county.engine))
    found = [(each["year"], each["round"], each["standing"]) for each in await surveys(county)]
    assert found == [
        (2017, 2, "missing"), (2018, 1, "missing"), (2018, 2, "missing"), (2019, 1, "open"), (2019, 2, "open"),
    ]  # fmt: skip
    told = await county.run(
        "SELECT count(*) AS n FROM qingdan.event AS e"
        " JOIN qingdan.survey AS s ON CAST(s.id AS text) = e.refs->>'survey'"
        " WHERE e.type = 'survey.opened' AND s.region_code = :region",
        region=COUNTY,
    )
    assert told[0].n == 5


@pytest.mark.req("ZZ-64", "TH-41")
async def test_evaluations_by_any_method_speak_of_organs_lists_and_entries_and_become_scores(county: World) -> None:
    await scheduled(county)
    body = {"region_code": COUNTY, "title": "模拟办事", "method": "mystery_handling", "due_on": "2017-09-30"}
    assert (await county.call("环保编制", "POST", SURVEYS, body)).status_code == 403
    assert (await county.call("放管服组", "POST", SURVEYS, body | {"due_on": "2017-01-09"})).status_code == 422
    extra = (await county.call("放管服组", "POST", SURVEYS, body)).json()
    assert (extra["round"], extra["method_title"]) == (None, "模拟办事")
    set_time(at(2017, 6, 28))
    organ, other = str(county.organs["环保局"]), str(county.organs["住建局"])
    list_id = str(next(iter(county.lists.values())))
    (first, *_) = await surveys(county)
    path = f"{SURVEYS}/{first['id']}/result"
    nothing = await county.call("审改办", "POST", path, result({"sample_size": 1, "score": 50}))
    assert nothing.status_code == 422
    strange = await county.call(
        "审改办", "POST", path, result({"organ_id": first["id"], "sample_size": 1, "score": 50})
    )
    assert strange.json()["errors"][0]["pointer"] == "/scores/0/organ_id"
    large = await county.call("审改办", "POST", path, result({"organ_id": organ, "sample_size": 601, "score": 50}))
    assert large.json()["errors"][0]["code"] == "sample_too_large"
    told = await county.call("审改办", "POST", path, result(
        {"organ_id": organ, "sample_size": 100, "score": 90}, {"organ_id": other, "sample_size": 200, "score": 80.5},
        {"list_id": list_id, "sample_size": 50, "score": 99, "opinion": "清单清楚"}))  # fmt: skip
    assert told.status_code == 200, told.text
    assert [each["opinion"] for each in told.json()["scores"]] == [None, None, "清单清楚"]
    mystery = result({"organ_id": organ, "sample_size": 10, "score": 24}, method="mystery_handling", sample_size=10)
    assert (await county.call("审改办", "POST", f"{SURVEYS}/{extra['id']}/result", mystery)).status_code == 200
    query = f"{SURVEYS}/scores?region_code={COUNTY}&year=2017"
    assert (await county.call("环保编制", "GET", query)).status_code == 403
    found = {each["organ_id"]: each for each in (await county.call("审改办", "GET", query)).json()["items"]}
    assert (found[other]["surveys"], found[other]["sample_size"], found[other]["score"]) == (1, 200, 80.5)
    assert found[organ]["surveys"] == 2
    exported = await county.call("审改办", "GET", f"{query}&format=csv")
    rows = list(csv.reader(io.StringIO(exported.text.removeprefix("\ufeff"))))
    assert {row[0]: row[1] for row in rows[1:]}[other] == "住建局"


@pytest.mark.req("ZZ-60")
async def test_an_evaluation_counts_the_surveys_of_its_period(county: World) -> None:
    await scheduled(county)
    set_time(at(2017, 6, 28))
    (first, _) = await surveys(county)
    assert (await county.call("审改办", "POST", f"{SURVEYS}/{first['id']}/result", result())).status_code == 200
    set_time(at(2017, 7, 1))
    evaluated = await county.call("审改办", "POST", "/workflow/v1/evaluations", {
        "region_code": COUNTY, "first_day": "2017-01-02", "last_day": "2017-06-30", "title": "上半年",
        "conclusion": "好",
    })  # fmt: skip
    metrics = evaluated.json()["metrics"]
    assert (metrics["surveys_due"], metrics["surveys_missing"], metrics["satisfaction"]) == (1, 0, 88.25)


async def test_a_superior_reads_the_surveys_below_and_nobody_elsewhere(county: World) -> None:
    await scheduled(county)
    assert len(await surveys(county, who="省协调组")) == 2
    assert await surveys(county, who="外县政府") == []
    assert (await county.call("放管服组", "GET", f"/workflow/v1/survey-schedules/{PROVINCE}")).status_code == 404
    for query in ("year=0", "standing=x", "cursor=x", "region_code=%00"):
        assert (await county.call("放管服组", "GET", f"{SURVEYS}?{query}")).status_code == 422, query

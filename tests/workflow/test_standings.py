"""Standings from what the log says, with the rows and events behind each figure."""

from collections.abc import AsyncIterator
from datetime import date

import pytest
import pytest_asyncio

from tests.statements import counted
from tests.workflow.campaigning import CAMPAIGNS, milestone, plan
from tests.workflow.county import COUNTY
from tests.workflow.september import noted, september, settled, standing
from tests.workflow.world import World


@pytest_asyncio.fixture
async def county(world: World) -> AsyncIterator[World]:
    await settled(world)
    yield world
    await world.run("UPDATE qingdan.campaign SET state = 'closed' WHERE state = 'running'")


@pytest.mark.req("QX-63", "ZL-56", "HB-40")
async def test_units_are_ranked_by_what_was_due_and_each_figure_names_its_rows_and_events(county: World) -> None:
    campaign = await september(county)
    with counted(county.engine) as sent:
        shown = await standing(county, campaign)
    assert len(sent) <= 8, sent
    assert shown["at"] == "2017-09-30T23:59:59+08:00"
    found = {each["name"]: each for each in shown["items"]}
    order = [(each["name"], each["rank"], each["percentage"]) for each in shown["items"]]
    assert order == [("环保局", 1, 50.0), ("青县开发区", 2, 50.0), ("外单位", 3, 0.0), ("住建局", 4, 0.0)]
    own, zone, other = found["环保局"], found["青县开发区"], found["住建局"]
    assert (own["counted"], own["in_time"], own["late"], own["days_late"]) == (2, 1, 1, 16)
    assert (own["percentage"], own["reasons"], own["level"]) == (50.0, ["late"], "reminder")
    assert (zone["counted"], zone["in_time"], zone["unmet"]) == (2, 1, 1), "a list nobody leads there is the zone's"
    assert (other["unmet"], other["reasons"], other["level"]) == (2, ["slow", "not_reported"], "criticism")
    path = f"{CAMPAIGNS}/{campaign['id']}/standings/evidence?first_day=2017-09-01&last_day=2017-09-30"
    behind = (await county.call("放管服组", "GET", f"{path}&organ={other['organ_id']}")).json()["items"]
    assert len(behind) == other["counted"]
    slow = next(each for each in behind if each["subject"] == "list")
    assert (slow["outcome"], slow["reason"], slow["days_late"]) == ("unmet", "slow", 10)
    assert [event["type"] for event in slow["events"]] == ["clock.overdue"]
    said = await county.run(
        "SELECT type FROM qingdan.event WHERE id = CAST(:id AS uuid) AND refs->>'subject' = :subject",
        id=slow["events"][0]["id"], subject=f"obligation/{slow['id']}",
    )  # fmt: skip
    assert [row.type for row in said] == ["clock.overdue"], "the event is one of the log and speaks of this row"


async def test_a_ranking_is_for_those_who_oversee_and_bad_questions_are_refused(county: World) -> None:
    campaign = await september(county)
    path = f"{CAMPAIGNS}/{campaign['id']}/standings"
    for who, status in (("环保编制", 403), ("外县政府", 404), ("审改办", 200), ("县政府", 200), ("管理员", 200)):
        assert (await county.call(who, "GET", path)).status_code == status, who
    assert (await county.call(None, "GET", path)).status_code == 401
    for query in ("by=person", "first_day=2018-01-01", "first_day=2017-09-02&last_day=2017-09-01", "cursor=x",
                  "first_day=0001-01-01", "last_day=9999-12-31"):  # fmt: skip
        answer = await county.call("放管服组", "GET", f"{path}?{query}")
        assert answer.status_code == 422, query
    for query in ("", "organ=x", f"organ={campaign['id']}&region_code={COUNTY}", "region_code=%00"):
        answer = await county.call("放管服组", "GET", f"{path}/evidence?{query}")
        assert answer.status_code == 422, query
    nobody = await county.call("放管服组", "GET", f"{path}/evidence?organ={campaign['id']}")
    assert nobody.json() == {"items": [], "next": None}
    first = await standing(county, campaign, "limit=1")
    second = await standing(county, campaign, f"limit=3&cursor={first['next']}")
    assert [each["rank"] for each in (*first["items"], *second["items"])] == [1, 2, 3, 4]
    assert second["next"] is None
    regions = {each["name"]: each["counted"] for each in (await standing(county, campaign, "by=region"))["items"]}
    assert regions == {"青县": 4, "青县开发区": 3}
    organs = {each["name"] for each in (await standing(county, campaign, "by=organ"))["items"]}
    assert organs == {"环保局", "外单位", "住建局"}
    draft = await county.call("放管服组", "POST", CAMPAIGNS, plan(
        milestone(1, "document", "region", date(2017, 11, 20)), starts_on="2017-10-01"))  # fmt: skip
    unready = await county.call("放管服组", "GET", f"{CAMPAIGNS}/{draft.json()['id']}/standings")
    assert unready.status_code == 409, "nobody owes anything yet"


async def test_reading_events_again_changes_no_evidence(county: World) -> None:
    campaign = await september(county)
    path = f"{CAMPAIGNS}/{campaign['id']}/standings/evidence?by=region&region_code={COUNTY}&limit=200"
    before = (await county.call("放管服组", "GET", path)).json()
    await county.run("UPDATE qingdan.consumer SET position = 0 WHERE name = 'standings'")
    await noted(county)
    assert (await county.call("放管服组", "GET", path)).json() == before
    assert any(each["events"] for each in before["items"])

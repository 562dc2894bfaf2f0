"""The calendar register: set where it holds, and running clocks follow it once."""

from datetime import date, datetime
from typing import Any

import pytest

from services.workflow.clocks import jobs
from shared import clock as shared_clock
from tests.workflow.county import CITY, COUNTY, NATION, OTHER_COUNTY
from tests.workflow.timing import in_review, on, shown, step_of, told
from tests.workflow.world import World


async def calendar(world: World, region: str, year: int, days: list[Any], *, announced: bool = False) -> Any:
    path = f"/workflow/v1/calendars/{region}/{year}"
    current = await world.call("管理员", "GET", path)
    body = {"announced": announced, "source": "县政府办通知", "days": days}
    answer = await world.call("管理员", "PUT", path, body, **{"If-Match": current.headers["etag"]})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_calendar_is_set_by_the_administrator_of_the_region_and_by_nobody_else(world: World) -> None:
    path = f"/workflow/v1/calendars/{COUNTY}/2028"
    body = {"source": "通知", "days": [{"day": "2028-05-02", "working": False, "name": "放假"}]}
    assert (await world.call("审改办", "PUT", path, body, **{"If-Match": '"0"'})).status_code == 403
    outside = f"/workflow/v1/calendars/{CITY}/2028"
    assert (await world.call("管理员", "PUT", outside, body, **{"If-Match": '"0"'})).status_code == 403
    assert (await world.call("管理员", "PUT", path, body)).status_code == 428
    assert (await world.call("管理员", "PUT", path, body, **{"If-Match": '"5"'})).status_code == 412
    wrong = {"source": "通知", "days": [{"day": "2027-05-02", "working": False, "name": "放假"}, body["days"][0]] * 2}
    refused = await world.call("管理员", "PUT", path, wrong, **{"If-Match": '"0"'})
    codes = [error["code"] for error in refused.json()["errors"]]
    assert (refused.status_code, codes) == (422, ["other_year", "other_year", "duplicate_day"])
    for path in ("2028", "due-day?start=2026-01-01&amount=5"):
        assert (await world.call("管理员", "GET", f"/workflow/v1/calendars/999999000000/{path}")).status_code == 404
    assert (await world.call("管理员", "GET", f"/workflow/v1/calendars/{COUNTY}/1900")).status_code == 422
    for query in (
        "start=2026-01-01&amount=99999",
        "start=0001-01-01&amount=5",
        "amount=5",
        "start=2026-01-01&amount=32&unit=nth_day_of_month",
        "start=2026-01-01&amount=1&unit=fixed_date",
    ):
        answer = await world.call("管理员", "GET", f"/workflow/v1/calendars/{COUNTY}/due-day?{query}")
        assert answer.status_code == 422, (query, answer.text)


@pytest.mark.req("QX-27")
async def test_a_working_day_clock_goes_over_a_holiday_and_the_day_that_makes_up_for_it(world: World) -> None:
    # Scenario 9: 2025, 1 to 8 October off; 28 September and 11 October worked.
    answer = await world.call(
        "审改办", "GET", f"/workflow/v1/calendars/{COUNTY}/due-day?start=2025-09-26&amount=6&unit=working_day"
    )
    assert (answer.json()["due_on"], answer.json()["provisional"]) == ("2025-10-11", False)
    year = (await world.call("审改办", "GET", f"/workflow/v1/calendars/{COUNTY}/2025")).json()
    worked = {row["day"] for row in year["days"] if row["working"]}
    assert {"2025-09-28", "2025-10-11"} <= worked
    assert year["announced"] is True


async def test_running_clocks_follow_a_calendar_that_is_set_later_once(world: World) -> None:
    adjustment, clock = await in_review(world)
    days = [
        {"day": "2026-03-13", "working": False, "name": "县庆放假"},
        {"day": "2026-10-05", "working": True, "name": "照常上班"},  # the nation is on holiday
    ]
    set_ = await calendar(world, COUNTY, 2026, days)
    own = [{name: row[name] for name in days[0]} for row in set_["days"] if row["region_code"] == COUNTY]
    assert own == days, "what is read can be written again"
    try:
        await jobs.tick(world.engine)
        await jobs.tick(world.engine)
        after = await step_of(world, adjustment)
        assert on(after.due_at.isoformat()) == date(2026, 3, 27)
        assert (after.due_at, after.due_at) == (after.task_due, after.step_due)
        assert await told(world, adjustment) == [("clock.rescheduled", None)]
        moved = await world.run(
            "SELECT refs->>'before' AS before FROM qingdan.event"
            " WHERE type = 'clock.rescheduled' AND refs->>'clock' = :id",
            id=clock,
        )
        assert on(moved[0].before) == date(2026, 3, 26)
    finally:
        await calendar(world, COUNTY, 2026, [])
        await jobs.tick(world.engine)
    assert on((await step_of(world, adjustment)).due_at.isoformat()) == date(2026, 3, 26)


async def test_a_year_not_announced_is_provisional_until_it_is_and_then_it_moves_once(world: World) -> None:
    begin = datetime(2031, 9, 26, 10, tzinfo=shared_clock.ZONE)
    adjustment, clock = await in_review(world, begin)
    before = await shown(world, clock)
    assert (before["provisional"], on(before["due_at"])) == (True, date(2031, 10, 17))
    holidays = [{"day": f"2031-10-0{number}", "working": False, "name": "国庆节"} for number in range(1, 8)]
    world.person("全国管理员", ("administrator", NATION, None))
    path = f"/workflow/v1/calendars/{NATION}/2031"
    answer = await world.call(
        "全国管理员", "PUT", path, {"announced": True, "source": "国办通知", "days": holidays}, **{"If-Match": '"0"'}
    )
    assert answer.status_code == 200, answer.text
    await jobs.tick(world.engine)
    after = await shown(world, clock)
    assert (after["provisional"], on(after["due_at"])) == (False, date(2031, 10, 24))
    await jobs.follow_announcements(world.engine)
    await jobs.tick(world.engine)
    assert await told(world, adjustment) == [("clock.rescheduled", None)]


async def test_a_holiday_of_another_county_moves_nothing_here(world: World) -> None:
    adjustment, _ = await in_review(world)
    world.person("邻县管理员", ("administrator", OTHER_COUNTY, None))
    body = {"source": "通知", "days": [{"day": "2026-03-13", "working": False, "name": "放假"}]}
    path = f"/workflow/v1/calendars/{OTHER_COUNTY}/2026"
    assert (await world.call("邻县管理员", "PUT", path, body, **{"If-Match": '"0"'})).status_code == 200
    await jobs.tick(world.engine)
    assert await told(world, adjustment) == []

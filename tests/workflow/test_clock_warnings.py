"""Warnings: each grade is said once, in order, by whoever ticks, also after an outage."""

import asyncio
from datetime import date, datetime, timedelta

from services.workflow.clocks import jobs
from services.workflow.deadlines.jobs import begin_months
from shared import clock as shared_clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from tests.workflow.county import COUNTY
from tests.workflow.timing import BEGIN, CLOCKS, PAUSE, day, in_review, set_time, shown, step_of, told
from tests.workflow.world import World


async def test_graded_warnings_are_said_once_each_and_in_the_end_the_task_is_late(world: World) -> None:
    adjustment, clock = await in_review(world)
    expected: list[tuple[str, str]] = []
    for at, grade in (
        (day(16), "half"),
        (day(23, 0), "three_days_before"),
        (day(25, 0), "one_day_before"),
        (day(27, 0), "overdue"),
    ):
        set_time(at - timedelta(seconds=1) if grade != "half" else day(15))
        await jobs.tick(world.engine)
        assert await told(world, adjustment) == expected, f"not yet {grade}"
        set_time(at)
        await jobs.tick(world.engine)
        await jobs.tick(world.engine)
        expected.append(("clock.overdue" if grade == "overdue" else "clock.warned", grade))
        assert await told(world, adjustment) == expected
    step = await step_of(world, adjustment)
    assert (step.state, step.overdue_at is not None) == ("overdue", True)
    late = await world.call("审改办", "GET", f"/workflow/v1/tasks?overdue=true&adjustment_id={adjustment}")
    assert [task["id"] for task in late.json()["items"]] == [clock]
    listed = await world.call("审改办", "GET", f"{CLOCKS}?state=overdue&adjustment_id={adjustment}")
    assert [one["id"] for one in listed.json()["items"]] == [clock]
    again = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/extend", {"amount": 3, "reason": "经批准延长"})
    assert (again.json()["state"], again.json()["overdue"]) == ("running", False)
    assert (await world.call("审改办", "GET", f"/workflow/v1/tasks?overdue=true&adjustment_id={adjustment}")).json()[
        "items"
    ] == []


async def test_a_year_of_days_passes_and_each_month_is_late_once_on_its_day(world: World) -> None:
    set_time(datetime(2025, 12, 31, 12, tzinfo=shared_clock.ZONE))
    await world.run(
        "UPDATE qingdan.deadline_rule SET active = true, region_code = :county, begun_month = NULL"
        " WHERE code = 'monthly_report'",
        county=COUNTY,
    )
    late: list[date] = []
    for number in range(1, 366):
        now = datetime(2025, 12, 31, 1, tzinfo=shared_clock.ZONE) + timedelta(days=number)
        set_time(now)
        await begin_months(world.engine)
        await jobs.tick(world.engine)
        rows = await world.run(
            "SELECT count(*) AS n FROM qingdan.task WHERE kind = 'deadline' AND overdue_at = :now", now=now
        )
        late += [now.date()] * rows[0].n
    await world.run("UPDATE qingdan.deadline_rule SET active = false, region_code = NULL")
    assert late == [date(2026, month, 6) for month in range(1, 13)]
    await world.run("DELETE FROM qingdan.task WHERE kind = 'deadline'")
    await world.run("DELETE FROM qingdan.clock WHERE subject LIKE 'deadline/%'")


async def test_two_tickers_at_once_say_a_thing_once(world: World) -> None:
    adjustment, _ = await in_review(world)
    set_time(day(16))
    await asyncio.gather(*(jobs.tick(world.engine) for _ in range(4)))
    assert await told(world, adjustment) == [("clock.warned", "half")]


async def test_after_an_outage_one_word_is_said_of_each_clock_in_the_order_of_instants(world: World) -> None:
    first, early = await in_review(world)
    second, late = await in_review(world, day(9))
    third, _ = await in_review(world, day(26))
    set_time(day(30))  # nobody ticked for weeks: both older ones are overdue, the third is fresh
    await jobs.tick(world.engine)
    assert await told(world, first) == [("clock.overdue", "overdue")]
    assert await told(world, third) == []
    said = await world.run(
        "SELECT refs->>'clock' AS clock, refs->'folded' AS folded FROM qingdan.event"
        " WHERE type IN ('clock.overdue', 'clock.warned') AND refs->>'clock' IN (:early, :late) ORDER BY position",
        early=early,
        late=late,
    )
    assert [row.clock for row in said] == [early, late]
    assert said[0].folded == ["half", "three_days_before", "one_day_before"]
    assert second


async def test_the_grades_are_data_of_the_region_and_the_nearest_wins(world: World) -> None:
    path = f"/workflow/v1/clock-thresholds/{COUNTY}"
    built_in = await world.call("管理员", "GET", path)
    assert [each["grade"] for each in built_in.json()["thresholds"]] == ["half", "three_days_before", "one_day_before"]
    body = {"thresholds": [{"grade": "eighty", "share_percent": 80}]}
    assert (await world.call("管理员", "PUT", path, body)).status_code == 428
    assert (await world.call("审改办", "PUT", path, body, **{"If-Match": '"0"'})).status_code == 403
    both = {"thresholds": [{"grade": "x", "share_percent": 80, "working_days_before": 1}]}
    assert (await world.call("管理员", "PUT", path, both, **{"If-Match": '"0"'})).status_code == 422
    set_ = await world.call("管理员", "PUT", path, body, **{"If-Match": built_in.headers["etag"]})
    assert set_.status_code == 200, set_.text
    try:
        _, clock = await in_review(world)
        assert [each["grade"] for each in (await shown(world, clock))["warnings"]] == ["eighty", "overdue"]
    finally:
        await world.run("DELETE FROM qingdan.clock_threshold")


async def test_a_finding_is_due_when_the_catalog_says_and_its_clock_ends_with_it(world: World) -> None:
    set_time(BEGIN)
    item, finding = await world.item("环评审批"), new_id()
    await world.run(
        "INSERT INTO qingdan.finding (id, rule, severity, list_id, list_kind, region_code, item_id, element,"
        "  message, due_at) VALUES (:id, 'K22', 'error', :list, 'permit', :region, :item, 'materials', '疑似', :due)",
        id=finding,
        list=world.lists["permit"],
        region=COUNTY,
        item=item,
        due=day(12),
    )
    await world.tell(NewEvent(type="finding.opened", refs={"findings": [str(finding)]}))
    clock = await shown(world, str(finding))
    assert (clock["unit"], datetime.fromisoformat(clock["due_at"])) == ("fixed_date", day(12))
    assert (await world.call("管理员", "POST", f"{CLOCKS}/{finding}/pause", PAUSE)).status_code == 409
    longer = await world.call("牵头单位", "POST", f"{CLOCKS}/{finding}/extend", {"amount": 1, "reason": "来不及"})
    assert longer.status_code == 422, "the catalog names the day; a waiver is the way"
    await world.tell(NewEvent(type="finding.closed", refs={"findings": [str(finding)]}))
    assert (await shown(world, str(finding)))["state"] == "stopped"

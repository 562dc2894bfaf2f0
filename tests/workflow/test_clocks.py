"""Clocks: the limits of tasks run, wait, are extended, and say what has come exactly once, also after an outage."""

import asyncio
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from services.workflow.clocks import jobs
from shared import clock as shared_clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.settings import Settings, load
from tests.shared.room import ended, process, until
from tests.statements import counted
from tests.workflow.county import CITY, COUNTY, NATION, OTHER_COUNTY
from tests.workflow.world import DECISION, World, modify

CLOCKS = "/workflow/v1/clocks"
# The announced year of the tests: a Thursday, with no holiday for months.
BEGIN = datetime(2026, 3, 5, 10, tzinfo=shared_clock.ZONE)
PAUSE = {"reason": "组织专家评审", "basis": "《中华人民共和国行政许可法》第四十五条"}


def day(number: int, hour: int = 10, month: int = 3) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=shared_clock.ZONE)


def set_time(at: datetime) -> None:
    shared_clock.use(lambda: at)


async def step_of(world: World, adjustment: str) -> Any:
    """The open step of an adjustment with its task and clock, as the database has them."""
    rows = await world.run(
        "SELECT c.id::text, c.due_at, t.due_at AS task_due, s.due_at AS step_due, c.state, c.amount, c.warnings::text,"
        "  t.overdue_at"
        " FROM qingdan.clock c JOIN qingdan.task t ON t.id = c.id JOIN qingdan.review_step s ON s.id = c.id"
        " WHERE c.adjustment_id = CAST(:id AS uuid) AND s.state = 'open'",
        id=adjustment,
    )
    assert len(rows) == 1
    return rows[0]


async def in_review(world: World, at: datetime = BEGIN) -> tuple[str, str]:
    """An adjustment before the reviewers, whose step has 15 working days from `at`; its id and that of the clock."""
    set_time(at)
    opened = await world.until("in_review", modify(await world.item("环评审批"), name="新名称"))
    return opened["id"], (await step_of(world, opened["id"])).id


async def told(world: World, adjustment: str) -> list[tuple[str, str]]:
    """What was said of the clocks of an adjustment: type and grade, in order."""
    types = ("clock.warned", "clock.overdue", "clock.rescheduled")
    return [
        (row.type, orjson.loads(row.refs).get("grade")) for row in await world.events(adjustment) if row.type in types
    ]


async def shown(world: World, clock: str, who: str = "审改办") -> Any:
    answer = await world.call(who, "GET", f"{CLOCKS}/{clock}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def on(value: str) -> date:
    return datetime.fromisoformat(value).astimezone(shared_clock.ZONE).date()


# -- unhappy ways --


async def test_only_who_is_charged_reviews_or_administers_may_move_a_clock(world: World) -> None:
    _, clock = await in_review(world)
    for who in ("环保编制", "环保局长", "外县政府", "县政府"):
        answer = await world.call(who, "POST", f"{CLOCKS}/{clock}/pause", PAUSE)
        assert answer.status_code == 403, (who, answer.text)
    assert (await world.call(None, "POST", f"{CLOCKS}/{clock}/pause", PAUSE)).status_code == 401
    assert (await world.call("管理员", "POST", f"{CLOCKS}/{clock}/pause", PAUSE)).status_code == 200


@pytest.mark.parametrize(
    ("act", "body", "status"),
    [
        ("pause", {"reason": "评审"}, 422),
        ("pause", {"reason": "", "basis": "x"}, 422),
        ("pause", PAUSE | {"reason": "空\x00字符"}, 422),
        ("resume", {"reason": "恢复"}, 409),
        ("extend", {"amount": 0, "reason": "x"}, 422),
        ("extend", {"amount": 10**20, "reason": "x"}, 422),
        ("extend", {"amount": 9, "reason": "超过一半"}, 422),
        ("extend", {"amount": 1, "reason": "x", "until": "2026-01-01"}, 422),
    ],
)
async def test_what_cannot_be_done_with_a_clock_is_a_clear_refusal(
    world: World, act: str, body: dict[str, Any], status: int
) -> None:
    _, clock = await in_review(world)
    answer = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/{act}", body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert (await shown(world, clock))["state"] == "running"


async def test_a_clock_nobody_knows_or_a_stale_version_is_refused(world: World) -> None:
    _, clock = await in_review(world)
    assert (await world.call("审改办", "POST", f"{CLOCKS}/{uuid4()}/pause", PAUSE)).status_code == 404
    assert (await world.call("审改办", "POST", f"{CLOCKS}/nonsense/pause", PAUSE)).status_code == 422
    stale = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/pause", PAUSE, **{"If-Match": '"7"'})
    assert stale.status_code == 412
    assert (await world.call("审改办", "GET", f"{CLOCKS}?cursor=x")).status_code == 422


async def test_a_clock_of_a_step_that_is_done_stands_still(world: World) -> None:
    adjustment, clock = await in_review(world)
    assert (await world.act("审改办", adjustment, "review", {"outcome": "pass"})).status_code == 200
    assert (await shown(world, clock))["state"] == "stopped"
    assert (await world.call("审改办", "POST", f"{CLOCKS}/{clock}/pause", PAUSE)).status_code == 409
    set_time(day(30, month=12))
    await jobs.tick(world.engine)
    assert [grade for _, grade in await told(world, adjustment)] == ["overdue"], "that of the step before the decider"


# -- pause, resume, extend --


@pytest.mark.req("QX-27")
async def test_a_step_waits_for_an_appraisal_and_its_task_and_its_clock_move_together(world: World) -> None:
    adjustment, clock = await in_review(world)
    before = await step_of(world, adjustment)
    assert (before.due_at, before.due_at) == (before.task_due, before.step_due)
    assert on(before.due_at.isoformat()) == date(2026, 3, 26)
    set_time(day(10))
    paused = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/pause", PAUSE)
    assert (paused.json()["state"], paused.json()["allowed"]) == ("paused", ["resume", "extend"])
    assert paused.json()["remaining_working_days"] == 12
    set_time(day(30, month=4))
    await jobs.tick(world.engine)
    assert await told(world, adjustment) == [], "nothing is counted meanwhile, nobody is late"
    resumed = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/resume", {"reason": "评审结束"})
    assert resumed.status_code == 200, resumed.text
    assert resumed.json()["remaining_working_days"] == 12
    after = await step_of(world, adjustment)
    # 12 working days were left on 10 March. 1 to 5 May 2026 are off, 9 May (Saturday) makes up.
    assert on(after.due_at.isoformat()) == date(2026, 5, 20)
    assert (after.due_at, after.due_at) == (after.task_due, after.step_due)
    extended = await world.call("审改办", "POST", f"{CLOCKS}/{clock}/extend", {"amount": 5, "reason": "经批准延长"})
    assert on(extended.json()["due_at"]) == date(2026, 5, 27)
    assert [(pause["reason"], pause["basis"]) for pause in extended.json()["pauses"]] == [tuple(PAUSE.values())]
    types = [row.type for row in await world.events(adjustment) if row.type.startswith("clock.")]
    assert types == ["clock.paused", "clock.resumed", "clock.extended"]
    reasons = {row.type: (row.reason, row.legal_basis) for row in await world.events(adjustment)}
    assert reasons["clock.paused"] == tuple(PAUSE.values())
    history = await world.call("审改办", "GET", f"/workflow/v1/tasks/{clock}/history")
    assert [act["act"] for act in history.json()["items"]] == ["opened", "paused", "resumed", "extended"]


async def test_a_decision_costs_no_statement_more_for_its_clock(world: World) -> None:
    set_time(BEGIN)
    opened = await world.until("reviewed", modify(await world.item("环评审批"), name="新名称"))
    with counted(world.engine) as sent:
        answer = await world.act("县政府", opened["id"], "decide", {"decision": DECISION})
    assert answer.status_code == 200, answer.text
    touching = [statement for statement in sent if "qingdan.clock" in statement]
    assert len(touching) == 1, "folded into the closing of the task"
    assert "UPDATE qingdan.task" in touching[0]
    assert len(sent) <= 13, "\n".join(sent)


# -- warnings --


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
    await world.tell(NewEvent(type="finding.closed", refs={"findings": [str(finding)]}))
    assert (await shown(world, str(finding)))["state"] == "stopped"


# -- the calendar register --


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
    await calendar(world, COUNTY, 2026, [{"day": "2026-03-13", "working": False, "name": "县庆放假"}])
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


# -- killed in the middle --

MANY = 1_100


@pytest.fixture
def configured(database_url: str) -> Settings:
    """Settings for a process of its own on the module's database."""
    return Settings(database_url=database_url, secrets_dir=Path(os.path.abspath(load().secrets)))


async def many_clocks(world: World) -> str:
    """Tasks with clocks that fell due while nobody looked: half of them warned of, half overdue; the region's code."""
    await world.run(
        "WITH made AS (SELECT gen_random_uuid() AS id, n FROM generate_series(1, :many) AS n), t AS ("
        " INSERT INTO qingdan.task (id, kind, region_code, role, title, subject, due_at)"
        " SELECT id, 'deadline', :region, 'reviewer', '限期事项', 'deadline/' || id, now() FROM made)"
        " INSERT INTO qingdan.clock (id, subject, region_code, amount, unit, extension_most, started_at, due_at,"
        "  provisional, state, thresholds, warnings, next_at)"
        " SELECT id, 'deadline/' || id, :region, 5, 'working_day', 3, now() - interval '30 days', now(), false,"
        "  'running', '[]', jsonb_build_array("
        "   jsonb_build_object('grade', 'half', 'at', now() - interval '20 days' - n * interval '1 minute',"
        "                      'told_at', NULL),"
        "   jsonb_build_object('grade', 'overdue', 'at', now() + CASE WHEN n % 2 = 0 THEN interval '9 days'"
        "                      ELSE interval '-1 day' END - n * interval '1 second', 'told_at', NULL)),"
        "  now() - interval '20 days' - n * interval '1 minute' FROM made",
        many=MANY,
        region=OTHER_COUNTY,
    )
    return OTHER_COUNTY


@pytest.mark.parametrize(
    "point", ["clocks-told:1", "clocks-told:2", "between-clock-batches:1", "after-business-commit:4"]
)
async def test_what_fell_due_while_everything_was_down_is_handled_once_whatever_is_killed(
    world: World, configured: Settings, point: str
) -> None:
    before = (await world.run("SELECT position FROM qingdan.log_head"))[0].position
    region = await many_clocks(world)
    with process(configured, "services.workflow.worker", "consumers", QINGDAN_CRASH_POINT=point) as killed:
        assert await ended(killed) == -9

    async def silent() -> bool:
        rows = await world.run("SELECT count(*) AS n FROM qingdan.clock WHERE next_at <= now()")
        return bool(rows[0].n == 0)

    assert not await silent(), "killed in the middle"
    with process(configured, "services.workflow.worker", "consumers"):
        with process(configured, "services.workflow.worker", "consumers"):
            await until(silent)
    said = await world.run(
        "SELECT type, refs->>'clock' AS clock, CAST(refs->>'at' AS timestamptz) AS at FROM qingdan.event"
        " WHERE position > :before AND type IN ('clock.warned', 'clock.overdue') AND region_code = :region"
        " ORDER BY position",
        before=before,
        region=region,
    )
    assert len({row.clock for row in said}) == len(said) == MANY, "each once"
    assert [row.at for row in said] == sorted(row.at for row in said), "in the order of instants"
    assert sum(row.type == "clock.overdue" for row in said) == MANY // 2
    marked = await world.run(
        "SELECT count(*) AS n FROM qingdan.task WHERE overdue_at IS NOT NULL AND region_code = :region", region=region
    )
    assert marked[0].n == MANY // 2
    await world.run("DELETE FROM qingdan.clock WHERE region_code = :region", region=region)
    await world.run("DELETE FROM qingdan.task WHERE region_code = :region", region=region)

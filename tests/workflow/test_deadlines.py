"""Deadline rules: a superior's new list and each new month make something due, once, for whom it concerns."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from services.workflow.clocks import jobs as clocks
from services.workflow.deadlines.jobs import begin_months
from shared import clock as shared_clock
from shared.ledger.envelope import NewEvent
from tests.workflow.county import CITY, COUNTY, NATION, OTHER_COUNTY, PROVINCE
from tests.workflow.world import HEADER, World, modify

RULES = "/workflow/v1/deadline-rules"
TASKS = "/workflow/v1/tasks"
NEW_LIST, MONTHLY = "new_list_after_superior", "monthly_report"


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    return datetime(year, month, day, hour, tzinfo=shared_clock.ZONE)


def set_time(instant: datetime) -> None:
    shared_clock.use(lambda: instant)


@pytest_asyncio.fixture
async def admin(world: World) -> AsyncIterator[str]:
    """Somebody who administers the nation; the rules are switched off again afterwards."""
    world.person("全国管理员", ("administrator", NATION, None))
    yield "全国管理员"
    await world.run("UPDATE qingdan.deadline_rule SET active = false, region_code = NULL, begun_month = NULL")
    await world.run("DELETE FROM qingdan.task WHERE kind = 'deadline'")
    await world.run("DELETE FROM qingdan.clock WHERE subject LIKE 'deadline/%'")


async def switch_on(world: World, admin: str, code: str, **changed: Any) -> Any:
    """Put a rule into force as it is, or changed."""
    answer = await world.call(admin, "GET", f"{RULES}/{code}")
    rule = answer.json()
    names = ("title", "region_code", "trigger", "trigger_level", "kinds", "levels", "amount", "unit", "role",
             "task_title", "source", "verified")  # fmt: skip
    body = {name: rule[name] for name in names} | {"active": True} | changed
    put = await world.call(admin, "PUT", f"{RULES}/{code}", body, **{"If-Match": answer.headers["etag"]})
    assert put.status_code == 200, put.text
    return put.json()


async def due(world: World, who: str = "审改办", query: str = "") -> list[Any]:
    answer = await world.call(who, "GET", f"{TASKS}?kind=deadline{query}")
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def enacted(region: str, kind: str, instant: datetime) -> NewEvent:
    return NewEvent(type="list.enacted", region_code=region, list_kind=kind, effective_at=instant)


def on(value: str) -> date:
    return datetime.fromisoformat(value).astimezone(shared_clock.ZONE).date()


async def kind_of(world: World, name: str = "鼓励目录") -> str:
    """A kind of list of which the county has none in force."""
    await world.new_list("fresh", name, members=("环保局",), state="compiling")
    return f"fresh_{world.suffix}"


async def test_the_rules_that_come_along_are_not_in_force_and_not_verified(world: World, admin: str) -> None:
    rules = {rule["code"]: rule for rule in (await world.call(admin, "GET", RULES)).json()["items"]}
    assert {(rules[code]["active"], rules[code]["verified"]) for code in (NEW_LIST, MONTHLY)} == {(False, False)}
    await world.tell(enacted(PROVINCE, await kind_of(world), at(2026, 1, 31)))
    set_time(at(2026, 5, 2))
    await begin_months(world.engine)
    assert await due(world) == []


async def test_a_rule_is_set_by_who_administers_where_it_holds_and_makes_sense(world: World, admin: str) -> None:
    good = {
        "title": "县级月报", "region_code": COUNTY, "trigger": "month.begun", "levels": ["county"], "amount": 5,
        "unit": "nth_day_of_month", "role": "reviewer", "task_title": "报送月报", "source": "通知",
    }  # fmt: skip
    path = f"{RULES}/county_{world.suffix}"
    for who, body, if_match, status in (
        ("审改办", good, '"0"', 403),
        ("管理员", good | {"region_code": PROVINCE}, '"0"', 403),
        ("管理员", good | {"region_code": None}, '"0"', 403),
        ("管理员", good | {"region_code": "999999000000"}, '"0"', 404),
        ("管理员", good, '"3"', 412),
        ("管理员", good | {"amount": 0}, '"0"', 422),
        ("管理员", good | {"unit": "working_day"}, '"0"', 422),
        ("管理员", good | {"trigger_level": "province"}, '"0"', 422),
        ("管理员", good | {"trigger": "list.enacted"}, '"0"', 422),
        ("管理员", good | {"levels": []}, '"0"', 422),
    ):
        answer = await world.call(who, "PUT", path, body, **{"If-Match": if_match})
        assert answer.status_code == status, (body, answer.text)
    assert (await world.call("管理员", "PUT", path, good)).status_code == 428
    assert (await world.call("管理员", "PUT", path, good, **{"If-Match": '"0"'})).status_code == 200
    assert (await world.call("管理员", "GET", f"{RULES}/nothing_here")).status_code == 404


@pytest.mark.req("QX-48")
@pytest.mark.parametrize(
    ("published", "last_day"),
    [((2026, 1, 31), (2026, 2, 28)), ((2028, 1, 31), (2028, 2, 29)), ((2026, 3, 2), (2026, 4, 2))],
)
async def test_a_county_has_a_month_after_the_province_and_the_31st_of_january_ends_with_february(
    world: World, admin: str, published: tuple[int, int, int], last_day: tuple[int, int, int]
) -> None:
    # Scenario 8.
    await switch_on(world, admin, NEW_LIST, region_code=COUNTY)
    kind = await kind_of(world)
    set_time(at(*published, 11))
    await world.tell(enacted(PROVINCE, kind, at(*published)))
    await world.tell(enacted(PROVINCE, kind, at(*published)), enacted(CITY, kind, at(*published)))
    (task,) = await due(world)
    assert (task["title"], on(task["due_at"])) == ("编制并公开本级清单：鼓励目录", date(*last_day))
    assert (task["list_id"], task["href"]) == (str(world.lists["fresh"]), f"/catalog/v1/lists/{world.lists['fresh']}")
    rows = await world.run("SELECT count(*) AS n FROM qingdan.task WHERE kind = 'deadline' AND region_code = :other",
                           other=OTHER_COUNTY)  # fmt: skip
    assert rows[0].n == 0, "the rule holds in one county"
    set_time(at(*last_day, 23))
    await clocks.tick(world.engine)
    assert (await due(world))[0]["overdue"] is False
    set_time(at(*last_day, 23) + timedelta(hours=2))
    await clocks.tick(world.engine)
    assert (await due(world))[0]["overdue"] is True
    said = await world.run("SELECT type FROM qingdan.event WHERE refs->>'clock' = :id ORDER BY position", id=task["id"])
    assert [row.type for row in said][-1] == "clock.overdue"
    await world.tell(enacted(COUNTY, kind, at(*last_day)))
    assert await due(world) == []
    assert [one["id"] for one in await due(world, query="&state=done")] == [task["id"]]
    clock = (await world.call("审改办", "GET", f"/workflow/v1/clocks/{task['id']}")).json()
    assert clock["state"] == "stopped"


async def test_a_list_that_is_already_in_force_is_not_due_and_other_kinds_are_none_of_a_rules_business(
    world: World, admin: str
) -> None:
    kind = await kind_of(world)
    await switch_on(world, admin, NEW_LIST, kinds=[f"permit_{world.suffix}"])
    await world.tell(
        enacted(PROVINCE, f"permit_{world.suffix}", at(2026, 1, 31)),
        enacted(PROVINCE, kind, at(2026, 1, 31)),
        enacted(CITY, f"permit_{world.suffix}", at(2026, 1, 31)),
    )
    assert await due(world) == [], "the county's own is in force"
    rows = await world.run("SELECT region_code FROM qingdan.task WHERE kind = 'deadline'")
    assert [row.region_code for row in rows] == [OTHER_COUNTY]


async def test_the_monthly_report_opens_each_month_and_is_overdue_on_the_6th(world: World, admin: str) -> None:
    # Scenario 7.
    await switch_on(world, admin, MONTHLY, region_code=COUNTY, extension_most=0)
    set_time(at(2026, 5, 1, 0))
    await begin_months(world.engine)
    await begin_months(world.engine)
    (task,) = await due(world)
    assert (task["title"], on(task["due_at"])) == ("报送月报（2026年4月）", date(2026, 5, 5))
    more = f"/workflow/v1/clocks/{task['id']}/extend"
    assert (await world.call("审改办", "POST", more, {"amount": 1, "reason": "经批准"})).status_code == 422
    set_time(datetime(2026, 5, 5, 23, 59, 59, tzinfo=shared_clock.ZONE))
    await clocks.tick(world.engine)
    assert await due(world, query="&overdue=true") == []
    set_time(datetime(2026, 5, 6, tzinfo=shared_clock.ZONE))
    await clocks.tick(world.engine)
    assert [one["id"] for one in await due(world, query="&overdue=true")] == [task["id"]]
    path = f"{TASKS}/{task['id']}/complete"
    set_time(at(2026, 5, 6))
    assert (await world.call("环保局长", "POST", path, {"note": "已报"})).status_code == 404
    assert (await world.call("管理员", "POST", path, {"note": "已报"})).status_code == 403
    assert (await world.call("审改办", "POST", path, {"note": ""})).status_code == 422
    done = await world.call("审改办", "POST", path, {"note": "4月月报已书面报送"})
    assert (done.status_code, done.json()["state"]) == (200, "done")
    assert (await world.call("审改办", "POST", path, {"note": "再次"})).status_code == 409
    history = (await world.call("审改办", "GET", f"{TASKS}/{task['id']}/history")).json()["items"]
    assert [act["act"] for act in history] == ["opened", "warned", "overdue", "completed", "closed"]


async def test_months_that_passed_while_everything_was_down_are_opened_once_each(world: World, admin: str) -> None:
    await switch_on(world, admin, MONTHLY, region_code=COUNTY)
    set_time(at(2026, 2, 3))
    await begin_months(world.engine)
    set_time(at(2026, 5, 7))
    await begin_months(world.engine)
    await clocks.tick(world.engine)
    titles = {task["title"]: task["overdue"] for task in await due(world)}
    assert titles == {
        "报送月报（2026年1月）": True,
        "报送月报（2026年2月）": True,
        "报送月报（2026年3月）": True,
        "报送月报（2026年4月）": True,
    }
    overdue = await world.run(
        "SELECT refs->>'clock' AS clock FROM qingdan.event"
        " WHERE type = 'clock.overdue' AND refs->>'subject' LIKE :like",
        like=f"deadline/{MONTHLY}/%",
    )
    assert len({row.clock for row in overdue}) == len(overdue)


async def test_a_rule_names_kinds_that_there_are_or_says_which_is_unknown(world: World, admin: str) -> None:
    path = f"{RULES}/kinds_{world.suffix}"
    body = {
        "title": "新清单", "region_code": COUNTY, "trigger": "list.enacted", "trigger_level": "province",
        "levels": ["county"], "amount": 1, "unit": "calendar_month", "role": "reviewer", "task_title": "编制清单",
        "source": "通知", "kinds": [await kind_of(world), "permits"],
    }  # fmt: skip
    refused = await world.call("管理员", "PUT", path, body, **{"If-Match": '"0"'})
    assert (refused.status_code, refused.json()["code"]) == (422, "kind_unknown"), refused.text
    (error,) = refused.json()["errors"]
    assert (error["pointer"], "permits" in error["message"]) == ("/kinds/1", True)
    known = body | {"kinds": body["kinds"][:1]}
    assert (await world.call("管理员", "PUT", path, known, **{"If-Match": '"0"'})).status_code == 200


async def test_among_many_rules_those_that_concern_a_list_are_found(world: World, admin: str) -> None:
    await switch_on(world, admin, NEW_LIST, region_code=COUNTY, kinds=[])
    kind = await kind_of(world)
    # Rules of other regions, more than any page of them holds, before ours in order.
    await world.run(
        "INSERT INTO qingdan.deadline_rule (code, title, trigger, trigger_level, kinds, levels, amount, unit, role,"
        " task_title, source, verified, active, set_by, set_at)"
        " SELECT 'aaa_' || n, '规则', 'list.enacted', 'city', '{}', '{county}', 1, 'calendar_month', 'reviewer',"
        " '编制', '通知', false, false, 'account:test', now() FROM generate_series(1, 1001) AS n"
    )
    try:
        set_time(at(2026, 3, 2, 11))
        await world.tell(enacted(PROVINCE, kind, at(2026, 3, 2)))
        assert [one["title"].startswith("编制并公开本级清单") for one in await due(world)] == [True]
    finally:
        await world.run("DELETE FROM qingdan.deadline_rule WHERE code LIKE 'aaa_%'")


@pytest.mark.req("QX-28")
async def test_an_adjustment_is_due_some_days_after_its_cause_until_it_is_handed_in(world: World, admin: str) -> None:
    await switch_on(world, admin, "submission_after_cause", region_code=COUNTY)
    set_time(at(2026, 3, 9))
    for wrong in ("2026-03-10", "0001-01-01", "2000-01-01"):
        body = HEADER | {"organ_id": str(world.organs["环保局"]), "trigger_date": wrong}
        refused = await world.call("环保编制", "POST", "/workflow/v1/adjustments", body)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/trigger_date"), wrong
    early = await world.open(modify(await world.item("环评审批"), name="甲"), trigger_date="2026-03-02")
    late = await world.open(modify(await world.item("排污许可"), name="乙"))
    await world.drain()
    told = {task["adjustment_id"]: task for task in await due(world, "环保编制")}
    assert {on(told[early["id"]]["due_at"]), on(told[late["id"]]["due_at"])} == {date(2026, 3, 16), date(2026, 3, 23)}
    assert {task["title"] for task in told.values()} == {"提出动态调整：规范事项名称"}
    set_time(at(2026, 3, 17))
    await clocks.tick(world.engine)
    overdue = [task["adjustment_id"] for task in await due(world, "环保编制") if task["overdue"]]
    assert overdue == [early["id"]]
    [shown] = (await world.read(early["id"]))["clocks"]
    assert (shown["state"], on(shown["due_at"])) == ("overdue", date(2026, 3, 16)), "the adjustment shows its day"
    alarms = await world.run(
        "SELECT refs::text AS refs FROM qingdan.event WHERE type = 'clock.overdue' ORDER BY position DESC LIMIT 1"
    )
    assert shown["task_id"] in alarms[0]["refs"], "and it is told"
    assert (await world.act("环保编制", early["id"], "submit")).status_code == 200
    assert (await world.act("环保编制", late["id"], "withdraw", {"reason": "不再需要"})).status_code == 200
    await world.drain()
    assert await due(world, "环保编制") == []

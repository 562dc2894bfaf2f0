"""Limits of running records follow the calendar; what is older than its region keeps goes, but for the proof."""

from __future__ import annotations

from typing import Any

import pytest

from services.workflow.handling import jobs
from shared import clock
from tests.workflow.county import CITY, COUNTY
from tests.workflow.oversight_world import RECORDS, VIOLATIONS, code_of, coded, get, platform, record, taken, tick
from tests.workflow.timing import BEGIN, day, set_time
from tests.workflow.world import World

pytestmark = pytest.mark.usefixtures("at_the_beginning")
SETTINGS = "/workflow/v1/oversight/settings"
YEARS = "/workflow/v1/calendars"


@pytest.fixture
async def at_the_beginning(world: World) -> Any:
    set_time(BEGIN)
    yield
    clock.use(None)
    await world.run("DELETE FROM qingdan.oversight_setting")
    await world.run("DELETE FROM qingdan.calendar_override")
    await world.run("DELETE FROM qingdan.calendar_year")


async def put(world: World, region: str, body: Any, version: int = 0, who: str = "管理员") -> Any:
    answer = await world.call(who, "PUT", f"{SETTINGS}/{region}", body, **{"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def day_off(world: World, day_: str, version: int = 0) -> None:
    body = {"source": "县政府通告", "announced": True,
            "days": [{"day": day_, "working": False, "name": "停电"}]}  # fmt: skip
    answer = await world.call("管理员", "PUT", f"{YEARS}/{COUNTY}/2026", body, **{"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text
    await world.drain()
    await tick(world)


@pytest.mark.req("TH-29")
async def test_a_day_off_that_a_region_declares_moves_the_limits_of_running_records(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    done = await record(world, code, "2", completed_at=BEGIN.isoformat(), outcome="granted")
    running, ended = (await taken(world, await record(world, code), done))["items"]
    await day_off(world, "2026-03-12")
    shown = await get(world, f"{RECORDS}/{running['id']}")
    assert (shown["due_at"][:10], shown["statutory_due_at"][:10]) == ("2026-03-20", "2026-04-03")
    assert (await get(world, f"{RECORDS}/{ended['id']}"))["due_at"].startswith("2026-03-19"), "what is done is done"


async def test_a_limit_that_was_overrun_and_is_not_after_all_is_noted_and_told_again_when_it_comes(
    world: World,
) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    (row,) = (await taken(world, await record(world, code)))["items"]
    set_time(day(20))
    await tick(world)
    path = f"{VIOLATIONS}?region={COUNTY}&organ={world.organs['环保局']}"
    (late,) = (await get(world, path))["items"]
    assert (late["kind"], late["corrected_at"]) == ("limit_exceeded", None)
    await day_off(world, "2026-03-12")
    (late,) = (await get(world, path))["items"]
    assert (late["state"], late["corrected_at"] is not None) == ("open", True)
    set_time(day(21))
    await tick(world)
    (late,) = (await get(world, path))["items"]
    assert (late["corrected_at"], late["proof"]["due_at"][:10]) == (None, "2026-03-20")
    assert (await get(world, f"{RECORDS}/{row['id']}"))["warned"] == "overdue"


async def test_what_was_counted_without_the_holidays_of_a_year_is_counted_again_when_they_are_known(
    world: World,
) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    (row,) = (await taken(world, await record(world, code)))["items"]
    await world.run(
        "UPDATE qingdan.handling_record SET provisional = true, due_at = due_at - interval '3 days'"
        " WHERE id = CAST(:id AS uuid)",
        id=row["id"],
    )
    await jobs.follow_announcements(world.engine)
    await tick(world)
    shown = await get(world, f"{RECORDS}/{row['id']}")
    assert (shown["provisional"], shown["due_at"][:10]) == (False, "2026-03-19")


async def test_a_region_sets_what_it_wants_and_has_the_rest_from_above(world: World) -> None:
    world.person("市管理员", ("administrator", CITY, None))
    limit = {"amount": 7, "unit": "working_day", "verified": True}
    path = f"{SETTINGS}/{CITY}"
    refused = await world.call("市管理员", "PUT", path, {"complaint_limits": {"letter": limit}}, **{"If-Match": '"0"'})
    assert code_of(refused, 422) == "source_missing"
    assert refused.json()["errors"][0]["pointer"] == "/complaint_limits/letter/source"
    limit |= {"source": "市信访工作办法第八条"}
    await put(world, CITY, {"complaint_limits": {"letter": limit}, "retention_months": 24}, who="市管理员")
    shown = await put(world, COUNTY, {"thresholds": [40]})
    assert (shown["thresholds"], shown["retention_months"]) == ([40], 24)
    assert shown["set_in"] == {"thresholds": COUNTY, "retention_months": CITY}
    assert shown["complaint_limits"]["letter"] == limit | {"set_in": CITY}
    ours = shown["complaint_limits"]["hotline_12345"]
    assert (ours["verified"], ours["set_in"]) == (False, None), "nobody has checked the product's own figures"


async def test_records_go_when_their_time_is_over_and_the_proof_of_violations_stays(world: World) -> None:
    await platform(world)
    _, code = await coded(world, "环评审批")
    ended = {"completed_at": day(6).isoformat(), "outcome": "granted"}
    set_time(day(9))
    old = [await record(world, code, str(number), **ended) for number in range(3)]
    running, proof = await record(world, code, "running"), await record(world, "9" * 31, "proof", **ended)
    kept = [row["id"] for row in (await taken(world, *old, running, proof))["items"]]
    set_time(day(1, month=4).replace(year=2028))
    await jobs.forget(world.engine)
    for id_ in kept:
        await get(world, f"{RECORDS}/{id_}")
    await put(world, COUNTY, {"retention_months": 36})
    await jobs.forget(world.engine)
    await get(world, f"{RECORDS}/{kept[0]}")
    await put(world, COUNTY, {"retention_months": 24}, version=1)
    await jobs.forget(world.engine)
    for id_ in kept[:3]:
        await get(world, f"{RECORDS}/{id_}", status=404)
    for id_ in kept[3:]:
        await get(world, f"{RECORDS}/{id_}")
    (told,) = await world.run(
        "SELECT (refs->>'count')::int AS count, region_code FROM qingdan.event WHERE type = 'handling_record.expired'"
    )
    assert (told.count >= len(old), told.region_code) == (True, COUNTY)
    assert (await taken(world, old[0]))["taken"] == 1, "told again, it is taken again"

"""What fell due while everything was down is said once, whatever is killed on the way."""

import os
from pathlib import Path

import pytest

from services.workflow.clocks import jobs
from shared.settings import Settings, load
from tests.shared.room import ended, until, working
from tests.workflow.county import OTHER_COUNTY
from tests.workflow.world import World

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


@pytest.mark.parametrize("point", ["clocks-told:1", "clocks-told:2", "between-clock-batches:1"])
async def test_what_fell_due_while_everything_was_down_is_handled_once_whatever_is_killed(
    world: World, configured: Settings, point: str
) -> None:
    before = (await world.run("SELECT position FROM qingdan.log_head"))[0].position
    region = await many_clocks(world)
    with working(configured, "services.workflow.worker", "consumers", QINGDAN_CRASH_POINT=point) as killed:
        assert await ended(killed) == -9

    async def silent() -> bool:
        rows = await world.run("SELECT count(*) AS n FROM qingdan.clock WHERE next_at <= now()")
        return bool(rows[0].n == 0)

    assert not await silent(), "killed in the middle"
    # Two go on at once: another process, and this one.
    with working(configured, "services.workflow.worker", "consumers"):
        await jobs.tick(world.engine)
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

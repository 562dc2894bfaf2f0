"""Reports that fell due to be opened while everything was down are opened once, whatever is killed on the way."""

import os
from datetime import date
from pathlib import Path

import pytest

from services.workflow.reports.jobs import begin_months
from shared import clock
from shared.settings import Settings, load
from tests.shared.room import ended, until, working
from tests.workflow.campaigning import at, kind, milestone, plan, set_time, settle_in, started
from tests.workflow.world import World


@pytest.fixture
def configured(database_url: str) -> Settings:
    """Settings for a process of its own on the module's database."""
    return Settings(database_url=database_url, secrets_dir=Path(os.path.abspath(load().secrets)))


@pytest.mark.req("QX-60")
async def test_a_kill_while_reports_are_opened_leaves_none_and_afterwards_each_is_there_once(
    world: World, configured: Settings
) -> None:
    begun = clock.now().astimezone(clock.ZONE).date().replace(day=1)
    year, month = (begun.year, begun.month - 1) if begun.month > 1 else (begun.year - 1, 12)
    set_time(at(year, month, 20))
    await settle_in(world)
    last = date(begun.year + 1, 12, 31)
    body = plan(milestone(1, "list", "lead", last, kinds=[await kind(world, "ki", "清单")]), report_day=5,
                starts_on=f"{year}-{month:02}-20", due_on=last.isoformat())  # fmt: skip
    campaign = await started(world, body)
    clock.use(None)

    async def opened() -> int:
        rows = await world.run(
            "SELECT count(*) AS n FROM qingdan.monthly_report AS p JOIN qingdan.task AS t ON t.id = p.id"
            " JOIN qingdan.clock AS c ON c.id = p.id WHERE p.campaign_id = CAST(:id AS uuid)",
            id=campaign["id"],
        )
        return int(rows[0].n)

    with working(configured, "services.workflow.worker", "consumers", QINGDAN_CRASH_POINT="reports-opened:1") as killed:
        assert await ended(killed) == -9
    assert await opened() == 0, "killed before the commit"

    async def all_there() -> bool:
        return await opened() == 1

    with working(configured, "services.workflow.worker", "consumers"):
        await begin_months(world.engine)
        await until(all_there)
    said = await world.run(
        "SELECT count(*) AS n FROM qingdan.event WHERE type = 'monthly_report.opened' AND refs->>'campaign' = :id",
        id=campaign["id"],
    )
    assert said[0].n == 1

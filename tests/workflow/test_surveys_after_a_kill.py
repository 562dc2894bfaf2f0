"""Surveys that a schedule asks for are opened once, whatever is killed on the way."""

import os
from pathlib import Path

import pytest

from shared.settings import Settings, load
from tests.shared.room import ended, until, working
from tests.workflow.campaigning import settle_in
from tests.workflow.county import COUNTY
from tests.workflow.test_surveys import SCHEDULE, TWICE
from tests.workflow.world import World


@pytest.fixture
def configured(database_url: str) -> Settings:
    """Settings for a process of its own on the module's database."""
    return Settings(database_url=database_url, secrets_dir=Path(os.path.abspath(load().secrets)))


@pytest.mark.req("TH-40")
async def test_a_kill_while_surveys_are_opened_leaves_none_and_afterwards_each_is_there_once(
    world: World, configured: Settings
) -> None:
    await settle_in(world)
    # The last two days of the year are not over on whatever day this runs, but on those two.
    body = TWICE | {"due_days": ["12-30", "12-31"]}
    assert (await world.call("放管服组", "PUT", SCHEDULE, body, **{"If-Match": '"0"'})).status_code == 200
    await world.run("UPDATE qingdan.survey_schedule SET since = '2020-01-01' WHERE region_code = :code", code=COUNTY)

    async def opened() -> int:
        rows = await world.run(
            "SELECT count(*) AS n FROM qingdan.survey AS s JOIN qingdan.task AS t ON t.id = s.id"
            " JOIN qingdan.clock AS c ON c.id = s.id WHERE s.region_code = :code",
            code=COUNTY,
        )
        return int(rows[0].n)

    with working(configured, "services.workflow.worker", "consumers", QINGDAN_CRASH_POINT="surveys-opened:1") as killed:
        assert await ended(killed) == -9
    assert await opened() == 0, "killed before the commit"

    async def all_there() -> bool:
        return await opened() == 2

    with working(configured, "services.workflow.worker", "consumers"):
        await until(all_there)
    said = await world.run(
        "SELECT count(*) AS n FROM qingdan.event AS e"
        " JOIN qingdan.survey AS s ON CAST(s.id AS text) = e.refs->>'survey'"
        " WHERE e.type = 'survey.opened' AND s.region_code = :code",
        code=COUNTY,
    )
    assert said[0].n == 2

"""Limits of handling records that ran out while everything was down are told once, whatever is killed on the way."""

import os
from pathlib import Path

import pytest

from services.workflow.handling import jobs
from shared.identifiers import new_id
from shared.settings import Settings, load
from tests.shared.room import ended, until, working
from tests.workflow.county import OTHER_COUNTY
from tests.workflow.world import World

MANY = 1_100


@pytest.fixture
def configured(database_url: str) -> Settings:
    """Settings for a process of its own on the module's database."""
    return Settings(database_url=database_url, secrets_dir=Path(os.path.abspath(load().secrets)))


async def many_records(world: World) -> str:
    """Records whose limits fell due while nobody looked: all warned of, half overdue; the client they came from."""
    client = new_id()
    await world.run(
        "INSERT INTO qingdan.handling_record (id, client_id, number, revision, digest, region_code, organ_id, code,"
        " name, standing, accepted_at, pauses, materials, fees, responsible, state, due_at, provisional, warnings,"
        " next_at, received_at, updated_at)"
        " SELECT gen_random_uuid(), :client, CAST(n AS text), 1, '\\x00', :region, :organ, 'x', '办件', 'in_use',"
        "  now() - interval '30 days', '[]', '[]', '[]', '{}', 'open',"
        "  now() + CASE WHEN n % 2 = 0 THEN interval '9 days' ELSE interval '-1 day' END, false, jsonb_build_array("
        "   jsonb_build_object('grade', 'share_50', 'at', now() - interval '9 days', 'told_at', NULL),"
        "   jsonb_build_object('grade', 'overdue', 'at', now() + CASE WHEN n % 2 = 0 THEN interval '9 days'"
        "                      ELSE interval '-1 day' END, 'told_at', NULL)),"
        "  now() - interval '9 days', now(), now()"
        " FROM generate_series(1, :many) AS n",
        client=client, region=OTHER_COUNTY, organ=world.organs["外单位"], many=MANY,
    )  # fmt: skip
    return str(client)


@pytest.mark.req("TH-29")
@pytest.mark.parametrize("point", ["handling-told:1", "handling-told:2", "between-handling-batches:1"])
async def test_limits_that_ran_out_during_an_outage_are_told_once_whatever_is_killed(
    world: World, configured: Settings, point: str
) -> None:
    before = (await world.run("SELECT position FROM qingdan.log_head"))[0].position
    client = await many_records(world)
    with working(configured, "services.workflow.worker", "consumers", QINGDAN_CRASH_POINT=point) as killed:
        assert await ended(killed) == -9

    async def silent() -> bool:
        rows = await world.run("SELECT count(*) AS n FROM qingdan.handling_record WHERE next_at <= now()")
        return bool(rows[0].n == 0)

    assert not await silent(), "killed in the middle"
    with working(configured, "services.workflow.worker", "consumers"):
        await jobs.tick(world.engine)
        await until(silent)
    told = await world.run(
        "SELECT e.refs->>'grade' AS grade, r.id FROM qingdan.event AS e,"
        " jsonb_array_elements_text(e.refs->'records') AS r(id)"
        " WHERE e.position > :before AND e.type = 'handling_record.warned'",
        before=before,
    )
    assert len({row.id for row in told}) == len(told) == MANY, "each once"
    assert sum(row.grade == "overdue" for row in told) == MANY // 2
    found = await world.run(
        "SELECT count(*) AS n FROM qingdan.violation AS v JOIN qingdan.handling_record AS h ON h.id = v.record_id"
        " WHERE h.client_id = CAST(:client AS uuid) AND v.kind = 'limit_exceeded'",
        client=client,
    )
    assert found[0].n == MANY // 2

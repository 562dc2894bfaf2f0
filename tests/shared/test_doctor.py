"""`qingdan doctor`: each trouble is shown with its remedy, and the exit code says whether there is any."""

import asyncio
import json
import subprocess
import sys
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import doctor
from shared.database import create_engine
from shared.settings import Settings
from tests.shared.room import (
    ROOT,
    append,
    environment,
    execute,
    forget_subscriptions,
    new_consumer,
    unmatched_entry,
    until,
)  # fmt: skip


@pytest.fixture(autouse=True)
async def healthy_at_first(owner: AsyncEngine) -> None:
    for table in ("consumer", "parked", "operation"):
        await execute(owner, f"DELETE FROM qingdan.{table}")


async def examine(configured: Settings) -> doctor.Report:
    engine = create_engine(configured.service_url("reader"), role="reader")
    try:
        async with engine.connect() as connection:
            return await doctor.examine(connection)
    finally:
        await engine.dispose()


async def run(configured: Settings, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shared.cli", *arguments]
    return await asyncio.to_thread(
        subprocess.run, command, env=environment(configured, COLUMNS="200", **more), cwd=ROOT,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


async def only_problem(configured: Settings) -> str:
    report = await examine(configured)
    assert len(report.problems) == 1, report.problems
    assert "Remedy:" in report.problems[0]
    assert not report.healthy
    return report.problems[0]


async def test_a_healthy_ledger_has_no_problems(catalog: AsyncEngine, configured: Settings) -> None:
    consumer = await new_consumer(catalog)
    await append(catalog, consumer.name, 3)
    report = await examine(configured)
    assert report.problems == []
    assert report.healthy
    (row,) = report.consumers
    assert (row["name"], row["lag"], row["state"]) == (consumer.name, report.head, "running")
    assert [name for name, _ in report.partitions][:1] == ["event_p00000"]


async def test_a_stopped_consumer_is_told_with_its_reason(owner, catalog, configured) -> None:
    consumer = await new_consumer(catalog)
    await execute(owner, "UPDATE qingdan.consumer SET state = 'stopped', stopped_because = 'too many parked'")
    problem = await only_problem(configured)
    assert consumer.name in problem
    assert "too many parked" in problem
    assert f"qingdan resume-consumer {consumer.name}" in problem


async def test_a_consumer_far_behind_is_told(catalog: AsyncEngine, configured: Settings) -> None:
    consumer = await new_consumer(catalog)
    await append(catalog, "flood", doctor.LAG_ALARM + 1)
    problem = await only_problem(configured)
    assert consumer.name in problem
    assert "positions behind" in problem


async def test_parked_items_are_told_with_cause_and_remedy(catalog, owner, configured) -> None:
    consumer, item = await new_consumer(catalog), uuid4()
    await execute(owner, "UPDATE qingdan.consumer SET position = (SELECT position FROM qingdan.log_head)")
    await execute(
        owner,
        "INSERT INTO qingdan.parked (consumer, item_id, service, first_position, error_code, error, remedy)"
        " VALUES (:name, :item, 'catalog', 1, '23505', 'duplicate code', 'correct the code')",
        name=consumer.name, item=item,
    )  # fmt: skip
    assert "qingdan release" in await only_problem(configured)
    (row,) = (await examine(configured)).parked
    assert (row["item_id"], row["error"], row["remedy"]) == (item, "duplicate code", "correct the code")
    ended = await run(configured, "doctor", "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["healthy"] is False


async def test_all_parked_items_are_counted_and_told_of_once_an_event_failures_first(
    owner, catalog, configured
) -> None:
    consumer = await new_consumer(catalog)
    await execute(owner, "UPDATE qingdan.consumer SET position = (SELECT position FROM qingdan.log_head)")
    park = (
        "INSERT INTO qingdan.parked (consumer, item_id, service, first_position, error_code, error, remedy)"
        " SELECT :name, gen_random_uuid(), 'catalog', :position, :code, 'e', 'r' FROM generate_series(1, :count)"
    )
    for position in range(60):
        await execute(owner, park, name=consumer.name, position=position, code="held_behind", count=1)
    await execute(owner, park, name=consumer.name, position=60, code="ValueError", count=1000)
    assert "1060 items are parked" in await only_problem(configured)
    report = await examine(configured)
    assert (report.parked_items, len(report.parked)) == (1060, 50)
    assert [(row["error_code"], row["items"]) for row in report.parked[:2]] == [
        ("ValueError", 1000),
        ("held_behind", 1),
    ]


async def test_a_transaction_that_stays_open_is_told_with_its_process(
    owner: AsyncEngine, configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "OLD_TRANSACTION_SECONDS", 0)
    async with owner.connect() as connection:
        pid = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()

        async def seen() -> bool:
            return any(f"pg_terminate_backend({pid})" in problem for problem in (await examine(configured)).problems)

        await until(seen, 4)


async def test_missing_partitions_are_told(owner: AsyncEngine, configured: Settings) -> None:
    await execute(owner, "DROP TABLE qingdan.event_p00001")
    problem = await only_problem(configured)
    assert "event_p00001" in problem
    await execute(owner, "SELECT qingdan.ensure_partitions()")


async def test_a_matcher_that_does_not_match_is_told(owner: AsyncEngine, configured: Settings) -> None:
    await unmatched_entry(owner)
    problem = await only_problem(configured)
    assert problem.startswith("what was published 36")
    assert "`senders`" in problem
    await execute(owner, "UPDATE qingdan.subscription SET state_since = now()")
    assert (await examine(configured)).healthy, "what was published while it was paused waits only since it goes on"
    await execute(owner, "UPDATE qingdan.subscription SET state_since = now() - interval '1 day'")
    await execute(owner, "UPDATE qingdan.subscription_cursor SET queued = 900")
    assert (await examine(configured)).healthy, "a full window waits for its endpoint"
    await forget_subscriptions(owner)


async def test_stopped_subscriptions_and_old_deliveries_are_told(owner: AsyncEngine, configured: Settings) -> None:
    await execute(
        owner,
        "INSERT INTO qingdan.subscription (id, name, owner, state, state_since, created_at, updated_at) VALUES"
        " (gen_random_uuid(), 'a', 'client:1', 'disabled', now(), now(), now()),"
        " ('00000000-0000-0000-0000-000000000001', 'b', 'client:1', 'active', now(), now(), now())",
    )
    await execute(
        owner,
        "INSERT INTO qingdan.delivery (subscription_id, sequence, feed_sequence, item_key, queued_at) VALUES"
        " ('00000000-0000-0000-0000-000000000001', 1, 1, gen_random_uuid(), now() - interval '1 day')",
    )
    stopped, old = (await examine(configured)).problems[-2:]
    assert stopped.startswith("1 subscriptions are disabled")
    assert old.startswith("the oldest delivery has waited for 864")
    await execute(owner, "DELETE FROM qingdan.subscription")
    await execute(owner, "DELETE FROM qingdan.delivery")


def test_failed_entries_of_a_cascade_are_told() -> None:
    rows = [{"number": "TZ-1", "failed": 2, "waiting": 0}, {"number": "TZ-2", "failed": 0, "waiting": 3}]
    (problem,) = doctor._of_work([], rows)
    assert "TZ-1 has 2 failed" in problem
    assert "Remedy:" in problem


async def test_the_exit_code_says_whether_anything_needs_a_hand(
    catalog: AsyncEngine, owner: AsyncEngine, configured: Settings
) -> None:
    consumer = await new_consumer(catalog)
    await execute(owner, "UPDATE qingdan.consumer SET position = (SELECT position FROM qingdan.log_head)")
    well, away = await asyncio.gather(
        run(configured, "doctor"),
        run(configured, "doctor", QINGDAN_DATABASE_URL="postgresql://nobody:x@127.0.0.1:1/nothing"),
    )
    assert (well.returncode, "healthy" in well.stdout) == (0, True), well.stdout + well.stderr
    assert consumer.name in well.stdout
    assert away.returncode == 2
    assert "Remedy:" in away.stdout
    assert "Traceback" not in away.stderr

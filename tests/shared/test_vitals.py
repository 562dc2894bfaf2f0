"""What alarms watch comes from the database: a consumer that hangs or is stopped shows, whoever is asked."""

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import probe, pulse
from shared.ledger import epoch, vitals
from shared.server_process import free_port
from shared.settings import Settings
from tests.shared.room import (
    ROOT,
    append,
    environment,
    execute,
    forget_subscriptions,
    new_consumer,
    scalar,
    unmatched_entry,
    until,
)  # fmt: skip


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def shown(engine: AsyncEngine, service: str = "catalog") -> None:
    async with engine.connect() as connection:
        await vitals.show(connection, service)


async def test_a_stopped_consumer_with_old_events_and_parked_items_shows(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    consumer = await new_consumer(catalog)
    await append(catalog, consumer.name, 3)
    await execute(owner, "UPDATE qingdan.consumer SET state = 'stopped' WHERE name = :name", name=consumer.name)
    await execute(
        owner,
        "INSERT INTO qingdan.parked (consumer, item_id, service, first_position, error_code, error, remedy)"
        " VALUES (:name, :item, 'catalog', 1, '23505', 'duplicate code', 'correct the code')",
        name=consumer.name, item=uuid4(),
    )  # fmt: skip
    await shown(catalog)
    assert value("qingdan_consumer_stopped", consumer=consumer.name) == 1
    assert value("qingdan_parked_items", consumer=consumer.name) == 1
    assert value("qingdan_consumer_behind", consumer=consumer.name) >= 3
    assert value("qingdan_consumer_delay_seconds", consumer=consumer.name) > 0
    await execute(
        owner, "UPDATE qingdan.consumer SET position = (SELECT position FROM qingdan.log_head), state = 'running'"
    )
    await shown(catalog)
    assert value("qingdan_consumer_stopped", consumer=consumer.name) == 0
    assert value("qingdan_consumer_delay_seconds", consumer=consumer.name) == 0


async def test_an_operation_nobody_takes_and_one_that_fell_silent_show(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    for state, column in (("queued", "created_at"), ("running", "heartbeat_at")):
        await execute(
            owner,
            f"INSERT INTO qingdan.operation (id, service, kind, state, parameters, created_by, {column})"
            " VALUES (:id, 'catalog', 'import', :state, '{}', 'test', clock_timestamp() - interval '1 hour')",
            id=uuid4(), state=state,
        )  # fmt: skip
    await shown(catalog)
    assert value("qingdan_operation_waiting_seconds", service="catalog") >= 3600
    assert value("qingdan_operation_silent_seconds", service="catalog") >= 3600
    await execute(owner, "DELETE FROM qingdan.operation")


async def test_what_nobody_matches_shows_as_long_as_it_waits(configured: Settings, owner: AsyncEngine) -> None:
    from shared.database import create_engine

    engine = create_engine(configured.service_url("publish"), role="publish", pool_size=1)
    try:
        await unmatched_entry(owner)
        await shown(engine, "publish")
        assert value("qingdan_subscription_unmatched_seconds") >= 3600
        await execute(owner, "UPDATE qingdan.subscription_cursor SET position = 1")
        await shown(engine, "publish")
        assert value("qingdan_subscription_unmatched_seconds") == 0
    finally:
        await engine.dispose()
        await forget_subscriptions(owner)


async def test_each_service_may_read_its_own_vitals(configured: Settings, catalog: AsyncEngine) -> None:
    from shared.database import create_engine

    for service in ("workflow", "publish"):
        engine = create_engine(configured.service_url(service), role=service, pool_size=1)
        try:
            await shown(engine, service)
        finally:
            await engine.dispose()
    assert value("qingdan_partitions_missing") == 0
    assert value("qingdan_unsealed_seconds") is not None
    assert value("qingdan_adjustments_failed") == 0


async def test_a_new_epoch_keeps_the_position_and_is_audited(owner: AsyncEngine) -> None:
    before = await scalar(owner, "SELECT position FROM qingdan.log_head")
    async with owner.begin() as connection:
        last, begun = await epoch.begin(connection, actor="operator")
    assert last == before
    assert await scalar(owner, "SELECT epoch FROM qingdan.log_head") == begun
    told = await scalar(owner, "SELECT detail ->> 'epoch' FROM qingdan.audit WHERE tag = 'operator:epoch:begin'")
    assert told == str(begun)


def test_a_loop_that_does_not_turn_stops_the_pulse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pulse, "_due", {})
    pulse.turned("cascade", rests=2.0)
    assert pulse.stalled() == []
    monkeypatch.setattr(pulse, "BUSY_SECONDS", -1.0)
    pulse.turned("publication")
    assert pulse.stalled() == ["publication"]

    async def half_a_second() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pulse.beat(tmp_path, "publish-consumers"), 0.5)

    asyncio.run(half_a_second())
    assert not list(tmp_path.iterdir())


def test_a_probe_tells_which_process_has_not_beaten(tmp_path: Path) -> None:
    assert "nothing beats" in probe.stale(tmp_path, time.time())[0]
    pulse.expect(tmp_path, "catalog-consumers")
    pulse.expect(tmp_path, "catalog-arq")
    assert probe.stale(tmp_path, time.time()) == []
    os.utime(tmp_path / "catalog-arq", (1, 1))
    (problem,) = probe.stale(tmp_path, time.time())
    assert problem.startswith("catalog-arq has not beaten")


def test_a_probe_of_an_address_that_does_not_answer_fails_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe.main(["http", "http://127.0.0.1:1/healthz"]) == 1
    assert "127.0.0.1:1" in capsys.readouterr().err
    assert probe.main(["telepathy"]) == 2


@contextmanager
def working(configured: Settings, queue: str, tmp_path: Path, **more: str) -> Iterator[tuple[int, Path]]:
    """A whole worker of the catalog, as an image starts it."""
    port, folder = free_port(), tmp_path / "pulse"
    own = environment(
        configured, QINGDAN_METRICS_PORT=str(port), QINGDAN_PULSE_DIR=str(folder), QINGDAN_REDIS_URL=queue, **more
    )
    command = [sys.executable, "-m", "shared.cli", "work", "catalog"]
    process = subprocess.Popen(command, env=own, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        yield port, folder
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def worker(configured: Settings, valkey: str, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    with working(configured, valkey, tmp_path) as worker:
        yield worker


async def test_a_probe_lets_a_worker_live_while_database_and_queue_are_away(
    configured: Settings, tmp_path: Path
) -> None:
    nothing = f"127.0.0.1:{free_port()}"
    away = {"QINGDAN_DATABASE_URL": f"postgresql://owner@{nothing}/qingdan"}
    with working(configured, f"redis://{nothing}", tmp_path, **away) as (_, folder):
        await until(lambda: all((folder / f"catalog-{name}").exists() for name in ("arq", "consumers", "gatherers")))
        first = {file.name: file.stat().st_mtime for file in folder.iterdir()}
        await until(lambda: all(file.stat().st_mtime > first[file.name] + 1 for file in folder.iterdir()))


async def test_a_worker_beats_with_all_its_processes_and_shows_its_metrics(worker: tuple[int, Path]) -> None:
    port, folder = worker

    def beating() -> bool:
        files = list(folder.glob("*")) if folder.is_dir() else []
        return sorted(file.name for file in files) == ["catalog-arq", "catalog-consumers", "catalog-gatherers"]

    await until(beating)
    first = {file.name: file.stat().st_mtime for file in folder.iterdir()}
    await until(lambda: all(file.stat().st_mtime > first[file.name] for file in folder.iterdir()))

    def metrics() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    await until(lambda: 'qingdan_consumer_delay_seconds{consumer="cascade"}' in metrics())

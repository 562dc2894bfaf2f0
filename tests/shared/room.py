"""What the tests of the kit stand on: appending, waiting with a bound, and real processes that can be killed."""

import asyncio
import inspect
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger import position
from shared.ledger.consume import Consumer, Effect
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction, begin
from shared.nursery import Copy
from shared.settings import Settings
from tests import copies

ROOT = Path(__file__).resolve().parents[2]
# A bound, not a measure: on a busy machine a process takes seconds to start.
PATIENCE = 45.0


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Poll until the condition (a function or coroutine function) holds; fails when it does not in time."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value
        assert asyncio.get_running_loop().time() < end, f"not within {seconds} s: {inspect.getsource(condition)}"
        await asyncio.sleep(0.02)


async def append(engine: AsyncEngine, kind: str, count: int = 1, *, items: Sequence[UUID] | None = None, **refs: Any):
    """One transaction that appends events of a type; returns the position of the last."""
    async with begin(engine, service="catalog", actor="account:test") as tx:
        for number in range(count):
            tx.append(NewEvent(type=kind, item_ids=items or [uuid4()], refs={"n": number, **refs}))
    return await scalar(engine, "SELECT max(position) FROM qingdan.event WHERE type = :kind", kind=kind)


async def scalar(engine: AsyncEngine, question: str, **values: Any) -> Any:
    async with engine.connect() as connection:
        return (await connection.execute(text(question), values)).scalar()


async def column(engine: AsyncEngine, question: str, **values: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(text(question), values)).scalars())


async def execute(engine: AsyncEngine, statement: str, **values: Any) -> None:
    async with engine.begin() as connection:
        await connection.execute(text(statement), values)


async def positions(engine: AsyncEngine) -> list[int]:
    return await column(engine, "SELECT position FROM qingdan.event ORDER BY position")


async def record(tx: Transaction, events: Sequence[Event]) -> None:
    """An effect: one row an event, so that an effect that happened twice or never can be seen."""
    await tx.connection.execute(
        text("INSERT INTO qingdan.effect (consumer, position) SELECT :consumer, unnest(CAST(:positions AS bigint[]))"),
        {"consumer": tx.actor, "positions": [event.position for event in events]},
    )


async def effects(engine: AsyncEngine, name: str) -> list[int]:
    """Positions whose effect the consumer had, in the order they took effect."""
    return await column(
        engine, "SELECT position FROM qingdan.effect WHERE consumer = :name ORDER BY id", name=f"system:{name}"
    )


async def new_consumer(engine: AsyncEngine, effect: Effect = record, *, batch: int = 200) -> Consumer:
    """A registered consumer with a name and an event type of its own."""
    name = f"kit_{uuid4().hex[:8]}"
    async with engine.begin() as connection:
        await position.register(connection, [name], "catalog")
    return Consumer(name=name, service="catalog", types=frozenset({name}), effect=effect, batch=batch)


async def parked(engine: AsyncEngine, consumer: Consumer) -> list[Any]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT * FROM qingdan.parked WHERE consumer = :name ORDER BY first_position, item_id"),
            {"name": consumer.name},
        )
        return list(rows)


def environment(configured: Settings, **more: str) -> dict[str, str]:
    """Settings for a process of ours that works in the test's database."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "QINGDAN_DATABASE_URL": configured.owner_url.render_as_string(hide_password=False),
        "QINGDAN_SECRETS_DIR": str(configured.secrets.absolute()),
        "QINGDAN_POLL_SECONDS": "0.2",
        "QINGDAN_GATHER_SECONDS": "0.05",
        **more,
    }


@contextmanager
def process(configured: Settings, module: str, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """A real process, gone at the end of the block whatever happened."""
    popen = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env=environment(configured, **more),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield popen
    finally:
        popen.kill()
        popen.communicate()


@contextmanager
def working(configured: Settings, module: str, role: str, **more: str) -> Iterator[Copy]:
    """A child of a worker as a real process, gone at the end of the block whatever happened."""
    copy = copies.work(module, role, environment(configured, **more))
    try:
        yield copy
    finally:
        copy.kill()
        copy.wait(PATIENCE)


async def ended(copy: Copy) -> int | None:
    """The exit code of a process that comes to its end by itself."""
    await until(lambda: copy.poll() is not None)
    return copy.poll()


async def first_line(popen: subprocess.Popen[str]) -> str:
    assert popen.stdout is not None
    async with asyncio.timeout(PATIENCE):
        return (await asyncio.to_thread(popen.stdout.readline)).strip()


def plain(url: str) -> str:
    """The address as asyncpg reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def unmatched_entry(owner: AsyncEngine) -> None:
    """A subscription and an entry of the feed, of an hour ago, that the matcher has not looked at."""
    await execute(
        owner,
        "WITH s AS (INSERT INTO qingdan.subscription (id, name, owner, state, state_since, created_at, updated_at)"
        " VALUES (gen_random_uuid(), 'a', 'client:1', 'active', now() - interval '1 day', now(), now()) RETURNING id),"
        " d AS (INSERT INTO qingdan.subscription_sending (subscription_id) SELECT id FROM s)"
        " INSERT INTO qingdan.subscription_cursor (subscription_id, epoch, position)"
        " SELECT s.id, h.epoch, 0 FROM s CROSS JOIN qingdan.log_head AS h",
    )
    await execute(owner, "UPDATE qingdan.subscription SET endpoint = 'https://receiver.example/hook'")
    await execute(
        owner,
        "INSERT INTO qingdan.feed_entry (sequence, id, position, type, list_kind, list_id, revision, changed, cause_id,"
        " recorded_at) VALUES (1, gen_random_uuid(), 1, 'list.updated', 'permit', gen_random_uuid(), 1, '{}',"
        " gen_random_uuid(), now() - interval '1 hour')",
    )


async def forget_subscriptions(owner: AsyncEngine) -> None:
    """As before `unmatched_entry`."""
    for table in ("subscription", "subscription_cursor", "subscription_sending", "feed_entry"):
        await execute(owner, f"DELETE FROM qingdan.{table}")

"""Partitions of the log and of the idempotency store: there before they are needed, gone when nobody needs them."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import clock
from shared.ledger import consume, partitions
from shared.ledger.partitions import EVENTS_PER_PARTITION
from tests.shared.room import append, column, effects, execute, new_consumer, scalar

CHILDREN = (
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = CAST(:parent AS regclass) ORDER BY 1"
)


async def children(engine: AsyncEngine, parent: str) -> Sequence[str]:
    return await column(engine, CHILDREN, parent=f"qingdan.{parent}")


async def ensure(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await partitions.ensure(connection)


def today() -> date:
    return clock.now().astimezone(clock.ZONE).date()


async def test_a_fresh_database_has_two_of_the_log_and_the_next_days(owner: AsyncEngine) -> None:
    assert await children(owner, "event") == ["event_p00000", "event_p00001"]
    days = await children(owner, "idempotency")
    assert {f"idempotency_d{today() + timedelta(days=ahead):%Y%m%d}" for ahead in range(5)} <= set(days)


async def test_a_service_makes_the_next_ones_though_it_owns_no_table(catalog: AsyncEngine, owner: AsyncEngine) -> None:
    tomorrow = f"idempotency_d{today() + timedelta(days=1):%Y%m%d}"
    await execute(owner, f"DROP TABLE qingdan.{tomorrow}")
    await execute(owner, "DROP TABLE qingdan.event_p00001")
    async with owner.connect() as connection:
        assert await partitions.missing(connection, today()) == ["event_p00001", tomorrow]
    for _ in range(2):
        await ensure(catalog)
    async with owner.connect() as connection:
        assert await partitions.missing(connection, today()) == []
    with pytest.raises(DBAPIError, match="must be owner"):
        await execute(catalog, f"DROP TABLE qingdan.{tomorrow}")


async def test_answers_older_than_seven_days_are_dropped_and_younger_ones_stay(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    ages = {age: today() - timedelta(days=age) for age in (7, 8, 30)}
    for day in ages.values():
        await execute(
            owner,
            f"CREATE TABLE qingdan.idempotency_d{day:%Y%m%d} PARTITION OF qingdan.idempotency"
            f" FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')",
        )
    await ensure(catalog)
    days = await children(owner, "idempotency")
    assert f"idempotency_d{ages[7]:%Y%m%d}" in days
    assert not {f"idempotency_d{ages[8]:%Y%m%d}", f"idempotency_d{ages[30]:%Y%m%d}"} & set(days)


async def test_the_log_runs_across_the_boundary_of_a_partition(catalog: AsyncEngine, owner: AsyncEngine) -> None:
    consumer = await new_consumer(catalog)
    near = EVENTS_PER_PARTITION - 3
    await execute(owner, "UPDATE qingdan.log_head SET position = :near", near=near)
    await append(catalog, consumer.name, 5)
    mine = await column(
        catalog, "SELECT position FROM qingdan.event WHERE type = :name ORDER BY position", name=consumer.name
    )
    assert mine == list(range(near + 1, near + 6))
    sizes = [
        await scalar(owner, f"SELECT count(*) FROM ONLY qingdan.{name} WHERE type = :name", name=consumer.name)
        for name in ("event_p00000", "event_p00001")
    ]
    assert sizes == [2, 3]
    while await consume.step(catalog, consumer):
        pass
    assert await effects(catalog, consumer.name) == mine
    async with owner.connect() as connection:
        assert await partitions.missing(connection, today()) == ["event_p00002"]
    await ensure(catalog)
    assert await children(owner, "event") == ["event_p00000", "event_p00001", "event_p00002"]


async def test_a_partition_is_detached_only_when_it_is_old_sealed_and_every_consumer_has_left_it(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    async def retired() -> list[str]:
        async with owner.begin() as connection:
            return await partitions.retire(connection)

    await execute(owner, "UPDATE qingdan.consumer SET position = :beyond", beyond=EVENTS_PER_PARTITION + 1)
    assert await retired() == [], "younger than the retention"
    await execute(owner, "UPDATE qingdan.event SET recorded_at = recorded_at - interval '401 days'")
    slow = await new_consumer(catalog)
    assert await retired() == [], "a consumer still needs it"
    await execute(owner, "DELETE FROM qingdan.consumer WHERE name = :name", name=slow.name)
    assert await retired() == [], "it is not sealed"
    await execute(
        owner,
        "INSERT INTO qingdan.seal (number, epoch, from_position, to_position, hash, previous, sealed_at, key_id,"
        " signature) SELECT 1, epoch, 1, :last, '', '', clock_timestamp(), '', '' FROM qingdan.log_head",
        last=EVENTS_PER_PARTITION - 1,
    )
    assert await retired() == ["event_p00000"]
    assert "event_p00000" not in await children(owner, "event")
    assert await scalar(owner, "SELECT count(*) FROM qingdan.event_p00000") > 0, "detached, not dropped"


async def test_the_overview_names_every_partition_with_its_size(owner: AsyncEngine) -> None:
    async with owner.connect() as connection:
        found = await partitions.overview(connection)
    assert [name for name, _ in found] == list(await children(owner, "event"))
    assert all(size > 0 for _, size in found)

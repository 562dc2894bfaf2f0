"""Positions of the log: gapless, in commit order, whatever happens to those who append."""

import asyncio
import signal
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import problems
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from shared.settings import SERVICES, Settings
from tests.shared.room import append, column, execute, first_line, plain, positions, process, scalar, until

WAITING_FOR_THE_HEAD = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def is_gapless(engine: AsyncEngine) -> bool:
    found = await positions(engine)
    head = await scalar(engine, "SELECT position FROM qingdan.log_head")
    return found == list(range(1, head + 1))


async def test_eight_writers_leave_no_gap_and_no_double(catalog: AsyncEngine) -> None:
    before = len(await positions(catalog))

    async def write(writer: int) -> None:
        for number in range(20):
            try:
                async with begin(catalog, service="catalog", actor=f"account:{writer}") as tx:
                    for _ in range(1 + number % 3):
                        tx.append(NewEvent(type="concurrent"))
                    if number % 5 == 4:
                        await tx.write_events()
                        raise InterruptedError
            except InterruptedError:
                continue

    await asyncio.gather(*(write(writer) for writer in range(8)))
    assert await is_gapless(catalog)
    # 16 of 20 transactions commit: numbers 0-3, 5-8, 10-13 and 15-18 of the rhythm 1, 2, 3 events.
    expected = 8 * sum(1 + number % 3 for number in range(20) if number % 5 != 4)
    assert len(await positions(catalog)) - before == expected


async def test_events_of_a_transaction_stand_together_in_the_order_they_were_told(catalog: AsyncEngine) -> None:
    async def write(writer: int) -> None:
        async with begin(catalog, service="catalog", actor=f"account:{writer}") as tx:
            for number in range(10):
                tx.append(NewEvent(type="together", refs={"writer": writer, "n": number}))

    await asyncio.gather(*(write(writer) for writer in range(8)))
    rows = await column(catalog, "SELECT refs FROM qingdan.event WHERE type = 'together' ORDER BY position")
    assert [row["n"] for row in rows] == list(range(10)) * 8
    assert all(len({row["writer"] for row in rows[start : start + 10]}) == 1 for start in range(0, 80, 10))


async def test_an_append_that_is_killed_while_others_wait_skips_and_repeats_no_position(
    catalog: AsyncEngine, owner: AsyncEngine, configured: Settings
) -> None:
    with process(configured, "tests.shared.open_append") as holder:
        held = int(await first_line(holder))
        waiting = [asyncio.create_task(append(catalog, "waited")) for _ in range(6)]
        await until(lambda: scalar(owner, WAITING_FOR_THE_HEAD))
        assert not any(task.done() for task in waiting), "somebody took a position past one that may never be"
        holder.send_signal(signal.SIGKILL)
        async with asyncio.timeout(5):
            await asyncio.gather(*waiting)
    assert await is_gapless(catalog)
    assert await scalar(catalog, "SELECT type FROM qingdan.event WHERE position = :held", held=held) == "waited"


async def test_an_append_whose_backend_is_terminated_skips_and_repeats_no_position(
    catalog: AsyncEngine, owner: AsyncEngine
) -> None:
    before = await scalar(catalog, "SELECT position FROM qingdan.log_head")

    async def terminated() -> None:
        async with begin(catalog, service="catalog", actor="account:gone") as tx:
            tx.append(NewEvent(type="gone"))
            await tx.write_events()
            pid = (await tx.connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar_one()
            await execute(owner, "SELECT pg_terminate_backend(:pid)", pid=pid)

    with pytest.raises(DBAPIError):
        await terminated()
    assert await append(catalog, "after_the_gone") == before + 1
    assert await is_gapless(catalog)


async def test_a_rollback_leaves_no_hole(catalog: AsyncEngine) -> None:
    before = await scalar(catalog, "SELECT position FROM qingdan.log_head")

    async def refused() -> None:
        async with begin(catalog, service="catalog", actor="account:test") as tx:
            tx.append(NewEvent(type="refused"))
            await tx.write_events()
            raise problems.Conflict("与当前状态冲突")

    with pytest.raises(problems.Conflict):
        await refused()
    assert await append(catalog, "after_the_refused") == before + 1
    assert not await column(catalog, "SELECT 1 FROM qingdan.event WHERE type = 'refused'")


async def test_five_thousand_events_are_one_transaction_and_one_more_is_refused(catalog: AsyncEngine) -> None:
    assert await append(catalog, "many", 5_000)
    with pytest.raises(problems.TooLarge, match="5000"):
        await append(catalog, "too_many", 5_001)
    assert await is_gapless(catalog)


async def test_an_event_says_who_when_why_and_on_which_legal_basis(catalog: AsyncEngine) -> None:
    items, list_id, adjustment, cause = [uuid4(), uuid4()], uuid4(), uuid4(), uuid4()
    effective = datetime(2026, 1, 31, 16, tzinfo=UTC)
    async with begin(catalog, service="catalog", actor="account:a", request_id="r-1") as tx:
        told = tx.append(
            NewEvent(
                type="told", region_code="440100000000", list_kind="permit", list_id=list_id, item_ids=items,
                versions=[2, 3], elements=["name", "basis"], adjustment_id=adjustment, cause_id=cause,
                effective_at=effective, reason="法律修改", legal_basis="《行政许可法》第十五条", refs={"用途": "测试"},
            )
        )  # fmt: skip
    async with catalog.connect() as connection:
        row = (await connection.exec_driver_sql("SELECT * FROM qingdan.event WHERE type = 'told'")).one()
    assert (row.id, row.actor, row.service, row.request_id) == (told, "account:a", "catalog", "r-1")
    assert (row.item_ids, row.versions, row.elements) == (items, [2, 3], ["name", "basis"])
    assert (row.list_id, row.adjustment_id, row.cause_id, row.effective_at) == (list_id, adjustment, cause, effective)
    assert (row.reason, row.legal_basis, row.refs) == ("法律修改", "《行政许可法》第十五条", {"用途": "测试"})
    assert row.recorded_at is not None


@pytest.mark.parametrize("role", SERVICES)
async def test_no_service_changes_or_deletes_what_was_told(configured: Settings, role: str) -> None:
    connection = await asyncpg.connect(plain(configured.service_url(role).render_as_string(hide_password=False)))
    try:
        for table in ("event", "audit", "event_p00000"):
            for statement in (
                f"UPDATE qingdan.{table} SET actor = 'nobody'",
                f"DELETE FROM qingdan.{table}",
                f"TRUNCATE qingdan.{table}",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
    finally:
        await connection.close()

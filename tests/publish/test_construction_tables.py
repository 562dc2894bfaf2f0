"""Construction approval in the platform's own tables: process, stage, item; versions rise, what ends says so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from services.publish.platform import service
from services.publish.platform.peers import service as peers
from services.publish.platform.pushes import service as pushes
from services.publish.platform.transports.contract import PeerFailure
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from shared.system import ROOT
from tests.conftest import in_own_loop, url_of
from tests.publish.platform_world import ADMINISTRATOR, Exchange, exchange
from tests.publish.world import World

TABLES = (ROOT / "deploy" / "simulator" / "construction_tables.sql").read_text()
ITEM, STAGE, PROCESS = "spgl_dfxmsplcjdsxxxb", "spgl_dfxmsplcjdxxb", "spgl_dfxmsplcxxb"


async def _run(url: str, *statements: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return [row for one in statements for row in await connection.fetch(one)]
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def second_database(cluster: str) -> Iterator[str]:
    """A database of the platform's own."""
    name = f"construction_{uuid4().hex[:8]}"
    in_own_loop(_run, cluster, f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield url_of(cluster, name)
    in_own_loop(_run, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest_asyncio.fixture
async def library(second_database: str) -> AsyncIterator[str]:
    """Its tables, empty."""
    connection = await asyncpg.connect(second_database)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public;" + TABLES)
    await connection.close()
    yield second_database


def entry(world: World, number: int, **more: Any) -> dict[str, Any]:
    """An item of a stage, as the list has it."""
    return {
        "name": f"施工许可{number}", "item_number": f"S{number}", "standard_item_code": "B1", "state": "in_use",
        "handling_item": "", "stage_order": 3, "stage_code": "J3", "stage_name": "施工许可", "process_code": "P1",
        "process_version": "1", "process_name": "政府投资房屋建筑类", "process_effective_date": "2026-01-01",
        "implementing_body": str(world.organ), "time_limit": {"amount": 5, "unit": "working_day"},
        "notification_commitment": True, "milestone": False, "handling_kind": "committed",
    } | more  # fmt: skip


async def exchanging(world: World, url: str, folder: Path, **options: Any) -> tuple[Exchange, list[Any]]:
    """Two items of one stage, published, and the library as a peer."""
    list_id = await world.new_list()
    items = await world.add(list_id, [entry(world, number) for number in (1, 2)])
    await world.enact(list_id)
    await world.publish()
    secret = folder / "peer.construction"
    secret.write_text(url)
    talk = await exchange(
        world, None, world.lists[list_id], transport="keyed_tables", options={"ask_seconds": 0.05} | options,
        secret=secret,
    )  # fmt: skip
    return talk, items


async def held(url: str, table: str) -> list[tuple[Any, ...]]:
    """What a table says: code, version, validity, state."""
    code = {ITEM: "spsxbm, spsxbbh", STAGE: "spjdbm, splcbbh::int", PROCESS: "splcbm, splcbbh::int"}[table]
    return [tuple(row) for row in await _run(url, f"SELECT {code}, sjyxbs, sjsczt FROM {table} ORDER BY 1, 2")]


async def taken_over(url: str, state: int = 1) -> None:
    """The library's own job takes everything over."""
    await _run(url, *(f"UPDATE {one} SET sjsczt = {state} WHERE sjsczt = 0" for one in (ITEM, STAGE, PROCESS)))


async def test_a_process_with_its_stage_and_items_is_written_once_and_a_change_is_another_version(
    world: World, library: str, tmp_path: Path
) -> None:
    talk, items = await exchanging(world, library, tmp_path, confirmed=False)
    await service.push(talk.talk)
    await talk.drain()
    assert await held(library, PROCESS) == [("P1", 1, 1, 0)]
    assert await held(library, STAGE) == [("J3", 1, 1, 0)]
    assert await held(library, ITEM) == [("S1", 1, 1, 0), ("S2", 1, 1, 0)]
    (first, _) = await _run(library, f"SELECT * FROM {ITEM} ORDER BY spsxbm")
    assert (first["xzqhdm"], first["spsxblsx"], first["bjlx"], first["sfsxgzcnz"]) == ("440100", 5, 2, 1)
    await taken_over(library)
    # A change of one item: its version rises, the one before holds no longer, nothing else is touched.
    await world.update(items[:1], name="建筑工程施工许可")
    await talk.drain()
    assert await held(library, ITEM) == [("S1", 1, 0, 0), ("S1", 2, 1, 0), ("S2", 1, 1, 1)]
    assert await held(library, PROCESS) == [("P1", 1, 1, 1)]
    (old, _, _) = await _run(library, f"SELECT * FROM {ITEM} ORDER BY spsxbm, spsxbbh")
    assert old["sjwxyy"] == "已由新版本替代"
    # The process has another version: the old one ends with the last item that leaves it.
    await world.update(items[:1], process_version="2")
    await talk.drain()
    assert await held(library, PROCESS) == [("P1", 1, 1, 1), ("P1", 2, 1, 0)]
    await world.update(items[1:], process_version="2")
    await talk.drain()
    assert await held(library, PROCESS) == [("P1", 1, 0, 0), ("P1", 2, 1, 0)]
    assert [row[1:3] for row in await held(library, STAGE)] == [(1, 0), (2, 1)]
    # What is cancelled or leaves public reading holds no longer, and says so.
    await world.change(items[:1], state="cancelled")
    await world.tell(world.event("item.cancelled", items[:1]))
    await world.publish()
    await talk.drain()
    assert [row[2] for row in await held(library, ITEM) if row[0] == "S1"] == [0, 0, 0]
    assert [row[2] for row in await held(library, ITEM) if row[0] == "S2"] == [0, 1]
    assert {row["state"] for row in await talk.rows()} == {"accepted"}


async def test_the_librarys_own_job_accepts_or_refuses_and_the_same_batch_again_writes_nothing(
    world: World, library: str, tmp_path: Path
) -> None:
    talk, items = await exchanging(world, library, tmp_path)
    for _ in range(2):
        await world.run("UPDATE qingdan.peer_batch SET resend_at = now() WHERE peer_id = :peer", peer=talk.partner.id)
        assert not await service.push(talk.talk)
    assert await held(library, ITEM) == [("S1", 1, 1, 0), ("S2", 1, 1, 0)]
    assert {row["state"] for row in await talk.rows()} == {"sending"}
    await taken_over(library)
    await _run(library, f"UPDATE {ITEM} SET sjsczt = 2, sbyy = '标准事项编码不存在' WHERE spsxbm = 'S2'")
    await world.run("UPDATE qingdan.peer_batch SET resend_at = now() WHERE peer_id = :peer", peer=talk.partner.id)
    await talk.drain()
    told = {row["item_id"]: (row["state"], row["remark"]) for row in await talk.rows()}
    assert told == {items[0]: ("accepted", None), items[1]: ("rejected", "标准事项编码不存在")}


async def test_what_the_library_refused_is_looked_at_again_when_it_is_sent_again(
    world: World, library: str, tmp_path: Path
) -> None:
    talk, items = await exchanging(world, library, tmp_path)

    async def judged(state: int) -> set[str]:
        """Sent, looked at by the library's job, asked for."""
        assert not await service.push(talk.talk)
        await taken_over(library, state)
        await world.run("UPDATE qingdan.peer_batch SET resend_at = now() WHERE peer_id = :peer", peer=talk.partner.id)
        await talk.drain()
        newest = {row["item_id"]: row["state"] for row in await talk.rows()}
        return {newest[item] for item in items}

    async def again() -> None:
        async with begin(world.engine, service="publish", actor="account:test") as tx:
            for item in items:
                await peers.retry(tx, ADMINISTRATOR, talk.partner.code, item)

    assert await judged(2) == {"rejected"}
    # Put right over there, its stage as well: nothing of ours has changed.
    await again()
    assert await judged(1) == {"accepted"}
    assert await held(library, ITEM) == [("S1", 1, 1, 1), ("S2", 1, 1, 1)]
    assert await held(library, STAGE) == [("J3", 1, 1, 1)]
    await world.update(items, audience="staff")
    assert await judged(2) == {"rejected"}
    await again()
    assert await judged(1) == {"accepted"}
    assert await held(library, ITEM) == [("S1", 1, 0, 1), ("S2", 1, 0, 1)]


async def test_after_a_restore_a_library_that_cannot_be_compared_gets_everything_again_and_misses_nothing(
    world: World, library: str, tmp_path: Path
) -> None:
    talk, items = await exchanging(world, library, tmp_path, confirmed=False)
    await talk.drain()
    # Published before the copy, and not looked at yet when it was made.
    await world.update(items[:1], name="恢复点之前的名称")
    await world.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=new_id())
    await talk.drain()
    assert await held(library, ITEM) == [("S1", 1, 0, 0), ("S1", 2, 1, 0), ("S2", 1, 1, 0)]
    begun = await world.run(
        "SELECT kind FROM qingdan.operation WHERE parameters ->> 'peer' = :code", code=talk.partner.code
    )
    assert [row["kind"] for row in begun] == [pushes.KIND]


async def test_an_item_without_its_key_is_rejected_here_and_a_missing_table_loses_nothing(
    world: World, library: str, tmp_path: Path
) -> None:
    talk, items = await exchanging(world, library, tmp_path, confirmed=False)
    await world.update(items[:1], process_code=None)
    (tmp_path / "peer.construction").write_text("")
    with pytest.raises(PeerFailure, match="凭证文件的内容应为"):
        await service.push(talk.talk)
    (tmp_path / "peer.construction").write_text(library)
    await _run(library, f"ALTER TABLE {STAGE} RENAME TO hidden")
    with pytest.raises(PeerFailure, match="前置库缺少"):
        await service.push(talk.talk)
    await _run(library, f"ALTER TABLE hidden RENAME TO {STAGE}")
    await talk.drain()
    told = {row["item_id"]: (row["state"], row["err_type"]) for row in await talk.rows()}
    assert told == {items[0]: ("rejected", "NOKEY"), items[1]: ("accepted", None)}
    assert await held(library, ITEM) == [("S2", 1, 1, 0)]
    # Nor is the code of another item taken over while that one holds.
    await world.update(items[:1], process_code="P1", item_number="S2")
    await talk.drain()
    newest = [row for row in await talk.rows() if row["item_id"] == items[0]][-1]
    assert (newest["state"], newest["err_type"]) == ("rejected", "KEYINUSE")
    assert await held(library, ITEM) == [("S2", 1, 1, 0)]

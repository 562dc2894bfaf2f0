"""The table exchange: rows in a platform's database, written once whatever happens, and what comes down from there."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from deploy.simulator.front_end.repository import MARKER, FrontEnd
from deploy.simulator.running import SOURCE, Simulator
from services.publish.platform import rules, service
from services.publish.platform.jobs import Exchange as Tasks
from services.publish.platform.transports.contract import Answer, Batch, PeerFailure
from services.publish.platform.transports.table_exchange.repository import Tables
from services.publish.platform.transports.table_exchange.transport import TableExchange
from shared import settings
from shared.settings import Settings
from tests.conftest import _administer, in_own_loop, url_of
from tests.publish.platform_world import Exchange, digest, eventually, exchange, findings, published, tasks
from tests.publish.world import World


@pytest.fixture(scope="module")
def second_database(cluster: str) -> Iterator[str]:
    """A database of the platform's own."""
    name = f"front_end_{uuid4().hex[:8]}"
    in_own_loop(_administer, cluster, f'CREATE DATABASE "{name}" TEMPLATE template0')
    yield url_of(cluster, name)
    in_own_loop(_administer, cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest_asyncio.fixture
async def library(second_database: str) -> AsyncIterator[FrontEnd]:
    """An empty library with the shipped tables."""
    await _administer(second_database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    library = FrontEnd(second_database)
    await library.prepare()
    yield library


@pytest.fixture(autouse=True)
def secrets(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the test holds the secrets."""
    made = Settings.model_validate({"database_url": database_url, "secrets_dir": tmp_path})
    monkeypatch.setattr(settings, "load", lambda: made)


async def exchanging(world: World, library: FrontEnd, folder: Path, *kinds: str, **options: object) -> Exchange:
    secret = folder / "peer.tables"
    secret.write_text(library.url)
    given = {"settle_seconds": 0} | options
    return await exchange(
        world, None, *kinds, secret=secret, transport="table_exchange", options=given, batch_size=10
    )  # fmt: skip


@pytest.mark.req("ZL-02")
async def test_what_is_published_goes_up_row_by_row_is_compared_and_a_rejection_comes_down_as_a_task(
    world: World, library: FrontEnd, tmp_path: Path
) -> None:
    list_id, items = await published(world, 12, consult_phone="020-1", questions=[{"question": "问", "answer": "答"}])
    punished, (punishment,) = await published(world, 1, item_type="02", penalty_terms="警告")
    talk = await exchanging(world, library, tmp_path, world.lists[list_id], world.lists[punished])
    await talk.drain()
    main = await library.rows("up_task_general_basic")
    assert {row["task_guid"] for row in main} == {str(item) for item in items}
    (first,) = (row for row in main if row["task_guid"] == str(items[0]))
    assert (first["cd_operation"], first["data_source"], first["cd_batch"][8:]) == ("I", SOURCE, "00001")
    (material,) = await library.rows("up_task_general_material", "task_guid = $1", first["row_guid"])
    assert (material["material_name"], material["is_need"], material["order_num"]) == ("环境影响报告表", "1", 1)
    assert len(await library.rows("up_task_general_questions")) == 12
    (fine,) = await library.rows("up_task_punish_basic")
    assert (fine["task_guid"], fine["punishment_method"]) == (str(punishment), "警告")
    await talk.assert_equal()

    await library.complain(material["row_guid"], SOURCE, "Q07", "材料名称不规范")
    await talk.ask()
    (rejected,) = await talk.rows("rejected")
    assert (rejected["item_id"], rejected["err_type"], rejected["remark"]) == (items[0], "Q07", "材料名称不规范")
    await digest(world)
    (finding,) = await findings(world, items[0])
    assert len(await tasks(world, finding["id"])) == 1

    await world.update(items[:1], item_type="02", name="更名并转为处罚")
    await world.update(items[1:2], audience="staff")
    await talk.drain()
    assert [row["cd_operation"] for row in await library.rows("up_task_general_basic", "task_guid = $1 AND"
            " task_version = 2", str(items[0]))] == ["D"]  # fmt: skip
    assert {row["task_guid"] for row in await library.rows("up_task_punish_basic")} == {
        str(punishment), str(items[0])
    }  # fmt: skip
    await talk.assert_equal()
    await library.lose(str(items[2]))
    found = await talk.compare(repair=True)
    assert (found["missing"], found["repaired"]) == (1, 1)
    await talk.drain()
    await talk.assert_equal()


async def test_a_batch_whose_answer_was_lost_changes_nothing_when_it_comes_again(
    world: World, library: FrontEnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, items = await published(world, 3)
    talk = await exchanging(world, library, tmp_path, world.lists[list_id])
    honest, lost = TableExchange.send, []

    async def losing(self: TableExchange, batch: Batch) -> Answer:
        told = await honest(self, batch)
        if not lost:
            lost.append(batch.number)
            raise PeerFailure("连接中断")
        return told

    monkeypatch.setattr(TableExchange, "send", losing)
    with pytest.raises(PeerFailure):
        await service.push(talk.talk)
    await world.update(items[:1], name="答复丢失期间的改名", questions=[{"question": "问", "answer": "答"}])
    await talk.drain()
    first = [row for row in await library.rows("up_task_general_basic") if row["task_version"] == 1]
    assert {row["cd_batch"] for row in first} == set(lost)
    assert len(first) == 3
    assert len(await library.rows("up_task_general_questions")) == 1
    await talk.assert_equal()


async def test_a_row_counts_as_accepted_only_once_the_platform_has_taken_it_over(
    world: World, library: FrontEnd, tmp_path: Path
) -> None:
    list_id, items = await published(world, 2)
    await world.update(items[:1], implementation_code="wrong")
    talk = await exchanging(world, library, tmp_path, world.lists[list_id], marker=MARKER | {"ask_seconds": 0.05})
    assert not await service.push(talk.talk)
    assert {row["state"] for row in await talk.rows()} == {"sending"}
    assert await library.take_over() == 2

    async def settled() -> bool:
        await service.push(talk.talk)
        return not await talk.rows("sending")

    await eventually(settled)
    (refused,), (accepted,) = await talk.rows("rejected"), await talk.rows("accepted")
    assert (refused["item_id"], refused["err_type"]) == (items[0], "REFUSED")
    assert "E02" in refused["remark"]
    assert accepted["item_id"] == items[1]


async def test_what_a_table_cannot_hold_is_rejected_alone_and_a_missing_table_is_told_without_the_address(
    world: World, library: FrontEnd, tmp_path: Path
) -> None:
    list_id, items = await published(world, 5)
    await library._run("ALTER TABLE up_task_general_basic ALTER COLUMN task_name TYPE varchar(20)")
    await world.update(items[3:4], name="长" * 21)
    talk = await exchanging(world, library, tmp_path, world.lists[list_id])
    await talk.drain()
    (rejected,) = await talk.rows("rejected")
    assert (rejected["item_id"], rejected["err_type"]) == (items[3], "SQL22001")
    await library._run("DROP TABLE up_task_general_material")
    await world.update(items[:1], name="短名")
    with pytest.raises(PeerFailure, match="缺少对照方案所列的表") as failure:
        await service.push(talk.talk)
    (tmp_path / "peer.tables").write_text("postgresql://who:geheim@127.0.0.1:1/x")
    with pytest.raises(PeerFailure, match="无法连接") as away:
        await talk.talk.platform.feedback("")
    assert "geheim" not in str(failure.value) + str(away.value)


async def test_a_record_that_is_taken_away_while_it_is_counted_ends_the_comparison_and_accuses_nobody(
    world: World, library: FrontEnd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, items = await published(world, 2)
    talk = await exchanging(world, library, tmp_path, world.lists[list_id])
    await talk.drain()
    honest = Tables.newest

    async def meanwhile(self: Tables, *given: Any) -> Any:
        found = await honest(self, *given)
        await library.lose(str(items[0]))
        return found

    monkeypatch.setattr(Tables, "newest", meanwhile)
    with pytest.raises(rules.BadAnswer, match="记录被移走"):
        await talk.talk.platform.inventory("")


async def test_the_directory_comes_down_page_by_page_and_a_deleted_entry_counts_as_cancelled(
    world: World, library: FrontEnd, tmp_path: Path
) -> None:
    talk = await exchanging(world, library, tmp_path)
    for number in range(3):
        await library.publish(f"C{number}", 1, "I", f"上级事项{number}", f"00019900{number}000")
    page = await talk.talk.platform.catalogue("")
    assert [one.external_id for one in page.entries] == ["C0", "C1", "C2"]
    assert (await talk.talk.platform.catalogue(page.cursor)).entries == []
    await library._run("UPDATE dn_task_directory SET cd_operation = 'D', cd_time = localtimestamp - interval '0.5 s'"
                       " WHERE row_guid = 'C1'")  # fmt: skip
    (gone,) = (await talk.talk.platform.catalogue(page.cursor)).entries
    assert (gone.version > page.entries[1].version, gone.payload["DN_TASK_DIRECTORY"]["TASK_STATE"]) == (True, "3")


@pytest.mark.req("ZZ-46")
async def test_two_transports_at_once_the_one_that_is_away_for_long_delays_nothing_and_is_level_by_itself(
    world: World, library: FrontEnd, platform: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = settings.load().model_copy(
        update={"peer_seconds": 2.0, "peer_look_seconds": 0.02, "peer_pull_seconds": 0.05}
    )
    monkeypatch.setattr(settings, "load", lambda: quick)
    monkeypatch.setattr(rules, "RETRY_MOST", 0.05)  # a day of failures within a second
    list_id, items = await published(world, 4)
    tables = await exchanging(world, library, tmp_path, world.lists[list_id])
    requests = await exchange(world, platform, world.lists[list_id])
    (tmp_path / "peer.tables").write_text("postgresql://who@127.0.0.1:9/nowhere")
    await world.run("UPDATE qingdan.peer SET state = 'paused' WHERE NOT id = ANY (:ids)",
                    ids=[tables.partner.id, requests.partner.id])  # fmt: skip
    work = Tasks()
    await work.tick(world.engine)

    async def failed_for_long() -> bool:
        (row,) = await world.run("SELECT * FROM qingdan.peer_progress WHERE peer_id = :id", id=tables.partner.id)
        return row["failures"] > 20

    try:
        for number in range(3):
            await world.update(items[number : number + 1], name=f"停机期间第{number}次改名")
        await eventually(lambda: is_level(requests))
        await eventually(failed_for_long)
        assert await library.rows("up_task_general_basic") == []
        (tmp_path / "peer.tables").write_text(library.url)
        await eventually(lambda: is_level(tables))
    finally:
        await world.run("UPDATE qingdan.peer SET state = 'paused'")
        await work.tick(world.engine)
    assert await is_level(requests)


async def is_level(talk: Exchange) -> bool:
    """Both sides hold the same, and nothing is on its way."""
    found = await talk.compare()
    return (found["differences"], found["in_transit"]) == (0, 0)

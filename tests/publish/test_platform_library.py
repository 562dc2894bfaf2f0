"""The item library: read here by moments without losing or repeating, and spoken to where the platform keeps one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.simulator.running import SOURCE, Simulator, simulator
from services.publish.app import app
from services.publish.platform.library import repository, service
from services.publish.platform.rules import BadAnswer
from services.publish.platform.transports.contract import Address
from services.publish.platform.transports.item_library import ItemLibrary, LibraryOptions
from shared import settings
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import begin
from shared.settings import Settings
from tests.publish.platform_world import digest, exchange, findings, published, tasks
from tests.publish.subscribing import Subscriber, client_token
from tests.publish.world import World

PATH = "/publish/v1/item-library/items"
READER = Principal(new_id(), "library", "省事项库", None, (), client=True, scopes=frozenset({"item_library"}))


@pytest.fixture
def library(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A platform that keeps an item library."""
    made = Settings.model_validate({"database_url": database_url, "secrets_dir": tmp_path})
    monkeypatch.setattr(settings, "load", lambda: made)
    with simulator(tmp_path, transport="item_library") as running:
        yield running


class Reader:
    """A platform that pulls: what it has, and the moment it keeps between answers."""

    def __init__(self, world: World, kind: str, limit: int = 5) -> None:
        self.world, self.kind, self.limit = world, kind, limit
        self.since = 0
        self.has: dict[str, dict[str, Any]] = {}
        self.given: list[str] = []

    async def pull(self) -> int:
        """To the end; how many answers that took."""
        await service.advance(self.world.engine)
        for answers in range(1, 100):
            async with begin(self.world.engine, service="publish", actor="client:test") as tx:
                told = await service.changes(
                    tx, READER, since=self.since, kind=self.kind, region=None, limit=self.limit
                )
            assert self.since <= told.data.LASTTIMESTAMP
            assert len(told.data.items) == told.data.RETURNITEMSUNNUM
            for one in told.data.items:
                self.given.append(one["ITEM_ID"])
                if one["CD_OPERATION"] == "D":
                    self.has.pop(one["ITEM_ID"], None)
                else:
                    self.has[one["ITEM_ID"]] = one
            if self.since == told.data.LASTTIMESTAMP or not told.data.items:
                return answers
            self.since = told.data.LASTTIMESTAMP
        raise AssertionError("the pull does not end")


@pytest.mark.req("ZL-02")
async def test_a_platform_that_pulls_by_moments_gets_everything_once_though_all_of_it_shares_an_instant(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "SEGMENT", 4)
    list_id, items = await published(world, 23, hidden=["consult_phone"], consult_phone="020-8888")
    kind = world.lists[list_id]
    await world.run("UPDATE qingdan.feed_entry SET recorded_at = '2026-03-02T01:00:00Z' WHERE list_kind = :k", k=kind)
    reader = Reader(world, kind)
    assert await reader.pull() > 3
    assert sorted(reader.given) == sorted(str(item) for item in items)
    one = reader.has[str(items[0])]
    assert one["AUDIT_ITEM"]["TASK_NAME"] == "建设项目环境影响报告表审批0"
    assert one["AUDIT_MATERIAL"] == [{"MATERIAL_NAME": "环境影响报告表", "IS_NEED": "1", "ORDER_NUM": "1"}]
    assert "020-8888" not in str(reader.has)

    reader.given.clear()
    await world.update(items[:1], name="改名")
    await world.update(items[1:2], audience="staff")
    await world.update(items[2:3], handling_kind="not_in_any_vocabulary")
    # A clock that was set back loses nothing either.
    await world.run("UPDATE qingdan.feed_entry SET recorded_at = '2026-03-01T01:00:00Z' WHERE sequence > ("
                    " SELECT max(sequence) - 3 FROM qingdan.feed_entry)")  # fmt: skip
    await reader.pull()
    assert sorted(reader.given) == sorted(str(item) for item in items[:3])
    assert reader.has[str(items[0])]["AUDIT_ITEM"]["TASK_NAME"] == "改名"
    assert str(items[1]) not in reader.has
    assert "AUDIT_ITEM" not in reader.has[str(items[2])]
    assert "PROJECT_TYPE" in reader.has[str(items[2])]["REMARK"]
    reader.given.clear()
    await reader.pull()
    assert reader.given == []
    # A moment nobody was given: what followed the last one before it comes again, nothing is left out.
    reader.since -= 1
    await reader.pull()
    assert set(reader.given) >= {str(items[2])}


async def test_the_library_is_read_with_its_scope_and_bad_moments_are_refused(
    world: World, subscriber: Subscriber
) -> None:
    list_id, items = await published(world, 1)
    await service.advance(world.engine)
    headers = {"Authorization": f"Bearer {client_token(subscriber.configured, None, 'item_library')}"}
    told = await subscriber.portal.get(f"{PATH}?kind={world.lists[list_id]}&region=440100000000", headers=headers)
    assert told.status_code == 200, told.text
    assert told.json()["STATUS"] == {"CODE": "00", "TEXT": ""}
    assert [one["ITEM_ID"] for one in told.json()["data"]["list"]] == [str(items[0])]
    for wrong in ("LASTTIMESTAMP=-1", "LASTTIMESTAMP=9007199254740992", "LASTTIMESTAMP=x", "kind=%00", "limit=0"):
        answer = await subscriber.portal.get(f"{PATH}?{wrong}", headers=headers)
        assert answer.status_code == 422, wrong
    headers = {"Authorization": f"Bearer {client_token(subscriber.configured)}"}
    assert (await subscriber.portal.get(PATH, headers=headers)).json()["code"] == "insufficient_scope"
    assert (await subscriber.portal.get(PATH)).status_code == 401
    assert app.title


async def test_a_library_is_pushed_to_reviewed_by_and_compared_with(world: World, library: Simulator) -> None:
    library.say(lose=1, lie=1)
    list_id, items = await published(world, 12, questions=[{"question": "问", "answer": "答"}], online=True)
    talk = await exchange(
        world, library, world.lists[list_id], transport="item_library", options={}, batch_size=5, mirror=new_id()
    )  # fmt: skip
    await talk.drain()
    found = await talk.compare(repair=True)
    assert (found["missing"], found["repaired"]) == (1, 1), "one was acknowledged and not kept"
    await talk.drain()
    await talk.assert_equal()
    held = library.items()[str(items[3])]["content"]
    assert held["ROW"]["TASK_NAME"] == "建设项目环境影响报告表审批3"
    assert held["CHILDREN"]["AUDIT_ITEM_EXTEND"] == {"IS_ONLINE": "1"}

    library.say("/review", source=SOURCE, guid=str(items[3]), opinion="办理流程不完整")
    await talk.ask()
    (rejected,) = await talk.rows("rejected")
    assert (rejected["item_id"], rejected["err_type"], rejected["remark"]) == (items[3], "AUDIT4", "办理流程不完整")
    await digest(world)
    (finding,) = await findings(world, items[3])
    assert len(await tasks(world, finding["id"])) == 1
    await world.update(items[3:4], name="更正后的事项")
    await world.update(items[4:5], audience="staff")
    await talk.drain()
    assert not await talk.rows("rejected") or (await talk.rows("accepted"))[-1]
    assert str(items[4]) not in library.items()
    await talk.assert_equal()

    main = {"TASK_NAME": "上级目录事项", "CATALOG_CODE": "000199001000", "TASK_STATE": "1"}
    library.say("/catalogue", list=[{"ITEM_ID": "MU-1", "TASK_VERSION": 1, "AUDIT_ITEM": main}])
    await talk.ask()
    library.say(
        "/catalogue", list=[{"ITEM_ID": one, "TASK_VERSION": 1, "CD_OPERATION": "D"} for one in ("MU-1", "MU-2")]
    )
    await talk.ask()
    (pulled,) = await world.run("SELECT * FROM qingdan.pulled_entry WHERE peer_id = :id", id=talk.partner.id)
    assert (pulled["external_id"], pulled["version"], pulled["payload"]["AUDIT_ITEM"]) == ("MU-1", 3, main)
    assert (pulled["elements"]["name"], pulled["elements"]["state"]) == ("上级目录事项", "cancelled")


@pytest.mark.parametrize("ask", ["inventory", "feedback", "catalogue"])
async def test_a_library_whose_moments_go_in_circles_is_not_asked_without_end(ask: str) -> None:
    moments, asked = {"0": 7, "7": 5, "5": 7}, iter(range(20))

    async def answer(request: httpx.Request) -> httpx.Response:
        assert next(asked, None) is not None, "without end"
        told = {"list": [{"ITEM_ID": "MU-1", "TASK_VERSION": 1}],
                "LASTTIMESTAMP": moments[request.url.params["LASTTIMESTAMP"]]}  # fmt: skip
        return httpx.Response(200, json={"STATUS": {"CODE": "00", "TEXT": ""}, "data": told})

    async def to_the_end(reading: ItemLibrary) -> None:
        cursor = ""
        while (page := await getattr(reading, ask)(cursor)).cursor:
            cursor = page.cursor

    async with ItemLibrary(Address("http://library", SOURCE, None, 5, LibraryOptions())) as reading:
        reading._connection._http = httpx.AsyncClient(
            transport=httpx.MockTransport(answer), base_url="http://library"
        )  # fmt: skip
        with pytest.raises(BadAnswer, match="LASTTIMESTAMP"):
            await to_the_end(reading)


async def test_one_installation_reads_anothers_library(
    world: World, subscriber: Subscriber, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, items = await published(world, 2)
    await service.advance(world.engine)
    (tmp_path / "peer.up").write_text(client_token(subscriber.configured, None, "item_library"))
    address = Address("http://portal/publish/v1/item-library", SOURCE, tmp_path / "peer.up", 5, LibraryOptions())
    async with ItemLibrary(address) as reading:
        monkeypatch.setattr(reading._connection, "_http", subscriber.portal)
        subscriber.portal.base_url = f"{address.base_url}"
        try:
            await world.run("UPDATE qingdan.feed_entry SET list_kind = 'implementation' WHERE list_id = :l", l=list_id)
            page = await reading.catalogue("")
        finally:
            subscriber.portal.base_url = "http://portal"
    assert {one.external_id for one in page.entries} >= {str(item) for item in items}

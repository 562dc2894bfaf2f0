"""A list that mirrors a platform's catalogue: it follows, what depends on it follows, and nobody edits it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.simulator.running import Simulator, simulator
from services.catalog.lists import rules as list_rules
from services.catalog.mirrors.consumers import MIRRORS
from services.publish.platform import service
from services.publish.platform.mapping import Mapping
from services.publish.platform.peers import service as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.rules import BadAnswer
from shared import problems
from shared.identifiers import new_id
from shared.ledger import position
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from tests.catalog.linkage_fixtures import world
from tests.catalog.linkage_world import CITY, PROVINCE, World
from tests.publish.platform_world import ADMINISTRATOR, Exchange, exchange

__all__ = ["world"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Simulator]:
    with simulator(tmp_path) as running:
        yield running


def entry(number: int, version: int = 1, **columns: Any) -> dict[str, Any]:
    """An aggregate as the platform publishes it."""
    main = {"TASK_NAME": f"上级目录事项{number}", "CATALOG_CODE": f"44015{number:04d}000", "TASK_TYPE": "01",
            "USE_LEVEL": "2,3,4", "TASK_STATE": "1"}  # fmt: skip
    laws = [{"LAW_NAME": "广东省行政许可条例", "LAW_TYPE": "4", "CLAUSE_NUMBER": "第五条"}]
    return {"ITEM_ID": f"MU-{number}", "TASK_VERSION": version, "AUDIT_ITEM": main | columns, "AUDIT_ITEM_BYLAW": laws}


async def mirrored(world: World, platform: Simulator, *, state: str = "in_force") -> Exchange:
    """The province's catalogue list, empty and new, mirrored from the platform."""
    async with world.engine.begin() as connection:
        await position.register(connection, [MIRRORS.name], "catalog")
    list_id = new_id()
    region = await _region(world)
    await world.run(
        "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
        " VALUES (:id, 'base_catalogue', :region, '基本目录', :organ, :state)",
        id=list_id, region=region, organ=world.organs[PROVINCE], state=state,
    )  # fmt: skip
    talk = await exchange(world, platform, region=region, mirror=list_id)
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        refs = {"peer": talk.partner.code, "peer_id": str(talk.partner.id)}
        tx.append(NewEvent(type="peer.registered", list_id=list_id, refs=refs))
    await world.drain(MIRRORS)
    return talk


async def _region(world: World) -> str:
    """The province for the first test that asks, a region beside it for each later one."""
    taken = await world.rows("SELECT region_code FROM qingdan.list WHERE kind = 'base_catalogue'")
    if not taken:
        return PROVINCE
    code = f"45{len(taken):04d}000000"
    await world.run("INSERT INTO qingdan.region (code, name, level, kind) VALUES (:code, '广西', 'province',"
                    " 'administrative')", code=code)  # fmt: skip
    return code


async def follow(world: World, talk: Exchange) -> None:
    await talk.ask()
    await world.drain(MIRRORS)


async def shown(world: World, talk: Exchange) -> dict[str, dict[str, Any]]:
    """Elements by the id the platform gives an entry."""
    rows = await world.rows(
        "SELECT p.external_id, v.elements, i.version FROM qingdan.pulled_entry AS p"
        " JOIN qingdan.item AS i ON i.id = p.item_id"
        " JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version WHERE p.peer_id = :peer",
        peer=talk.partner.id,
    )
    return {row["external_id"]: dict(row["elements"]) | {"version": row["version"]} for row in rows}


@pytest.mark.req("ZL-02")
async def test_a_mirrored_list_follows_the_catalogue_and_permits_follow_it(world: World, platform: Simulator) -> None:
    talk = await mirrored(world, platform)
    (permit,) = await world.enter("permit", CITY, [world.permit(CITY, base_code="440150001000")])
    await world.drain()
    assert [row["item_id"] for row in await world.open_findings() if row["rule"] == "K20"] == [permit]
    platform.say("/catalogue", list=[entry(1), entry(2)])
    await follow(world, talk)
    assert (await shown(world, talk))["MU-1"] == {
        "name": "上级目录事项1", "base_code": "440150001000", "item_type": "01", "level": "2,3,4", "state": "in_use",
        "basis": [{"document": "广东省行政许可条例", "document_kind": "local_regulation", "article": "第五条",
                   "kind": "set"}], "version": 1,
    }  # fmt: skip
    left = [row for row in await world.open_findings() if row["rule"] == "K20"]
    assert not left, "now it is found there"
    platform.say("/catalogue", list=[entry(1, 2, TASK_STATE="3"), entry(2, 2, TASK_NAME="改名")])
    await follow(world, talk)
    now = await shown(world, talk)
    assert (now["MU-1"]["state"], now["MU-2"]["name"], now["MU-2"]["version"]) == ("cancelled", "改名", 2)
    told = await world.rows("SELECT type, reason, refs, adjustment_id FROM qingdan.event WHERE list_id = :list"
                            " AND type LIKE 'item.%' ORDER BY position", list=talk.partner.mirror)  # fmt: skip
    assert [row["type"] for row in told] == ["item.created", "item.cancelled", "item.updated"]
    assert all(row["reason"] and row["refs"]["origin"] == "mirror" and row["adjustment_id"] for row in told)


async def test_pages_out_of_order_and_again_leave_the_same_state(world: World, platform: Simulator) -> None:
    talk = await mirrored(world, platform)
    platform.say("/catalogue", list=[entry(10, 3, TASK_NAME="第三版"), entry(11), entry(12)])
    await follow(world, talk)
    platform.say("/catalogue", list=[entry(10, 2, TASK_NAME="迟到的第二版")])
    await follow(world, talk)
    before = await shown(world, talk)
    await world.run("UPDATE qingdan.peer_progress SET catalogue_cursor = '' WHERE peer_id = :id", id=talk.partner.id)
    await follow(world, talk)
    assert await shown(world, talk) == before
    assert (before["MU-10"]["name"], before["MU-10"]["version"]) == ("第三版", 1)


async def test_pages_are_pulled_to_the_end_when_many_entries_share_an_instant(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.publish.platform.transports.item_exchange.PAGE", 2)
    talk = await mirrored(world, platform)
    platform.say("/catalogue", list=[entry(number) | {"_apart": 0} for number in range(20, 25)])
    await follow(world, talk)
    assert len(await shown(world, talk)) == 5


async def test_bad_entries_are_shown_with_their_reason_and_stop_nothing(world: World, platform: Simulator) -> None:
    talk = await mirrored(world, platform)
    platform.say("/catalogue", list=[
        entry(30), entry(31, TASK_STATE="7"), entry(32, CATALOG_CODE="xyz"), entry(33) | {"AUDIT_ITEM": "?"},
        entry(34, CATALOG_CODE=entry(30)["AUDIT_ITEM"]["CATALOG_CODE"]), entry(35, TASK_NAME=""),
    ])  # fmt: skip
    await follow(world, talk)
    assert set(await shown(world, talk)) == {"MU-30"}
    refused = await world.rows(
        "SELECT p.external_id, coalesce(p.remark, r.message) AS remark FROM qingdan.pulled_entry AS p"
        " LEFT JOIN qingdan.mirror_refusal AS r ON r.item_id = p.item_id WHERE p.peer_id = :peer",
        peer=talk.partner.id,
    )
    reasons = {row["external_id"]: row["remark"] for row in refused}
    assert "代码“7”" in reasons["MU-31"]
    assert "AUDIT_ITEM" in reasons["MU-33"]
    assert "已由本清单的另一事项使用" in reasons["MU-34"]
    assert reasons["MU-32"]
    assert reasons["MU-35"]
    platform.say("/catalogue", list=[entry(32, 2)])
    await follow(world, talk)
    assert set(await shown(world, talk)) == {"MU-30", "MU-32"}
    left = await world.rows("SELECT item_id FROM qingdan.mirror_refusal WHERE peer_id = :peer", peer=talk.partner.id)
    assert len(left) == 2, "sound now: its refusal is gone"


async def test_a_profile_that_lacked_a_code_reads_the_refused_entries_once_it_is_completed(
    world: World, platform: Simulator
) -> None:
    talk = await mirrored(world, platform)
    platform.say("/catalogue", list=[entry(36), entry(37, TASK_STATE="7")])
    await follow(world, talk)
    assert set(await shown(world, talk)) == {"MU-36"}
    before = await shown(world, talk)
    document = talk.partner.mapping.model_dump(mode="json", exclude_defaults=True)
    (column,) = [one for one in document["catalogue"]["columns"] if one.get("column") == "TASK_STATE"]
    column["vocabulary"]["7"] = "suspended"
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        row = await peers.get(tx, ADMINISTRATOR, talk.partner.code, lock=True)
        row = await peers.set_mapping(tx, ADMINISTRATOR, row, Mapping.model_validate(document))
    talk.talk.partner = talk.partner = Partner.of(row)
    await follow(world, talk)
    now = await shown(world, talk)
    assert now.pop("MU-37")["state"] == "suspended"
    assert now == before, "what reads as before has no new version"


async def test_while_the_list_is_compiled_entries_come_as_an_import(world: World, platform: Simulator) -> None:
    talk = await mirrored(world, platform, state="compiling")
    platform.say("/catalogue", list=[entry(40)])
    await follow(world, talk)
    told = await world.rows("SELECT type FROM qingdan.event WHERE list_id = :list AND type LIKE 'item.%'",
                            list=talk.partner.mirror)  # fmt: skip
    assert [row["type"] for row in told] == ["item.imported"]


async def test_an_answer_that_cannot_be_read_moves_no_cursor(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await mirrored(world, platform)
    platform.say("/catalogue", list=[entry(50) | {"TASK_VERSION": "neu"}])
    with pytest.raises(BadAnswer, match="TASK_VERSION"):
        await service.pull_catalogue(talk.talk)
    (row,) = await world.rows("SELECT catalogue_cursor FROM qingdan.peer_progress WHERE peer_id = :id",
                              id=talk.partner.id)  # fmt: skip
    assert row["catalogue_cursor"] == ""


async def test_a_list_with_entries_of_its_own_never_becomes_a_mirror(world: World, platform: Simulator) -> None:
    talk = await mirrored(world, platform)
    other = await world.list_of("permit", CITY)
    await world.enter("permit", CITY, [world.permit(CITY)])
    await world.run("UPDATE qingdan.peer SET mirror_list_id = :list WHERE id = :id", list=other, id=talk.partner.id)
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        refs = {"peer": talk.partner.code, "peer_id": str(talk.partner.id)}
        tx.append(NewEvent(type="peer.updated", list_id=other, refs=refs))
    await world.drain(MIRRORS)
    rows = await world.rows("SELECT id, mirrored_from FROM qingdan.list WHERE id = ANY (:ids)",
                            ids=[other, talk.partner.mirror])  # fmt: skip
    assert {row["id"]: row["mirrored_from"] for row in rows} == {other: None, talk.partner.mirror: None}


async def test_nobody_compiles_a_mirrored_list() -> None:
    list_rules.check_own(None)
    with pytest.raises(problems.Conflict) as refused:
        list_rules.check_own(UUID(int=1))
    assert refused.value.code == "list_mirrored"

"""Supervision items go to the internet+supervision system with the permits they supervise, and follow the mapping."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.simulator.running import Simulator
from services.catalog.supervision import coverage
from services.catalog.supervision.mappings import service as mappings
from services.catalog.supervision.schemas import NewMappings
from services.publish.platform.links.consumers import LINKS
from services.publish.platform.mapping import built_in
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.service import Conversation
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.ledger import consume, position
from shared.ledger.transaction import begin
from tests.publish.platform_world import LOOPBACK, SECONDS, Exchange, digest, exchange, findings, published, tasks
from tests.publish.world import REGION, World
from tests.statements import counted

LEAD = Principal(new_id(), "lead", "牵头单位", None, (Grant("list_authority", REGION),))
SHEET = "permit_supervision_mapping"


async def supervised(world: World) -> tuple[list[UUID], list[UUID]]:
    """Two published permits with body and measures, and two published supervision items; nothing is linked."""
    stated = {"supervising_body": str(world.organ), "supervision_measures": ["日常巡查"]}
    permits = await world.new_list(kind="permit")
    _, permit_items = (
        permits,
        await world.add(permits, [world.elements(number, name=f"许可{number}", **stated) for number in (1, 2)]),
    )
    await world.enact(permits)
    supervision = await world.new_list(kind="internet_supervision")
    entries = [
        {"name": f"监管{number}", "supervision_code": f"011310000001{number:02d}",
         "state": "in_use", "handling_item": "",
         "supervising_body": str(world.organ), "base_code": f"000116{number:03d}000", "permit_name": f"许可{number}",
         "sub_items": [{"code": f"S{number}", "name": "检查"}]}
        for number in (1, 2)
    ]  # fmt: skip
    items = await world.add(supervision, entries)
    await world.enact(supervision)
    await world.publish()
    return permit_items, items


async def load(world: World, *rows: dict[str, str]) -> Any:
    """Lines of the mapping sheet, and what follows from them."""
    async with begin(world.engine, service="catalog", actor="account:test") as tx:
        told = await mappings.load(tx, LEAD, NewMappings(region_code=REGION, reason="梳理", rows=list(rows)))
    async with world.engine.begin() as connection:
        await position.register(connection, [LINKS.name], "publish")
    while await consume.step(world.engine, LINKS):
        pass
    return told


async def talking(world: World, platform: Simulator) -> Exchange:
    """The internet+supervision system as a peer."""
    talk = await exchange(world, platform, "internet_supervision")
    document = built_in("internet_supervision").model_dump(mode="json", exclude_defaults=True)
    async with begin(world.engine, service="publish", actor="account:test") as tx:
        row = await peers.change(tx.connection, talk.partner.id, {"mapping": document})
    partner = Partner.of(row)
    way = partner.way(Path(), SECONDS, LOOPBACK)
    return Exchange(world, platform, partner, Conversation(world.engine, partner, way, SECONDS, 500))


@pytest.mark.req("ZZ-58")
async def test_items_that_match_permits_are_put_into_the_system_and_follow_the_mapping_sheet(
    world: World, platform: Simulator
) -> None:
    permits, items = await supervised(world)
    talk = await talking(world, platform)
    await talk.drain()
    held = platform.items()
    assert set(held) == {str(item) for item in items}
    first = held[str(items[0])]["content"]
    assert (first["ROW"]["itemCode"], first["ROW"]["allowItemCode"]) == ("01131000000101", "000116001000")
    assert first["ROW"]["supervisionDept"] == "广州市生态环境局"
    assert first["CHILDREN"]["supervision_sub_item"][0]["mainItemCode"] == "01131000000101"
    assert SHEET not in first["CHILDREN"]

    lines = [{"supervision_code": "01131000000101", "base_code": f"00011600{number}000"} for number in (1, 2)]
    assert (await load(world, *lines)).created == 2
    await talk.drain()
    pairs = platform.items()[str(items[0])]["content"]["CHILDREN"][SHEET]
    assert [(one["allowItemCode"], one["allowItemName"]) for one in pairs] == [
        ("000116001000", "许可1"), ("000116002000", "许可2"),
    ]  # fmt: skip
    assert {row["state"] for row in await talk.rows()} == {"accepted"}
    assert len([row for row in await talk.rows() if row["item_id"] == items[1]]) == 1
    await talk.assert_equal()

    async with begin(world.engine, service="catalog", actor="account:test") as tx:
        told = await coverage.report(tx, REGION)
    assert told.permits_with_items.covered == told.permits_with_items.total == len(permits)
    await told_of_what_changes_at_the_other_end(world, platform, talk, permits[0], items)
    await refused_and_corrected(world, talk, items[0])


async def told_of_what_changes_at_the_other_end(
    world: World, platform: Simulator, talk: Exchange, permit: UUID, items: list[UUID]
) -> None:
    """A permit with another name is one in the rows of what supervises it, and once; reading on changes nothing."""
    await world.update([permit], name="许可改名")
    await talk.drain()
    pairs = platform.items()[str(items[0])]["content"]["CHILDREN"][SHEET]
    assert {one["allowItemName"] for one in pairs} == {"许可改名", "许可2"}
    before = len(await talk.rows())
    await world.run("UPDATE qingdan.peer_progress SET position = 0 WHERE peer_id = :peer", peer=talk.partner.id)
    await talk.drain()
    assert len(await talk.rows()) == before
    await talk.assert_equal()


async def refused_and_corrected(world: World, talk: Exchange, item: UUID) -> None:
    """What the system refuses is a finding with a task, until what it takes is published."""
    await world.update([item], supervision_code=None)
    await talk.drain()
    await digest(world)
    (row,) = await talk.rows("rejected")
    assert (row["item_id"], row["remark"]) == (item, "必填项 itemCode 为空")
    (finding,) = await findings(world, item)
    assert finding["rule"] == "P01"
    assert len(await tasks(world, finding["id"])) == 1
    await world.update([item], supervision_code="01131000000101")
    await talk.drain()
    await digest(world)
    assert {one["state"] for one in await findings(world, item)} == {"closed"}
    await talk.assert_equal()


async def test_a_peer_that_is_told_of_no_links_is_asked_no_more_than_before(world: World, platform: Simulator) -> None:
    list_id, _ = await published(world, 3)
    talk = await exchange(world, platform, world.lists[list_id])
    with counted(world.engine) as statements:
        await talk.drain()
    assert not [one for one in statements if "catalog_item_link_v1" in one]
    assert await load(world)
    await talk.drain()
    assert {row["task_version"] for row in await talk.rows()} == {1}

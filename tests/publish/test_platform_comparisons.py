"""Comparisons: lies, losses and histories of before a restore are found and put right."""

import pytest

from deploy.simulator.running import SOURCE, Simulator
from services.publish.platform import service
from services.publish.platform.rows import repository as rows
from services.publish.platform.rules import Verdict
from services.publish.platform.transports.contract import Batch
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from tests.publish.platform_world import begun, digest, findings
from tests.publish.world import World


async def test_a_lying_acknowledgement_is_found_by_the_comparison_and_repaired(
    world: World, platform: Simulator
) -> None:
    platform.say(lie=2)
    talk, items = await begun(world, platform, 4)
    assert {row["state"] for row in await talk.rows()} == {"accepted"}
    assert len(platform.items()) == 2
    found = await talk.compare()
    assert (found["differences"], found["missing"], found["repaired"]) == (2, 2, 0)
    found = await talk.compare(repair=True)
    assert found["repaired"] == 2
    await talk.drain()
    assert set(platform.items()) == {str(item) for item in items}
    await talk.assert_equal()


async def test_surplus_stale_and_foreign_entries_are_told_apart_and_put_right(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform, 4)
    columns = platform.items()[str(items[0])]["content"]["ROW"]
    tampered = {"TASK_GUID": str(items[0]), "ROW_GUID": "x", "TASK_VERSION": 9, "CD_OPERATION": "U",
                "ROW": columns | {"TASK_NAME": "被改动的名称"}, "CHILDREN": {}}  # fmt: skip
    stranger = tampered | {"TASK_GUID": str(new_id()), "ROW_GUID": "y", "TASK_VERSION": 1}
    foreign = tampered | {"TASK_GUID": "!0", "ROW_GUID": "z", "TASK_VERSION": 1}
    await talk.talk.platform.send(Batch("2099010100001", [tampered, stranger, foreign]))
    found = await talk.compare(repair=True)
    assert {key: found[key] for key in ("differs", "surplus", "foreign", "missing")} == {
        "differs": 1, "surplus": 1, "foreign": 1, "missing": 0,
    }  # fmt: skip
    await talk.drain()
    held = platform.items()
    assert held[str(items[0])]["version"] == 10, "above what the platform had"
    assert set(held) == {str(item) for item in items} | {"!0"}
    again = await talk.compare()
    assert (again["differences"], again["foreign"]) == (1, 1)


async def test_what_was_rejected_waits_for_a_correction_unless_asked_for(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform, 2)
    await world.update(items[:1], item_type="15")
    await talk.drain()
    found = await talk.compare(repair=True)
    assert (found["rejected"], found["differences"], found["repaired"]) == (1, 0, 0)
    found = await talk.compare(repair=True, include_rejected=True)
    assert found["repaired"] == 1


async def test_a_comparison_in_pieces_finds_the_same(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.publish.platform.comparisons.service.STRETCH", 3)
    monkeypatch.setattr("services.publish.platform.transports.item_exchange.INVENTORY_PAGE", 4)
    talk, items = await begun(world, platform, 11)
    for item in (items[0], items[5], items[10]):
        platform.say("/forget", source=SOURCE, guid=str(item))
    found = await talk.compare(repair=True)
    assert (found["compared"], found["equal"], found["missing"]) == (11, 8, 3)
    await talk.drain()
    await talk.assert_equal()


@pytest.mark.req("ZL-02")
async def test_after_a_restore_both_sides_are_compared_and_end_equal(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform)
    # What the platform took after the point that was restored: this installation knows nothing of it any more.
    await world.update(items[:1], name="恢复点之后的名称")
    await talk.drain()
    await world.run("DELETE FROM qingdan.peer_row WHERE peer_id = :peer AND task_version > 1", peer=talk.partner.id)
    await world.run("DELETE FROM qingdan.peer_batch WHERE peer_id = :peer", peer=talk.partner.id)
    await world.run("UPDATE qingdan.peer_progress SET last_batch = NULL WHERE peer_id = :peer", peer=talk.partner.id)
    platform.say("/forget", source=SOURCE, guid=str(items[1]))
    await world.update(items[:1], name="恢复之后的名称")
    await world.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=new_id())
    await talk.drain()
    assert platform.items()[str(items[0])]["content"]["ROW"]["TASK_NAME"] == "恢复之后的名称", "the feed is read on"
    queued = await world.run("SELECT id FROM qingdan.operation WHERE kind = 'platform_comparison' AND state = 'queued'")
    assert len(queued) == 1
    found = await talk.compare(repair=True)
    assert (found["differs"], found["missing"]) == (0, 1)
    await talk.drain()
    await talk.assert_equal()


@pytest.mark.req("ZL-02")
async def test_a_version_held_from_before_a_restore_is_overtaken_and_nobody_is_asked(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    for name in ("恢复点之后的名称", "恢复点之后的另一个名称"):
        await world.update(items[:1], name=name)
        await talk.drain()
    await world.run("DELETE FROM qingdan.peer_row WHERE peer_id = :peer AND task_version > 1", peer=talk.partner.id)
    await world.update(items[:1], name="恢复之后的名称")
    await talk.drain()
    held = platform.items()[str(items[0])]
    assert (held["version"], held["content"]["ROW"]["TASK_NAME"]) == (4, "恢复之后的名称")
    assert await talk.rows("rejected") == []
    await digest(world)
    assert await findings(world, items[0]) == []
    await talk.assert_equal()


async def test_the_same_content_under_a_version_of_another_history_is_sent_again(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    await world.update(items[:1], name="恢复点之后的名称")
    await talk.drain()
    await world.run("DELETE FROM qingdan.peer_row WHERE peer_id = :peer AND task_version > 1", peer=talk.partner.id)
    found = await talk.compare(repair=True)
    assert (found["differs"], found["repaired"]) == (1, 1)
    await talk.drain()
    (mine, *_) = sorted(await talk.rows("accepted"), key=lambda row: -row["task_version"])
    held = platform.items()[str(items[0])]
    assert (held["version"], held["row_guid"]) == (3, str(mine["row_guid"]))
    await talk.assert_equal()


async def test_a_platform_that_always_holds_a_newer_version_is_taken_at_its_word(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    platform.say(down=True)
    await world.update(items[:1], name="新名称")
    for _ in range(2):
        with pytest.raises(service.PeerFailure):
            await service.push(talk.talk)
        (row,) = await talk.rows("sending")
        refused = Verdict(str(row["row_guid"]), "E10", "版本过低", held=row["task_version"] + 3)
        async with begin(world.engine, service="publish", actor="system:test") as tx:
            await rows.answer(tx.connection, talk.partner.id, row["batch"], [refused], now=tx.now)
    mine = [row for row in await talk.rows() if row["item_id"] == items[0]]
    assert [(row["task_version"], row["state"]) for row in mine] == [
        (1, "accepted"),
        (2, "superseded"),
        (6, "rejected"),
    ]


async def test_what_got_another_version_since_it_was_looked_at_is_left_for_the_next_comparison(
    world: World, platform: Simulator
) -> None:
    talk, (item,) = await begun(world, platform, 1)
    (seen,) = await talk.rows()
    # Looked at while it was to be deleted there; published again and sent before the deletion is queued.
    await world.update([item], name="重新公布的名称")
    await talk.drain()
    async with begin(world.engine, service="publish", actor="system:test") as tx:
        late = (item, seen["list_id"], "D", 1, seen["task_version"])
        assert await rows.enqueue(tx.connection, talk.partner.id, [late], sequence=seen["sequence"]) == []
        present = (item, seen["list_id"], "U", 2, seen["task_version"] + 1)
        assert await rows.enqueue(tx.connection, talk.partner.id, [present], sequence=seen["sequence"]) == [item]
    await talk.drain()
    assert platform.items()[str(item)]["content"]["ROW"]["TASK_NAME"] == "重新公布的名称"


async def test_a_repair_is_told_of_what_was_queued_and_of_nothing_else(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform, 3)
    for item in items[:2]:
        platform.say("/forget", source=SOURCE, guid=str(item))
    await talk.compare(repair=True)
    # Both are on their way now: a second comparison finds nothing to queue.
    await talk.compare(repair=True)
    (told,) = [event for event in await world.events(["exchange.repaired"]) if event.refs["peer"] == talk.partner.code]
    assert (set(told.item_ids), told.refs["queued"]) == (set(items[:2]), 2)

"""The push: whatever goes wrong on the way, both sides end equal, and what is secret never leaves."""

import asyncio
import contextlib
import random
from pathlib import Path
from uuid import UUID

import pytest

from deploy.simulator.running import Simulator, simulator
from services.publish.platform import service
from services.publish.platform.transports.contract import Answer, Batch, BatchRefused, PeerFailure
from services.publish.platform.transports.item_exchange import ItemExchange
from tests.publish.platform_world import begun, exchange, published
from tests.publish.world import World
from tests.statements import counted

MISHAPS: dict[str, dict[str, object]] = {
    "lose": {"lose": 1},
    "fail": {"fail": 1, "fail_with": 503},
    "reset": {"fail": 1, "fail_with": "reset"},
}


@pytest.mark.req("ZL-02")
async def test_everything_published_is_pushed_in_batches_and_both_sides_are_equal(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform, 25, batch_size=10)
    assert set(platform.items()) == {str(item) for item in items}
    numbers = [number for number, _ in platform.seen()]
    assert [rows for _, rows in platform.seen()] == [10, 10, 5]
    assert [number[8:] for number in numbers] == ["00001", "00002", "00003"]
    columns = platform.items()[str(items[0])]["content"]["ROW"]
    assert columns["TASK_NAME"] == "建设项目环境影响报告表审批0"
    assert (columns["ANTICIPATE_DAY"], columns["ANTICIPATE_TYPE"], columns["TASK_STATE"]) == ("30", "1", "1")
    await talk.assert_equal()


async def test_a_change_rises_the_version_and_a_cancelled_item_stays_with_its_state(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    await world.update(items[:1], name="改名后的事项")
    await talk.drain()
    await world.change(items[:1], state="cancelled")
    await world.tell(world.event("item.cancelled", items[:1]))
    await world.publish()
    await talk.drain()
    held = platform.items()[str(items[0])]
    assert held["version"] == 3
    assert held["content"]["ROW"] | {"TASK_NAME": "改名后的事项", "TASK_STATE": "3"} == held["content"]["ROW"]
    assert [row["operation"] for row in await talk.rows() if row["item_id"] == items[0]] == ["I", "U", "U"]
    await talk.assert_equal()


async def test_changes_that_wait_coalesce_into_the_newest(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform)
    for number in range(5):
        await world.update(items[:1], name=f"第{number}次改名")
    await talk.drain()
    assert platform.items()[str(items[0])]["content"]["ROW"]["TASK_NAME"] == "第4次改名"
    assert platform.items()[str(items[0])]["version"] == 2
    await talk.assert_equal()


async def test_a_response_lost_after_the_platform_applied_it_is_asked_for_again_under_the_same_number(
    world: World, platform: Simulator
) -> None:
    platform.say(lose=2)
    talk, items = await begun(world, platform)
    assert [number[8:] for number, _ in platform.seen()] == ["00001"] * 3
    assert {row["state"] for row in await talk.rows()} == {"accepted"}
    assert {row["task_version"] for row in await talk.rows()} == {1}
    assert len(platform.items()) == len(items)
    await talk.assert_equal()


async def test_a_change_made_while_an_answer_was_lost_comes_after_it(world: World, platform: Simulator) -> None:
    list_id, items = await published(world, 2)
    talk = await exchange(world, platform, world.lists[list_id])
    platform.say(lose=1)
    with pytest.raises(PeerFailure):
        await service.push(talk.talk)
    await world.update(items[:1], name="答复丢失期间的改名")
    await talk.drain()
    held = platform.items()[str(items[0])]
    assert (held["version"], held["content"]["ROW"]["TASK_NAME"]) == (2, "答复丢失期间的改名")
    await talk.assert_equal()


@pytest.mark.parametrize("how", [500, 503, "reset"])
async def test_a_failing_platform_gets_everything_when_it_is_back(
    world: World, platform: Simulator, how: int | str
) -> None:
    platform.say(fail=3, fail_with=how)
    talk, _ = await begun(world, platform)
    assert {row["state"] for row in await talk.rows()} == {"accepted"}
    await talk.assert_equal()


async def test_a_platform_that_was_killed_remembers_what_it_took(world: World, platform: Simulator) -> None:
    talk, items = await begun(world, platform)
    platform.kill()
    await world.update(items[:1], name="停机期间的改名")
    with pytest.raises(PeerFailure):
        await service.push(talk.talk)
    platform.restart()
    await talk.drain()
    await talk.assert_equal()


async def test_what_the_staff_alone_may_see_never_leaves(world: World, platform: Simulator) -> None:
    list_id, items = await published(world, 2, hidden=["consult_phone"], consult_phone="020-88888888")
    (secret,) = await world.add(list_id, [world.elements(99, name="涉密事项", audience="staff")])
    await world.tell(world.event("item.created", [secret]))
    await world.publish()
    talk = await exchange(world, platform, world.lists[list_id])
    await talk.drain()
    held = platform.items()
    assert set(held) == {str(item) for item in items}
    assert "020-88888888" not in str(held)
    await talk.assert_equal()


async def test_an_item_that_becomes_secret_is_taken_back_even_out_of_a_batch_that_is_on_its_way(
    world: World, platform: Simulator
) -> None:
    talk, items = await begun(world, platform)
    await world.update(items[:1], name="即将转为内部的名称")
    platform.say(fail=1)
    with pytest.raises(PeerFailure):
        await service.push(talk.talk)
    await world.update(items[:1], audience="staff")
    await talk.drain()
    assert str(items[0]) not in platform.items()
    assert "即将转为内部的名称" not in str(platform.items())
    await talk.assert_equal()


async def test_lists_of_other_kinds_and_regions_are_not_sent(world: World, platform: Simulator) -> None:
    list_id, _ = await published(world, 1)
    await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    await talk.drain()
    assert len(platform.items()) == 1


async def test_a_value_without_a_code_in_the_profile_is_rejected_here_and_stops_nothing(
    world: World, platform: Simulator
) -> None:
    list_id, items = await published(world, 2)
    await world.update(items[:1], handling_kind="not_in_any_vocabulary")
    talk = await exchange(world, platform, world.lists[list_id])
    await talk.drain()
    (rejected,) = await talk.rows("rejected")
    assert (rejected["item_id"], rejected["err_type"]) == (items[0], "UNMAPPED")
    assert "PROJECT_TYPE" in rejected["remark"]
    assert set(platform.items()) == {str(items[1])}


async def test_the_credential_is_read_from_its_file_each_time(world: World, tmp_path: Path) -> None:
    with simulator(tmp_path / "guarded", token="geheim-1") as guarded:
        list_id, items = await published(world, 1)
        secret = tmp_path / "peer.guarded"
        talk = await exchange(world, guarded, world.lists[list_id], secret=secret)
        with pytest.raises(PeerFailure, match=r"peer\.guarded"):
            await service.push(talk.talk)
        secret.write_text("wrong\n")
        with pytest.raises(PeerFailure, match="401"):
            await service.push(talk.talk)
        secret.write_text("geheim-1\n")
        await talk.drain()
        assert set(guarded.items()) == {str(items[0])}
        log = await world.run("SELECT CAST(refs AS text) AS refs FROM qingdan.event WHERE type LIKE 'exchange.%'")
        assert "geheim" not in str(log)


async def test_two_workers_do_not_send_the_same_batch_at_once(world: World, platform: Simulator) -> None:
    list_id, _ = await published(world, 1)
    talk = await exchange(world, platform, world.lists[list_id])
    platform.say(delay=0.5)
    sent = await asyncio.gather(*(service.push(talk.talk) for _ in range(3)))
    assert sorted(sent, key=bool) == [None, None, True]
    assert len(platform.seen()) == 1


async def test_a_row_the_platform_chokes_on_is_found_and_the_others_go_on(
    world: World, platform: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id, items = await published(world, 9)
    talk = await exchange(world, platform, world.lists[list_id])
    honest = ItemExchange.send

    async def choking(self: ItemExchange, batch: Batch) -> Answer:
        if any(row["TASK_GUID"] == str(items[4]) for row in batch.rows):
            raise BatchRefused("平台拒收（HTTP 400）", 400)
        return await honest(self, batch)

    monkeypatch.setattr(ItemExchange, "send", choking)
    await talk.drain()
    (rejected,) = await talk.rows("rejected")
    assert (rejected["item_id"], rejected["err_type"]) == (items[4], "HTTP400")
    assert len(platform.items()) == 8


async def test_a_batch_costs_a_few_statements_however_many_rows(world: World, platform: Simulator) -> None:
    list_id, _ = await published(world, 60)
    talk = await exchange(world, platform, world.lists[list_id])
    with counted(world.engine) as sent:
        await service.push(talk.talk)
    assert len(sent) <= 12, sent


@pytest.mark.parametrize("seed", range(3))
async def test_any_interleaving_of_changes_losses_and_retries_ends_equal(
    world: World, platform: Simulator, seed: int
) -> None:
    chance = random.Random(seed)
    list_id, items = await published(world, 4)
    talk = await exchange(world, platform, world.lists[list_id], batch_size=3)
    for number in range(30):
        step = chance.choice(["change", "change", "push", "lose", "fail", "reset", "secret", "again"])
        item = chance.choice(items)
        if step == "change":
            await world.update([item], name=f"第{number}步改名")
        elif step == "secret":
            hidden = world.current[item].get("audience") == "staff"
            await world.update([item], audience="public" if hidden else "staff")
        elif step == "again":
            # The feed may be read again from any point.
            await world.run("UPDATE qingdan.peer_progress SET position = 0 WHERE peer_id = :id", id=talk.partner.id)
        else:
            platform.say(**MISHAPS.get(step, {}))
            with contextlib.suppress(PeerFailure):
                await service.push(talk.talk)
    platform.say(lose=0, fail=0)
    await talk.drain()
    shown = {str(item) for item in items if world.current[item].get("audience") != "staff"}
    assert set(platform.items()) == shown
    for item in shown:
        name = platform.items()[item]["content"]["ROW"]["TASK_NAME"]
        assert name == world.current[UUID(item)]["name"]
    versions = [row["task_version"] for row in await talk.rows() if row["item_id"] == items[0]]
    assert versions == sorted(set(versions))
    await talk.assert_equal()

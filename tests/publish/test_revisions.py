"""Revisions: what a batch of events becomes, exactly once, and what is never sent."""

from datetime import timedelta

import orjson
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services.publish.revisions.consumers import PUBLICATION
from shared.identifiers import new_id
from shared.ledger import consume
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from tests.publish.world import BORN, World
from tests.statements import counted


async def test_enacting_a_list_publishes_all_of_it_as_revision_one(world: World) -> None:
    list_id, items = await world.enacted(5)
    published = await world.list_state(list_id)
    assert (published["revision"], published["entries"]) == (1, 5)
    rows = await world.run("SELECT item_id FROM qingdan.published_item WHERE list_id = :id ORDER BY 1", id=list_id)
    assert [row["item_id"] for row in rows] == sorted(items)
    revision = (await world.run("SELECT * FROM qingdan.list_revision WHERE list_id = :id", id=list_id))[0]
    assert revision["decision"]["number"] == "穗府〔2026〕1号"


async def test_a_list_that_is_still_compiled_is_not_published(world: World) -> None:
    list_id = await world.new_list()
    items = await world.add(list_id, [world.elements(1)])
    await world.tell(world.event("item.created", items))
    await world.publish()
    assert await world.list_state(list_id) is None
    assert await world.feed(list_id) == []


async def test_one_change_in_six_lists_is_one_revision_of_each_in_few_statements(world: World) -> None:
    six = [await world.enacted(20) for _ in range(6)]
    adjustment = new_id()
    for _, items in six:
        await world.change(items[:1], name="建设项目环评审批", adjustment=adjustment)
    await world.tell(*(world.event("item.updated", items[:1], adjustment_id=adjustment) for _, items in six))
    with counted(world.engine) as statements:
        await world.publish()
    # Look, lease with the batch; lists, candidates, organs, what is shown, revisions; append with the position; look
    # again, settle.
    assert len(statements) <= 10, statements
    for list_id, _ in six:
        published = await world.list_state(list_id)
        assert published["revision"] == 2
        last = (await world.feed(list_id))[-1]
        assert (last["type"], last["changed"], last["adjustment_id"]) == ("item.updated", ["name"], adjustment)


async def test_waiting_changes_of_an_item_coalesce_into_one_revision(world: World) -> None:
    list_id, items = await world.enacted(2)
    for number in range(3):
        await world.change(items[:1], name=f"名称{number}")
        await world.tell(world.event("item.updated", items[:1]))
    await world.publish()
    assert (await world.list_state(list_id))["revision"] == 2
    rows = await world.run(
        "SELECT name, version, from_revision, to_revision FROM qingdan.published_item WHERE item_id = :id ORDER BY 3",
        id=items[0],
    )
    assert [(row["version"], row["from_revision"], row["to_revision"]) for row in rows] == [(1, 1, 2), (4, 2, None)]
    assert rows[-1]["name"] == "名称2"


async def test_a_cancelled_item_stays_visible_as_cancelled(world: World) -> None:
    list_id, items = await world.enacted(1)
    await world.change(items, state="cancelled")
    await world.tell(world.event("item.cancelled", items))
    await world.publish()
    assert (await world.list_state(list_id))["entries"] == 1
    row = (
        await world.run("SELECT * FROM qingdan.published_item WHERE item_id = :i AND to_revision IS NULL", i=items[0])
    )[0]
    assert row["state"] == "cancelled"
    assert orjson.loads(row["body"])["state"] == "cancelled"
    assert (await world.feed(list_id))[-1]["type"] == "item.cancelled"


async def test_a_change_nobody_outside_can_see_makes_no_revision_and_no_feed_entry(world: World) -> None:
    list_id, items = await world.enacted(1, hidden=["internal_note"])
    before = await world.feed(list_id)
    await world.update(items, internal_note="内部批注")
    assert (await world.list_state(list_id))["revision"] == 1
    assert await world.feed(list_id) == before


async def test_taking_the_same_events_again_changes_nothing(world: World) -> None:
    list_id, items = await world.enacted(3)
    await world.update(items, name="新名称")
    before = (await world.list_state(list_id), await world.feed(list_id))
    await world.run("UPDATE qingdan.consumer SET position = 0 WHERE name = 'publication'")
    await world.publish()
    assert (await world.list_state(list_id), await world.feed(list_id)) == before


async def test_the_feed_is_numbered_without_gaps_and_every_entry_has_an_id_of_its_own(world: World) -> None:
    _, items = await world.enacted(4)
    await world.update(items, name="新名称")
    rows = await world.run("SELECT sequence, id FROM qingdan.feed_entry ORDER BY sequence")
    assert [row["sequence"] for row in rows] == list(range(1, len(rows) + 1))
    assert len({row["id"] for row in rows}) == len(rows)


async def test_what_was_published_is_told_in_the_ledger_with_revision_and_hash(world: World) -> None:
    list_id, items = await world.enacted(2)
    adjustment = new_id()
    await world.change(items, name="新名称", adjustment=adjustment)
    await world.tell(world.event("item.updated", items, adjustment_id=adjustment))
    await world.publish()
    told = await world.events(["list.published"])
    last = [one for one in told if one.list_id == list_id][-1]
    state = await world.list_state(list_id)
    number = last.refs["publication"]
    assert last.refs == {"revision": 2, "hash": state["hash"].hex(), "entries": 2, "publication": number}
    assert last.adjustment_id == adjustment
    assert last.actor == "system:publication"


async def test_an_event_that_names_no_existing_version_is_parked_and_the_others_are_published(world: World) -> None:
    list_id, items = await world.enacted(2)
    await world.change(items[1:], name="新名称")
    await world.tell(world.event("item.updated", items[:1], versions=[9]), world.event("item.updated", items[1:]))
    await world.publish()
    parked = await world.run("SELECT item_id, error_code FROM qingdan.parked WHERE item_id = :id", id=items[0])
    assert [row["error_code"] for row in parked] == ["unknown_version"]
    assert (await world.list_state(list_id))["revision"] == 2


async def test_a_named_edition_pins_the_revision_that_stands_when_it_is_named(world: World) -> None:
    list_id, items = await world.enacted(1)
    await world.change(items, name="第二版名称")
    await world.tell(
        world.event("item.updated", items),
        NewEvent(
            type="list.edition_named", list_kind=world.lists[list_id], list_id=list_id, refs={"edition": "2026版"}
        ),
    )
    await world.change(items, name="第三版名称")
    await world.tell(world.event("item.updated", items))
    await world.publish()
    editions = await world.run("SELECT name, revision FROM qingdan.list_edition WHERE list_id = :id", id=list_id)
    assert [(row["name"], row["revision"]) for row in editions] == [("2026版", 2)]
    assert (await world.list_state(list_id))["revision"] == 3


async def test_a_new_name_of_an_organ_is_published_without_a_new_version(world: World) -> None:
    list_id, items = await world.enacted(2)
    await world.run("UPDATE qingdan.organ SET name = '广州市环境局' WHERE id = :id", id=world.organ)
    await world.tell(NewEvent(type="organ.updated", elements=["name"], refs={"organs": [str(world.organ)]}))
    await world.publish()
    last = (await world.feed(list_id))[-1]
    assert (last["changed"], last["version"], last["revision"]) == (["implementing_body"], 1, 2)
    assert len(items) == 2


@pytest.mark.parametrize("count", [2_500])
async def test_a_large_list_is_enacted_in_chunks_but_as_one_revision(world: World, count: int) -> None:
    list_id = await world.new_list()
    await world.add(list_id, [world.elements(number % 1000) for number in range(count)])
    await world.enact(list_id)
    await world.publish()
    state = await world.list_state(list_id)
    assert (state["revision"], state["entries"]) == (1, count)


async def test_an_unseen_rollback_leaves_no_trace(world: World) -> None:
    list_id, items = await world.enacted(1)
    await world.change(items, name="新名称", at=BORN + timedelta(days=30))
    told = world.event("item.updated", items)
    await world.tell(told)
    async with world.engine.connect() as connection:
        tx = Transaction(connection, service="publish", actor="system:publication")
        events = [one for one in await world.events(PUBLICATION.types) if one.id == told.id]
        await PUBLICATION.effect(tx, events)
        await connection.rollback()
    assert (await world.list_state(list_id))["revision"] == 1
    await world.publish()
    assert (await world.list_state(list_id))["revision"] == 2


async def test_the_rights_of_its_own_role_are_enough_to_publish_and_to_withdraw(
    world: World, database_url: str
) -> None:
    list_id, items = await world.enacted(2)
    url = make_url(database_url).set(drivername="postgresql+asyncpg")
    settings = {"role": "qingdan_publish", "search_path": "qingdan"}
    own = create_async_engine(url, connect_args={"server_settings": settings})
    await world.change(items[:1], audience="staff")
    await world.change(items[1:], name="新名称")
    await world.tell(world.event("item.updated", items[:1]), world.event("item.updated", items[1:]))
    while await consume.step(own, PUBLICATION):
        pass
    await own.dispose()
    state = await world.list_state(list_id)
    assert (state["revision"], state["entries"]) == (2, 1)


async def test_an_adjustment_is_said_to_be_public_once_all_it_changed_is_even_where_nobody_sees_a_difference(
    world: World,
) -> None:
    list_id, items = await world.enacted(2)
    adjustment, unseen = new_id(), new_id()
    await world.change(items[:1], name="建设项目环评审批", adjustment=adjustment)
    await world.change(items[1:], handling_note="内部说明", adjustment=unseen)
    lists = {"lists": {str(list_id): 1}}
    await world.tell(
        world.event("item.updated", items[:1], adjustment_id=adjustment),
        NewEvent(type="adjustment.applied", item_ids=items[:1], adjustment_id=adjustment, refs=lists),
        world.event("item.updated", items[1:], adjustment_id=unseen),
        NewEvent(type="adjustment.applied", item_ids=items[1:], adjustment_id=unseen, refs=lists),
    )
    before = (await world.list_state(list_id))["revision"]
    await world.publish()
    assert (await world.list_state(list_id))["revision"] == before + 1, "one revision for both"
    told = await world.run(
        "SELECT adjustment_id, refs::text AS refs FROM qingdan.event WHERE type = 'adjustment.published'"
        " AND adjustment_id = ANY (CAST(:ids AS uuid[])) ORDER BY position",
        ids=[adjustment, unseen],
    )
    assert [row["adjustment_id"] for row in told] == [adjustment, unseen]
    assert all(str(list_id) in row["refs"] for row in told)
    await world.publish()
    again = await world.run("SELECT count(*) AS n FROM qingdan.event WHERE type = 'adjustment.published'")
    assert again[0]["n"] == 2

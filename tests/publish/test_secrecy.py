"""What is marked secret leaves through no way out: entry, page, search, count, code, history, feed, open data, hash."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from services.catalog.kinds.jobs import settle_days
from services.publish.app import app
from shared import clock
from shared.ledger.envelope import NewEvent
from shared.settings import Settings
from tests.publish.world import World

API = "/publish/v1"
SECRET = "涉密内容甲乙丙"


async def everything(portal: httpx.AsyncClient, list_id: UUID, item_id: UUID) -> str:
    """All that the public can read about a list and an item, as one text."""
    texts = []
    after = 0
    while True:
        answer = await portal.get(f"{API}/feed", params={"after": after, "limit": 500})
        texts.append(answer.text)
        after = int(answer.headers["qingdan-next"])
        if not answer.json():
            break
    revisions = (await portal.get(f"{API}/lists/{list_id}/revisions")).json()["items"]
    paths = [f"{API}/lists/{list_id}/open-data?revision={one['revision']}" for one in revisions]
    paths += [f"{API}/lists/{list_id}/hash?revision={one['revision']}" for one in revisions]
    paths += [f"{API}/items/{item_id}", f"{API}/items/{item_id}/history", f"{API}/lists", f"{API}/lists/{list_id}"]
    paths += [f"{API}/lists/{list_id}/items?cursor={cursor}" for cursor in _cursors(revisions)]
    for path in paths:
        texts.append((await portal.get(path)).text)
    return "\n".join(texts)


def _cursors(revisions: list[dict]) -> list[str]:
    from services.publish.portal.parameters import Place

    return [Place(one["revision"], UUID(int=0)).encode() for one in revisions]


@pytest.mark.req("HB-34")
async def test_an_element_marked_non_public_appears_nowhere(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(2, hidden=["internal_note", "level"], internal_note=SECRET, level="7")
    await world.update(items[:1], internal_note=SECRET + "丁", name="新名称")
    text = await everything(portal, list_id, items[0])
    assert "新名称" in text
    assert SECRET not in text
    assert "internal_note" not in text
    page = (await portal.get(f"{API}/lists/{list_id}/items", params={"level": "7", "count": "exact"})).json()
    assert (page["count"], page["items"]) == (0, [])
    page = (await portal.get(f"{API}/lists/{list_id}/items", params={"q": SECRET})).json()
    assert page["items"] == []


async def test_an_item_for_the_staff_only_is_never_published_and_never_told(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id = await world.new_list()
    shown, secret = await world.add(list_id, [world.elements(1), world.elements(2, audience="staff", name=SECRET)])
    await world.enact(list_id)
    await world.publish()
    await world.update([secret], name=SECRET + "丁")
    text = await everything(portal, list_id, secret)
    assert SECRET not in text
    assert str(secret) not in text.replace(f"{API}/items/{secret}", "")
    state = await world.list_state(list_id)
    assert (state["entries"], state["revision"]) == (1, 1)
    assert (await portal.get(f"{API}/items/{shown}")).status_code == 200
    assert (
        await portal.get(f"{API}/items/by-code/000116002000", params={"kind": world.lists[list_id]})
    ).status_code == 404
    valid = (await portal.get(f"{API}/codes/000116002000", params={"kind": world.lists[list_id]})).json()
    assert valid["entries"] == []


async def test_an_item_that_becomes_secret_leaves_every_revision_and_is_withdrawn_in_the_feed(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(3)
    await world.update(items[:1], name=SECRET)
    await world.change(items[:1], audience="staff")
    await world.tell(world.event("item.updated", items[:1]))
    await world.publish()
    text = await everything(portal, list_id, items[0])
    assert SECRET not in text
    assert (await portal.get(f"{API}/items/{items[0]}")).status_code == 404
    assert (await portal.get(f"{API}/items/{items[0]}/history")).status_code == 404
    state = await world.list_state(list_id)
    assert (state["revision"], state["entries"]) == (3, 2)
    revisions = (await portal.get(f"{API}/lists/{list_id}/revisions")).json()["items"]
    assert [(one["revision"], one["purged"]) for one in revisions] == [(3, 0), (2, 1), (1, 1)]
    feed = await world.feed(list_id)
    answer = await portal.get(f"{API}/feed", params={"after": feed[0]["sequence"] - 1, "limit": 500})
    about = [event for event in answer.json() if event["subject"].endswith(str(items[0]))]
    # Same events, same numbers, nothing in them any more.
    assert [event["type"] for event in about] == ["cn.qingdan.item.withdrawn.v1"] * 3
    assert all("data" not in event for event in about)


async def test_a_withdrawn_item_stays_away_when_its_events_are_taken_again(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(2)
    await world.update(items[:1], audience="staff")
    before = await world.list_state(list_id)
    await world.run("UPDATE qingdan.consumer SET position = 0 WHERE name = 'publication'")
    await world.publish()
    assert await world.list_state(list_id) == before
    assert (await portal.get(f"{API}/items/{items[0]}")).status_code == 404


async def test_an_item_that_is_public_again_shows_nothing_from_its_secret_time(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1)
    await world.change(items, audience="staff", name=SECRET)
    await world.tell(world.event("item.updated", items))
    await world.change(items, audience="public", name="重新公开")
    await world.tell(world.event("item.updated", items))
    await world.publish()
    text = await everything(portal, list_id, items[0])
    assert SECRET not in text
    assert (await portal.get(f"{API}/items/{items[0]}")).json()["elements"]["name"] == "重新公开"
    assert len((await portal.get(f"{API}/items/{items[0]}/history")).json()["items"]) == 1


async def test_an_element_that_becomes_secret_leaves_every_revision(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(2, internal_note=SECRET)
    await world.update(items[:1], name="新名称")
    kind = world.lists[list_id]
    await world.new_profile(kind, ["internal_note"])
    await world.tell(NewEvent(type="profile.versioned", list_kind=kind))
    await world.publish()
    text = await everything(portal, list_id, items[0])
    assert "新名称" in text
    assert SECRET not in text
    state = await world.list_state(list_id)
    assert state["revision"] == 3
    revisions = (await portal.get(f"{API}/lists/{list_id}/revisions")).json()["items"]
    assert [(one["revision"], one["purged"]) for one in revisions] == [(3, 0), (2, 2), (1, 2)]
    last = (await world.feed(list_id))[-1]
    assert (last["type"], last["changed"]) == ("item.updated", ["internal_note"])


async def test_an_element_that_will_be_secret_later_is_hidden_already(world: World, portal: httpx.AsyncClient) -> None:
    list_id, items = await world.enacted(1, internal_note=SECRET)
    kind = world.lists[list_id]
    await world.new_profile(kind, ["internal_note"])
    await world.run(
        "UPDATE qingdan.element_profile SET valid_from = '2190-01-01' WHERE kind = :k AND number = 2", k=kind
    )
    await world.tell(NewEvent(type="profile.versioned", list_kind=kind))
    await world.publish()
    assert SECRET not in await everything(portal, list_id, items[0])


async def test_an_element_that_is_public_from_a_later_day_is_shown_on_that_day_and_said_once(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1, hidden=["internal_note"], internal_note="此后公开")
    kind = world.lists[list_id]
    await settle_days(world.engine)
    await world.new_profile(kind, [])
    day = clock.now().astimezone(clock.ZONE).date() + timedelta(days=1)
    await world.run("UPDATE qingdan.element_profile SET valid_from = :d WHERE kind = :k AND number = 2", k=kind, d=day)
    await settle_days(world.engine)
    await world.publish()
    assert "internal_note" not in (await portal.get(f"{API}/items/{items[0]}")).json()["elements"]
    then = clock.now() + timedelta(days=1)
    clock.use(lambda: then)
    try:
        await settle_days(world.engine)
        await settle_days(world.engine)
        await world.publish()
    finally:
        clock.use(None)
    told = [event for event in await world.events(["profile.versioned"]) if event.list_kind == kind]
    assert [event.refs for event in told] == [{"number": 1}, {"number": 2}]
    assert (await portal.get(f"{API}/items/{items[0]}")).json()["elements"]["internal_note"] == "此后公开"
    last = (await world.feed(list_id))[-1]
    assert (last["type"], last["changed"]) == ("item.updated", ["internal_note"])


async def test_an_element_that_becomes_public_is_shown_as_it_is_and_not_as_it_was_published(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(2, hidden=["internal_note"], internal_note="原内容")
    await world.update(items, internal_note="现内容")
    assert (await world.list_state(list_id)).revision == 1
    await world.new_profile(world.lists[list_id], [])
    await world.tell(NewEvent(type="profile.versioned", list_kind=world.lists[list_id]))
    await world.change(items[:1], internal_note="此后的内容")
    await world.tell(world.event("item.updated", items[:1]))
    await world.publish()
    shown = [(await portal.get(f"{API}/items/{item}")).json() for item in items]
    assert [(one["version"], one["elements"]["internal_note"]) for one in shown] == [(3, "此后的内容"), (2, "现内容")]
    told = [(row["item_id"], row["version"]) for row in await world.feed(list_id) if row["type"] == "item.updated"]
    assert told == [(items[0], 2), (items[1], 2), (items[0], 3)], "each when it was decided"


async def test_what_a_profile_of_a_later_day_hides_stays_hidden_though_another_was_added_since(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1, internal_note=SECRET)
    kind = world.lists[list_id]
    await world.new_profile(kind, ["internal_note"])
    await world.run(
        "UPDATE qingdan.element_profile SET valid_from = '2190-01-01' WHERE kind = :k AND number = 2", k=kind
    )
    await world.new_profile(kind, [])
    await world.tell(NewEvent(type="profile.versioned", list_kind=kind))
    await world.publish()
    assert SECRET not in await everything(portal, list_id, items[0])


@pytest.mark.req("HB-34")
async def test_what_is_hidden_of_one_type_leaves_earlier_revisions_though_the_type_is_hidden_as_well(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1, hidden=["item_type"], internal_note=SECRET)
    await world.update(items, name="新名称", internal_note=None)
    kind = world.lists[list_id]
    await world.run(
        "INSERT INTO qingdan.element_profile (id, kind, item_type, number, valid_from, elements)"
        " VALUES (gen_random_uuid(), :kind, '01', 2, '2020-01-01',"
        ' \'[{"key": "internal_note", "public": false}]\')',
        kind=kind,
    )
    await world.tell(NewEvent(type="profile.versioned", list_kind=kind))
    await world.publish()
    assert SECRET not in await everything(portal, list_id, items[0])


async def test_a_feed_reader_learns_of_a_secret_entry_only_that_it_is_gone(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(2)
    await world.update(items[:1], name=SECRET, promised_limit={"amount": 3, "unit": "working_day"})
    await world.update(items[:1], audience="staff")
    app.state.settings = Settings()
    atom = (await portal.get(f"{API}/lists/{list_id}/changes.atom")).text
    assert "promised_limit" not in atom
    assert atom.count('term="item.withdrawn"') == 3

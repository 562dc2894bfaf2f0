"""The pull feed: CloudEvents, numbered without gaps, answered as soon as something changes."""

import asyncio
import time

import httpx
import pytest

from services.publish.portal import cloud_events
from shared.identifiers import new_id
from tests.publish.world import World

API = "/publish/v1"


async def last(portal: httpx.AsyncClient) -> int:
    """Number of the feed's last event."""
    after = 0
    while True:
        answer = await portal.get(f"{API}/feed", params={"after": after, "limit": 500})
        if not answer.json():
            return after
        after = int(answer.headers["qingdan-next"])


async def test_a_change_is_a_cloud_event_with_what_changed_and_the_rule_for_cases_under_way(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(1)
    after = await last(portal)
    adjustment = new_id()
    await world.change(items, name="新名称", adjustment=adjustment)
    told = world.event("item.updated", items, adjustment_id=adjustment)
    await world.tell(told)
    await world.publish()
    answer = await portal.get(f"{API}/feed", params={"after": after})
    assert answer.headers["content-type"] == cloud_events.MEDIA_TYPE
    (event,) = answer.json()
    data = event.pop("data")
    assert event.pop("time")
    assert event == {
        "specversion": "1.0",
        "id": str(told.id),
        "source": f"{API}/lists/{list_id}",
        "type": "cn.qingdan.item.updated.v1",
        "subject": f"{world.lists[list_id]}/{items[0]}",
        "sequence": f"{after + 1:020d}",
        "datacontenttype": "application/json",
    }
    assert data["item"] == (await portal.get(f"{API}/items/{items[0]}")).json()
    assert (data["changed"], data["version"], data["revision"]) == (["name"], 2, 2)
    assert data["adjustment"] == data["root"] == str(adjustment)
    assert data["list_hash"] == (await world.list_state(list_id))["hash"].hex()
    assert data["transitional_rule"] == "生效前已受理的办件，按受理时有效的版本办结。"
    assert data["effective_at"]


async def test_the_feed_of_an_enacted_list_alone_gives_the_whole_list(world: World, portal: httpx.AsyncClient) -> None:
    after = await last(portal)
    list_id, items = await world.enacted(3)
    first, *rest = (await portal.get(f"{API}/feed", params={"after": after})).json()
    assert (first["type"], first["subject"]) == (
        "cn.qingdan.list.enacted.v1",
        f"{world.lists[list_id]}/{list_id}",
    )
    assert (first["data"]["entries"], first["data"]["decision"]["meeting"]) == (3, "常务会议")
    assert {event["data"]["item"]["id"] for event in rest} == {str(item) for item in items}
    assert {event["type"] for event in rest} == {"cn.qingdan.item.created.v1"}


async def test_pages_of_the_feed_follow_one_another_without_gap(world: World, portal: httpx.AsyncClient) -> None:
    await world.enacted(7)
    seen: list[int] = []
    after = 0
    while True:
        answer = await portal.get(f"{API}/feed", params={"after": after, "limit": 3})
        if not answer.json():
            break
        seen += [int(event["sequence"]) for event in answer.json()]
        after = int(answer.headers["qingdan-next"])
    assert seen == list(range(1, len(seen) + 1))


async def test_the_feed_answers_at_once_when_there_is_nothing_new(portal: httpx.AsyncClient) -> None:
    after = await last(portal)
    answer = await portal.get(f"{API}/feed", params={"after": after})
    assert (answer.json(), answer.headers["qingdan-next"]) == ([], str(after))


async def test_a_patient_reader_is_answered_when_something_is_published(
    world: World, portal: httpx.AsyncClient
) -> None:
    _, items = await world.enacted(1)
    after = await last(portal)
    waiting = asyncio.create_task(portal.get(f"{API}/feed", params={"after": after, "wait": 20}, timeout=30))
    await world.update(items, name="新名称")
    started = time.monotonic()
    answer = await waiting
    assert time.monotonic() - started < 10, "it has not waited to the end of its time"
    assert [event["data"]["changed"] for event in answer.json()] == [["name"]]


async def test_patience_ends(portal: httpx.AsyncClient) -> None:
    after = await last(portal)
    answer = await portal.get(f"{API}/feed", params={"after": after, "wait": 1}, timeout=10)
    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(("state", "kind"), [("suspended", "item.suspended"), ("cancelled", "item.cancelled")])
async def test_the_type_says_what_became_of_the_entry(
    world: World, portal: httpx.AsyncClient, state: str, kind: str
) -> None:
    _, items = await world.enacted(1)
    after = await last(portal)
    await world.update(items, state=state)
    await world.update(items, state="in_use")
    events = (await portal.get(f"{API}/feed", params={"after": after})).json()
    assert [event["type"] for event in events] == [f"cn.qingdan.{kind}.v1", "cn.qingdan.item.resumed.v1"]

"""What the feed really sends is what the AsyncAPI document says of it, for every type of event."""

from __future__ import annotations

import json

import httpx
from cloudevents.core.formats.json import JSONFormat

from services.publish.subscriptions import registry
from shared.ledger.envelope import NewEvent
from tests.events import as_described
from tests.publish.world import World

API = "/publish/v1"


async def test_every_event_of_the_feed_is_as_documented_and_every_public_type_was_seen(
    world: World, portal: httpx.AsyncClient
) -> None:
    list_id, items = await world.enacted(3, hidden=["materials"], promised_limit=None, seal_holder="窗口")
    await world.update(items[:1], name="新名称")
    await world.update(items[:1], state="suspended")
    await world.update(items[:1], state="in_use")
    await world.update(items[1:2], state="cancelled")
    said = {"list.edition_named": {"edition": "2026版"}, "publication.corrected": {"revision": 2},
            "publication.withdrawn": {"revision": 2}}  # fmt: skip
    kind = world.lists[list_id]
    await world.tell(
        *(NewEvent(type=type_, list_kind=kind, list_id=list_id, refs=refs) for type_, refs in said.items())
    )
    await world.publish()
    await world.update(items[2:], audience="staff")
    answer = await portal.get(f"{API}/feed", params={"limit": 500})
    events = answer.json()
    faults = {event["sequence"]: found for event in events if (found := as_described(event))}
    assert faults == {}
    named = {event["data"]["publication"] for event in events if "publication." in event["type"]}
    assert len(named) == 1
    assert None not in named
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    read = [JSONFormat().read(None, json.dumps(event)) for event in events]  # as the library of CloudEvents sees them
    assert [event.get_type() for event in read] == [event["type"] for event in events]
    assert {event["type"] for event in events} == {one.type for one in registry.TYPES if one.selectable}


async def test_the_document_is_there_to_be_read(portal: httpx.AsyncClient) -> None:
    told = (await portal.get(f"{API}/asyncapi.json")).json()
    assert (told["asyncapi"], "cn.qingdan.item.updated.v1") == (
        "3.0.0",
        told["components"]["messages"]["item.updated"]["name"],
    )

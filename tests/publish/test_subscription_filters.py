"""What a filter lets through, that a change of it is told in the stream, and that nothing passes that is not public."""

from __future__ import annotations

from typing import Any

import pytest

from tests.publish.subscribing import ENDPOINT, Subscriber, match, of_kind, problem
from tests.publish.world import REGION, World


async def test_each_part_of_a_filter_narrows_and_a_withdrawal_passes_types_and_elements(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world, 2)
    filters: dict[str, dict[str, Any]] = {
        "kind": {"kinds": [kind]},
        "region": {"kinds": [kind], "regions": ["440100"]},
        "nation": {"kinds": [kind], "regions": ["000000000000"]},
        "type": {"kinds": [kind], "types": ["cn.qingdan.item.suspended.v1"]},
        "item": {"items": [str(items[0])]},
        "element": {"kinds": [kind], "elements": ["name"]},
    }
    opened = {name: (await subscriber.open(filter=wanted))["id"] for name, wanted in filters.items()}
    await world.update(items, name="新名称")
    await world.update(items[:1], statutory_limit={"amount": 20, "unit": "working_day"})
    await world.update(items[1:], state="suspended")
    await world.update(items[:1], audience="staff")
    await match(world.engine)
    got = {name: [one["type"].split(".")[-2] for one in await subscriber.events(id_)] for name, id_ in opened.items()}
    everything = ["updated", "updated", "updated", "suspended", "withdrawn"]
    # What concerns the item that was withdrawn since carries no content any more, under its old number.
    shown = ["withdrawn", "updated", "withdrawn", "suspended", "withdrawn"]
    assert sorted(got["kind"]) == sorted(got["region"]) == sorted(got["nation"]) == sorted(shown)
    assert len(shown) == len(everything)
    assert sorted(got["type"]) == ["suspended", "withdrawn"]
    assert got["item"] == ["withdrawn"] * 3
    assert sorted(got["element"]) == ["suspended", "updated", "withdrawn", "withdrawn"]


async def test_region_filters_reach_everything_below_and_nothing_beside(world: World, subscriber: Subscriber) -> None:
    await world.run(
        "INSERT INTO qingdan.region (code, name, level, kind) VALUES ('450000000000', '广西', 'province',"
        " 'administrative'), ('440000000000', '广东', 'province', 'administrative') ON CONFLICT DO NOTHING"
    )
    await world.run("UPDATE qingdan.region SET ancestors = '{440000000000}' WHERE code = :code", code=REGION)
    _, items, kind = await of_kind(world)
    above = (await subscriber.open(filter={"regions": ["440000"], "kinds": [kind]}))["id"]
    beside = (await subscriber.open(filter={"regions": ["450000"], "kinds": [kind]}))["id"]
    await world.update(items, name="新名称")
    await match(world.engine)
    assert len(await subscriber.events(above)) == 1
    assert await subscriber.events(beside) == []
    await world.run("UPDATE qingdan.region SET ancestors = '{}' WHERE code = :code", code=REGION)


async def test_a_change_of_filter_is_told_in_the_stream_with_the_number_from_which_it_holds(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world, 2)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    changed = {"name": "一体机", "endpoint": ENDPOINT, "filter": {"items": [str(items[0])]}}
    problem(await subscriber.call("PUT", f"/{opened['id']}", json=changed), 428, "if_match_required")
    stale = await subscriber.call("PUT", f"/{opened['id']}", json=changed, headers={"If-Match": '"99"'})
    problem(stale, 412, "stale_version")
    answer = await subscriber.call("PUT", f"/{opened['id']}", json=changed, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["filter_version"]) == (200, 2), answer.text
    await world.update(items, name="乙")
    await match(world.engine)
    events = await subscriber.events(opened["id"])
    assert [int(one["sequence"]) for one in events] == [1, 2, 3, 4]
    notice = events[2]
    assert notice["type"] == "cn.qingdan.subscription.filter_changed.v1"
    assert (notice["data"]["old"]["kinds"], notice["data"]["new"]["items"]) == ([kind], [str(items[0])])
    assert notice["data"]["holds_from"] == 4
    assert events[3]["subject"].endswith(str(items[0]))
    unchanged = await subscriber.call("PUT", f"/{opened['id']}", json=changed, headers={"If-Match": '"2"'})
    assert unchanged.json()["filter_version"] == 2


@pytest.mark.req("HB-34")
async def test_what_is_for_the_staff_never_reaches_a_subscriber_and_what_was_withdrawn_leaves_its_events(
    world: World, subscriber: Subscriber
) -> None:
    secret = "涉密内容甲乙丙"
    list_id = await world.new_list(hidden=["internal_note"])
    kind = world.lists[list_id]
    opened = (await subscriber.open(filter={"kinds": [kind]}))["id"]
    shown, hidden = await world.add(
        list_id, [world.elements(1, internal_note=secret), world.elements(2, audience="staff", name=secret)]
    )
    await world.enact(list_id)
    await world.publish()
    await world.update([shown], name=f"{secret}丁")
    await match(world.engine)
    before = await subscriber.events(opened)
    assert not [one for one in before if str(hidden) in str(one) or "internal_note" in str(one)]
    await world.update([shown], audience="staff")
    await match(world.engine)
    after = await subscriber.events(opened)
    assert secret not in str(after)
    about = [one for one in after if one["subject"].endswith(str(shown))]
    assert {one["type"] for one in about} == {"cn.qingdan.item.withdrawn.v1"}
    assert not [one for one in about if "data" in one]
    assert [(one["sequence"], one["id"]) for one in after][: len(before)] == [
        (one["sequence"], one["id"]) for one in before
    ]


async def test_an_entry_that_was_withdrawn_since_does_not_keep_its_subscription_from_being_changed(
    world: World, subscriber: Subscriber
) -> None:
    _, (gone, other), _ = await of_kind(world, 2)
    opened = await subscriber.open(ENDPOINT, filter={"items": [str(gone)]})
    await world.update([gone], audience="staff")
    moved = {"name": "一体机", "endpoint": f"{ENDPOINT}/moved", "filter": {"items": [str(gone)]}}
    answer = await subscriber.call("PUT", f"/{opened['id']}", json=moved, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["endpoint"]) == (200, moved["endpoint"]), answer.text
    await world.update([other], audience="staff")
    added = moved | {"filter": {"items": [str(gone), str(other)]}}
    refused = await subscriber.call("PUT", f"/{opened['id']}", json=added, headers={"If-Match": '"2"'})
    place = problem(refused, 422, "filter_unknown")["errors"]
    assert [one["pointer"] for one in place] == ["/filter/items/1"]

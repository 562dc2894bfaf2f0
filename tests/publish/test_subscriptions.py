"""Subscriptions in the database: who may, what is matched, which numbers it gets, what is told of itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.publish.subscriptions import upkeep
from services.publish.subscriptions.rules import FOR_NOTICES, WINDOW
from shared import clock
from shared.database import create_engine
from shared.identifiers import new_id
from shared.settings import Settings
from tests.publish.subscribing import API, Subscriber, client_token, match, staff_token
from tests.publish.world import REGION, World
from tests.statements import counted

ENDPOINT = "http://127.0.0.1:8099/hook"


async def of_kind(world: World, count: int = 1, **more: Any) -> tuple[UUID, list[UUID], str]:
    """A published list of a kind of its own."""
    list_id, items = await world.enacted(count, **more)
    return list_id, items, world.lists[list_id]


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    return answer.json()


async def test_nobody_subscribes_without_being_known(portal: httpx.AsyncClient, subscriber: Subscriber) -> None:
    assert (await portal.get(API)).status_code == 401
    subscriber.token = client_token(subscriber.configured, None, "exchange")
    problem(await subscriber.call("POST", json={"name": "x"}), 403, "insufficient_scope")
    subscriber.token = staff_token(subscriber.configured, "compiler")
    assert (await subscriber.call("GET")).status_code == 403
    subscriber.token = staff_token(subscriber.configured, "administrator", REGION)
    assert (await subscriber.call("GET")).status_code == 403


async def test_a_client_sees_its_own_subscriptions_and_the_nations_administrator_all(
    portal: httpx.AsyncClient, subscriber: Subscriber, configured: Settings
) -> None:
    opened = await subscriber.open(ENDPOINT)
    other = Subscriber(portal, configured)
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/pause"), ("GET", "/events")):
        body = {"json": {"name": "x"}} if method == "PUT" else {}
        problem(await other.call(method, f"/{opened['id']}{path}", **body), 404, "subscription_not_found")
    assert (await other.call("GET")).json()["items"] == []
    assert [one["id"] for one in (await subscriber.call("GET")).json()["items"]] == [opened["id"]]
    administrator = Subscriber(portal, configured, token=staff_token(configured))
    seen, cursor = [], None
    while True:
        page = await administrator.call("GET", params={"limit": 1} | ({"cursor": cursor} if cursor else {}))
        seen += [one["id"] for one in page.json()["items"]]
        cursor = page.json()["next"]
        if cursor is None:
            break
    assert opened["id"] in seen


async def test_the_secret_is_shown_once_and_stored_encrypted(world: World, subscriber: Subscriber) -> None:
    key = str(new_id())
    answer = await subscriber.call(
        "POST", json={"name": "一体机", "endpoint": ENDPOINT}, headers={"Idempotency-Key": key}
    )
    opened = answer.json()
    assert opened["secret"].startswith("whsec_")
    again = await subscriber.call(
        "POST", json={"name": "一体机", "endpoint": ENDPOINT}, headers={"Idempotency-Key": key}
    )
    assert (again.json()["id"], again.json()["secret"]) == (opened["id"], None)
    assert "secret" not in await subscriber.get(opened["id"])
    found = await world.run(
        "SELECT convert_from(i.body, 'UTF8') || e.refs::text AS text FROM qingdan.idempotency AS i, qingdan.event AS e"
        " UNION ALL SELECT encode(ciphertext, 'escape') FROM qingdan.subscription_secret"
        " UNION ALL SELECT detail::text FROM qingdan.audit"
    )
    assert not [row for row in found if opened["secret"].removeprefix("whsec_") in row["text"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"endpoint": "http://example.gov.cn/"}, "/endpoint"),
        ({"endpoint": "https://10.0.0.1/"}, "/endpoint"),
        ({"filter": {"kinds": ["no_such_kind"]}}, "/filter/kinds/0"),
        ({"filter": {"regions": ["440100", "999999"]}}, "/filter/regions/1"),
        ({"filter": {"regions": ["12345"]}}, "/filter/regions/0"),
        ({"filter": {"types": ["cn.qingdan.item.exploded.v1"]}}, "/filter/types/0"),
        ({"filter": {"types": ["cn.qingdan.subscription.test.v1"]}}, "/filter/types/0"),
        ({"filter": {"elements": ["no_such_element"]}}, "/filter/elements/0"),
        ({"filter": {"items": [str(UUID(int=7))]}}, "/filter/items/0"),
        ({"filter": {"kinds": []}}, "/filter/kinds"),
        ({"filter": {"colour": ["red"]}}, "/filter/colour"),
        ({"after": 2**63}, "/after"),
        ({"after": -1}, "/after"),
        ({"name": "\u0000"}, "/name"),
        ({"name": ""}, "/name"),
    ],
)
async def test_what_cannot_be_subscribed_to_is_named(
    world: World, subscriber: Subscriber, body: dict[str, Any], pointer: str
) -> None:
    answer = await subscriber.call("POST", json={"name": "一体机"} | body)
    assert answer.status_code == 422, answer.text
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


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


@pytest.mark.req("ZZ-42")
async def test_numbers_have_no_gaps_and_a_full_window_stops_without_skipping(
    world: World, subscriber: Subscriber
) -> None:
    list_id = await world.new_list()
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [world.lists[list_id]]})
    await world.add(list_id, [world.elements(number) for number in range(1_300)])
    await world.enact(list_id)
    await world.publish()
    await match(world.engine)
    stood = await subscriber.get(opened["id"])
    assert stood["outstanding"] == stood["last_sequence"] == WINDOW - FOR_NOTICES
    assert await match(world.engine) == 0
    await world.run(
        "WITH gone AS (DELETE FROM qingdan.delivery WHERE subscription_id = :id AND sequence <= 600 RETURNING 1)"
        " UPDATE qingdan.subscription_sending SET done = done + (SELECT count(*) FROM gone)"
        " WHERE subscription_id = :id",
        id=UUID(opened["id"]),
    )
    await match(world.engine)
    assert (await subscriber.get(opened["id"]))["last_sequence"] == 1_301
    seen: list[int] = []
    while found := await subscriber.events(opened["id"], seen[-1] if seen else 0):
        seen += [int(one["sequence"]) for one in found]
    assert seen == list(range(1, 1_302))


async def test_a_paused_subscription_stays_where_it_is_and_goes_on_from_there(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    paused = await subscriber.call("POST", f"/{opened['id']}/pause")
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    again = problem(await subscriber.call("POST", f"/{opened['id']}/pause"), 409, "illegal_transition")
    assert again["allowed"] == ["resume"]
    await world.update(items, name="甲")
    await match(world.engine)
    assert (await subscriber.get(opened["id"]))["last_sequence"] == 0
    await world.update(items, name="乙")
    assert (await subscriber.call("POST", f"/{opened['id']}/resume")).json()["state"] == "active"
    assert await match(world.engine) == 2


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


async def test_what_is_past_retention_answers_with_the_lists_to_start_again_from(
    world: World, subscriber: Subscriber
) -> None:
    list_id, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    await world.run(
        "UPDATE qingdan.delivery_range SET numbered_at = numbered_at - interval '31 days' WHERE subscription_id = :id",
        id=UUID(opened["id"]),
    )
    await world.update(items, name="乙")
    await match(world.engine)
    await upkeep.tidy(world.engine)
    gone = problem(await subscriber.call("GET", f"/{opened['id']}/events"), 410, "behind_retention")
    assert (gone["first_sequence"], [one["list_id"] for one in gone["lists"]]) == (2, [str(list_id)])
    assert gone["lists"][0]["revision"] == 3
    answer = await subscriber.call("POST", f"/{opened['id']}/replay", json={"from_sequence": 1})
    problem(answer, 410, "behind_retention")
    assert len(await subscriber.events(opened["id"], 1)) == 1
    too_far = await subscriber.call("POST", f"/{opened['id']}/replay", json={"from_sequence": 3})
    problem(too_far, 422, "sequence_not_given")


async def test_a_position_behind_the_feed_asks_for_a_resync_and_says_so_when_it_goes_on(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await world.update(items, name="乙")
    position = (await subscriber.get(opened["id"]))["position"]
    await world.run("CREATE TABLE IF NOT EXISTS qingdan.kept AS SELECT * FROM qingdan.feed_entry WITH NO DATA")
    await world.run(
        "WITH gone AS (DELETE FROM qingdan.feed_entry WHERE sequence <= :last RETURNING *)"
        " INSERT INTO qingdan.kept SELECT * FROM gone",
        last=position + 1,
    )
    await match(world.engine)
    stood = await subscriber.get(opened["id"])
    assert (stood["state"], stood["last_sequence"]) == ("resync_required", 0)
    problem(await subscriber.call("GET", f"/{opened['id']}/events"), 410, "behind_retention")
    behind = await subscriber.call("POST", json={"name": "x", "after": 0})
    assert behind.json()["errors"][0]["pointer"] == "/after"
    assert (await subscriber.call("POST", f"/{opened['id']}/resume")).json()["state"] == "active"
    await world.update(items, name="丙")
    await match(world.engine)
    first, second = await subscriber.events(opened["id"])
    assert first["type"] == "cn.qingdan.subscription.resync.v1"
    assert (first["data"]["reason"], first["data"]["last_valid_sequence"]) == ("behind_retention", 0)
    assert second["data"]["item"]["elements"]["name"] == "丙"
    await world.run("INSERT INTO qingdan.feed_entry SELECT * FROM qingdan.kept")
    await world.run("DROP TABLE qingdan.kept")


async def test_a_restore_to_an_earlier_point_is_told_with_the_last_valid_number(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    epoch = new_id()
    (before,) = await world.run("SELECT epoch FROM qingdan.log_head")
    await world.run("UPDATE qingdan.log_head SET epoch = :epoch", epoch=epoch)
    await world.update(items, name="乙")
    await match(world.engine)
    await match(world.engine)
    events = await subscriber.events(opened["id"])
    assert [one["type"].split(".")[-2] for one in events] == ["updated", "resync", "updated"]
    data = events[1]["data"]
    assert (data["reason"], data["last_valid_sequence"], data["epoch"]) == ("restored", 1, str(epoch))
    assert data["previous_epoch"] == str(before["epoch"])


async def test_a_deleted_subscription_is_gone_and_stays_in_the_log(world: World, subscriber: Subscriber) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await world.update(items, name="甲")
    await match(world.engine)
    assert (await subscriber.call("DELETE", f"/{opened['id']}")).status_code == 204
    problem(await subscriber.call("GET", f"/{opened['id']}"), 404, "subscription_not_found")
    left = await world.run(
        "SELECT (SELECT count(*) FROM qingdan.delivery WHERE subscription_id = :id) AS deliveries,"
        " (SELECT count(*) FROM qingdan.subscription_secret WHERE subscription_id = :id) AS secrets,"
        " (SELECT count(*) FROM qingdan.audit WHERE detail->>'subscription' = CAST(:id AS text)) AS audited",
        id=UUID(opened["id"]),
    )
    assert dict(left[0]) == {"deliveries": 0, "secrets": 0, "audited": 1}
    told = [event.type for event in await world.events(["subscription.created", "subscription.deleted"])
            if event.refs["subscription"] == opened["id"]]  # fmt: skip
    assert told == ["subscription.created", "subscription.deleted"]


async def test_a_round_costs_few_statements_however_many_subscriptions_there_are(
    world: World, subscriber: Subscriber
) -> None:
    _, items, kind = await of_kind(world, 3)
    for _ in range(12):
        await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    await match(world.engine)
    await world.update(items, name="甲")
    with counted(world.engine) as sent:
        assert await match(world.engine) == 36
    # The lock, the survey and the match; then the lock and the survey that find nothing left.
    assert len(sent) == 5


async def test_two_matchers_give_no_number_twice(world: World, subscriber: Subscriber, database_url: str) -> None:
    _, items, kind = await of_kind(world, 5)
    opened = await subscriber.open(ENDPOINT, filter={"kinds": [kind]})
    engine = create_engine(database_url, role="publish", pool_size=4)
    for name in "甲乙丙丁":
        await world.update(items, name=name)
        await asyncio.gather(*(match(engine) for _ in range(4)))
    await engine.dispose()
    events = await subscriber.events(opened["id"])
    assert [int(one["sequence"]) for one in events] == list(range(1, 21))
    assert len({one["id"] for one in events}) == 20


async def test_settled_numbers_take_little_room_and_read_the_same(
    world: World, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, items, kind = await of_kind(world)
    opened = await subscriber.open(filter={"kinds": [kind]})
    for number in range(8):
        await world.update(items, name=f"名称{number}")
        await match(world.engine)
    before = await subscriber.events(opened["id"])
    later = clock.now() + timedelta(hours=2)
    with monkeypatch.context() as patch:
        patch.setattr(clock, "_source", lambda: later)
        await upkeep.tidy(world.engine)
    rows = await world.run(
        "SELECT first_sequence, cardinality(feed_sequences) AS numbers FROM qingdan.delivery_range"
        " WHERE subscription_id = :id", id=UUID(opened["id"]),
    )  # fmt: skip
    assert [dict(row) for row in rows] == [{"first_sequence": 1, "numbers": 8}]
    assert await subscriber.events(opened["id"]) == before


async def test_the_registry_is_public(portal: httpx.AsyncClient) -> None:
    found = (await portal.get("/publish/v1/event-types")).json()["items"]
    (updated,) = [one for one in found if one["type"] == "cn.qingdan.item.updated.v1"]
    assert (updated["title"], updated["selectable"]) == ("事项修改", True)
    assert "changed" in updated["data"]["properties"]

"""Subscriptions: who may have them, what is refused with its place, how they rest and end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.identifiers import new_id
from shared.settings import Settings
from tests.publish.subscribing import API, ENDPOINT, Subscriber, client_token, match, of_kind, problem, staff_token
from tests.publish.world import REGION, World


async def test_nobody_subscribes_without_being_known(portal: httpx.AsyncClient, subscriber: Subscriber) -> None:
    assert (await portal.get(API)).status_code == 401
    subscriber.token = client_token(subscriber.configured, None, "another")
    problem(await subscriber.call("GET"), 403, "insufficient_scope")
    subscriber.token = staff_token(subscriber.configured, "compiler")
    assert (await subscriber.call("GET")).status_code == 403
    subscriber.token = staff_token(subscriber.configured, "administrator", REGION)
    assert (await subscriber.call("GET")).status_code == 403


async def test_a_client_that_may_only_read_changes_nothing(subscriber: Subscriber) -> None:
    opened = await subscriber.open(ENDPOINT)
    path = f"/{opened['id']}"
    subscriber.token = client_token(subscriber.configured, subscriber.account, "subscriptions.read")
    for read in ("", path, f"{path}/events", f"{path}/deliveries", f"{path}/attempts"):
        assert (await subscriber.call("GET", read)).status_code == 200
    problem(await subscriber.call("POST", json={"name": "x"}), 403, "insufficient_scope")
    for act in ("pause", "resume", "test", "secrets", "replay"):
        body = {"json": {"from_sequence": 1}} if act == "replay" else {"json": {}} if act == "secrets" else {}
        problem(await subscriber.call("POST", f"{path}/{act}", **body), 403, "insufficient_scope")
    problem(await subscriber.call("DELETE", path), 403, "insufficient_scope")


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
    await match(world.engine)
    assert (await subscriber.get(opened["id"]))["last_sequence"] == 2


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


async def test_the_registry_is_public(portal: httpx.AsyncClient) -> None:
    found = (await portal.get("/publish/v1/event-types")).json()["items"]
    (updated,) = [one for one in found if one["type"] == "cn.qingdan.item.updated.v1"]
    assert (updated["title"], updated["selectable"]) == ("事项修改", True)
    assert "changed" in updated["data"]["properties"]

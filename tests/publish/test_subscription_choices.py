"""What a subscriber may choose: changes, limits, how it is signed; a look back; what becomes of one that fails."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hmac import HMAC
from standardwebhooks import Webhook

from services.publish.subscriptions import repository, service, upkeep
from services.publish.subscriptions.registry import CHANGES
from services.workflow.procedures.kinds import KIND_TITLES
from shared import clock
from shared.identifiers import new_id
from shared.ledger.transaction import begin
from shared.settings import Settings
from tests.publish.subscribing import (
    ENDPOINT,
    Subscriber,
    a_kind,
    drained,
    match,
    of_kind,
    problem,
    sending,
)
from tests.publish.world import REGION, World

PREVIEW = "/preview"


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An endpoint that takes everything: where it is, and headers and body of what came."""
    got: list[tuple[dict[str, str], bytes]] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                named = dict(line.split(": ", 1) for line in head[1:] if line)
                named["from"] = str(writer.get_extra_info("peername"))
                got.append((named, await reader.readexactly(int(named["content-length"]))))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nset-cookie: a=b\r\nserver: kiosk\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", got
    finally:
        server.close()


async def adjusted(world: World, items: list[UUID], operations: list[str], **patch: Any) -> UUID:
    """An adjustment that does these things has changed items."""
    id_ = new_id()
    await world.run(
        "INSERT INTO qingdan.adjustment (id, number, title, region_code, organ_id, trigger, trigger_reference,"
        " legal_basis, reason, transitional_rule, operations, state, created_by)"
        " VALUES (:id, :number, '调整', :region, :organ, 'LAW_CHANGED', '', '', '', '', :operations,"
        " 'effective', 'system:test')",
        id=id_, number=str(id_), region=REGION, organ=world.organ, operations=operations,
    )  # fmt: skip
    await world.change(items, adjustment=id_, **patch)
    await world.tell(world.event("item.updated", items, adjustment_id=id_))
    await world.publish()
    return id_


# -- what is refused --


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"filter": {"changes": ["devolve", "explode"]}}, "/filter/changes/1"),
        ({"filter": {"changes": []}}, "/filter/changes"),
        ({"ordering": "random"}, "/ordering"),
        ({"concurrency": 9}, "/concurrency"),
        ({"requests_per_second": 1_001}, "/requests_per_second"),
        ({"requests_per_second": 0}, "/requests_per_second"),
        ({"client_certificate": "../owner"}, "/client_certificate"),
        ({"client_certificate": "kiosk"}, "/client_certificate"),
        ({"authority": "government", "endpoint": None}, "/authority"),
        ({"scheme": "md5"}, "/scheme"),
    ],
)
async def test_a_choice_that_cannot_be_met_is_named(subscriber: Subscriber, body: dict[str, Any], pointer: str) -> None:
    answer = await subscriber.call("POST", json={"name": "一体机", "endpoint": ENDPOINT} | body)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], bool(error["message"])) == (pointer, True)


async def test_a_look_back_is_bounded_and_for_those_who_may_subscribe(
    portal: httpx.AsyncClient, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await portal.post(f"/publish/v1/subscriptions{PREVIEW}", json={})).status_code == 401
    for body, pointer in (
        ({"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"}, "/from"),
        ({"until": "2026-01-01T00:00:00Z", "from": "2026-06-01T00:00:00Z"}, ""),
        ({"from": "2999-01-01T00:00:00Z"}, "/from"),
        ({"limit": 51}, "/limit"),
        ({"filter": {"kinds": ["no_such_kind"]}}, "/filter/kinds/0"),
    ):
        answer = await subscriber.call("POST", PREVIEW, json=body)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    monkeypatch.setattr(repository, "bound", lambda connection, _: _bound_and_waste(connection))
    problem(await subscriber.call("POST", PREVIEW, json={}), 422, "too_wide")


async def _bound_and_waste(connection: Any) -> None:
    """A millisecond, on tables that were never so full; the next statement is one of the tested ones."""
    await repository._BOUND.rows(connection, {"milliseconds": "1"})


# -- as it should be --


def test_the_kinds_of_change_are_those_of_the_workflow() -> None:
    assert CHANGES.keys() == KIND_TITLES.keys()
    assert {code: CHANGES[code] for code in KIND_TITLES} == KIND_TITLES


async def test_a_filter_by_change_lets_through_what_such_adjustments_brought_about(
    world: World, subscriber: Subscriber
) -> None:
    items, wanted = await a_kind(world, 2)
    devolved = await subscriber.open(filter=wanted | {"changes": ["devolve", "cancel"]})
    added = await subscriber.open(filter=wanted | {"changes": ["add"]})
    await adjusted(world, items[:1], ["devolve", "modify"], name="甲")
    await adjusted(world, items[1:], ["modify"], name="乙")
    await world.update(items[1:], name="无调整")
    await world.update(items[1:], audience="staff")
    await match(world.engine)
    got = [one["subject"][-36:] for one in await subscriber.events(devolved["id"])]
    assert got == [str(items[0]), str(items[1])]
    (withdrawn,) = await subscriber.events(added["id"])
    assert withdrawn["type"] == "cn.qingdan.item.withdrawn.v1"
    seen = await subscriber.call("POST", PREVIEW, json={"filter": wanted | {"changes": ["devolve"]}})
    assert seen.json()["events"] == 2


@pytest.mark.req("HB-34")
async def test_what_would_have_been_received_is_told_without_subscribing(world: World, subscriber: Subscriber) -> None:
    _, items, kind = await of_kind(world, 3, hidden=["internal_note"], internal_note="涉密内容甲乙丙")
    await world.update(items, name="甲")
    await world.update(items[:1], audience="staff")
    before = await world.run("SELECT count(*) AS n FROM qingdan.subscription")
    answer = await subscriber.call("POST", PREVIEW, json={"filter": {"kinds": [kind]}, "limit": 4})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert "涉密" not in answer.text
    assert "internal_note" not in answer.text
    assert (told["events"], told["complete"], len(told["first"])) == (8, True, 4)
    assert {one["name"].split(".")[-2]: one["events"] for one in told["types"]} == {
        "created": 3, "updated": 3, "enacted": 1, "withdrawn": 1,
    }  # fmt: skip
    assert [(one["name"], one["title"], one["events"]) for one in told["regions"]] == [(REGION, "广州市", 8)]
    assert [(one["name"], one["title"]) for one in told["kinds"]] == [(kind, "行政许可事项清单")]
    assert await world.run("SELECT count(*) AS n FROM qingdan.subscription") == before
    # What was withdrawn since is shown as it would be sent today: without content.
    hidden = [one for one in told["first"] if one["subject"].endswith(str(items[0]))]
    assert hidden
    assert all(one["type"].endswith("withdrawn.v1") and "data" not in one for one in hidden)
    earlier = {"from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z", "filter": {"kinds": [kind]}}
    assert (await subscriber.call("POST", PREVIEW, json=earlier)).json()["events"] == 0


async def test_an_endpoint_gets_no_more_requests_a_second_than_its_owner_wants(
    world: World, subscriber: Subscriber, configured: Settings
) -> None:
    async with listening() as (url, got), sending(configured):
        items, wanted = await a_kind(world, 12)
        opened = await subscriber.open(url, filter=wanted, requests_per_second=20, concurrency=1)
        began = asyncio.get_running_loop().time()
        await world.update(items, name="甲")
        await drained(subscriber, opened["id"])
        assert len(got) == 12
        # A timer may ring a millisecond early.
        assert asyncio.get_running_loop().time() - began >= 11 * (1 / 20 - 0.001)
        assert len({headers["from"] for headers, _ in got}) == 1, "never two at a time, so one connection is enough"


async def test_every_scheme_signs_what_is_sent_also_while_one_takes_the_place_of_another(
    world: World, subscriber: Subscriber, configured: Settings
) -> None:
    async with listening() as (url, got), sending(configured):
        items, wanted = await a_kind(world)
        opened = await subscriber.open(url, filter=wanted, scheme="ed25519")
        assert opened["secret"] is None
        (public,) = [one["public_key"] for one in opened["secrets"]]
        path = f"/{opened['id']}/secrets"
        sm3 = (await subscriber.call("POST", path, json={"scheme": "hmac_sm3"})).json()
        same = (await subscriber.call("POST", path, json={"overlap_hours": 24})).json()
        assert (sm3["scheme"], same["scheme"], same["public_key"]) == ("hmac_sm3", "hmac_sm3", None)
        last = (await subscriber.call("POST", path, json={"scheme": "hmac_sha256"})).json()
        await world.update(items, name="甲")
        await drained(subscriber, opened["id"])
        (headers, body), *_ = got
        attempt = (await subscriber.call("GET", f"/{opened['id']}/attempts")).json()["items"][0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    parts = [each.split(",") for each in headers["webhook-signature"].split(" ")]
    assert [version for version, _ in parts] == ["v1", "v1sm3", "v1sm3", "v1a"]
    Webhook(last["secret"]).verify(body, headers)  # the library passes over what it does not know
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public.removeprefix("whpk_"))).verify(
        base64.b64decode(parts[3][1]), signed
    )
    digest = HMAC(base64.b64decode(sm3["secret"].removeprefix("whsec_")), hashes.SM3())
    digest.update(signed)
    digest.verify(base64.b64decode(parts[2][1]))
    # The log says what was sent, and holds nothing that could be sent once more.
    assert attempt["request_headers"]["webhook-id"] == headers["webhook-id"]
    assert attempt["request_headers"]["webhook-timestamp"] == headers["webhook-timestamp"]
    assert attempt["request_headers"]["webhook-signature"].split(" ")[0] == f"v1,{parts[0][1][:8]}…"
    assert (attempt["body_size"], attempt["body_sha256"]) == (len(body), sha256(body).hexdigest())
    assert attempt["answer_headers"] == {"content-length": "0", "set-cookie": "…", "server": "kiosk"}
    stored = await world.run("SELECT delivery_attempt::text AS row FROM qingdan.delivery_attempt")
    assert not [row for row in stored for _, value in parts if value in row["row"]]


async def test_owners_are_warned_after_a_day_and_stopped_after_three(world: World, subscriber: Subscriber) -> None:
    items, wanted = await a_kind(world)
    opened = await subscriber.open(ENDPOINT, filter=wanted)
    mine = UUID(opened["id"])
    await world.update(items, name="甲")
    await match(world.engine)
    failing = "UPDATE qingdan.subscription_sending SET failures = 3, failing_since = :at WHERE subscription_id = :id"

    async def look() -> list[str]:
        await upkeep.warn(world.engine)
        kinds = ["subscription.warned", "subscription.disabled"]
        return [event.type for event in await world.events(kinds) if event.refs["subscription"] == opened["id"]]

    await world.run(failing, id=mine, at=clock.now() - timedelta(days=4))
    assert await look() == [], "what it failed at was put aside since: nothing that is old waits for it"
    await world.run("UPDATE qingdan.delivery SET queued_at = :at", at=clock.now() - timedelta(days=4))
    await world.run(failing, id=mine, at=clock.now() - timedelta(hours=23))
    assert await look() == []
    await world.run(failing, id=mine, at=clock.now() - timedelta(hours=25))
    assert await look() == await look() == ["subscription.warned"]
    assert (await subscriber.get(opened["id"]))["failing_since"] is not None
    await world.run(failing, id=mine, at=clock.now() - timedelta(days=3, hours=1))
    assert await look() == ["subscription.warned", "subscription.disabled"]
    stood = await subscriber.get(opened["id"])
    assert (stood["state"], "3 天" in stood["state_reason"]) == ("disabled", True)
    await subscriber.call("POST", f"/{opened['id']}/resume")
    assert (await subscriber.get(opened["id"]))["failing_since"] is None
    assert await look() == ["subscription.warned", "subscription.disabled"]
    async with begin(world.engine, service="publish", actor="system:test") as tx:
        await service.disable(tx, mine, "停用")  # an endpoint that is stopped already is not warned of
    await world.run(failing, id=mine, at=clock.now() - timedelta(days=2))
    assert (await look()).count("subscription.warned") == 1

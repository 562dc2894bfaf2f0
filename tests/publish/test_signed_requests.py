"""Requests signed with an appKey: refused unless signed, timely, new and allowed; then the core answers."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import httpx
import orjson
import pytest

from services.publish.app import app
from shared.identity.tokens import TokenVerifier
from shared.settings import Settings
from tests.publish.signing import BASE, KEYS, Signer, new_client, register, signer
from tests.publish.subscribing import staff_token
from tests.publish.world import World
from tests.statements import counted


@pytest.fixture
async def client(portal: httpx.AsyncClient, configured: Settings, world: World) -> Signer:
    """A system with a key of its own."""
    app.state.verifier = TokenVerifier(configured.secrets)
    app.state.settings = configured
    return await signer(portal, configured, await new_client(world), algorithm="HMAC-SM3")


async def test_what_is_not_signed_late_tampered_with_or_sent_twice_is_refused_inside_an_answer_of_200(
    client: Signer, portal: httpx.AsyncClient
) -> None:
    bare = (await portal.get(f"{BASE}/lists")).json()
    assert (bare["code"], bare["data"]["code"]) == (40001, "bad_signature_headers")
    assert [one["pointer"] for one in bare["data"]["errors"]] == [
        "header/appKey", "header/timestamp", "header/nonce", "header/sign",
    ]  # fmt: skip
    late = await client.refused("GET", "/lists", later=-301)
    assert (late["code"], late["data"]["server_time"] > 0) == (40102, True)
    assert (await client.refused("GET", "/lists", later=301))["code"] == 40102
    assert (await client.refused("GET", "/lists", secret="another"))["code"] == 40101
    unknown = Signer(portal, "qdk_unknown", client.secret, "HMAC-SHA256")
    assert await unknown.refused("GET", "/lists") == await client.refused("GET", "/lists", secret="another")
    body = {"CD_BATCH": "2026112200001", "list": []}
    assert (await client.refused("POST", "/verdicts", body=body, tamper=b" "))["code"] == 40101
    assert (await client.call("GET", "/lists", nonce="once-and-no-more")).json()["code"] == 0
    assert (await client.refused("GET", "/lists", nonce="once-and-no-more"))["code"] == 40103


async def test_of_many_that_send_one_nonce_at_the_same_time_one_gets_in(client: Signer) -> None:
    answers = await asyncio.gather(*(client.call("GET", "/lists", nonce="same-instant") for _ in range(6)))
    assert sorted(answer.json()["code"] for answer in answers) == [0, *[40103] * 5]


async def test_a_key_is_throttled_by_the_minute_and_says_for_how_long(
    portal: httpx.AsyncClient, configured: Settings, world: World, client: Signer
) -> None:
    slow = await signer(portal, configured, await new_client(world), per_minute=2)
    for _ in range(2):
        await slow.told("GET", "/lists")
    answer = await slow.call("GET", "/lists")
    assert answer.json()["code"] == 42900
    assert 0 < int(answer.headers["retry-after"]) == answer.json()["data"]["retry_after"] <= 60
    await client.told("GET", "/lists")
    # A minute later it goes on.
    await world.run("UPDATE qingdan.app_key SET minute_began_at = minute_began_at - interval '61 s' WHERE code = :code",
                    code=slow.app_key)  # fmt: skip
    await slow.told("GET", "/lists")


async def test_nonces_whose_time_is_over_are_swept_by_whoever_comes_by(client: Signer, world: World) -> None:
    (key,) = await world.run("SELECT id FROM qingdan.app_key WHERE code = :code", code=client.app_key)
    await world.run(
        "INSERT INTO qingdan.app_key_nonce SELECT :key, 'old-' || n, now() - interval '1 s'"
        " FROM generate_series(1, 60) AS n",
        key=key["id"],
    )
    for _ in range(2):
        await client.told("GET", "/lists")
    kept = "SELECT nonce FROM qingdan.app_key_nonce WHERE app_key_id = :key AND expires_at < now()"
    assert await world.run(kept, key=key["id"]) == []
    with counted(app.state.engine) as statements:
        await client.told("GET", "/lists")
    # The key, and the nonce with everything that belongs to it.
    assert len([one for one in statements if "app_key" in one]) == 2


async def test_the_public_reads_answer_in_envelopes_what_the_core_answers(client: Signer, world: World) -> None:
    list_id, (item, *_) = await world.enacted(3)
    public = client.portal
    ours = await client.told("GET", f"/lists/{list_id}/items", query="limit=2")
    assert ours == (await public.get(f"/publish/v1/lists/{list_id}/items?limit=2")).json()
    following = await client.told("GET", f"/lists/{list_id}/items", query=f"limit=2&cursor={ours['next']}")
    assert (len(following["items"]), following["next"]) == (1, None)
    one = await client.call("GET", f"/items/{item}")
    stored = (await public.get(f"/publish/v1/items/{item}")).content
    assert one.content == b'{"code":0,"msg":"' + "成功".encode() + b'","data":' + stored + b"}"
    code = orjson.loads(stored)["elements"]["base_code"]
    found = await client.told("GET", f"/items/by-code/{code}")
    assert found == (await public.get(f"/publish/v1/items/by-code/{code}")).json()
    kind = world.lists[list_id]
    (shown,) = (await client.told("GET", "/lists", query=f"kind={kind}&region=440100000000"))["items"]
    assert (shown["list_id"], shown["entries"]) == (str(list_id), 3)
    seen, since = [], 0
    while (page := await client.told("GET", "/changes", query=f"since={since}&limit=2"))["items"]:
        seen += [one["sequence"] for one in page["items"]]
        since = page["next"]
    assert seen == sorted(set(seen))
    assert int(seen[-1]) == since
    assert (await client.told("GET", "/changes", query=f"since={since}")) == {"items": [], "next": since}


async def test_errors_are_the_problems_of_the_core_told_honestly(client: Signer) -> None:
    missing = await client.refused("GET", f"/items/{uuid4()}")
    assert (missing["code"], missing["data"]["code"]) == (40400, "item_not_published")
    wrong = await client.refused("GET", "/items/nonsense")
    assert (wrong["code"], wrong["data"]["errors"][0]["pointer"]) == (42200, "path/item_id")
    assert (await client.refused("GET", "/lists", query="cursor=nonsense"))["code"] == 42200
    assert (await client.refused("GET", "/changes", query="since=-1"))["code"] == 42200
    body = {"CD_BATCH": "x", "list": [{"ROW_GUID": "\u0000", "CODE": "00"}]}
    assert (await client.refused("POST", "/verdicts", body=body))["code"] == 42200
    nobody = {"CD_BATCH": "2026112200001", "list": [{"ROW_GUID": str(uuid4()), "CODE": "00"}]}
    assert (await client.refused("POST", "/verdicts", body=nobody))["code"] == 40302


async def test_keys_are_made_by_administrators_shown_once_and_end_at_once(
    portal: httpx.AsyncClient, configured: Settings, world: World, client: Signer
) -> None:
    admin = {"Authorization": f"Bearer {staff_token(configured)}"}
    assert (await register(portal, configured, uuid4())).json()["code"] == "client_unknown"
    without = await new_client(world, "subscriptions")
    assert (await register(portal, configured, without)).json()["code"] == "scope_missing"
    asking = await new_client(world)
    assert (await register(portal, configured, asking, peer_code="nowhere")).json()["code"] == "peer_unknown"
    elsewhere = {"Authorization": f"Bearer {staff_token(configured, region='130922000000')}"}
    assert (await portal.post(KEYS, json={"client_id": str(asking)}, headers=elsewhere)).status_code == 422
    assert (await portal.get(f"{KEYS}/{client.app_key}", headers=elsewhere)).status_code == 404
    shown = (await portal.get(f"{KEYS}/{client.app_key}", headers=admin)).json()
    assert (shown["algorithm"], shown["ended_at"], "secret" in shown) == ("HMAC-SM3", None, False)
    listed = (await portal.get(KEYS, headers=admin, params={"limit": 200})).json()["items"]
    assert client.app_key in [one["app_key"] for one in listed]
    (stored,) = await world.run("SELECT * FROM qingdan.app_key WHERE code = :code", code=client.app_key)
    assert client.secret.encode() not in stored["ciphertext"]
    told = await world.events(["app_key.registered", "app_key.ended"])
    assert all(client.secret not in str(event) for event in told)
    again = await portal.post(KEYS, json={"client_id": str(asking)}, headers=admin | {"Idempotency-Key": "k1"})
    repeated = await portal.post(KEYS, json={"client_id": str(asking)}, headers=admin | {"Idempotency-Key": "k1"})
    assert again.json()["secret"]
    assert repeated.json() == again.json() | {"secret": None}
    ended = await portal.post(f"{KEYS}/{client.app_key}/end", json={"reason": "更换"}, headers=admin)
    assert ended.json()["ended_at"]
    assert (await client.refused("GET", "/lists"))["code"] == 40101
    assert (await portal.post(f"{KEYS}/{client.app_key}/end", json={}, headers=admin)).status_code == 409


async def test_a_client_that_is_shut_out_or_lost_its_scope_gets_in_no_more(client: Signer, world: World) -> None:
    change = (
        "UPDATE qingdan.service_client SET {} WHERE id = (SELECT client_id FROM qingdan.app_key WHERE code = :code)"
    )
    await world.run(change.format("scopes = '{subscriptions}'"), code=client.app_key)
    assert (await client.refused("GET", "/lists"))["code"] == 40301
    await world.run(change.format("active = false"), code=client.app_key)
    assert (await client.refused("GET", "/lists"))["code"] == 40101


async def test_a_secret_that_was_copied_to_another_key_opens_nothing(
    portal: httpx.AsyncClient, configured: Settings, world: World, client: Signer
) -> None:
    other = await signer(portal, configured, await new_client(world))
    await world.run(
        "UPDATE qingdan.app_key SET ciphertext = (SELECT o.ciphertext FROM qingdan.app_key AS o WHERE o.code = :other)"
        " WHERE code = :code",
        code=client.app_key, other=other.app_key,
    )  # fmt: skip
    told = await client.refused("GET", "/lists", secret=other.secret)
    assert (told["code"], told["data"]["code"]) == (50300, "app_key_unreadable")

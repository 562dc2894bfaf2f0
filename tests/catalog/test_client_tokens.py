"""The token endpoint: OAuth 2.0 client credentials as RFC 6749 has them, and what a token opens."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.catalog.accounts.rules import LOCKED_FOR, MOST_FAILURES
from services.catalog.app import app
from shared import clock
from shared.http.routing import TOKEN_ENDPOINT
from shared.identity.scopes import SCOPES
from shared.settings import Settings
from tests.catalog.register_world import NATION, RegisterWorld
from tests.catalog.test_clients import register_client
from tests.statements import counted

BOTH = ["subscriptions", "subscriptions.read"]


async def ask(register: RegisterWorld, made: dict[str, Any], *, basic: bool = False, **form: str) -> httpx.Response:
    """A token request of a client, by either way."""
    body = {"grant_type": "client_credentials"} | form
    if basic:
        return await register.client.post(TOKEN_ENDPOINT, data=body, auth=(made["client_id"], made["client_secret"]))
    given = {"client_id": made["client_id"], "client_secret": made["client_secret"]}
    return await register.client.post(TOKEN_ENDPOINT, data=given | body)


def refused(answer: httpx.Response, error: str = "invalid_client") -> None:
    assert answer.json().keys() == {"error", "error_description"}, answer.text
    assert (answer.json()["error"], answer.status_code) == (error, 401 if error == "invalid_client" else 400)
    assert (answer.headers["cache-control"], answer.headers["content-type"]) == ("no-store", "application/json")
    assert answer.headers.get("www-authenticate", "").startswith("Basic ") is (answer.status_code == 401)


async def audited(register: RegisterWorld) -> list[Any]:
    """Actor, outcome and detail of every attempt, oldest first."""
    question = (
        "SELECT actor, outcome, detail FROM qingdan.audit WHERE tag = 'catalog:client:token' ORDER BY recorded_at"
    )
    async with register.owner.connect() as connection:
        return [tuple(row) for row in (await connection.execute(text(question))).all()]


async def rotate(register: RegisterWorld, made: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = await register.post(f"/clients/{made['id']}/secrets", {"reason": "定期更换", **body})
    assert answer.status_code == 201, answer.text
    return made | answer.json() | {"id": made["id"], "secret_id": answer.json()["id"]}


def move_clock(register: RegisterWorld, by: timedelta) -> None:
    """Later, when the administrator has signed in again."""
    later = clock.now() + by
    clock.use(lambda: later)
    register.admin = register.token(("administrator", NATION))


@pytest.mark.parametrize("basic", [True, False])
async def test_a_client_gets_a_token_by_either_way(register: RegisterWorld, basic: bool) -> None:
    made = await register_client(register, scopes=BOTH)
    answer = await ask(register, made, basic=basic)
    assert (answer.status_code, answer.headers["cache-control"], answer.headers["pragma"]) == (
        200, "no-store", "no-cache",
    )  # fmt: skip
    told = answer.json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == (
        "Bearer",
        900,
        "subscriptions subscriptions.read",
    )
    principal = app.state.verifier.verify(told["access_token"])
    assert (principal.client, principal.scopes, principal.grants) == (True, {*BOTH}, ())
    assert principal.actor == f"client:{made['id']}"
    detail = {"client": made["id"], "scope": "subscriptions subscriptions.read"}
    assert (await audited(register))[-1] == (f"client:{made['id']}", "accepted", detail)
    (secret,) = (await register.get(f"/clients/{made['id']}")).json()["secrets"]
    assert secret["last_used_at"] is not None


async def test_a_token_carries_a_part_of_the_scopes_and_never_more(register: RegisterWorld) -> None:
    made = await register_client(register, scopes=BOTH)
    part = await ask(register, made, scope="subscriptions.read")
    assert app.state.verifier.verify(part.json()["access_token"]).scopes == {"subscriptions.read"}
    less = await register_client(register)
    refused(await ask(register, less, scope="subscriptions subscriptions.read"), "invalid_scope")
    assert (await audited(register))[-1][1:] == ("refused", {"client": less["id"], "why": "scope_not_registered"})
    refused(await ask(register, less, scope="everything"), "invalid_scope")


async def test_every_refusal_of_a_client_looks_alike_and_is_in_the_audit(register: RegisterWorld) -> None:
    made = await register_client(register)
    answers = [
        await ask(register, made | {"client_secret": "qds_wrong"}),
        await ask(register, made | {"client_id": "00000000-0000-7000-8000-000000000000"}),
        await ask(register, made | {"client_id": "nobody"}, basic=True),
        await ask(register, made | {"client_id": "no\0body"}),
    ]
    await register.post(f"/clients/{made['id']}/deactivate", {"reason": "停用"})
    answers.append(await ask(register, made))
    for answer in answers:
        refused(answer)
    assert len({answer.content for answer in answers}) == 1
    whys = [detail["why"] for _, outcome, detail in (await audited(register))[-5:] if outcome == "refused"]
    assert whys == ["wrong_secret", "unknown_client", "unknown_client", "unknown_client", "inactive"]


async def test_a_client_that_is_let_in_again_gets_tokens_again(register: RegisterWorld) -> None:
    made = await register_client(register)
    path = f"/clients/{made['id']}"
    assert (await register.post(f"{path}/deactivate", {"reason": "停用"})).json()["active"] is False
    twice = await register.post(f"{path}/deactivate", {"reason": "停用"})
    assert (twice.status_code, twice.json()["allowed"]) == (409, ["activate"])
    assert (await register.post(f"{path}/activate", {"reason": "恢复"})).json()["active"] is True
    assert (await ask(register, made)).status_code == 200
    assert [(await register.events(f"client.{act}"))[-1].reason for act in ("deactivated", "activated")] == [
        "停用", "恢复",
    ]  # fmt: skip


async def test_requests_the_standard_does_not_know_are_refused_in_its_words(register: RegisterWorld) -> None:
    made = await register_client(register)
    refused(await ask(register, made, grant_type="password"), "unsupported_grant_type")
    refused(await ask(register, made, basic=True, client_secret=made["client_secret"]), "invalid_request")
    refused(await register.client.post(TOKEN_ENDPOINT, json={"grant_type": "client_credentials"}), "invalid_request")
    refused(await register.client.post(TOKEN_ENDPOINT), "invalid_request")
    bearer = {"Authorization": "Bearer a.b.c"}
    refused(await register.client.post(TOKEN_ENDPOINT, data={"grant_type": "client_credentials"}, headers=bearer))


async def test_guessing_locks_a_client_for_a_while_even_for_the_right_secret(register: RegisterWorld) -> None:
    made = await register_client(register)
    guesses = (ask(register, made | {"client_secret": f"qds_{number}"}) for number in range(MOST_FAILURES))
    for answer in await asyncio.gather(*guesses):
        refused(answer)
    refused(await ask(register, made))
    assert (await register.get(f"/clients/{made['id']}")).json()["locked_until"] is not None
    move_clock(register, LOCKED_FOR + timedelta(seconds=1))
    assert (await ask(register, made)).status_code == 200
    assert (await register.get(f"/clients/{made['id']}")).json()["locked_until"] is None


async def test_while_secrets_are_exchanged_both_are_good_and_then_the_new_one_alone(register: RegisterWorld) -> None:
    old = await register_client(register)
    new = await rotate(register, old, overlap_hours=2)
    assert new["client_secret"] != old["client_secret"]
    assert {(await ask(register, each)).status_code for each in (old, new)} == {200}
    move_clock(register, timedelta(hours=2, seconds=1))
    for _ in range(MOST_FAILURES + 1):
        refused(await ask(register, old))
    assert (await audited(register))[-1][2]["why"] == "ended_secret"
    assert (await ask(register, new)).status_code == 200, "a machine with the old secret locks nobody out"
    event = (await register.events("client.secret_rotated"))[-1]
    assert (event.reason, event.refs["secret"]) == ("定期更换", new["secret_id"])


async def test_a_secret_that_leaked_is_ended_at_once(register: RegisterWorld) -> None:
    old = await register_client(register)
    new = await rotate(register, old, overlap_hours=0)
    refused(await ask(register, old))
    path = f"/clients/{old['id']}/secrets/{new['secret_id']}"
    assert (await register.send("DELETE", path)).status_code == 204
    refused(await ask(register, new))
    assert (await register.send("DELETE", path)).json()["code"] == "secret_not_found"
    assert (await register.events("client.secret_ended"))[-1].refs["secret"] == new["secret_id"]


async def test_never_more_than_two_secrets_are_good_and_old_ones_are_forgotten(register: RegisterWorld) -> None:
    made = [await register_client(register)]
    for _ in range(3):
        made.append(await rotate(register, made[-1]))
    assert [(await ask(register, each)).status_code for each in made] == [401, 401, 200, 200]
    move_clock(register, timedelta(days=40))
    await rotate(register, made[-1], overlap_hours=1)
    shown = (await register.get(f"/clients/{made[0]['id']}")).json()["secrets"]
    assert len(shown) == 2
    too_long = await register.post(f"/clients/{made[0]['id']}/secrets", {"overlap_hours": 10_000})
    assert too_long.json()["errors"][0]["pointer"] == "/overlap_hours"


async def test_a_token_costs_few_statements(register: RegisterWorld) -> None:
    made = await register_client(register)
    with counted(register.engine) as sent:
        assert (await ask(register, made)).status_code == 200
    assert len(sent) <= 4, sent


async def test_the_way_to_a_token_is_found_by_the_standard(
    register: RegisterWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "/.well-known/oauth-authorization-server"
    told = (await register.client.get(place)).json()
    assert (told["issuer"], told["token_endpoint"]) == ("http://catalog", f"http://catalog{TOKEN_ENDPOINT}")
    assert told["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    assert (told["grant_types_supported"], told["scopes_supported"]) == (["client_credentials"], sorted(SCOPES))
    public = Settings(public_url="https://qingdan.example/a")
    monkeypatch.setattr(app.state, "settings", public)
    told = (await register.client.get(place)).json()
    assert told["token_endpoint"] == f"https://qingdan.example/a{TOKEN_ENDPOINT}"


@pytest.mark.parametrize("address", ["ftp://a", "https://a/", "https://a?x", "https://a/b/", "a", ""])
def test_a_public_address_that_cannot_be_built_upon_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="public_url"):
        Settings(public_url=address)

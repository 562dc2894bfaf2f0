"""A platform with a signed API: both sides end equal, whatever it answers; it may call to say what became of rows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.simulator.running import Simulator, simulator
from deploy.simulator.signed_platform import APP_KEY
from services.publish.app import app
from services.publish.platform import service
from services.publish.platform.transports.contract import PeerFailure
from shared import encryption, settings
from shared.identity.tokens import TokenVerifier, ensure_keys
from shared.settings import Settings
from tests.publish.platform_world import Exchange, exchange, published
from tests.publish.signing import KEYS, Signer, new_client, signer
from tests.publish.subscribing import staff_token
from tests.publish.world import REGION, World

SECRET = "secret-of-the-simulated-platform"
OPTIONS = {"app_key": APP_KEY, "pause_seconds": 0.05}


@pytest.fixture(autouse=True)
def configured(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """An installation whose secrets lie in a folder of the test."""
    made = Settings.model_validate({"database_url": database_url, "secrets_dir": tmp_path})
    ensure_keys(tmp_path)
    encryption.ensure_key(tmp_path, encryption.WEBHOOK_KEY_FILE)
    monkeypatch.setattr(settings, "load", lambda: made)
    return made


@pytest.fixture
def signed(tmp_path: Path) -> Iterator[Simulator]:
    with simulator(tmp_path / "platform", token=SECRET, transport="signed_api") as running:
        yield running


async def talking(world: World, signed: Simulator, tmp_path: Path, count: int = 3, **options: Any) -> Exchange:
    """A published list and a peer with the signed API; nothing is sent yet."""
    (tmp_path / "peer.signed").write_text(f"{SECRET}\n")
    list_id, _ = await published(world, count)
    return await exchange(
        world, signed, world.lists[list_id], transport="signed_api", options=OPTIONS | options,
        secret=tmp_path / "peer.signed", batch_size=10,
    )  # fmt: skip


@pytest.mark.req("ZL-02")
async def test_whatever_a_signed_platform_answers_both_sides_end_equal(
    world: World, signed: Simulator, tmp_path: Path
) -> None:
    signed.say(algorithm="HMAC-SM3")
    talk = await talking(world, signed, tmp_path, 12, algorithm="HMAC-SM3")
    signed.say(lose=1, expire=1, throttle=1, fail=1)
    await talk.drain()
    assert {row["state"] for row in await talk.rows()} == {"accepted"}
    assert {row["task_version"] for row in await talk.rows()} == {1}
    assert len(signed.items()) == 12
    await talk.assert_equal()


async def test_a_wrong_key_is_told_and_loses_nothing(world: World, signed: Simulator, tmp_path: Path) -> None:
    talk = await talking(world, signed, tmp_path)
    (tmp_path / "peer.signed").write_text("another")
    with pytest.raises(PeerFailure, match="40101"):
        await service.push(talk.talk)
    assert {row["state"] for row in await talk.rows()} == {"sending"}
    (tmp_path / "peer.signed").write_text(SECRET)
    await talk.drain()
    assert {row["state"] for row in await talk.rows()} == {"accepted"}


async def test_a_platform_that_acknowledges_and_does_not_keep_is_found_by_the_comparison(
    world: World, signed: Simulator, tmp_path: Path
) -> None:
    talk = await talking(world, signed, tmp_path)
    signed.say(lie=1)
    await talk.drain()
    found = await talk.compare(repair=True)
    assert (found["missing"], found["repaired"]) == (1, 1)
    await talk.drain()
    await talk.assert_equal()


async def test_a_platform_that_decides_later_is_asked_again_under_the_same_number(
    world: World, signed: Simulator, tmp_path: Path
) -> None:
    talk = await talking(world, signed, tmp_path)
    signed.say(defer=1)
    before = len(signed.seen())
    assert not await service.push(talk.talk)
    assert {row["state"] for row in await talk.rows()} == {"sending"}
    await asyncio.wait_for(_accepted(talk), timeout=60)
    numbers = [number for number, _ in signed.seen()[before:]]
    assert len(numbers) == 2
    assert len(set(numbers)) == 1


async def _accepted(talk: Exchange) -> None:
    while {row["state"] for row in await talk.rows()} != {"accepted"}:
        await service.push(talk.talk)
        await asyncio.sleep(0.02)


@pytest.fixture
async def calling(portal: httpx.AsyncClient, configured: Settings, world: World) -> Any:
    """A key for the platform of an exchange."""
    app.state.verifier = TokenVerifier(configured.secrets)
    app.state.settings = configured

    async def made(talk: Exchange) -> Signer:
        return await signer(portal, configured, await new_client(world), peer_code=talk.partner.code)

    return made


async def test_a_platform_calls_with_its_verdicts_and_a_later_refusal_is_a_rejection(
    world: World, signed: Simulator, tmp_path: Path, calling: Any
) -> None:
    talk = await talking(world, signed, tmp_path, pause_seconds=3600)
    platform = await calling(talk)
    signed.say(defer=1)
    await service.push(talk.talk)
    sent = await talk.rows("sending")
    good, bad, silent = (str(row["row_guid"]) for row in sent)
    said = [{"ROW_GUID": good, "CODE": "00"}, {"ROW_GUID": bad, "CODE": "E07", "REMARK": "名称不规范"}]
    call = {"CD_BATCH": sent[0]["batch"], "list": said}
    told = await platform.told("POST", "/verdicts", body=call)
    assert told == {"accepted": 1, "rejected": 1, "unknown": []}
    assert await platform.told("POST", "/verdicts", body=call) == told
    states = {str(row["row_guid"]): row["state"] for row in await talk.rows()}
    assert states == {good: "accepted", bad: "rejected", silent: "waiting"}
    # Where it was sent to is remembered, so that a deletion finds it there.
    tables = {str(row["row_guid"]): row["table_name"] for row in await talk.rows()}
    assert tables[good] == talk.partner.mapping.push.table
    later = {"CD_BATCH": sent[0]["batch"], "list": [{"ROW_GUID": good, "CODE": "Q01", "REMARK": "依据已失效"},
                                                    {"ROW_GUID": str(talk.partner.id), "CODE": "Q01"}]}  # fmt: skip
    told = await platform.told("POST", "/verdicts", body=later)
    assert (told["accepted"], told["rejected"], told["unknown"]) == (0, 1, [str(talk.partner.id)])
    events = await world.events(["exchange.accepted", "exchange.rejected"])
    mine = [one for one in events if one.refs["peer"] == talk.partner.code]
    assert [one.type for one in mine].count("exchange.rejected") == 2
    # Another platform's key speaks of its own rows alone.
    other = await calling(await talking(world, signed, tmp_path, 1))
    stranger = {"CD_BATCH": sent[0]["batch"], "list": [{"ROW_GUID": silent, "CODE": "Q01"}]}
    assert (await other.told("POST", "/verdicts", body=stranger))["unknown"] == [silent]


async def test_which_codes_accept_a_row_is_for_the_platforms_profile_to_say(
    world: World, signed: Simulator, tmp_path: Path, calling: Any
) -> None:
    talk = await talking(world, signed, tmp_path, 2, pause_seconds=3600)
    await world.run(
        "UPDATE qingdan.peer SET mapping = jsonb_set(mapping, '{accepted_codes}', '[\"0\", \"OK\"]') WHERE id = :id",
        id=talk.partner.id,
    )
    platform = await calling(talk)
    signed.say(defer=1)
    await service.push(talk.talk)
    good, bad = sent = await talk.rows("sending")
    said = [{"ROW_GUID": str(good["row_guid"]), "CODE": "OK"}, {"ROW_GUID": str(bad["row_guid"]), "CODE": "00"}]
    told = await platform.told("POST", "/verdicts", body={"CD_BATCH": sent[0]["batch"], "list": said})
    assert told == {"accepted": 1, "rejected": 1, "unknown": []}
    states = {row["row_guid"]: (row["state"], row["err_type"]) for row in await talk.rows()}
    assert states == {good["row_guid"]: ("accepted", None), bad["row_guid"]: ("rejected", "CODE00")}


async def test_a_key_that_speaks_for_a_platform_is_made_by_those_who_administer_the_platform(
    world: World, portal: httpx.AsyncClient, configured: Settings, calling: Any
) -> None:
    """Whoever has one decides what becomes of the platform's rows, so the system's own region is not enough."""
    beyond = await exchange(world, None, region="130922000000")
    client = await new_client(world)
    local = {"Authorization": f"Bearer {staff_token(configured, region=REGION)}"}
    given = {"client_id": str(client), "peer_code": beyond.partner.code}
    refused = await portal.post(KEYS, json=given, headers=local)
    assert (refused.status_code, refused.json()["code"]) == (422, "peer_unknown")
    nowhere = await portal.post(KEYS, json=given | {"peer_code": "nowhere"}, headers=local)
    assert nowhere.json()["errors"][0]["code"] == refused.json()["errors"][0]["code"]
    within = await exchange(world, None)
    made = await portal.post(KEYS, json=given | {"peer_code": within.partner.code}, headers=local)
    assert made.status_code == 201

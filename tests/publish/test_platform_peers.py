"""Peers over HTTP: who may register and see them, what is refused with which reason, what is shown of the exchange."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from deploy.simulator.running import SOURCE, Simulator
from services.publish.app import app
from services.publish.platform.mapping import built_in
from services.publish.platform.peers.partner import Partner
from services.publish.platform.service import Conversation
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer, TokenVerifier, ensure_keys
from shared.settings import Settings
from tests.publish.platform_world import LOOPBACK, SECONDS, Exchange, published
from tests.publish.world import REGION, World

NATION = "0" * 12


@dataclass
class Api:
    """A client with tokens for whoever is needed."""

    client: httpx.AsyncClient
    issuer: TokenIssuer

    def token(self, *grants: tuple[str, str]) -> dict[str, str]:
        held = tuple(Grant(role, region) for role, region in grants)
        principal = Principal(new_id(), "tester", "测试人员", None, held)
        return {"Authorization": f"Bearer {self.issuer.issue(principal)}"}

    async def send(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = more.pop("who", None) or self.token(("administrator", NATION))
        return await self.client.request(
            method, f"/publish/v1/peers{path}", json=body, headers=headers | more.pop("headers", {}), **more
        )


@pytest_asyncio.fixture
async def api(portal: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    ensure_keys(tmp_path)
    app.state.verifier = TokenVerifier(tmp_path)
    allowed = Settings(peer_allowed_networks=LOOPBACK)
    monkeypatch.setattr("services.publish.platform.peers.service.settings.load", lambda: allowed)
    yield Api(portal, TokenIssuer(tmp_path, minutes=15))


def peer(world: World, **changed: Any) -> dict[str, Any]:
    code = f"p{new_id().hex[-12:]}"
    return {
        "code": code, "name": "广东省政务服务平台", "base_url": "http://127.0.0.1:9", "source_code": SOURCE,
        "region_codes": [REGION], "list_kinds": ["implementation"], "credential": f"peer.{code}", **changed,
    }  # fmt: skip


async def test_a_peer_is_registered_changed_paused_and_resumed(world: World, api: Api) -> None:
    given = peer(world)
    answer = await api.send("POST", "", given)
    assert answer.status_code == 201, answer.text
    code = given["code"]
    assert answer.headers["location"] == f"/publish/v1/peers/{code}"
    assert answer.json()["mapping_title"] == built_in().title
    change = {key: value for key, value in given.items() if key != "code"} | {"name": "改名后的平台"}
    assert (await api.send("PUT", f"/{code}", change)).status_code == 428
    stale = await api.send("PUT", f"/{code}", change, headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    changed = await api.send("PUT", f"/{code}", change, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["name"], changed.headers["etag"]) == (200, "改名后的平台", '"2"')
    assert (await api.send("POST", f"/{code}/pause")).json()["state"] == "paused"
    again = await api.send("POST", f"/{code}/pause")
    assert (again.status_code, again.json()["allowed"]) == (409, ["resume"])
    assert (await api.send("POST", f"/{code}/resume")).json()["state"] == "active"
    told = await world.events(["peer.registered", "peer.updated", "peer.paused", "peer.resumed"])
    mine = [event for event in told if event.refs["peer"] == code]
    assert [event.type.split(".")[1] for event in mine] == ["registered", "updated", "paused", "resumed"]
    assert "127.0.0.1" not in str(mine)
    listed = await api.send("GET", "", params={"limit": 200})
    assert code in [one["code"] for one in listed.json()["items"]]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"base_url": "http://zwfw.example.gov.cn"}, 422, "bad_url"),
        ({"base_url": "https://10.1.2.3/"}, 422, "bad_url"),
        ({"base_url": "https://u:p@zwfw.example.gov.cn"}, 422, "bad_url"),
        ({"credential": "publish.password"}, 422, "invalid_request"),
        ({"credential": "peer.another"}, 422, "bad_credential"),
        ({"credential": "../seal.private.pem"}, 422, "invalid_request"),
        ({"region_codes": ["999999000000"]}, 422, "invalid"),
        ({"list_kinds": ["no_such_kind"]}, 422, "invalid"),
        ({"region_codes": []}, 422, "invalid_request"),
        ({"code": "Große"}, 422, "invalid_request"),
        ({"name": "a\u0000b"}, 422, None),
        ({"batch_size": 10**30}, 422, None),
        ({"mirror_list_id": "00000000-0000-0000-0000-000000000000"}, 422, "list_not_found"),
        ({"mapping": {"title": "x", "push": {"table": "T", "columns": []}}}, 422, "invalid_request"),
        ({"unknown": 1}, 422, "invalid_request"),
    ],
)
async def test_what_cannot_be_a_peer_is_refused_with_its_place(
    world: World, api: Api, changed: dict[str, Any], status: int, code: str | None
) -> None:
    answer = await api.send("POST", "", peer(world, **changed))
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["errors"], problem
    if code not in (None, "invalid_request"):
        assert problem["code"] == code


async def test_a_code_is_given_once_and_a_filled_list_never_mirrors(world: World, api: Api) -> None:
    given = peer(world)
    assert (await api.send("POST", "", given)).status_code == 201
    assert (await api.send("POST", "", given)).json()["code"] == "peer_exists"
    list_id, _ = await published(world, 1)
    answer = await api.send("POST", "", peer(world, mirror_list_id=str(list_id)))
    assert (answer.status_code, answer.json()["code"]) == (409, "list_not_empty")


async def test_only_administrators_write_and_auditors_look(world: World, api: Api) -> None:
    given = peer(world)
    assert (await api.client.post("/publish/v1/peers", json=given)).status_code == 401
    for role in ("compiler", "list_authority", "auditor"):
        assert (await api.send("POST", "", given, who=api.token((role, NATION)))).status_code == 403
    mine = api.token(("administrator", REGION))
    assert (await api.send("POST", "", given, who=mine)).status_code == 201
    stranger = api.token(("administrator", "999999000000"))
    assert (await api.send("GET", f"/{given['code']}", who=stranger)).status_code == 404
    assert given["code"] not in (await api.send("GET", "", who=stranger)).text
    auditor = api.token(("auditor", REGION))
    assert (await api.send("GET", f"/{given['code']}/status", who=auditor)).status_code == 200
    assert (await api.send("POST", f"/{given['code']}/pause", who=auditor)).status_code == 403


async def test_status_rows_and_feedback_show_what_the_platform_said(
    world: World, api: Api, platform: Simulator
) -> None:
    list_id, items = await published(world, 3)
    await world.update(items[:1], item_type="15")
    given = peer(world, base_url=platform.url, list_kinds=[world.lists[list_id]], credential=None)
    assert (await api.send("POST", "", given)).status_code == 201
    code = given["code"]
    (row,) = await world.run("SELECT * FROM qingdan.peer WHERE code = :code", code=code)
    partner = Partner.of(row)
    talk = Exchange(world, platform, partner, Conversation(
        world.engine, partner, partner.way(Path(), SECONDS, LOOPBACK), SECONDS, 500))  # fmt: skip
    status = (await api.send("GET", f"/{code}/status")).json()
    assert status["lag"] > 0
    await talk.drain()
    platform.say("/feedback", source=SOURCE, ERR_TYPE="Q1", REMARK="查无此行", TABLE_ROW_GUID="?")
    platform.say("/feedback", source=SOURCE, ERR_TYPE="Q2", REMARK="查无此行", TABLE_ROW_GUID="?")
    await talk.ask()
    status = (await api.send("GET", f"/{code}/status")).json()
    assert (status["lag"], status["accepted"], status["rejected"], status["unmatched_feedback"]) == (0, 2, 1, 2)
    (rejected,) = (await api.send("GET", f"/{code}/rows", params={"state": "rejected"})).json()["items"]
    assert (rejected["item_id"], rejected["err_type"]) == (str(items[0]), "E05")
    assert rejected["remark"] == "事项类型 15 不在代码表中"
    first = (await api.send("GET", f"/{code}/rows", params={"state": "accepted", "limit": 1})).json()
    params = {"state": "accepted", "limit": 1, "cursor": first["next"]}
    second = (await api.send("GET", f"/{code}/rows", params=params)).json()
    assert {first["items"][0]["item_id"], second["items"][0]["item_id"]} == {str(item) for item in items[1:]}
    page = (await api.send("GET", f"/{code}/feedback", params={"unmatched": True, "limit": 1})).json()
    assert page["items"][0]["err_type"] == "Q1"
    assert page["next"]
    assert (await api.send("GET", f"/{code}/catalogue")).json()["items"] == []
    for bad in ("x", "W10", "WyJ4IiwxXQ", "WyJ4Il0"):
        assert (await api.send("GET", f"/{code}/rows", params={"cursor": bad})).status_code == 422
    started = await api.send("POST", f"/{code}/comparisons", {"repair": True})
    assert started.status_code == 202
    assert started.headers["location"].startswith("/publish/v1/operations/")


async def test_a_mapping_is_checked_before_it_is_kept(world: World, api: Api) -> None:
    given = peer(world)
    await api.send("POST", "", given)
    path = f"/{given['code']}/mapping"
    shown = await api.send("GET", path)
    assert shown.json()["push"]["table"] == "UP_TASK_GENERAL_BASIC"
    bad = shown.json()
    bad["push"]["columns"].append({"column": "CD_BATCH", "element": "name"})
    answer = await api.send("PUT", path, bad, headers={"If-Match": shown.headers["etag"]})
    assert answer.status_code == 422
    assert "CD_BATCH" in answer.text
    good = {"title": "自定义", "push": {"table": "T", "columns": [{"column": "NAME", "element": "name"}]}}
    answer = await api.send("PUT", path, good, headers={"If-Match": shown.headers["etag"]})
    assert answer.status_code == 200, answer.text
    assert (await api.send("GET", path)).json()["title"] == "自定义"


async def test_a_kind_taken_newly_is_sent_from_the_beginning(world: World, api: Api, platform: Simulator) -> None:
    first, _ = await published(world, 1)
    second, _ = await published(world, 1)
    given = peer(world, base_url=platform.url, list_kinds=[world.lists[first]], credential=None)
    await api.send("POST", "", given)
    (row,) = await world.run("SELECT * FROM qingdan.peer WHERE code = :code", code=given["code"])
    await _drain(world, platform, row)
    assert len(platform.items()) == 1
    change = {key: value for key, value in given.items() if key != "code"}
    change["list_kinds"] = [world.lists[first], world.lists[second]]
    await api.send("PUT", f"/{given['code']}", change, headers={"If-Match": '"1"'})
    (row,) = await world.run("SELECT * FROM qingdan.peer WHERE code = :code", code=given["code"])
    talk = await _drain(world, platform, row)
    assert len(platform.items()) == 2
    assert len(await talk.rows()) == 2, "what was sent before is not sent again"


async def _drain(world: World, platform: Simulator, row: Any) -> Exchange:
    partner = Partner.of(row)
    way = partner.way(Path(), SECONDS, LOOPBACK)
    talk = Exchange(world, platform, partner, Conversation(world.engine, partner, way, SECONDS, 500))
    await talk.drain()
    return talk

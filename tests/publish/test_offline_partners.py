"""Offline exchange over HTTP: who may register partners, make and hand in packages, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from services.publish.app import app
from services.publish.offline import rules
from services.publish.offline.jobs import OPERATIONS
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer, TokenVerifier, ensure_keys
from shared.ledger import operations
from shared.seals import keys
from shared.settings import Settings
from tests.publish.world import REGION, World

NATION = "0" * 12
KINDS = {one.kind: one for one in OPERATIONS}


class Api:
    """A client with tokens for whoever is needed."""

    def __init__(self, client: httpx.AsyncClient, issuer: TokenIssuer) -> None:
        self.client, self.issuer = client, issuer

    async def send(self, method: str, path: str, body: Any = None, *, role: str = "administrator", region: str = NATION,
                   **more: Any) -> httpx.Response:  # fmt: skip
        who = Principal(new_id(), "tester", "测试人员", None, (Grant(role, region),))
        headers = {"Authorization": f"Bearer {self.issuer.issue(who)}"} | more.pop("headers", {})
        return await self.client.request(method, f"/publish/v1/{path}", json=body, headers=headers, **more)


@pytest_asyncio.fixture
async def api(portal: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    ensure_keys(tmp_path)
    keys.ensure_keys(tmp_path, keys.PACKAGES)
    app.state.verifier = TokenVerifier(tmp_path)
    monkeypatch.setattr("services.publish.offline.jobs.settings.load", lambda: Settings(secrets_dir=tmp_path))
    yield Api(portal, TokenIssuer(tmp_path, minutes=15))


def partner(tmp_path: Path, *kinds: str, **changed: Any) -> dict[str, Any]:
    return {
        "code": f"inner-{new_id().hex[-12:]}", "name": "涉密网清单系统", "own_code": "outer",
        "public_keys": (tmp_path / "offline.public.pem").read_text(), "region_codes": [REGION],
        "list_kinds": list(kinds), **changed,
    }  # fmt: skip


async def made(api: Api, world: World, code: str, **asked: Any) -> dict[str, Any]:
    """What a package's operation came to."""
    answer = await api.send("POST", f"offline-partners/{code}/packages", asked)
    assert answer.status_code == 202, answer.text
    operation = UUID(answer.json()["operation_id"])
    await operations.execute(world.engine, "publish", KINDS, operation)
    found = await api.send("GET", f"operations/{operation}")
    assert found.json()["state"] == "succeeded", found.text
    return dict(found.json()["result"])


async def test_a_package_is_made_fetched_and_handed_in_over_http(world: World, api: Api, tmp_path: Path) -> None:
    list_id, _ = await world.enacted(2)
    given = partner(tmp_path, world.lists[list_id])
    code = given["code"]
    answer = await api.send("POST", "offline-partners", given)
    assert (answer.status_code, answer.headers["location"]) == (201, f"/publish/v1/offline-partners/{code}")
    result = await made(api, world, code)
    assert (result["serial"], result["rows"], result["more"]) == (1, 3, False)
    package = await api.send("GET", result["location"].removeprefix("/publish/v1/"))
    assert (package.status_code, package.headers["content-type"]) == (200, "application/zip")
    status = (await api.send("GET", f"offline-partners/{code}/status")).json()
    assert (status["sent_serial"], status["lag"]) == (1, 0)

    # Handed in at the other side, which here is the same database: it knows us as `outer`, and itself as `inner`.
    back = partner(tmp_path, code=f"outer-{new_id().hex[-12:]}", own_code=code)
    assert (await api.send("POST", "offline-partners", back)).status_code == 201
    wrong = await api.send("POST", f"received-packages?partner={back['code']}", content=package.content)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "wrong_address")
    same = {key: value for key, value in given.items() if key != "code"} | {"own_code": back["code"]}
    changed = await api.send("PUT", f"offline-partners/{code}", same, headers={"If-Match": answer.headers["etag"]})
    assert changed.status_code == 200, changed.text
    result = await made(api, world, code, everything=True)
    package = await api.send("GET", f"offline-partners/{code}/packages/{result['serial']}")
    taken = await api.send("POST", f"received-packages?partner={back['code']}", content=package.content)
    assert taken.status_code == 200, taken.text
    assert taken.json()["ignored"] == [{"list_id": str(list_id), "entries": 2}], "nothing here mirrors it"
    assert (await api.send("GET", f"offline-partners/{code}/packages/1")).json()["code"] == "package_gone"
    shown = (await api.send("GET", f"offline-partners/{code}/packages?limit=1")).json()
    assert [one["serial"] for one in shown["items"]] == [2]
    rest = (await api.send("GET", f"offline-partners/{code}/packages?cursor={shown['next']}")).json()
    assert [(one["serial"], one["at_hand"]) for one in rest["items"]] == [(1, False)]
    told = await world.events(["package.made", "package.received", "offline_partner.updated"])
    assert [event.type for event in told][-4:] == ["package.made", "offline_partner.updated", "package.made",
                                                   "package.received"]  # fmt: skip


async def test_a_large_package_is_the_workers_and_one_that_cannot_be_taken_is_refused_at_once(
    world: World, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "AT_ONCE_ROWS", 1)
    list_id, _ = await world.enacted(2)
    back = partner(tmp_path, code=f"outer-{new_id().hex[-12:]}")
    given = partner(tmp_path, world.lists[list_id], own_code=back["code"])
    back["own_code"] = given["code"]
    for one in (given, back):
        assert (await api.send("POST", "offline-partners", one)).status_code == 201
    result = await made(api, world, given["code"])
    package = await api.send("GET", result["location"].removeprefix("/publish/v1/"))
    place = f"received-packages?partner={back['code']}"
    assert (await api.send("POST", place, content=package.content, role="compiler")).status_code == 404
    altered = package.content.replace(b"manifest.sig", b"manifest.six")
    assert (await api.send("POST", place, content=altered)).status_code == 422
    started = await api.send("POST", place, content=package.content)
    operation = started.json()["operation_id"]
    assert (started.status_code, started.headers["location"]) == (202, f"/publish/v1/operations/{operation}")
    await operations.execute(world.engine, "publish", KINDS, UUID(operation))
    ended = (await api.send("GET", f"operations/{operation}")).json()
    assert (ended["state"], ended["done"], ended["total"]) == ("succeeded", 3, 3), ended
    assert ended["result"]["ignored"] == [{"list_id": str(list_id), "entries": 2}]
    again = await api.send("POST", place, content=package.content)
    assert (again.status_code, again.json()["again"]) == (200, True)


async def test_strangers_and_bad_input_are_refused(world: World, api: Api, tmp_path: Path) -> None:
    given = partner(tmp_path)
    code = given["code"]
    wrong = {**given, "region_codes": ["999999999999"], "list_kinds": ["nothing"], "public_keys": "x" * 200}
    answer = await api.send("POST", "offline-partners", wrong)
    places = ["/region_codes/0", "/list_kinds/0", "/public_keys"]
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, places)
    elsewhere = await api.send("POST", "offline-partners", given, region="450000000000")
    assert elsewhere.status_code == 403
    assert (await api.send("POST", "offline-partners", given)).status_code == 201
    assert (await api.send("POST", "offline-partners", given)).json()["code"] == "offline_partner_exists"
    assert (await api.send("GET", f"offline-partners/{code}", role="compiler")).status_code == 404
    assert (await api.send("GET", f"offline-partners/{code}", role="auditor")).status_code == 200
    assert (await api.send("POST", f"offline-partners/{code}/packages", {}, role="auditor")).status_code == 403
    assert (await api.send("GET", f"offline-partners/{code}/packages/1")).status_code == 404
    assert (await api.send("PUT", f"offline-partners/{code}", {})).status_code == 422
    for content in (b"", b"PK", b"\0" * 100):
        answer = await api.send("POST", f"received-packages?partner={code}", content=content)
        assert (answer.status_code, answer.json()["code"]) == (422, "no_package")
    for cursor in ("x", "WyJ4IiwxXQ", "WyIyMDI2LTAxLTAxIiwxXQ"):
        answer = await api.send("GET", f"offline-partners/{code}/packages?cursor={cursor}")
        assert answer.status_code == 422, answer.text


async def test_only_an_empty_list_of_ones_own_mirrors_one_source(world: World, api: Api, tmp_path: Path) -> None:
    filled, _ = await world.enacted()
    empty = await world.new_list()
    source, other = str(new_id()), str(new_id())

    async def asked(list_id: object, *, twice: bool = False) -> httpx.Response:
        mirrors = [{"source_list_id": source, "list_id": str(list_id)}]
        mirrors += [{"source_list_id": other, "list_id": str(list_id)}] if twice else []
        return await api.send("POST", "offline-partners", partner(tmp_path, mirrors=mirrors))

    assert (await asked(filled)).json()["code"] == "list_not_empty"
    assert (await asked(new_id())).json()["code"] == "list_not_found"
    assert (await asked(empty, twice=True)).json()["code"] == "list_not_empty"
    assert (await asked(empty)).status_code == 201
    assert (await asked(empty)).json()["code"] == "list_not_empty"
    page = (await api.send("GET", "offline-partners?limit=200")).json()
    assert [one["mirrors"] for one in page["items"] if one["mirrors"]] == [
        [{"source_list_id": source, "list_id": str(empty)}]]  # fmt: skip

"""Service clients over HTTP: registering them, and what administrators see and do."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from tests.catalog.register_world import CITY, COUNTY, NATION, PROVINCE, RegisterWorld

CLIENT: dict[str, Any] = {
    "name": "市一体化平台", "operator": "市大数据有限公司", "region_code": CITY, "scopes": ["subscriptions"],
    "contact": "运维值班 0317-4020000", "reason": "订阅清单变更",
}  # fmt: skip


async def register_client(register: RegisterWorld, **changed: Any) -> dict[str, Any]:
    """A new client with its secret."""
    answer = await register.post("/clients", CLIENT | changed)
    assert answer.status_code == 201, answer.text
    registered: dict[str, Any] = answer.json()
    return registered


async def test_a_client_is_registered_and_its_secret_is_shown_once_and_stored_nowhere(register: RegisterWorld) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    answer = await register.post("/clients", CLIENT, headers=key)
    made = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert (made["id"], made["scopes"], made["region_code"]) == (made["client_id"], ["subscriptions"], CITY)
    again = await register.post("/clients", CLIENT, headers=key)
    assert (again.status_code, again.json()) == (201, made | {"client_secret": None})
    seen = await register.get(f"/clients/{made['id']}")
    assert seen.json()["secrets"][0]["valid_until"] is None
    assert "hash" not in seen.text
    async with register.owner.connect() as connection:
        for table in ("event", "audit", "idempotency", "service_client", "service_client_secret"):
            rows = (await connection.execute(text(f"SELECT t::text FROM qingdan.{table} AS t"))).scalars().all()
            assert not any(made["client_secret"] in row for row in rows), table
        bodies = (await connection.execute(text("SELECT body FROM qingdan.idempotency"))).scalars().all()
        assert not any(made["client_secret"].encode() in bytes(body) for body in bodies)
    event = (await register.events("client.registered"))[-1]
    assert (event.reason, event.refs) == ("订阅清单变更", {"client": made["id"], "scopes": ["subscriptions"]})


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"scopes": ["subscriptions", "everything"]}, "scope_unknown", "/scopes/1"),
        ({"scopes": []}, "invalid", "/scopes"),
        ({"operator": None}, "one_owner", "/operator"),
        ({"organ_id": str(uuid4())}, "one_owner", "/operator"),
        ({"operator": None, "organ_id": str(uuid4())}, "organ_unknown", "/organ_id"),
        ({"region_code": "990000000000"}, "region_unknown", "/region_code"),
        ({"contact": ""}, "invalid", "/contact"),
        ({"name": "名\0称"}, "bad_character", "/name"),
    ],
)
async def test_a_client_that_is_described_badly_is_refused_with_the_place(
    register: RegisterWorld, changed: dict[str, Any], code: str, pointer: str
) -> None:
    answer = await register.post("/clients", CLIENT | changed)
    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (422, code, pointer)


async def test_only_administrators_of_the_region_or_above_register_see_and_change_clients(
    register: RegisterWorld,
) -> None:
    county, city = register.token(("administrator", COUNTY)), register.token(("administrator", CITY))
    compiler = register.token(("compiler", NATION))
    one_organ = register.token(("administrator", NATION, register.organs["青县行政审批局"]))
    assert (await register.post("/clients", CLIENT, who=county)).status_code == 403
    assert (await register.post("/clients", CLIENT, who=compiler)).status_code == 403
    assert (await register.post("/clients", CLIENT, who=one_organ)).status_code == 403
    mine = await register.post("/clients", CLIENT, who=city)
    path = f"/clients/{mine.json()['id']}"
    nation = await register_client(register, region_code="000000")
    below = await register_client(register, region_code=COUNTY)
    for who, expected in ((county, [below["id"]]), (city, [mine.json()["id"], below["id"]])):
        assert [row["id"] for row in (await register.get("/clients", who=who)).json()["items"]] == expected
    everything = (await register.get("/clients")).json()["items"]
    assert [row["id"] for row in everything] == [mine.json()["id"], nation["id"], below["id"]]
    assert (await register.get("/clients", who=compiler)).status_code == 403
    assert (await register.get("/clients", who=one_organ)).json()["items"] == []
    assert (await register.get(path, who=compiler)).status_code == 403
    for method, place, body in (
        ("GET", path, None),
        ("PUT", path, CLIENT),
        ("POST", f"{path}/secrets", {}),
        ("POST", f"{path}/deactivate", {}),
        ("DELETE", f"{path}/secrets/{uuid4()}", None),
    ):
        answer = await register.send(method, place, body, who=county, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["code"]) == (404, "client_not_found"), method
    assert (await register.get(path, who=city)).status_code == 200


async def test_a_client_moves_only_to_where_its_administrator_may_put_it(register: RegisterWorld) -> None:
    made = await register_client(register)
    city = register.token(("administrator", CITY))
    path, match = f"/clients/{made['id']}", {"If-Match": '"1"'}
    assert (await register.put(path, CLIENT, who=city)).status_code == 428
    above = await register.put(path, CLIENT | {"region_code": PROVINCE}, who=city, headers=match)
    assert above.status_code == 403
    organ = str(register.organs["青县行政审批局"])
    moved = CLIENT | {"region_code": "130922", "operator": None, "organ_id": organ, "scopes": ["subscriptions.read"]}
    changed = await register.put(path, moved, who=city, headers=match)
    assert (changed.status_code, changed.headers["etag"], changed.json()["organ_id"]) == (200, '"2"', organ)
    event = (await register.events("client.updated"))[-1]
    assert sorted(event.elements) == ["operator", "organ_id", "region_code", "scopes"]
    assert (event.region_code, event.refs["scopes"]) == (COUNTY, ["subscriptions.read"])
    assert (await register.put(path, CLIENT, headers=match)).status_code == 412


async def test_clients_are_found_page_by_page(register: RegisterWorld) -> None:
    ids = [(await register_client(register, name=f"系统{number}"))["id"] for number in range(3)]
    first = (await register.get("/clients?limit=2")).json()
    rest = (await register.get(f"/clients?limit=2&cursor={first['next']}")).json()
    assert [row["id"] for row in first["items"] + rest["items"]] == ids
    assert rest["next"] is None
    assert [row["id"] for row in (await register.get("/clients?q=系统1")).json()["items"]] == [ids[1]]
    assert (await register.get("/clients?active=false")).json()["items"] == []
    assert (await register.get("/clients?cursor=x")).status_code == 422


async def test_the_scopes_there_are_have_titles_that_people_read(register: RegisterWorld) -> None:
    titles = {row["scope"]: row["title"] for row in (await register.get("/scopes")).json()["items"]}
    assert titles["subscriptions"] == "订阅管理"
    assert (await register.get("/scopes", who={})).status_code == 401

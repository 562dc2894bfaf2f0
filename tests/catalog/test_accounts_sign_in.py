"""Accounts over HTTP: signing in, roles, passwords."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from services.catalog.accounts.bootstrap import ensure_administrator
from services.catalog.accounts.rules import LOCKED_FOR, MOST_FAILURES
from shared import clock
from tests.catalog.register_world import CITY, COUNTY, NATION, RegisterWorld, organ_code

PASSWORD = "bamboo-Lantern-77"
ACCOUNT = {"login": "BianZhi-01", "name": "编制岗一", "password": PASSWORD, "reason": "到岗"}


async def sign_in(
    register: RegisterWorld, login: str = "bianzhi-01", password: str = PASSWORD
) -> tuple[int, dict[str, str]]:
    answer = await register.post("/tokens", {"login": login, "password": password}, who={})
    return answer.status_code, answer.json()


@pytest.mark.req("ZL-46", "HB-29")
async def test_a_person_signs_in_with_an_own_account_and_acts_within_the_own_roles(register: RegisterWorld) -> None:
    organ = str(register.organs["青县行政审批局"])
    roles = [{"role": "compiler", "region_code": COUNTY, "organ_id": organ}]
    made = await register.post("/accounts", ACCOUNT | {"organ_id": organ, "roles": roles})
    assert made.status_code == 201, made.text
    assert "password" not in made.text
    status, token = await sign_in(register)
    assert status == 200
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = (await register.get("/accounts/me", who=headers)).json()
    assert (me["name"], me["roles"][0]["role"]) == ("编制岗一", "compiler")
    list_id = await register.list_of("permit")
    body = {"items": [{"elements": register.permit(1)}]}
    assert (await register.post(f"/lists/{list_id}/items", body, who=headers)).status_code == 200
    assert (await register.get("/accounts", who=headers)).status_code == 403


@pytest.mark.req("ZL-46")
async def test_every_refusal_looks_alike_and_every_attempt_is_in_the_audit(register: RegisterWorld) -> None:
    await register.post("/accounts", ACCOUNT)
    wrong = await sign_in(register, password="wrong-wrong-wrong")
    unknown = await sign_in(register, login="nobody.here")
    assert wrong[0] == unknown[0] == 401
    assert wrong[1]["detail"] == unknown[1]["detail"]
    async with register.owner.connect() as connection:
        rows = (await connection.execute(text(
            "SELECT outcome, detail ->> 'why' AS why FROM qingdan.audit WHERE tag = 'catalog:account:sign_in'"
            " ORDER BY recorded_at DESC LIMIT 2"
        ))).all()  # fmt: skip
    assert [(row.outcome, row.why) for row in rows] == [("refused", "unknown_login"), ("refused", "wrong_password")]


async def test_guessing_locks_the_account_for_a_while_even_for_the_right_password(register: RegisterWorld) -> None:
    await register.post("/accounts", ACCOUNT)
    for _ in range(MOST_FAILURES):
        assert (await sign_in(register, password="guess-guess-guess"))[0] == 401
    assert (await sign_in(register))[0] == 401
    later = clock.now() + LOCKED_FOR + timedelta(seconds=1)
    clock.use(lambda: later)
    assert (await sign_in(register))[0] == 200


async def test_a_closed_account_does_not_get_in(register: RegisterWorld) -> None:
    account = (await register.post("/accounts", ACCOUNT)).json()
    body = {"name": "编制岗一", "active": False, "reason": "调离"}
    closed = await register.put(f"/accounts/{account['id']}", body, headers={"If-Match": '"1"'})
    assert closed.json()["active"] is False
    assert (await sign_in(register))[0] == 401


async def test_a_person_changes_the_own_password(register: RegisterWorld) -> None:
    await register.post("/accounts", ACCOUNT)
    _, token = await sign_in(register)
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    path = "/accounts/me/password"
    wrong = await register.put(path, {"current": "not-my-password", "new": "river-Mountain-88"}, who=headers)
    assert wrong.json()["errors"][0]["pointer"] == "/current"
    weak = await register.put(path, {"current": PASSWORD, "new": "short"}, who=headers)
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (422, "/new")
    assert "short" not in weak.text
    changed = await register.put(path, {"current": PASSWORD, "new": "river-Mountain-88"}, who=headers)
    assert changed.status_code == 204
    assert (await sign_in(register))[0] == 401
    assert (await sign_in(register, password="river-Mountain-88"))[0] == 200


async def test_roles_are_granted_and_withdrawn_with_their_reason(register: RegisterWorld) -> None:
    account = (await register.post("/accounts", ACCOUNT)).json()
    path = f"/accounts/{account['id']}/roles"
    grant = {"role": "reviewer", "region_code": "130922", "reason": "审改办人员"}
    role = (await register.post(path, grant)).json()
    assert role["region_code"] == COUNTY
    assert (await register.post(path, grant)).json()["code"] == "role_held"
    assert (await register.post(path, grant | {"role": "king"})).json()["errors"][0]["pointer"] == "/role"
    assert (await register.post(path, grant | {"role": "compiler"})).json()["code"] == "organ_required"
    assert (await register.events("role.granted"))[-1].reason == "审改办人员"
    assert (await register.send("DELETE", f"{path}/{role['id']}")).status_code == 204
    assert (await register.get(f"/accounts/{account['id']}")).json()["roles"] == []


async def test_a_county_administrator_grants_only_within_the_county_and_takes_over_nobody_above(
    register: RegisterWorld,
) -> None:
    county = register.token(("administrator", COUNTY))
    above = ACCOUNT | {"roles": [{"role": "reviewer", "region_code": CITY}]}
    assert (await register.post("/accounts", above, who=county)).status_code == 403
    within = ACCOUNT | {"roles": [{"role": "reviewer", "region_code": COUNTY}]}
    assert (await register.post("/accounts", within, who=county)).status_code == 201
    city = (await register.post("/accounts", above | {"login": "city.reviewer"})).json()
    reset = await register.post(f"/accounts/{city['id']}/password", {"password": "taken-Over-9999"}, who=county)
    assert reset.status_code == 403


async def test_a_county_administrator_gives_nobody_an_organ_of_another_region(register: RegisterWorld) -> None:
    county = register.token(("administrator", COUNTY))
    row = {"name": "沧州市局", "kind": "department", "credit_code": organ_code(601), "region_code": CITY}
    city = (await register.put("/organs", {"items": [row]})).json()["ids"][organ_code(601)]
    role = {"role": "compiler", "region_code": COUNTY, "organ_id": city}
    assert (await register.post("/accounts", ACCOUNT | {"organ_id": city}, who=county)).status_code == 403
    assert (await register.post("/accounts", ACCOUNT | {"roles": [role]}, who=county)).status_code == 403
    within = ACCOUNT | {"organ_id": str(register.organs["青县行政审批局"])}
    within["roles"] = [{"role": "reviewer", "region_code": COUNTY}]
    account = (await register.post("/accounts", within, who=county)).json()
    path, version = f"/accounts/{account['id']}", {"If-Match": "*"}
    assert (await register.post(f"{path}/roles", role | {"reason": "兼职"}, who=county)).status_code == 403
    moved = {"name": "编制岗一", "organ_id": city, "reason": "调动"}
    assert (await register.put(path, moved, who=county, headers=version)).status_code == 403
    assert (await register.put(path, moved, headers=version)).status_code == 200
    renamed = await register.put(path, moved | {"name": "编制岗二"}, who=county, headers=version)
    assert renamed.status_code == 200, "the organ that a superior has given stays"


async def test_the_first_administrator_is_made_once(register: RegisterWorld) -> None:
    assert await ensure_administrator(register.engine, login="admin", password=PASSWORD)
    assert not await ensure_administrator(register.engine, login="admin", password="another-Secret-1")
    status, token = await sign_in(register, login="admin")
    assert status == 200
    me = (await register.get("/accounts/me", who={"Authorization": f"Bearer {token['access_token']}"})).json()
    assert (me["roles"][0]["role"], me["roles"][0]["region_code"]) == ("administrator", NATION)

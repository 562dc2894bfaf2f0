"""Oversight in tests: organs with credit codes, entries with codes, a service platform and what it tells of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from services.workflow.handling import jobs
from shared.identifiers import new_id
from shared.identity.principal import Principal
from tests.workflow.county import BORN, COUNTY
from tests.workflow.timing import BEGIN
from tests.workflow.world import World

RECORDS = "/workflow/v1/handling-records"
VIOLATIONS = "/workflow/v1/violations"
ORDERS = "/workflow/v1/rectification-orders"
COMPLAINTS = "/workflow/v1/complaints"
LIMITS = {
    "promised_limit": {"amount": 10, "unit": "working_day"},
    "statutory_limit": {"amount": 20, "unit": "working_day"},
}
SAID = {"materials": [{"name": "申请表"}, {"name": "营业执照（复印件）"}], "fees": [], "charged": False}
RESPONSIBLE = {
    "leader": {"person_id": "HB0001", "role": "分管负责人"},
    "handler": {"person_id": "HB0317", "role": "窗口人员"},
}


async def credit_code(world: World, organ: str = "环保局") -> str:
    """The organ's credit code, given to it when it has none yet."""
    code = f"11{world.suffix.upper()}{list(world.organs).index(organ):08d}"
    await world.run("UPDATE qingdan.organ SET credit_code = :code WHERE id = :id", code=code, id=world.organs[organ])
    return code


async def coded(
    world: World, name: str, *, organ: str = "环保局", number: int = 1, **elements: Any
) -> tuple[UUID, str]:
    """An entry in force with an implementation code; its id and the code."""
    item = await world.item(name, body=organ, **(LIMITS | SAID | elements))
    code = f"{await credit_code(world, organ)}40001160{number:02d}000"
    await world.run(
        "INSERT INTO qingdan.item_code (item_id, code, list_id, scheme, valid_from)"
        " VALUES (:item, :code, :list, 'implementation', :born)",
        item=item, code=code, list=world.lists["permit"], born=BORN,
    )  # fmt: skip
    return item, code


async def platform(world: World, name: str = "政务平台", *, scopes: tuple[str, ...] = ("handling_records",),
                   region: str = COUNTY) -> Principal:  # fmt: skip
    """A service client of a region, signed in."""
    made = Principal(new_id(), name, name, None, (), client=True, scopes=frozenset(scopes))
    await world.run(
        "INSERT INTO qingdan.service_client (id, name, operator, region_code, scopes, contact)"
        " VALUES (:id, :name, '县大数据中心', :region, :scopes, '值班室')",
        id=made.account_id, name=name, region=region, scopes=list(scopes),
    )  # fmt: skip
    world.tokens.people[world.token(name)] = made
    return made


async def record(world: World, code: str, number: str = "1", **more: Any) -> dict[str, Any]:
    """A record as a platform tells of it, accepted at the beginning of the tests."""
    return {
        "number": f"{world.suffix}-{number}", "revision": 1, "organ_credit_code": await credit_code(world),
        "code": code, "name": "环评审批", "accepted_at": BEGIN.isoformat(), "materials": ["申请表"],
        "responsible": RESPONSIBLE,
    } | more  # fmt: skip


async def send(world: World, *records: Any, who: str = "政务平台", **headers: str) -> httpx.Response:
    return await world.call(who, "POST", RECORDS, {"records": list(records)}, **headers)


async def taken(world: World, *records: Any, who: str = "政务平台") -> Any:
    answer = await send(world, *records, who=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def violation(world: World, code: str = "") -> str:
    """A violation that a platform has just told of; its id."""
    told = await taken(world, await record(world, code or "9" * 31, "v"))
    (found,) = await world.run(
        "SELECT v.id::text AS id FROM qingdan.violation AS v JOIN qingdan.handling_record AS h ON h.id = v.record_id"
        " WHERE h.id = CAST(:id AS uuid)",
        id=told["items"][0]["id"],
    )
    return str(found.id)


async def tick(world: World) -> None:
    """The ticker of handling limits looks."""
    await jobs.tick(world.engine)


async def get(world: World, path: str, who: str = "审改办", status: int = 200) -> Any:
    answer = await world.call(who, "GET", path)
    assert answer.status_code == status, answer.text
    return answer.json()


def code_of(answer: httpx.Response, status: int) -> str:
    """The code of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


def at(value: str) -> datetime:
    return datetime.fromisoformat(value)

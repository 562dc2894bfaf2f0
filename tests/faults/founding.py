"""The world is written with the catalog's own writers before any process runs: it depends on nothing that is tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from services.catalog.items import repository as items
from services.workflow.procedures.kinds import KINDS as KINDS_OF_ADJUSTMENT
from shared.clock import ZONE as ZONE_OF_TIME
from shared.codes import credit_code
from shared.database import create_engine
from shared.identifiers import new_id
from shared.identity.passwords import hash_password
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction, begin
from shared.schema import catalog, identity, workflow
from tests.faults.world import (
    CITY,
    KINDS,
    NATION,
    PASSWORD,
    PERMITS,
    PROVINCE,
    REGIONS,
    SPARE,
    ZONE,
    Department,
    Permit,
    Person,
    World,
    base_code,
    follower_elements,
    permit_elements,
)


async def build(url: str) -> World:
    """Write the world and enact its lists; `url` is the owner's."""
    engine = create_engine(url, role="owner")
    try:
        async with begin(engine, service="catalog", actor="system:faults") as tx:
            world, entries = _plan()
            await _register(tx, world)
            await _write(tx, entries)
            for (region, kind), list_id in world.lists.items():
                tx.append(NewEvent(type="list.enacted", region_code=region, list_kind=kind, list_id=list_id))
        return world
    finally:
        await engine.dispose()


Entry = tuple[UUID, UUID, dict[str, Any]]


def _plan() -> tuple[World, list[Entry]]:
    lists = {(region, kind): new_id() for region in (CITY, ZONE) for kind in KINDS}
    lists |= {(PROVINCE, "base_catalogue"): new_id(), (PROVINCE, "permit"): new_id()}
    entries: list[Entry] = []
    departments = tuple(
        _department(mark, region, numbers, lists, entries) for mark, (region, numbers) in PERMITS.items()
    )
    entries += _superior(lists, entries)
    return World(departments, lists, Person("authority")), entries


def _department(
    mark: str, region: str, numbers: Sequence[int], lists: Mapping[tuple[str, str], UUID], entries: list[Entry]
) -> Department:
    place = "city" if region == CITY else "zone"
    tag = {"甲": "a", "乙": "b", "丙": "c"}[mark]
    body = f"0000000{tag.upper()}"
    code = credit_code.generate(authority="1", category="1", region=region[:6], organisation_body=body)
    bare = Department(
        id=new_id(), name=f"演练{mark}局", region=region, credit_code=code.value,
        compilers=(Person(f"compiler-{tag}1"), Person(f"compiler-{tag}2")), principal=Person(f"principal-{tag}"),
        reviewer=_shared(f"reviewer-{place}"), decider=_shared(f"decider-{place}"), permits=(),
    )  # fmt: skip
    permits = tuple(_permit(f"{mark}类第{number}号许可", bare, number, lists, entries) for number in numbers)
    return Department(**{**vars(bare), "permits": permits})


_people: dict[str, Person] = {}


def _shared(login: str) -> Person:
    return _people.setdefault(login, Person(login))


def _permit(
    name: str, department: Department, number: int, lists: Mapping[tuple[str, str], UUID], entries: list[Entry]
) -> Permit:
    elements = permit_elements(name, department, number)
    permit_id = new_id()
    entries.append((permit_id, lists[department.region, "permit"], elements))
    followers = {}
    for kind in KINDS[1:]:
        follower = follower_elements(kind, elements)
        if follower is not None:
            followers[kind] = new_id()
            entries.append((followers[kind], lists[department.region, kind], follower))
    return Permit(permit_id, name, followers)


def _superior(lists: Mapping[tuple[str, str], UUID], below: Sequence[Entry]) -> list[Entry]:
    """The province's master list with every main item, and its own permits above some of the city's."""
    numbers = [*range(1, 29), *SPARE]
    master = [
        (new_id(), lists[PROVINCE, "base_catalogue"],
         {"name": f"第{number}号事项", "base_code": base_code(number), "item_type": "01", "level": "2,3,4",
          "state": "in_use"})
        for number in numbers
    ]  # fmt: skip
    burdens = below[0][2]
    code = credit_code.generate(authority="1", category="1", region="440000", organisation_body="0000000P").value
    above = [
        (new_id(), lists[PROVINCE, "permit"],
         burdens | {"name": f"省级第{number}号许可", "base_code": base_code(number), "level": "2",
                    "implementation_code": f"{code}2{base_code(number)}", "implementing_body": None})
        for number in range(1, 9)
    ]  # fmt: skip
    return [*master, *above]


async def _register(tx: Transaction, world: World) -> None:
    connection = tx.connection
    regions = [
        {"code": code, "name": name, "level": level, "kind": kind, "parent_code": above[0] if above else None,
         "ancestors": list(above)}
        for code, name, level, kind, above in REGIONS
    ]  # fmt: skip
    await connection.execute(insert(catalog.region), regions)
    government = new_id()
    organs = [
        {"id": department.id, "name": department.name, "region_code": department.region, "kind": "department",
         "credit_code": department.credit_code, "credit_code_check": "ok"}
        for department in world.departments
    ]  # fmt: skip
    organs.append({"id": government, "name": "演练省审改办", "region_code": PROVINCE, "kind": "department",
                   "credit_code": None, "credit_code_check": None})  # fmt: skip
    await connection.execute(insert(catalog.organ), organs)
    lists = [
        {"id": list_id, "kind": kind, "region_code": region, "title": f"{region[:6]}{kind}",
         "lead_organ_id": government, "state": "in_force", "enacted_at": tx.now - timedelta(days=1),
         "decision": {"meeting": "演练会议", "date": "2026-01-05", "number": "演练〔2026〕1号"}}
        for (region, kind), list_id in world.lists.items()
    ]  # fmt: skip
    await connection.execute(insert(catalog.list_), lists)
    members = [
        {"list_id": list_id, "organ_id": department.id}
        for (region, _), list_id in world.lists.items()
        for department in world.departments
        if department.region == region
    ]
    await connection.execute(insert(catalog.list_member), members)
    await _short_procedure(tx)
    await _accounts(tx, world)


async def _short_procedure(tx: Transaction) -> None:
    """The province passes everything by the short procedure: the storm is about what follows a decision."""
    bound = [
        {"id": new_id(), "region_code": PROVINCE, "kind": kind, "template_code": "short",
         "valid_from": tx.now.astimezone(ZONE_OF_TIME).date(), "source": "演练", "created_by": "system:faults"}
        for kind in KINDS_OF_ADJUSTMENT
    ]  # fmt: skip
    await tx.connection.execute(insert(workflow.procedure_binding), bound)


async def _accounts(tx: Transaction, world: World) -> None:
    people: dict[Person, tuple[UUID | None, str, str]] = {world.authority: (None, "list_authority", PROVINCE)}
    extra = [(world.authority, "auditor", PROVINCE, None), (world.authority, "administrator", NATION, None)]
    for department in world.departments:
        for compiler in department.compilers:
            people[compiler] = (department.id, "compiler", department.region)
        people[department.principal] = (department.id, "principal", department.region)
        people[department.reviewer] = (None, "reviewer", department.region)
        people[department.decider] = (None, "decider", department.region)
    stored = hash_password(PASSWORD)
    accounts = [
        {"id": person.account_id, "login": person.login, "name": person.login, "password_hash": stored,
         "organ_id": organ}
        for person, (organ, _, _) in people.items()
    ]  # fmt: skip
    grants = [(person, role, region, organ) for person, (organ, role, region) in people.items()]
    roles = [
        {"id": new_id(), "account_id": person.account_id, "role": role, "region_code": region, "organ_id": organ}
        for person, role, region, organ in [*grants, *extra]
    ]
    await tx.connection.execute(insert(identity.account), accounts)
    await tx.connection.execute(insert(identity.account_role), roles)


async def _write(tx: Transaction, entries: Sequence[Entry]) -> None:
    await items.create_items(
        tx.connection,
        items.Entries(
            item_ids=[item for item, _, _ in entries],
            list_ids=[list_id for _, list_id, _ in entries],
            elements=[elements for _, _, elements in entries],
            effective_ats=[tx.now - timedelta(days=1)] * len(entries),
            operation="import",
        ),
    )

"""What the tests of claims add to the small country: plans, township and zone, people, and what claims look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.catalog.claims import jobs, service
from services.catalog.claims.consumers import CLAIMS
from services.catalog.claims.schemas import Chosen
from services.catalog.linkage.consumers import CASCADE, COMPILE
from shared import clock
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.ledger.envelope import NewEvent
from tests.catalog.linkage_world import CITY, COUNTY, PROVINCE, World
from tests.emptying import empty

TOWN, ZONE = "440106001000", "440106-KFQ"
FOOD = "000116102000"
REGIONS_BELOW = """
INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors) VALUES
    ('440106001000', '五山街道', 'township', 'administrative', '440106000000',
     '{440106000000,440100000000,440000000000}'),
    ('440106-KFQ', '天河高新区', 'county', 'zone', '440106000000', '{440106000000,440100000000,440000000000}')
"""
COMPLETE = {
    "handling_kind": "committed", "process_steps": [{"name": "受理"}, {"name": "决定"}],
    "materials": [{"name": "申请表", "necessity": "required"}],
    "promised_limit": {"amount": 10, "unit": "working_day"}, "handling_place": "政务中心", "handling_hours": "工作日",
    "consult_phone": "020-0000000", "complaint_phone": "020-12345",
}  # fmt: skip
CREDIT = {ZONE: "K"}  # the zone's organ has a code of its own, at the county's level
LEVEL = {PROVINCE: "2", CITY: "3", COUNTY: "4", TOWN: "5", ZONE: "4"}


async def prepare(world: World) -> None:
    """Regions below the county with an organ each, the consumer of claims, and nothing of the tests before."""
    async with world.engine.begin() as connection:
        await empty(connection, "claim_plan", "delegation", "list_exemption", "finding", "draft", "item_code", "list")
    world.lists.clear()
    await world.run(REGIONS_BELOW + " ON CONFLICT DO NOTHING")
    for region in (TOWN, ZONE):
        if region not in world.organs:
            world.organs[region] = new_id()
            await world.run(
                "INSERT INTO qingdan.organ (id, name, kind, region_code) VALUES (:id, :name, 'township', :region)",
                id=world.organs[region], name=f"{region}办事处", region=region,
            )  # fmt: skip
    await world.run(
        "INSERT INTO qingdan.consumer (name, service, position)"
        " SELECT 'claims', 'catalog', position FROM qingdan.log_head"
        " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
    )


async def settle(world: World) -> None:
    """Let everything follow."""
    await world.drain(CASCADE, COMPILE, CLAIMS)


def permit(world: World, region: str, name: str, base_code: str, **more: Any) -> dict[str, Any]:
    """Elements of a permit at any level, with the given code."""
    made = world.permit(PROVINCE, name, base_code=base_code)
    level = more.pop("level", LEVEL[region])
    return made | {
        "level": level, "implementing_body": str(world.organs[region]), "basis": BASIS,
        "implementation_code": f"11440100MB2C93184{CREDIT.get(region, 'J')}{level[0]}{base_code}",
    } | more  # fmt: skip


BASIS = [{"document": "中华人民共和国食品安全法", "kind": "set", "document_kind": "law", "article": "第三十五条"}]


def master(name: str, base_code: str, level: str = "2,3,4", **more: Any) -> dict[str, Any]:
    """A matter of the superior's master list."""
    return {"name": name, "base_code": base_code, "item_type": "01", "level": level, "state": "in_use",
            "basis": BASIS} | more  # fmt: skip


async def plan(
    world: World, region: str, *, kinds: Sequence[str] = ("base_catalogue", "permit"), required: bool = True,
    due_days: int = 30, list_kind: str = "permit",
) -> None:  # fmt: skip
    """A plan of claiming that was set."""
    async with world.transaction() as tx:
        await world_run(tx, "INSERT INTO qingdan.claim_plan (region_code, list_kind, source_kinds, item_types,"
            " due_days, required, active, source, set_by, set_at) VALUES (:region, :kind, :kinds, :types, :days,"
            " :required, true, '认领工作方案', 'system:test', now())",
            region=region, kind=list_kind, kinds=list(kinds), types=["01"], days=due_days, required=required,
        )  # fmt: skip
        tx.append(NewEvent(type="claim_plan.set", region_code=region, list_kind=list_kind))


async def world_run(tx: Any, sql: str, **given: Any) -> None:
    """A statement in a transaction of its own events."""
    from sqlalchemy import text

    await tx.connection.execute(text(sql), given)


async def enacted(world: World, kind: str, region: str) -> None:
    """A list was put into force."""
    list_id = await world.list_of(kind, region)
    await world.run("UPDATE qingdan.list SET state = 'in_force' WHERE id = :id", id=list_id)
    async with world.transaction() as tx:
        tx.append(NewEvent(type="list.enacted", region_code=region, list_kind=kind, list_id=list_id))


async def claims(world: World, region: str = COUNTY, **where: Any) -> list[Mapping[str, Any]]:
    """Claims of a region with the names of the superior's matters."""
    more = "".join(f" AND c.{name} = :{name}" for name in where)
    return await world.rows(
        "SELECT c.*, u.name FROM qingdan.claim AS c JOIN qingdan.item AS u ON u.id = c.superior_item_id"
        f" WHERE c.region_code = :region{more} ORDER BY u.name",
        region=region, **where,
    )  # fmt: skip


def somebody(role: str, region: str = COUNTY, organ: UUID | None = None) -> Principal:
    """Somebody with a role."""
    return Principal(new_id(), role, role, None, (Grant(role, region, organ),))


async def claim(world: World, ids: Sequence[UUID], organ: UUID, who: Principal | None = None) -> Any:
    """Claim matters for an organ."""
    async with world.transaction() as tx:
        return await service.claim(tx, who or somebody("reviewer"), Chosen(claim_ids=list(ids), organ_id=organ))


async def late(world: World) -> None:
    """The ticker of late changes has come by."""
    await jobs.find_late(world.engine)
    clock.use(None)


async def offered(world: World) -> tuple[UUID, UUID]:
    """The province's matter of food, and the county's claim of it."""
    [upper] = await world.enter("base_catalogue", PROVINCE, [master("食品经营许可", FOOD)])
    await world.list_of("permit", COUNTY)
    await plan(world, COUNTY)
    await settle(world)
    [row] = await claims(world)
    return upper, row["id"]

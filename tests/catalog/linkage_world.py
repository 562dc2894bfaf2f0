"""A small country for the linkage tests: a province, a city and a county with their lists, and people's decisions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.items import repository as items
from services.catalog.linkage import jobs
from services.catalog.linkage.consumers import CASCADE, COMPILE, VALIDATION
from services.catalog.linkage.drafts import service as drafts
from shared import clock
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.ledger import consume, operations
from shared.ledger.consume import Consumer
from shared.ledger.envelope import NewEvent
from shared.ledger.operations import Running
from shared.ledger.transaction import Transaction, begin

PROVINCE, CITY, COUNTY = "440000000000", "440100000000", "440106000000"
PERMIT_KINDS = (
    "permit", "power", "catalogue", "implementation", "follow_up_supervision", "internet_supervision",
    "investment_approval",
)  # fmt: skip
FOLLOWING = PERMIT_KINDS[1:]

_REGISTER = """
INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors) VALUES
    ('440000000000', '广东省', 'province', 'administrative', NULL, '{}'),
    ('440100000000', '广州市', 'city', 'administrative', '440000000000', '{440000000000}'),
    ('440106000000', '天河区', 'county', 'administrative', '440100000000', '{440100000000,440000000000}')
"""
_CHANGES = (
    "INSERT INTO qingdan.change (id, adjustment_id, number, operation, list_id, item_id, organ_id,"
    " base, proposed, compiled_by)"
    " SELECT gen_random_uuid(), :adjustment, g.number, g.operation, coalesce(i.list_id, :list), g.item,"
    " :organ, g.base, g.proposed, 'account:x'"
    " FROM unnest(CAST(:numbers AS int[]), CAST(:operations AS text[]), CAST(:items AS uuid[]),"
    " CAST(:bases AS jsonb[]), CAST(:proposed AS jsonb[]))"
    " AS g (number, operation, item, base, proposed)"
    " LEFT JOIN qingdan.item AS i ON i.id = g.item"
)


@dataclass
class World:
    """The database with the ids the tests speak of; the consumers work as `worker` when there is one."""

    engine: AsyncEngine
    worker: AsyncEngine | None = None
    lists: dict[tuple[str, str], UUID] = field(default_factory=dict)
    organs: dict[str, UUID] = field(default_factory=dict)
    serial: int = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A unit of work of somebody in the catalog."""
        async with begin(self.engine, service="catalog", actor="system:test") as tx:
            yield tx

    async def rows(self, sql: str, **parameters: Any) -> list[Mapping[str, Any]]:
        """The answer of a query."""
        async with self.engine.connect() as connection:
            return [dict(row._mapping) for row in await connection.execute(text(sql), parameters)]

    async def run(self, sql: str, **parameters: Any) -> None:
        """A statement that changes something."""
        async with self.engine.begin() as connection:
            await connection.execute(text(sql), parameters)

    async def found(self) -> None:
        """Regions, one organ each, and the consumers at the beginning of the log."""
        await self.run(_REGISTER)
        for region in (PROVINCE, CITY, COUNTY):
            self.organs[region] = new_id()
            await self.run(
                "INSERT INTO qingdan.organ (id, name, kind, region_code) VALUES (:id, :name, 'department', :region)",
                id=self.organs[region], name=f"{region}生态环境局", region=region,
            )  # fmt: skip
        for consumer in (CASCADE, COMPILE, VALIDATION):
            await self.run(
                "INSERT INTO qingdan.consumer (name, service, position) VALUES (:name, 'catalog', 0)"
                " ON CONFLICT DO NOTHING",
                name=consumer.name,
            )

    async def list_of(self, kind: str, region: str, *, state: str = "in_force") -> UUID:
        """The list of a kind in a region, made when it is not there."""
        if (kind, region) not in self.lists:
            list_id = self.lists[kind, region] = new_id()
            await self.run(
                "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
                " VALUES (:id, :kind, :region, :title, :organ, :state)",
                id=list_id, kind=kind, region=region, title=f"{region}{kind}", organ=self.organs[region], state=state,
            )  # fmt: skip
        return self.lists[kind, region]

    def permit(self, region: str, name: str = "建设项目环境影响报告表审批", **more: Any) -> dict[str, Any]:
        """Elements of a permit with a code of its own."""
        self.serial += 1
        base = more.pop("base_code", f"4401{self.serial:02d}{self.serial:03d}002")
        level = {PROVINCE: "2", CITY: "3", COUNTY: "4"}[region]
        return {
            "name": name,
            "base_code": base,
            "implementation_code": f"11440100MB2C93184J{level}{base}",
            "handling_item": "",
            "item_type": "01",
            "level": level,
            "implementing_body": str(self.organs[region]),
            "basis": [{"document": "中华人民共和国环境影响评价法", "kind": "set", "article": f"第{self.serial}条"}],
            "state": "in_use",
        } | more

    async def enter(self, kind: str, region: str, entries: Sequence[Mapping[str, Any]], **options: Any) -> list[UUID]:
        """Put entries into a list, as an import would have done."""
        list_id = await self.list_of(kind, region, **options)
        ids = [new_id() for _ in entries]
        async with self.transaction() as tx:
            given = items.Entries(
                item_ids=ids,
                list_ids=[list_id] * len(ids),
                elements=entries,
                effective_ats=[clock.now() - timedelta(days=1)] * len(ids),
                operation="import",
            )
            await items.create_items(tx.connection, given)
            for start in range(0, len(ids), 1000):
                part = ids[start : start + 1000]
                tx.append(
                    NewEvent(type="item.imported", list_id=list_id, item_ids=part, versions=[1] * len(part),
                             region_code=region, list_kind=kind)
                )  # fmt: skip
        return ids

    async def linked(self, permit: Mapping[str, Any], region: str = CITY) -> dict[str, UUID]:
        """A permit and its entry in every built-in list that follows it; kind -> item."""
        supervision = dict(permit) | {"permit_name": permit["name"], "supervising_body": permit["implementing_body"]}
        for element in ("implementation_code", "item_type", "level", "basis"):
            supervision.pop(element)
        made = {
            "follow_up_supervision": supervision | {"name": "后续监管", "permit_state": "in_use"},
            "internet_supervision": supervision | {"name": "监管事项"},
        }
        found = {}
        for kind in PERMIT_KINDS:
            [found[kind]] = await self.enter(kind, region, [made.get(kind, permit)])
        return found

    async def decide(
        self, changes: Sequence[tuple[str, UUID, Mapping[str, Any], Mapping[str, Any]]], *, at: datetime | None = None,
        list_id: UUID | None = None, region: str = CITY, submission: int = 1, event: str = "adjustment.effective",
    ) -> UUID:  # fmt: skip
        """An adjustment of (operation, item, base, proposed) and the event that it takes effect."""
        adjustment_id, at = new_id(), at or clock.now()
        async with self.transaction() as tx:
            await tx.connection.execute(
                text(
                    "INSERT INTO qingdan.adjustment (id, number, title, region_code, organ_id, trigger,"
                    " trigger_reference, legal_basis, reason, effective_at, transitional_rule, procedure_code,"
                    " procedure_version, state, submission, decided_at, created_by)"
                    " VALUES (:id, :number, '更名', :region, :organ, 'LAW_AMEND', '依据', '依据', '更名', :at,"
                    " '旧案旧办', 'p', 1, 'effective', :submission, :at, 'system:test')"
                ),
                {"id": adjustment_id, "number": str(adjustment_id), "region": region, "organ": self.organs[region],
                 "at": at, "submission": submission},
            )  # fmt: skip
            await tx.connection.execute(
                text(_CHANGES),
                {
                    "adjustment": adjustment_id, "list": list_id, "organ": self.organs[region],
                    "numbers": list(range(len(changes))), "operations": [change[0] for change in changes],
                    "items": [change[1] for change in changes],
                    "bases": [orjson.dumps(change[2]).decode() for change in changes],
                    "proposed": [orjson.dumps(change[3]).decode() for change in changes],
                },
            )  # fmt: skip
            tx.append(
                NewEvent(type=event, adjustment_id=adjustment_id, region_code=region, effective_at=at,
                         item_ids=[change[1] for change in changes], refs={"submission": submission})
            )  # fmt: skip
        return adjustment_id

    async def drain(self, *consumers: Consumer) -> None:
        """Let consumers read to the end of the log."""
        for _ in range(50):
            if not any(
                [
                    await consume.step(self.worker or self.engine, consumer)
                    for consumer in consumers or (CASCADE, COMPILE)
                ]
            ):
                return
        raise AssertionError("the consumers do not come to an end")

    async def entry(self, item_id: UUID) -> dict[str, Any]:
        """What an item says now, with `version`."""
        [row] = await self.rows(
            "SELECT v.elements, i.version FROM qingdan.item AS i"
            " JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version WHERE i.id = :id",
            id=item_id,
        )
        return dict(row["elements"]) | {"version": row["version"]}

    async def open_drafts(self) -> list[Mapping[str, Any]]:
        """Open drafts."""
        return await self.rows("SELECT * FROM qingdan.draft WHERE state = 'open' ORDER BY rule, id")

    async def open_findings(self) -> list[Mapping[str, Any]]:
        """Open findings."""
        return await self.rows("SELECT * FROM qingdan.finding WHERE state = 'open' ORDER BY rule, element, id")


def authority(region: str = PROVINCE) -> Principal:
    """Somebody who leads the lists of a region."""
    return Principal(new_id(), "lead", "牵头单位", None, (Grant("list_authority", region),))


async def accept(world: World, ids: Sequence[UUID]) -> None:
    """Accept drafts as the lists' authority."""
    async with world.transaction() as tx:
        done = await drafts.accept(tx, authority(), ids=ids, list_id=None, limit=len(ids), reason="核对一致")
        assert len(done.accepted) == len(ids)


async def events(world: World, kind: str, adjustment_id: UUID) -> list[Mapping[str, Any]]:
    """Events of a type that go back to an adjustment."""
    return await world.rows(
        "SELECT * FROM qingdan.event WHERE type = :kind AND adjustment_id = :id ORDER BY position",
        kind=kind, id=adjustment_id,
    )  # fmt: skip


async def check(world: World, **parameters: Any) -> dict[str, Any]:
    """The result of a check of everything."""
    async with world.transaction() as tx:
        operation_id = await operations.create(tx, kind=jobs.CHECK, parameters={"record": True} | parameters)
    async with world.engine.begin() as connection:
        row = await operations.claim(connection, operation_id, "catalog")
    assert row is not None
    return dict(await jobs.run_check(world.engine, Running(world.engine, row)))

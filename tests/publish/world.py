"""A small catalog written by its owner, and events as the catalog would tell them: what the publication reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.revisions.consumers import PUBLICATION
from shared.identifiers import new_id
from shared.ledger import consume, position
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.reading import COLUMNS, as_event
from shared.ledger.transaction import begin

REGION = "440100000000"
BORN = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@dataclass
class World:
    """One region, one organ, and as many kinds and lists as a test asks for."""

    engine: AsyncEngine
    organ: UUID = field(default_factory=new_id)
    versions: dict[UUID, int] = field(default_factory=dict)
    current: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    lists: dict[UUID, str] = field(default_factory=dict)
    of_list: dict[UUID, UUID] = field(default_factory=dict)

    async def run(self, sql: str, **values: Any) -> list[Any]:
        """A statement of the owner's."""
        async with self.engine.begin() as connection:
            result = await connection.execute(text(sql), values)
            return list(result.mappings()) if result.returns_rows else []

    async def events(self, types: Iterable[str]) -> list[Event]:
        """What the log holds of some types, as consumers get it."""
        columns = ", ".join(COLUMNS)
        async with self.engine.connect() as connection:
            rows = await connection.execute(
                text(f"SELECT {columns} FROM qingdan.event WHERE type = ANY (:types) ORDER BY position"),
                {"types": list(types)},
            )
            return [as_event(row) for row in rows]

    async def begin(self) -> None:
        """Region, organ, and the consumer's row; safe to repeat."""
        await self.run(
            "INSERT INTO qingdan.region (code, name, level, kind) VALUES (:code, '广州市', 'city', 'administrative')"
            " ON CONFLICT DO NOTHING",
            code=REGION,
        )
        await self.run(
            "INSERT INTO qingdan.organ (id, name, credit_code, kind, region_code)"
            " VALUES (:id, '广州市生态环境局', :code, 'department', :region)",
            id=self.organ,
            code=f"11440100{self.organ.hex[-10:].upper()}",
            region=REGION,
        )
        async with self.engine.begin() as connection:
            await position.register(connection, ["publication"], "publish")

    async def new_list(self, *, kind: str | None = None, hidden: Sequence[str] = (), in_force: bool = False) -> UUID:
        """A list of a kind of its own (or of `kind`), whose profile hides some elements."""
        list_id = new_id()
        kind = kind or f"kind_{list_id.hex[-12:]}"
        await self.run(
            "INSERT INTO qingdan.list_kind (code, title, origin) VALUES (:kind, '行政许可事项清单', 'custom')"
            " ON CONFLICT DO NOTHING",
            kind=kind,
        )
        await self.new_profile(kind, hidden)
        await self.run(
            "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state, decision)"
            " VALUES (:id, :kind, :region, '广州市行政许可事项清单', :organ, :state,"
            " CAST(:decision AS jsonb))",
            id=list_id,
            kind=kind,
            region=REGION,
            organ=self.organ,
            state="in_force" if in_force else "compiling",
            decision=orjson.dumps({"meeting": "常务会议", "date": "2026-01-04", "number": "穗府〔2026〕1号"}).decode(),
        )
        self.lists[list_id] = kind
        return list_id

    async def new_profile(self, kind: str, hidden: Sequence[str]) -> None:
        """The next profile of a kind."""
        elements = [{"key": "name", "public": True}, *({"key": key, "public": False} for key in hidden)]
        await self.run(
            "INSERT INTO qingdan.element_profile (id, kind, number, valid_from, elements)"
            " SELECT :id, :kind, coalesce(max(number), 0) + 1, '2020-01-01', CAST(:elements AS jsonb)"
            " FROM qingdan.element_profile WHERE kind = :kind",
            id=new_id(),
            kind=kind,
            elements=orjson.dumps(elements).decode(),
        )

    def elements(self, number: int, **more: Any) -> dict[str, Any]:
        """A complete entry."""
        base = f"000116{number:03d}000"
        return {
            "name": f"建设项目环境影响报告表审批{number}",
            "base_code": base,
            "implementation_code": f"11440100MB2C0000003{base}"[:19] + base,
            "handling_item": "",
            "item_type": "01",
            "level": "3",
            "implementing_body": str(self.organ),
            "state": "in_use",
            "materials": [{"name": "环境影响报告表", "necessity": "required"}],
            "statutory_limit": {"amount": 30, "unit": "working_day"},
        } | more

    async def add(self, list_id: UUID, entries: Sequence[dict[str, Any]], *, at: datetime = BORN) -> list[UUID]:
        """Items with their first version."""
        items = [new_id() for _ in entries]
        await self._write(items, [1] * len(items), entries, [list_id] * len(items), at, None)
        return items

    async def change(
        self, items: Sequence[UUID], *, at: datetime | None = None, adjustment: UUID | None = None, **patch: Any
    ) -> list[int]:
        """The next version of items: the same patch for all; a null removes an element."""
        entries = [
            {key: value for key, value in (self.current[item] | patch).items() if value is not None} for item in items
        ]
        numbers = [self.versions[item] + 1 for item in items]
        at = at or BORN + timedelta(days=max(numbers))
        await self._write(items, numbers, entries, [self.of_list[item] for item in items], at, adjustment)
        return numbers

    async def _write(
        self,
        items: Sequence[UUID],
        numbers: Sequence[int],
        entries: Sequence[dict[str, Any]],
        lists: Sequence[UUID],
        at: datetime,
        adjustment: UUID | None,
    ) -> None:
        await self.run(
            """
            WITH n AS (
                SELECT * FROM unnest(CAST(:items AS uuid[]), CAST(:numbers AS int[]), CAST(:entries AS jsonb[]),
                                     CAST(:lists AS uuid[])) AS n(id, number, e, list_id)
            ), i AS (
                INSERT INTO qingdan.item (id, list_id, kind, region_code, version, effective_from, name, base_code,
                    implementation_code, handling_item, item_type, level, implementing_body, state, audience,
                    basis_digest, burden_digest)
                SELECT n.id, n.list_id, l.kind, l.region_code, n.number, :at, e->>'name', e->>'base_code',
                       e->>'implementation_code', e->>'handling_item', e->>'item_type', e->>'level',
                       CAST(e->>'implementing_body' AS uuid), e->>'state', coalesce(e->>'audience', 'public'), 0, 0
                FROM n JOIN qingdan.list AS l ON l.id = n.list_id
                ON CONFLICT (id) DO UPDATE SET version = excluded.version, state = excluded.state,
                    name = excluded.name, audience = excluded.audience, effective_from = excluded.effective_from
                RETURNING id
            )
            INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation,
                                              adjustment_id)
            SELECT n.id, n.number, :at, n.e, '{}', 'modify', CAST(:adjustment AS uuid) FROM n JOIN i ON i.id = n.id
            """,
            items=list(items),
            numbers=list(numbers),
            entries=[orjson.dumps(entry).decode() for entry in entries],
            lists=list(lists),
            at=at,
            adjustment=adjustment,
        )
        self.versions |= dict(zip(items, numbers, strict=True))
        self.current |= dict(zip(items, entries, strict=True))
        self.of_list |= dict(zip(items, lists, strict=True))

    async def tell(self, *events: NewEvent) -> None:
        """Append events as the catalog does."""
        async with begin(self.engine, service="catalog", actor="system:test") as tx:
            for event in events:
                tx.append(event)

    def event(
        self, kind: str, items: Sequence[UUID], *, versions: Sequence[int] | None = None, **more: Any
    ) -> NewEvent:
        """An item event about items of one list, by default with their current versions."""
        list_id = self.of_list[items[0]]
        return NewEvent(
            type=kind,
            region_code=REGION,
            list_kind=self.lists[list_id],
            list_id=list_id,
            item_ids=list(items),
            versions=list(versions or [self.versions[item] for item in items]),
            **more,
        )

    async def enact(self, list_id: UUID) -> None:
        """Put a list in force and tell."""
        await self.run(
            "UPDATE qingdan.list SET state = 'in_force', enacted_at = :at WHERE id = :id", id=list_id, at=BORN
        )
        await self.tell(
            NewEvent(type="list.enacted", region_code=REGION, list_kind=self.lists[list_id], list_id=list_id)
        )

    async def publish(self) -> int:
        """Let the consumer take everything; returns how many batches it took."""
        steps = 0
        while await consume.step(self.engine, PUBLICATION):
            steps += 1
        return steps

    async def enacted(self, count: int = 1, *, hidden: Sequence[str] = (), **more: Any) -> tuple[UUID, list[UUID]]:
        """A published list of `count` entries."""
        list_id = await self.new_list(hidden=hidden)
        items = await self.add(list_id, [self.elements(number, **more) for number in range(count)])
        await self.enact(list_id)
        await self.publish()
        return list_id, items

    async def update(self, items: Sequence[UUID], **patch: Any) -> None:
        """Change items of one list, tell, publish."""
        await self.change(items, **patch)
        await self.tell(self.event("item.updated", items))
        await self.publish()

    async def list_state(self, list_id: UUID) -> Any:
        """The published row of a list; None when nothing is published."""
        rows = await self.run("SELECT * FROM qingdan.published_list WHERE list_id = :id", id=list_id)
        return rows[0] if rows else None

    async def feed(self, list_id: UUID) -> list[Any]:
        """The feed's rows about a list."""
        return await self.run("SELECT * FROM qingdan.feed_entry WHERE list_id = :id ORDER BY sequence", id=list_id)

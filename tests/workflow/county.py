"""A county with organs and lists, written by the catalog's owner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.identifiers import new_id

NATION, PROVINCE, CITY, COUNTY, OTHER_COUNTY = (
    "000000000000",
    "130000000000",
    "130900000000",
    "130922000000",
    "130923000000",
)
REGIONS = [
    (NATION, "全国", "nation", None, []),
    (PROVINCE, "河北省", "province", NATION, [NATION]),
    (CITY, "沧州市", "city", PROVINCE, [PROVINCE, NATION]),
    (COUNTY, "青县", "county", CITY, [CITY, PROVINCE, NATION]),
    (OTHER_COUNTY, "东光县", "county", CITY, [CITY, PROVINCE, NATION]),
]
BORN = datetime(2026, 1, 5, 1, 0, tzinfo=UTC)


@dataclass(kw_only=True)
class County:
    """The register; everything in it is new for each test, so tests of a module do not meet."""

    owner: AsyncEngine
    organs: dict[str, UUID] = field(default_factory=dict)
    lists: dict[str, UUID] = field(default_factory=dict)
    suffix: str = field(default_factory=lambda: new_id().hex[-8:])

    async def run(self, sql: str, **values: Any) -> list[Any]:
        """A statement of the owner's."""
        async with self.owner.begin() as connection:
            result = await connection.execute(text(sql), values)
            return list(result.mappings()) if result.returns_rows else []

    async def found(self) -> None:
        """Regions, organs, two lists."""
        for code, name, level, parent, ancestors in REGIONS:
            await self.run(
                "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors)"
                " VALUES (:code, :name, :level, 'administrative', :parent, :ancestors) ON CONFLICT DO NOTHING",
                code=code,
                name=name,
                level=level,
                parent=parent,
                ancestors=ancestors,
            )
        for name in ("环保局", "住建局", "外单位"):
            await self.organ(name)
        await self.organ("环境监测站", supervised_by="环保局")
        await self.new_list("permit", "行政许可事项清单", members=("环保局", "住建局", "环境监测站"))
        await self.new_list("power", "行政权力清单", members=("环保局",))

    async def organ(self, name: str, *, supervised_by: str | None = None, region: str = COUNTY) -> UUID:
        self.organs[name] = id_ = new_id()
        await self.run(
            "INSERT INTO qingdan.organ (id, name, kind, region_code, supervising_organ_id)"
            " VALUES (:id, :name, 'department', :region, :supervisor)",
            id=id_,
            name=name,
            region=region,
            supervisor=self.organs[supervised_by] if supervised_by else None,
        )
        return id_

    async def new_list(
        self, name: str, title: str, *, members: Sequence[str], state: str = "in_force", lead: str = "环保局"
    ) -> UUID:
        kind = f"{name}_{self.suffix}"
        await self.run(
            "INSERT INTO qingdan.list_kind (code, title, origin) VALUES (:kind, :title, 'custom')",
            kind=kind,
            title=title,
        )
        self.lists[name] = id_ = new_id()
        await self.run(
            "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
            " VALUES (:id, :kind, :region, :title, :lead, :state)",
            id=id_,
            kind=kind,
            region=COUNTY,
            title=title,
            lead=self.organs[lead],
            state=state,
        )
        await self.run(
            "INSERT INTO qingdan.list_member (list_id, organ_id) SELECT :id, unnest(CAST(:organs AS uuid[]))",
            id=id_,
            organs=[self.organs[member] for member in members],
        )
        return id_

    async def item(self, name: str, *, of: str = "permit", body: str = "环保局", **elements: Any) -> UUID:
        """An entry in force; one version."""
        return (await self.items([name], of=of, body=body, **elements))[0]

    async def items(
        self, names: Sequence[str], *, of: str = "permit", body: str = "环保局", **elements: Any
    ) -> list[UUID]:
        """Entries in force, written set-based."""
        given = {"state": "in_use", "handling_item": "", "implementing_body": str(self.organs[body])} | elements
        rows: list[dict[str, Any]] = [{"id": str(new_id()), "elements": given | {"name": name}} for name in names]
        await self.run(
            "INSERT INTO qingdan.item (id, list_id, kind, region_code, version, effective_from, name, state,"
            "  implementing_body, basis_digest, burden_digest)"
            " SELECT r.id, :list, :kind, :region, 1, :born, r.elements->>'name', r.elements->>'state',"
            "  (r.elements->>'implementing_body')::uuid, 0, 0"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, elements jsonb)",
            list=self.lists[of],
            kind=f"{of}_{self.suffix}",
            region=COUNTY,
            born=BORN,
            rows=orjson.dumps(rows).decode(),
        )
        await self.run(
            "INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation)"
            " SELECT r.id, 1, :born, r.elements, '{}', 'import'"
            " FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(id uuid, elements jsonb)",
            born=BORN,
            rows=orjson.dumps(rows).decode(),
        )
        return [UUID(row["id"]) for row in rows]

    async def new_version(self, item_id: UUID, patch: dict[str, Any], adjustment_id: UUID | None = None) -> None:
        """What the catalog writes when an entry changes."""
        await self.run(
            "WITH moved AS (UPDATE qingdan.item SET version = version + 1,"
            "   name = coalesce(CAST(:patch AS jsonb)->>'name', name),"
            "   state = coalesce(CAST(:patch AS jsonb)->>'state', state)"
            "  WHERE id = :id RETURNING id, version)"
            " INSERT INTO qingdan.item_version (item_id, number, effective_from, elements, changed, operation,"
            "   adjustment_id)"
            " SELECT m.id, m.version, clock_timestamp(), v.elements || CAST(:patch AS jsonb), '{}', 'modify',"
            "  :adjustment"
            " FROM moved AS m JOIN qingdan.item_version AS v ON v.item_id = m.id AND v.number = m.version - 1",
            id=item_id,
            patch=orjson.dumps(patch).decode(),
            adjustment=adjustment_id,
        )

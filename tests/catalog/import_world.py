"""A province with a city and a zone, organs and compiling lists; imports over HTTP, carried out in this process."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.exchange.jobs import OPERATIONS
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer
from shared.ledger import operations
from tests.emptying import empty

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "deploy" / "demo" / "data"
NATION, PROVINCE, CITY, ZONE = "000000000000", "440000000000", "440100000000", "440199000000"
KINDS = {kind.kind: kind for kind in OPERATIONS}
HEADER = (
    "task_code", "uscc", "use_level", "catalog_code", "task_name", "task_type_code", "statutory_days",
    "statutory_unit", "promised_days", "promised_unit", "visit_number", "online", "materials", "service_objects",
)  # fmt: skip
CITY_ORGAN, PROVINCE_ORGAN = "11440100MB2C092283", "11440000006940060Q"


def permit(number: int, **changed: str) -> dict[str, str]:
    """A sound row of the permit table, different for every number."""
    base = f"4401{number // 1000 % 100:02d}{number % 1000:03d}000"
    organ = changed.get("uscc", PROVINCE_ORGAN)
    level = "3" if organ == CITY_ORGAN else "2"
    row = {
        "task_code": f"{organ}{level}{base}", "uscc": organ, "use_level": "市级" if level == "3" else "省级",
        "catalog_code": base, "task_name": f"测试许可事项{number}", "task_type_code": "01", "statutory_days": "20",
        "statutory_unit": "工作日", "promised_days": "10", "promised_unit": "工作日",
        "visit_number": "0", "online": "1", "materials": "申请表|身份证明", "service_objects": "自然人|企业法人",
    }  # fmt: skip
    return row | changed


def table(rows: Sequence[Mapping[str, str]], header: Sequence[str] = HEADER) -> str:
    """The rows as CSV text."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


@dataclass
class ImportWorld:
    """What a test needs: the database as owner and as service, a client, and somebody who may import."""

    owner: AsyncEngine
    service: AsyncEngine
    app: FastAPI
    client: httpx.AsyncClient
    issuer: TokenIssuer
    lists: dict[tuple[str, str], UUID] = field(default_factory=dict)
    organs: dict[str, UUID] = field(default_factory=dict)

    async def run(self, sql: str, **values: Any) -> list[Any]:
        """A statement of the owner's."""
        async with self.owner.begin() as connection:
            result = await connection.execute(text(sql), values)
            return list(result.mappings()) if result.returns_rows else []

    async def begin(self) -> None:
        """Empty lists, nothing imported."""
        async with self.owner.begin() as connection:
            await empty(connection, "import_run", "import_row", "import_outcome", "operation", "event")
            await empty(connection, "item_code", "list", "organ", "region")
        await self._regions()
        await self._organs()
        lead = self.organs[PROVINCE_ORGAN]
        for kind, region in (("permit", PROVINCE), ("permit", CITY), ("permit", ZONE), ("base_catalogue", PROVINCE)):
            await self.new_list(kind, region, lead)

    async def _regions(self) -> None:
        chain: list[str] = []
        for code, name, level, kind in (
            (NATION, "全国", "nation", "administrative"),
            (PROVINCE, "广东省", "province", "administrative"),
            (CITY, "广州市", "city", "administrative"),
            (ZONE, "广州空港经济区", "county", "zone"),
        ):
            await self.run(
                "INSERT INTO qingdan.region (code, name, level, kind, parent_code, ancestors)"
                " VALUES (:code, :name, :level, :kind, :parent, CAST(:ancestors AS text[]))",
                code=code, name=name, level=level, kind=kind, parent=chain[0] if chain else None, ancestors=chain,
            )  # fmt: skip
            chain = [code, *chain]

    async def _organs(self) -> None:
        rows = list(csv.DictReader((DEMO / "organs.csv").read_text(encoding="utf-8-sig").splitlines()))
        self.organs = {row["uscc"]: new_id() for row in rows} | {CITY_ORGAN: new_id()}
        names = {row["uscc"]: row for row in rows}
        codes = list(self.organs)
        areas = [(names[code]["area_code"] + "0" * 6) if code in names else CITY for code in codes]
        known = {PROVINCE, CITY}
        await self.run(
            "INSERT INTO qingdan.organ (id, name, credit_code, kind, region_code)"
            " SELECT id, name, code, 'department', region FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]),"
            " CAST(:codes AS text[]), CAST(:regions AS text[])) AS g (id, name, code, region)",
            ids=list(self.organs.values()),
            names=[names[code]["dept_name"] if code in names else code for code in codes],
            codes=codes,
            regions=[area if area in known else CITY for area in areas],
        )

    async def new_list(self, kind: str, region: str, lead: UUID, state: str = "compiling") -> UUID:
        """A list of a kind in a region."""
        list_id = new_id()
        await self.run(
            "INSERT INTO qingdan.list (id, kind, region_code, title, lead_organ_id, state)"
            " VALUES (:id, :kind, :region, :title, :lead, :state)",
            id=list_id, kind=kind, region=region, title=f"{kind} {region}", lead=lead, state=state,
        )  # fmt: skip
        self.lists[kind, region] = list_id
        return list_id

    def token(self, *grants: Grant, account: UUID | None = None) -> dict[str, str]:
        """Headers of somebody with these grants; the lead of the province's lists by default."""
        held = grants or (Grant("list_authority", PROVINCE),)
        principal = Principal(account or new_id(), "lead", "牵头单位", None, held)
        return {"Authorization": f"Bearer {self.issuer.issue(principal)}"}

    async def post(
        self, content: str | bytes, *, headers: Mapping[str, str] | None = None, **parameters: Any
    ) -> httpx.Response:
        """Ask for an import of a bare CSV."""
        body = content.encode() if isinstance(content, str) else content
        asked = {
            "profile": "guangdong_permits_2021", "region_code": PROVINCE,
            "reason": "首次编制", "legal_basis": "国办发〔2022〕2号",
        } | parameters  # fmt: skip
        return await self.client.post(
            "/catalog/v1/imports",
            params={key: value for key, value in asked.items() if value is not None},
            content=body,
            headers={"content-type": "text/csv", **(headers or self.token())},
        )

    async def execute(self, operation_id: UUID) -> None:
        """Do what a worker does."""
        await operations.execute(self.service, "catalog", KINDS, operation_id)

    async def state(self, operation_id: UUID) -> Mapping[str, Any]:
        """The operation's row."""
        rows = await self.run("SELECT * FROM qingdan.operation WHERE id = :id", id=operation_id)
        found: Mapping[str, Any] = rows[0]
        return found

    async def imported(self, content: str | bytes, **parameters: Any) -> Mapping[str, Any]:
        """An import from beginning to end; the operation's row."""
        answer = await self.post(content, **parameters)
        assert answer.status_code == 202, answer.text
        operation_id = UUID(answer.json()["operation_id"])
        await self.execute(operation_id)
        return await self.state(operation_id)

    async def items(self, kind: str = "permit") -> list[Any]:
        """Current entries of a kind with their elements, by name."""
        return await self.run(
            "SELECT i.*, v.elements, v.operation, v.adjustment_id FROM qingdan.item AS i"
            " JOIN qingdan.item_version AS v ON v.item_id = i.id AND v.number = i.version"
            " WHERE i.kind = :kind ORDER BY i.name, i.id",
            kind=kind,
        )

    async def events(self) -> list[Any]:
        """All events in order."""
        return await self.run("SELECT * FROM qingdan.event ORDER BY position")


async def rejected(world: ImportWorld, operation_id: UUID) -> list[dict[str, str]]:
    """The reject file as a spreadsheet reads it."""
    answer = await world.client.get(f"/catalog/v1/imports/{operation_id}/rejects.csv", headers=world.token())
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

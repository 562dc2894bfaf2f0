"""What the tests of the register need: people with roles, a client that speaks for them, and a small country."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.kinds.builtin import install_builtin
from shared.codes import credit_code
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.identity.tokens import TokenIssuer
from tests.emptying import empty

NATION, PROVINCE, CITY, COUNTY = "000000000000", "130000000000", "130900000000", "130922000000"
ZONE = "130922-KFQ"
REGIONS = [
    {"code": NATION, "name": "全国", "level": "nation"},
    {"code": PROVINCE, "name": "河北省", "level": "province", "parent_code": NATION},
    {"code": CITY, "name": "沧州市", "level": "city", "parent_code": PROVINCE},
    {"code": COUNTY, "name": "青县", "level": "county", "parent_code": CITY},
    {"code": ZONE, "name": "青县经济开发区", "level": "county", "kind": "zone", "parent_code": COUNTY},
]


def organ_code(number: int) -> str:
    """A sound credit code, different for every number."""
    return credit_code.generate(authority="1", category="1", region="130922", organisation_body=f"{number:08d}").value


@dataclass
class RegisterWorld:
    """The database as owner and as service, a client, and tokens for whoever is needed."""

    owner: AsyncEngine
    engine: AsyncEngine
    client: httpx.AsyncClient
    issuer: TokenIssuer
    admin: dict[str, str] = field(default_factory=dict)
    organs: dict[str, UUID] = field(default_factory=dict)

    async def begin(self) -> None:
        """Empty what tests write, then register regions and three organs over HTTP."""
        async with self.owner.begin() as connection:
            await empty(connection, "account", "item_code", "item_link", "list", "organ", "region")
            await connection.execute(text("DELETE FROM qingdan.element_profile WHERE shipped IS NULL"))
            await connection.execute(text("DELETE FROM qingdan.list_kind WHERE origin = 'custom'"))
            await install_builtin(connection)
        self.admin = self.token(("administrator", NATION))
        await self.put("/regions", {"items": REGIONS, "reason": "建库"})
        rows = [
            {"name": "青县行政审批局", "kind": "department", "credit_code": organ_code(1), "region_code": COUNTY},
            {"name": "青县市场监督管理局", "kind": "department", "credit_code": organ_code(2), "region_code": COUNTY},
            {"name": "青县自来水公司", "kind": "public_service_enterprise", "credit_code": organ_code(3),
             "region_code": COUNTY},
        ]  # fmt: skip
        answer = (await self.put("/organs", {"items": rows})).json()
        self.organs = {row["name"]: UUID(answer["ids"][row["credit_code"]]) for row in rows}

    def token(self, *grants: tuple[str, str] | tuple[str, str, UUID], account: UUID | None = None) -> dict[str, str]:
        """Headers of somebody with these roles: (role, region) or (role, region, organ)."""
        held = tuple(Grant(grant[0], grant[1], grant[2] if len(grant) == 3 else None) for grant in grants)
        principal = Principal(account or new_id(), "tester", "测试人员", None, held)
        return {"Authorization": f"Bearer {self.issuer.issue(principal)}"}

    async def send(self, method: str, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """A request as the administrator, or as `who`; further headers as `headers`."""
        headers = dict(options.pop("who", self.admin)) | options.pop("headers", {})
        sent = {"json": body} if body is not None else {}
        return await self.client.request(method, f"/catalog/v1{path}", headers=headers, **sent, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return await self.send("GET", path, **options)

    async def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """POST."""
        return await self.send("POST", path, body, **options)

    async def put(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """PUT."""
        return await self.send("PUT", path, body, **options)

    async def list_of(self, kind: str, *, lead: str = "青县行政审批局", members: tuple[str, ...] = (),
                      region: str = COUNTY) -> str:  # fmt: skip
        """A new list that is being compiled; returns its id."""
        answer = await self.post("/lists", {
            "kind": kind, "region_code": region, "lead_organ_id": str(self.organs[lead]),
            "member_organ_ids": [str(self.organs[name]) for name in members],
        })  # fmt: skip
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def permit(self, number: int, organ: str = "青县行政审批局", **changed: Any) -> dict[str, Any]:
        """Sound elements of a permit of an organ, different for every number."""
        numbers = {"青县行政审批局": 1, "青县市场监督管理局": 2, "青县自来水公司": 3}
        code = organ_code(numbers[organ])
        base = f"000116{number:03d}000"
        elements = {
            "name": f"测试许可{number}", "base_code": base, "implementation_code": f"{code}4{base}", "item_type": "01",
            "level": "4", "implementing_body": str(self.organs[organ]),
            "basis": [
                {"document": "中华人民共和国食品安全法", "article": "第三十五条", "kind": "set", "document_kind": "law"}
            ],
            "service_objects": ["enterprise"], "materials": [{"name": "申请表", "necessity": "required"}],
            "statutory_limit": {"amount": 20, "unit": "working_day"},
            "promised_limit": {"amount": 10, "unit": "working_day"},
        }  # fmt: skip
        return {key: value for key, value in (elements | changed).items() if value is not None}

    async def events(self, type_: str) -> list[Any]:
        """Events of a type, oldest first."""
        async with self.owner.connect() as connection:
            rows = await connection.execute(
                text("SELECT * FROM qingdan.event WHERE type = :type ORDER BY position"), {"type": type_}
            )
            return list(rows.all())

"""A county with permits, and those who decide in it who supervises what was permitted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.catalog.supervision import jobs
from shared.ledger import operations
from tests.catalog.register_world import COUNTY, RegisterWorld

BUREAU, MARKET, WATER = "青县行政审批局", "青县市场监督管理局", "青县自来水公司"
DECISION = {"meeting": "县政府第12次常务会议", "date": "2026-11-20", "number": "青政办发〔2026〕8号"}
MEASURES = ["日常巡查", "投诉处置"]


class Town:
    """A county with permits, and those who act in it."""

    def __init__(self, register: RegisterWorld) -> None:
        self.register = register
        self.lead = register.token(("list_authority", COUNTY))
        self.decider = register.token(("decider", COUNTY))
        self.organ = {name: str(organ) for name, organ in register.organs.items()}

    async def enter(self, kind: str, *entries: dict[str, Any]) -> list[str]:
        """A list of a kind with entries; their ids."""
        self.list_id = await self.register.list_of(kind)
        rows = [{"elements": entry} for entry in entries]
        answer = await self.register.post(f"/lists/{self.list_id}/items", {"items": rows}, who=self.lead)
        assert answer.json().get("rejected") == 0, answer.text
        return [row["item_id"] for row in answer.json()["rows"]]

    async def determine(self, item: str, **facts: Any) -> Any:
        return await self.register.post(f"/items/{item}/supervision", facts, who=self.lead)

    async def run(self, sql: str, **values: Any) -> None:
        """Write what another service would."""
        async with self.register.owner.begin() as connection:
            await connection.execute(text(sql), values)

    async def accept(self, draft: str) -> Any:
        return await self.register.post("/drafts/accept", {"ids": [draft], "reason": "核对一致"}, who=self.lead)

    async def elements(self, item: str) -> dict[str, Any]:
        return dict((await self.register.get(f"/items/{item}")).json()["elements"])

    async def checked(self) -> set[tuple[str, str]]:
        """Findings of V17 after a check, as (item, element)."""
        started = await self.register.post("/supervision/checks", {}, who=self.lead)
        assert started.status_code == 202
        kinds = {one.kind: one for one in jobs.OPERATIONS}
        await operations.execute(self.register.engine, "catalog", kinds, UUID(started.json()["operation_id"]))
        found = (await self.register.get("/findings?rule=V17&state=open&limit=200")).json()["items"]
        return {(row["item_id"], row["element"]) for row in found}

"""A list of powers and a responsibility list of the county, and what is done with them over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.catalog.linkage.consumers import CASCADE, COMPILE
from services.catalog.responsibility import jobs
from shared.ledger import consume, operations
from shared.ledger.operations import Running
from tests.catalog.register_world import COUNTY, RegisterWorld
from tests.catalog.responsibility_entries import public_service
from tests.emptying import empty

BUREAU, MARKET, WATER = "青县行政审批局", "青县市场监督管理局", "青县自来水公司"
DECISION = {"decision": {"meeting": "县政府常务会议", "date": "2026-11-20", "number": "8号"}}


class Lists:
    """A list of powers and a responsibility list of the county, with a lead and a decider."""

    def __init__(self, register: RegisterWorld, power: str, responsibility: str) -> None:
        self.register, self.power, self.responsibility = register, power, responsibility
        self.lead = register.token(("list_authority", COUNTY))
        self.decider = register.token(("decider", COUNTY))

    def body(self, name: str = BUREAU) -> str:
        return str(self.register.organs[name])

    async def enter(self, list_id: str, *entries: dict[str, Any], **options: Any) -> Any:
        items = [{"elements": entry} for entry in entries]
        return await self.register.post(f"/lists/{list_id}/items", {"items": items}, who=self.lead, **options)

    async def made(self, list_id: str, *entries: dict[str, Any]) -> list[str]:
        answer = (await self.enter(list_id, *entries)).json()
        assert answer.get("rejected") == 0, answer
        return [row["item_id"] for row in answer["rows"]]

    async def enact(self) -> Any:
        return await self.register.post(f"/lists/{self.responsibility}/enact", DECISION, who=self.decider)

    async def declare(self, list_id: str | None = None, **body: Any) -> Any:
        path = f"/lists/{list_id or self.responsibility}/declarations"
        return await self.register.post(path, {"reason": "经核对，没有此类事项"} | body, who=self.lead)

    async def coverage(self) -> Any:
        answer = await self.register.get(f"/lists/{self.responsibility}/duty-coverage")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def services(self, number: int = 9) -> dict[str, Any]:
        return public_service(self.register.permit(number))

    async def declarations(self, query: str = "") -> list[dict[str, Any]]:
        answer = await self.register.get(f"/lists/{self.responsibility}/declarations{query}")
        return list(answer.json()["items"])

    async def sections(self) -> list[dict[str, Any]]:
        return list((await self.register.get(f"/lists/{self.responsibility}/sections")).json()["items"])

    async def findings(self, rule: str) -> Sequence[dict[str, Any]]:
        answer = await self.register.get(f"/findings?state=open&rule={rule}")
        return list(answer.json()["items"])

    async def drain(self) -> None:
        """Let the consumers of linkage read to the end of the log."""
        for _ in range(50):
            if not any([await consume.step(self.register.engine, one) for one in (CASCADE, COMPILE)]):
                return
        raise AssertionError("the consumers do not come to an end")

    async def drafted(self, operation_id: UUID) -> dict[str, Any]:
        """The result of an operation that drafts duties, run here instead of by a worker."""
        engine = self.register.engine
        async with engine.begin() as connection:
            row = await operations.claim(connection, operation_id, "catalog")
        assert row is not None
        return dict(await jobs.run_drafting(engine, Running(engine, row)))


async def county_lists(register: RegisterWorld) -> Lists:
    """Both lists, empty; drafts and findings of the tests before are nobody's business, and consumers start here."""
    async with register.owner.begin() as connection:
        await empty(connection, "draft", "finding")
        await connection.execute(
            text(
                "INSERT INTO qingdan.consumer (name, service, position)"
                " SELECT name, 'catalog', position FROM qingdan.log_head, unnest(CAST(:names AS text[])) AS g (name)"
                " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
            ),
            {"names": [consumer.name for consumer in (CASCADE, COMPILE)]},
        )
    members = (BUREAU, MARKET)
    power = await register.list_of("power", members=members)
    return Lists(register, power, await register.list_of("responsibility", members=members))


def power_of(register: RegisterWorld, number: int, organ: str = BUREAU) -> dict[str, Any]:
    base = f"000106{number:03d}000"
    permit = register.permit(number, organ)
    return {key: permit[key] for key in ("level", "implementing_body", "basis")} | {
        "name": f"行政检查{number}", "base_code": base, "item_type": "01", "handling_item": "",
        "implementation_code": permit["implementation_code"][:19] + base,
    }  # fmt: skip


def codes(answer: Any) -> set[str]:
    return {error["code"] for row in answer.json().get("rows", []) for error in row["errors"]} | {
        error["code"] for error in answer.json().get("errors", [])
    }

"""The county's people with a client that speaks as any of them, and the catalog's side of their adjustments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import orjson
from sqlalchemy.ext.asyncio import AsyncEngine

from services.workflow.decisions.jobs import announce_due
from services.workflow.procedures.kinds import KINDS
from services.workflow.worker import CONSUMERS
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Grant, Principal
from shared.ledger import consume, position
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from tests.workflow.county import COUNTY, OTHER_COUNTY, County

BASE = "/workflow/v1/adjustments"
DECISION = {"meeting": "县政府第12次常务会议", "date": "2026-01-05", "number": "青政审〔2026〕3号"}
HEADER = {
    "title": "规范事项名称",
    "trigger": "SUPERIOR_SPEC_CHANGE",
    "trigger_reference": "省级实施规范（2022年版）",
    "legal_basis": "《中华人民共和国行政许可法》第十六条",
    "reason": "与省级实施规范保持一致",
}


class Tokens:
    """Stands in for the check of signatures: the token is the name of a person of the world."""

    def __init__(self) -> None:
        self.people: dict[str, Principal] = {}

    def verify(self, token: str) -> Principal:
        if token not in self.people:
            raise problems.Unauthenticated("登录凭证无效，请重新登录。")
        return self.people[token]


@dataclass(kw_only=True)
class World(County):
    """The county and who acts in it."""

    engine: AsyncEngine
    client: httpx.AsyncClient
    tokens: Tokens

    async def begin(self) -> None:
        """The county, its people, and the consumer's row."""
        await self.found()
        self._people()
        # Most tests are about something else than the chain: the short one for every kind, as a county may decide.
        await self.bind("short", *KINDS)
        async with self.owner.begin() as connection:
            await position.register(connection, [CONSUMERS[0].name], "workflow")

    def _people(self) -> None:
        for name, role, organ in (
            ("环保编制", "compiler", "环保局"),
            ("环保编制乙", "compiler", "环保局"),
            ("住建编制", "compiler", "住建局"),
            ("外单位编制", "compiler", "外单位"),
            ("环保局长", "principal", "环保局"),
            ("住建局长", "principal", "住建局"),
            ("审改办", "reviewer", None),
            ("法制办", "legality_reviewer", None),
            ("县政府", "decider", None),
            ("牵头单位", "list_authority", "环保局"),
            ("管理员", "administrator", None),
        ):
            self.person(name, (role, COUNTY, organ))
        self.person("外县政府", ("decider", OTHER_COUNTY, None))

    def person(self, name: str, *grants: tuple[str, str, str | None]) -> Principal:
        """Somebody with roles: (role, region, name of an organ)."""
        made = tuple(Grant(role, region, self.organs[organ] if organ else None) for role, region, organ in grants)
        organ_id = next((grant.organ_id for grant in made if grant.organ_id), None)
        self.tokens.people[self.token(name)] = principal = Principal(new_id(), name, name, organ_id, made)
        return principal

    def token(self, name: str) -> str:
        return f"{self.suffix}-{name.encode().hex()}"

    # -- as people --

    async def bind(self, template: str, *kinds: str, who: str = "管理员", **more: Any) -> httpx.Response:
        """Say which procedure kinds of adjustment pass in the county."""
        body = {"region_code": COUNTY, "kinds": list(kinds), "template_code": template, "source": "县政府文件"} | more
        answer = await self.call(who, "POST", "/workflow/v1/procedure-bindings", body)
        assert more or answer.status_code == 201, answer.text
        return answer

    async def call(self, who: str | None, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request as a person, or as nobody."""
        if who is not None:
            headers["Authorization"] = f"Bearer {self.token(who)}"
        return await self.client.request(method, path, json=body, headers=headers)

    async def open(
        self,
        *changes: dict[str, Any],
        who: str = "环保编制",
        organ: str = "环保局",
        procedure: str | None = None,
        **more: Any,
    ) -> Any:
        """A new adjustment, as it was answered; changes of elements pass `procedure` in the county from now on."""
        if procedure is not None:
            await self.bind(procedure, "modify")
        body = HEADER | {"organ_id": str(self.organs[organ]), "changes": list(changes)} | more
        answer = await self.call(who, "POST", BASE, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def act(self, who: str, adjustment_id: str, act: str, body: Any = None) -> httpx.Response:
        return await self.call(who, "POST", f"{BASE}/{adjustment_id}/{act}", body)

    async def sign(self, who: str, adjustment_id: str) -> httpx.Response:
        return await self.act(who, adjustment_id, "sign", {"seal": {"reference": "档案号 2026-017"}})

    async def read(self, adjustment_id: str, who: str = "环保编制") -> Any:
        answer = await self.call(who, "GET", f"{BASE}/{adjustment_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def until(self, state: str, *changes: dict[str, Any], **more: Any) -> Any:
        """A new adjustment brought through its procedure to a state."""
        opened = await self.open(*changes, **more)
        id_ = opened["id"]
        if state == "draft":
            return opened
        assert (await self.act("环保编制", id_, "submit")).status_code == 200
        if state == "checking":
            return opened
        await self.validated(id_)
        if state == "signing":
            return opened
        assert (await self.sign("环保局长", id_)).status_code == 200
        if state == "in_review":
            return opened
        assert (await self.act("审改办", id_, "review", {"outcome": "pass"})).status_code == 200
        if state == "reviewed":
            return opened
        answer = await self.act("县政府", id_, "decide", {"decision": DECISION})
        assert answer.status_code == 200, answer.text
        return opened

    # -- as the catalog --

    async def tell(self, *events: NewEvent) -> None:
        """Events of the catalog, and the workflow's reaction to them."""
        async with begin(self.owner, service="catalog", actor="system:catalog") as tx:
            for event in events:
                tx.append(event)
        await self.drain()

    async def drain(self) -> None:
        """Let the consumer catch up."""
        for _ in range(50):
            if not await consume.step(self.engine, CONSUMERS[0]):
                return
        raise AssertionError("the consumer does not come to an end")

    async def validated(self, adjustment_id: str, *findings: dict[str, Any], submission: int = 1) -> None:
        """The catalog's answer to a submission."""
        await self.run(
            "INSERT INTO qingdan.validation (adjustment_id, submission, blocking, findings)"
            " VALUES (CAST(:id AS uuid), :submission, :blocking, CAST(:findings AS jsonb))",
            id=adjustment_id,
            submission=submission,
            blocking=len(findings),
            findings=orjson.dumps(findings).decode(),
        )
        refs = {"submission": submission, "blocking": len(findings)}
        await self.tell(NewEvent(type="adjustment.validated", adjustment_id=UUID(adjustment_id), refs=refs))

    async def applied(self, adjustment_id: str) -> None:
        """The catalog writes what was decided and says so."""
        rows = await self.run(
            "SELECT item_id, proposed, operation FROM qingdan.workflow_change_v1"
            " WHERE adjustment_id = CAST(:id AS uuid)",
            id=adjustment_id,
        )
        for row in rows:
            if row["operation"] != "add":
                await self.new_version(row["item_id"], _json(row["proposed"]), UUID(adjustment_id))
        refs = {"applied": len(rows), "conflicts": 0, "lists": {}}
        await self.tell(NewEvent(type="adjustment.applied", adjustment_id=UUID(adjustment_id), refs=refs))

    async def published(self, adjustment_id: str, *lists: str) -> None:
        """The publication has published everything the adjustment changed."""
        refs = {"lists": [str(self.lists[name]) for name in lists]}
        await self.tell(NewEvent(type="adjustment.published", adjustment_id=UUID(adjustment_id), refs=refs))

    async def events(self, adjustment_id: str) -> list[Any]:
        """What the ledger says of an adjustment, in order."""
        return await self.run(
            "SELECT position, type, actor, item_ids, effective_at, reason, legal_basis, recorded_at, refs::text AS refs"
            " FROM qingdan.event WHERE adjustment_id = CAST(:id AS uuid) ORDER BY position",
            id=adjustment_id,
        )

    async def fall_due(self) -> None:
        """The scheduler looks."""
        await announce_due(self.engine)


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


def modify(item_id: UUID | str, **elements: Any) -> dict[str, Any]:
    """A change of elements, as the API takes it."""
    return {"operation": "modify", "item_id": str(item_id), "elements": elements}

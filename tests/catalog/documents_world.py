"""What the tests of the documents need: people who keep the register, lists with entries, consumers that read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.catalog.documents.consumers import CONSUMERS
from services.catalog.worker import OPERATIONS
from shared.ledger import consume, operations
from shared.ledger.consume import Consumer
from tests.catalog.register_world import COUNTY, RegisterWorld

LAW = {
    "title": "中华人民共和国食品安全法",
    "kind": "law",
    "issuer": "全国人民代表大会常务委员会",
    "issued": "2015-04-24",
}


async def declare(world: RegisterWorld, *consumers: Consumer) -> None:
    """Let the consumers begin at the end of the log, without findings: what other tests left is not theirs."""
    async with world.owner.begin() as connection:
        await connection.execute(text("DELETE FROM qingdan.finding"))
        for consumer in consumers or CONSUMERS:
            await connection.execute(
                text(
                    "INSERT INTO qingdan.consumer (name, service, position)"
                    " SELECT :name, 'catalog', position FROM qingdan.log_head"
                    " ON CONFLICT (name) DO UPDATE SET position = excluded.position"
                ),
                {"name": consumer.name},
            )


async def drain(world: RegisterWorld, *consumers: Consumer) -> None:
    """Let the consumers read to the end of the log."""
    for _ in range(50):
        if not any([await consume.step(world.engine, consumer) for consumer in consumers or CONSUMERS]):
            return
    raise AssertionError("the consumers do not come to an end")


async def registered(world: RegisterWorld, **fields: Any) -> dict[str, Any]:
    """A document that was registered."""
    body = {"title": "测试文件", "kind": "normative", "issuer": "测试机关"} | fields
    answer = await world.post("/documents", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def entered(world: RegisterWorld, kind: str, *entries: dict[str, Any], region: str = COUNTY,
                  organ: str = "青县行政审批局") -> list[str]:  # fmt: skip
    """Entries of a list that is being compiled; their ids."""
    found = (await world.get(f"/lists?kind={kind}&region={region}")).json()["items"]
    list_id = found[0]["id"] if found else await world.list_of(kind, region=region, members=(organ,))
    lead = world.token(("list_authority", region))
    answer = await world.post(f"/lists/{list_id}/items", {"items": [{"elements": one} for one in entries]}, who=lead)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    assert not answer.json()["rejected"], rows
    return [row["item_id"] for row in rows]


async def run_operation(world: RegisterWorld, started: dict[str, Any]) -> dict[str, Any]:
    """Carry out an operation as a worker would; its row as the API shows it."""
    kinds = {kind.kind: kind for kind in OPERATIONS}
    await operations.execute(world.engine, "catalog", kinds, UUID(started["operation_id"]))
    shown: dict[str, Any] = (await world.get(f"/operations/{started['operation_id']}")).json()
    return shown


async def open_findings(world: RegisterWorld, rule: str) -> list[dict[str, Any]]:
    """Open findings of a rule; also where a token would not be good, because a test has moved the clock."""
    async with world.owner.connect() as connection:
        rows = await connection.execute(
            text("SELECT * FROM qingdan.finding WHERE rule = :rule AND state = 'open' ORDER BY opened_at, id"),
            {"rule": rule},
        )
        return [row._asdict() | {"item_id": str(row.item_id)} for row in rows]


def basis(document: str = "中华人民共和国食品安全法", article: str = "第三十五条", **more: Any) -> dict[str, Any]:
    """A row of a setting basis."""
    return {"document": document, "article": article, "kind": "set", "document_kind": "law"} | more


async def act(world: RegisterWorld, document: dict[str, Any], name: str, day: str = "2026-01-01", **more: Any) -> None:
    """Say what became of a document."""
    answer = await world.post(f"/documents/{document['id']}/status-changes", {"act": name, "from": day} | more)
    assert answer.status_code == 200, answer.text


async def correct(world: RegisterWorld, item: str, elements: dict[str, Any]) -> None:
    """Correct an entry of a list that is being compiled."""
    current = await world.get(f"/items/{item}")
    body = {"elements": elements, "reason": "更新依据"}
    match = {"If-Match": current.headers["etag"]}
    answer = await world.send(
        "PATCH", f"/items/{item}", body, who=world.token(("list_authority", COUNTY)), headers=match
    )
    assert answer.status_code == 200, answer.text

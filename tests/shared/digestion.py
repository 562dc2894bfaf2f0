"""What the tests of consumers share: draining, where a consumer stands, and an effect that some events upset."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import problems
from shared.ledger import consume, position
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction
from tests.shared.room import (
    column,
    record,
)


async def drain(engine: AsyncEngine, consumer: Consumer) -> None:
    while await consume.step(engine, consumer):
        pass


async def told(engine: AsyncEngine, name: str) -> list[int]:
    return await column(engine, "SELECT position FROM qingdan.event WHERE type = :name ORDER BY position", name=name)


async def digest(tx: Transaction, events: Sequence[Event]) -> None:
    """Records; an event whose refs say `bad` cannot be digested."""
    await record(tx, events)
    for event in events:
        match event.refs.get("bad"):
            case "value":
                raise ValueError("no such level: 9")
            case "ours":
                raise problems.Conflict("条目已被撤销")
            case "constraint":
                await tx.connection.execute(text("INSERT INTO qingdan.region (code) VALUES (NULL)"))
            case "unsendable":
                await tx.audit("system:test:unsendable", "done", {"text": "\ud800"})


async def caught_up(engine: AsyncEngine, name: str) -> bool:
    mine, head = await where(engine, name)
    return mine == head


async def where(engine: AsyncEngine, name: str) -> tuple[int | None, int]:
    async with engine.connect() as connection:
        found = await position.look(connection, name, ())
        return found.mine, found.head

"""Operations as the tests of the ledger start them, run them and look at them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.ledger import operations
from shared.ledger.operations import OperationKind
from shared.ledger.transaction import begin
from shared.schema.ledger import operation


async def start(engine: AsyncEngine, kind: str = "count", **parameters: Any) -> UUID:
    """A new operation of the catalog."""
    async with begin(engine, service="catalog", actor="account:test") as tx:
        return await operations.create(tx, kind=kind, parameters=parameters)


async def state(engine: AsyncEngine, operation_id: UUID) -> Row[Any]:
    """Its row."""
    async with engine.connect() as connection:
        return (await connection.execute(select(operation).where(operation.c.id == operation_id))).one()


async def is_in(engine: AsyncEngine, operation_id: UUID, wanted: str) -> bool:
    """Whether it has come to a state."""
    return (await state(engine, operation_id)).state == wanted


async def run(engine: AsyncEngine, operation_id: UUID, work: Any, kind: str = "count") -> None:
    """One attempt at it."""
    await operations.execute(engine, "catalog", {kind: OperationKind(kind=kind, run=work)}, operation_id)


async def waiting(engine: AsyncEngine) -> list[tuple[UUID, int]]:
    """Operations a worker would take now, with their attempts."""
    async with engine.connect() as connection:
        return await operations.waiting(connection, "catalog")

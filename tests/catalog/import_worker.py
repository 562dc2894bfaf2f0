"""What a worker does with one import, for a process of its own that may be killed."""

import asyncio
from uuid import UUID

from services.catalog.exchange import run
from services.catalog.exchange.jobs import OPERATIONS
from shared.database import create_engine
from shared.ledger import operations


def carry_out(url: str, operation_id: str) -> None:
    """Carry out an operation in chunks of 100 rows; dies where QINGDAN_CRASH_POINT says."""
    asyncio.run(_carry_out(url, UUID(operation_id)))


async def _carry_out(url: str, operation_id: UUID) -> None:
    run.CHUNK = 100
    engine = create_engine(url, role="catalog")
    await operations.execute(engine, "catalog", {kind.kind: kind for kind in OPERATIONS}, operation_id)
    await engine.dispose()

"""A process that appends, says at which position, and then holds its transaction open until it is killed."""

import asyncio

from shared import settings
from shared.database import create_engine
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin


async def main() -> None:
    engine = create_engine(settings.load().service_url("catalog"), role="catalog")
    async with begin(engine, service="catalog", actor="account:held") as tx:
        tx.append(NewEvent(type="held"))
        print(await tx.write_events(), flush=True)
        await asyncio.Event().wait()


asyncio.run(main())

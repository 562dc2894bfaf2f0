"""Use case of the item library: what changed since a moment, from public bodies only."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.platform.library import repository, rules
from services.publish.platform.library.schemas import Changes, LibraryAnswer, Status
from services.publish.platform.mapping import built_in
from shared.identity.principal import Principal
from shared.identity.scopes import ITEM_LIBRARY
from shared.ledger.transaction import Transaction

PROFILE = "audit_item"


async def advance(engine: AsyncEngine) -> None:
    """Give the feed's new entries their moments: until then no reader sees them."""
    async with engine.begin() as connection:
        await repository.advance(connection)


async def changes(
    tx: Transaction, who: Principal, *, since: int, kind: str, region: str | None, limit: int
) -> LibraryAnswer:
    """Items that changed after a moment, each once with its present state, and the moment reached.

    Raises
    ------
    problems.Forbidden
        A service client without the scope; what is read is public, but its volume is for those who are known.
    """
    if who.client:
        who.require_scope(ITEM_LIBRARY)
    found, reached = await repository.page(tx.connection, stamp=since, kind=kind, region=region, limit=limit)
    profile = built_in(PROFILE)
    told = [rules.aggregate(one.item_id, one.version, one.body, profile) for one in found]
    return LibraryAnswer(STATUS=Status(), data=Changes(LASTTIMESTAMP=reached, RETURNITEMSUNNUM=len(told), items=told))

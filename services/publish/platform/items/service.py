"""Use case: where an item stands with the platforms, for the people of its region and organ."""

from __future__ import annotations

from uuid import UUID

from services.publish.platform.items import repository
from services.publish.platform.items.schemas import ItemExchange
from shared import problems
from shared.codes.region_code import NATION
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def state(tx: Transaction, who: Principal, item_id: UUID, peer: str | None) -> ItemExchange:
    """The newest version of an item at each platform.

    Raises
    ------
    problems.NotFound
        There is no such item, or the caller works neither for its organ nor for its region.
    """
    found = await repository.place(tx.connection, item_id)
    places = {NATION, *(found.chain or ())} if found is not None else set()
    mine = any(
        grant.region_code in places and (grant.organ_id is None or found is None or grant.organ_id == found.organ_id)
        for grant in who.grants
    )
    if found is None or not mine:
        raise problems.NotFound("没有这个事项，请核对编号。", code="item_not_found")
    return ItemExchange.of(item_id, await repository.of_item(tx.connection, item_id, peer))

"""What the tests of quality need: two organs, entries as an import leaves them, and changes of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.catalog.items.repository import Entries, Patches, create_items, write_versions
from shared import clock
from shared.identifiers import new_id
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import begin
from tests.catalog.register_world import RegisterWorld

ORGAN, OTHER = "青县行政审批局", "青县市场监督管理局"


async def stored(register: RegisterWorld, list_id: str, *elements: dict[str, Any]) -> list[UUID]:
    """Entries as an import leaves them, faults and all."""
    ids = [new_id() for _ in elements]
    async with register.engine.begin() as connection:
        await create_items(connection, Entries(item_ids=ids, list_ids=[UUID(list_id)] * len(ids), elements=elements,
                                               effective_ats=[clock.now()] * len(ids)))  # fmt: skip
    return ids


async def patched(register: RegisterWorld, item: UUID, patch: dict[str, Any], root: UUID | None = None) -> None:
    given = Patches(item_ids=[item], patch=[patch], effective_ats=[clock.now()], operation="modify",
                    adjustment_ids=[root] if root else None)  # fmt: skip
    async with begin(register.engine, service="catalog", actor="system:test") as tx:
        written = await write_versions(tx.connection, given)
        tx.append(NewEvent(type="item.updated", item_ids=[one.item_id for one in written], adjustment_id=root))

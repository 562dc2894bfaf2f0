"""Transport `item_exchange`: JSON over HTTP, batches with verdicts a row; the contract is ours (docs/platform.md)."""

from __future__ import annotations

from types import TracebackType

import orjson

from services.publish.platform import rules
from services.publish.platform.comparisons.rules import inventory_of
from services.publish.platform.transports.contract import (
    Address,
    Answer,
    Batch,
    Capability,
    CataloguePage,
    FeedbackPage,
    InventoryPage,
    Transport,
)
from services.publish.platform.transports.http import Connection

PAGE = 500
INVENTORY_PAGE = 1_000


class ItemExchange(Transport):
    """A platform that keeps the contract of this product."""

    capabilities = frozenset(Capability)

    def __init__(self, address: Address) -> None:
        self._source = address.source
        self._connection = Connection(address)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)

    async def send(self, batch: Batch) -> Answer:
        body = orjson.dumps({"DATA_SOURCE": self._source, "CD_BATCH": batch.number, "list": batch.rows})
        told = await self._connection.ask_with_token(
            "POST", "/items:batch", content=body, headers={"Content-Type": "application/json"}
        )
        return Answer(rules.verdicts(told, batch.row_guids))

    async def feedback(self, cursor: str) -> FeedbackPage:
        asked = {"source": self._source, "since": cursor, "limit": PAGE}
        messages, following = rules.feedback_of(await self._connection.ask_with_token("GET", "/feedback", params=asked))
        return FeedbackPage(messages, following)

    async def catalogue(self, cursor: str) -> CataloguePage:
        since, after = rules.catalogue_cursor(cursor)
        asked = {"since": since, "after": after, "limit": PAGE}
        entries, following = rules.aggregates_of(
            await self._connection.ask_with_token("GET", "/catalogue", params=asked)
        )
        return CataloguePage(entries, following)

    async def inventory(self, cursor: str) -> InventoryPage:
        asked = {"source": self._source, "cursor": cursor, "limit": INVENTORY_PAGE}
        return InventoryPage(*inventory_of(await self._connection.ask_with_token("GET", "/items", params=asked)))

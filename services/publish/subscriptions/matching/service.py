"""The matcher: each round is one transaction, in which positions move, numbers are given and windows are filled."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.portal.feed import NEWS
from services.publish.subscriptions import registry
from services.publish.subscriptions.matching import repository
from services.publish.subscriptions.replaying import repository as replaying
from shared import telemetry
from shared.identifiers import new_id
from shared.ledger.bell import Bell
from shared.ledger.envelope import NewEvent
from shared.ledger.failure import is_passing
from shared.ledger.transaction import Transaction, begin

log = telemetry.get_logger(__name__)

ACTOR = "system:subscriptions"
# Changes of subscriptions that open or fill a window.
CHANGES = frozenset({"subscription.created", "subscription.updated", "subscription.resumed", "subscription.replayed"})
RETRY_SECONDS = 0.5
LISTS = "/publish/v1/lists"


class Matcher:
    """Runs rounds until there is nothing left to match; then waits for the bell.

    Attributes
    ----------
    full
        Whether windows were full in the last round: room in them is news.
    queued
        Set when a round has queued deliveries.
    """

    def __init__(self, engine: AsyncEngine, bell: Bell, poll_seconds: float) -> None:
        self._engine = engine
        self._bell = bell
        self._poll_seconds = poll_seconds
        self.full = False
        self.queued = asyncio.Event()

    def room(self) -> None:
        """Windows were emptied: look again if any was full."""
        if self.full:
            self._bell.ring(CHANGES)

    async def run(self) -> None:
        """Match until cancelled. A passing error is tried again."""
        while True:
            ring = self._bell.next_ring(NEWS | CHANGES)
            try:
                while await self.round():
                    pass
            except Exception as error:  # a matcher that ended would stop every subscription
                told = None if is_passing(error) else error
                log.warning("round will be tried again", error=str(error)[:300], exc_info=told)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await self._bell.wait(self._poll_seconds, ring)

    async def round(self) -> bool:
        """One round; True when there may be more to do."""
        async with begin(self._engine, service="publish", actor=ACTOR) as tx:
            queued, matched, self.full = await advance(tx)
        telemetry.crash_point("after-matching")
        if queued:
            self.queued.set()
        return bool(matched)


async def advance(tx: Transaction) -> tuple[int, int, bool]:
    """Number what is new: how many deliveries it made, how much it moved, and whether windows are full.

    Several at once wait for one another, and the later one finds the work done.
    """
    connection = tx.connection
    await repository.lock(connection)
    found = await repository.survey(connection)
    queued = moved = 0
    if found.restored:
        queued += await _tell_of_restore(tx)
    if found.behind:
        await _stop_behind(tx)
    if found.replaying:
        again = await replaying.replay(connection, tx.now)
        queued, moved = queued + again, moved + again
    if found.wanted:
        again = await replaying.take_in(connection, tx.now)
        queued, moved = queued + again, moved + again
    if found.open:
        new, _ = await repository.match(connection, tx.now)
        queued, moved = queued + new, moved + found.open
    return queued, moved, bool(found.full or found.replaying or found.wanted)


async def _tell_of_restore(tx: Transaction) -> int:
    """The database was restored to an earlier point: numbers after the last valid one will be given again."""
    notices = [
        (new_id(), row.subscription_id, resync_data("restored", row.last, row.epoch, previous_epoch=str(row.previous)))
        for row in await repository.restored(tx.connection)
    ]
    await repository.notify(tx.connection, registry.RESYNC, notices, tx.now)
    log.warning("the log has a new epoch: subscribers are told their last valid sequence", subscriptions=len(notices))
    return len(notices)


async def _stop_behind(tx: Transaction) -> None:
    reason = "位置早于变更流的保留期限，请按清单修订号重新同步后再启用"
    for subscription_id in await repository.fall_behind(tx.connection, reason, tx.now):
        tx.append(NewEvent(type="subscription.fell_behind", refs={"subscription": str(subscription_id)}))
        await tx.audit("system:subscription:resync_required", "stopped", {"subscription": str(subscription_id)})


def resync_data(reason: str, last: int, epoch: object, **more: str) -> dict[str, object]:
    """`data` of a resync event."""
    return {"reason": reason, "last_valid_sequence": int(last), "epoch": str(epoch), "lists": LISTS} | more

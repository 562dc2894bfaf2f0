"""Use cases of parking: put one event aside, send it again, drop it."""

from __future__ import annotations

from uuid import UUID

from services.publish.subscriptions import service as subscriptions
from services.publish.subscriptions.matching import repository as matching
from services.publish.subscriptions.parking import repository
from services.publish.subscriptions.replaying import repository as replaying
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def park(tx: Transaction, principal: Principal, row: Row, sequence: int) -> None:
    """Put an outstanding event aside, for its owner: what waits behind it goes on.

    Raises
    ------
    problems.Conflict
        It is not outstanding; or a notice, which whatever comes behind it must not overtake.
    """
    parked = await repository.park(
        tx.connection, row.id, sequence, error=None, actor=principal.actor, now=tx.now
    )  # fmt: skip
    if not parked:
        message = "该编号不在待推送之列，或为订阅自身的通知（不能搁置）；待推送的编号见 GET .../deliveries"
        raise problems.Conflict(message, code="not_outstanding")
    _tell(tx, "subscription.parked", row.id, [sequence])


async def give_up(tx: Transaction, subscription_id: UUID, sequence: int, error: str, reason: str) -> bool:
    """Put aside what has failed for three days; an endpoint that has taken nothing else meanwhile is disabled.

    Returns
    -------
    bool
        Whether anything was done: another process may have been first, or the receiver has taken it after all.
    """
    await matching.lock(tx.connection)
    parked = await repository.park(
        tx.connection, subscription_id, sequence, error=error, actor=tx.actor, now=tx.now, only_well=True
    )  # fmt: skip
    if not parked:
        # Taken or put aside while the lock was waited for: nothing of it is left to give up.
        if not await repository.is_outstanding(tx.connection, subscription_id, sequence):
            return False
        return await subscriptions.disable(tx, subscription_id, reason)
    named = {"subscription": str(subscription_id), "sequence": sequence, "error": error[:200]}
    await tx.audit("system:subscription:park", "done", named)
    _tell(tx, "subscription.parked", subscription_id, [sequence])
    return True


async def resend(tx: Transaction, row: Row, sequence: int) -> None:
    """Let the matcher put a parked event into the window again, under its number and its id. Raises NotFound."""
    await _drop(tx, row, sequence)
    await replaying.want(tx.connection, row.id, [sequence], tx.now)
    _tell(tx, "subscription.replayed", row.id, [sequence])


async def drop(tx: Transaction, row: Row, sequence: int) -> None:
    """Do without a parked event: it is not sent again by itself, and can be read or asked for as long as others.

    Raises
    ------
    problems.NotFound
    """
    await _drop(tx, row, sequence)
    await tx.audit("api:subscription:drop", "done", {"subscription": str(row.id), "sequence": sequence})
    _tell(tx, "subscription.dropped", row.id, [sequence])


async def _drop(tx: Transaction, row: Row, sequence: int) -> None:
    if not await repository.drop(tx.connection, row.id, [sequence]):
        raise problems.NotFound("该编号未被搁置；已搁置的编号见 GET .../parked。", code="not_parked")


def _tell(tx: Transaction, kind: str, subscription_id: UUID, sequences: list[int]) -> None:
    tx.append(NewEvent(type=kind, refs={"subscription": str(subscription_id), "sequences": sequences}))

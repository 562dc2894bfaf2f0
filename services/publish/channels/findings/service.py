"""Use cases of findings about channels: opened and closed with the events that open and close their tasks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from uuid import UUID

from services.publish.channels import rules
from services.publish.channels.findings import repository
from services.publish.channels.states.rules import LOOK_INTO
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

OPENED = {
    "to_post": "publication.channel_due",
    "lagging": "publication.channel_lagging",
    "differs": "publication.channel_differs",
}
CLOSED = "publication.channel_levelled"
# As many findings as an event names at most (ADR 9).
_MOST = 1_000


async def open_to_post(tx: Transaction, *, lists: Sequence[UUID] | None = None, channel: UUID | None = None) -> None:
    """Tell people what they have to post."""
    places = await repository.unposted(tx.connection, lists=lists, channel=channel)
    for start in range(0, len(places), _MOST):
        part = places[start : start + _MOST]
        await _open(tx, part, "to_post")


async def open_one(tx: Transaction, channel: UUID, list_id: UUID, reason: str) -> None:
    """Tell people that a channel is late or wrong, unless they know."""
    await _open(tx, [(channel, list_id)], reason)


async def close(tx: Transaction, channel: UUID, *, list_id: UUID | None = None, reason: str | None = None) -> None:
    """What was open about a channel is settled."""
    _tell(tx, CLOSED, await repository.close(tx.connection, channel, tx.now, list_id=list_id, reason=reason))


async def close_left(tx: Transaction, channel: UUID) -> None:
    """What was open about lists the channel no longer shows is settled."""
    _tell(tx, CLOSED, await repository.close_left(tx.connection, channel, tx.now))


async def get(tx: Transaction, who: Principal, finding_id: UUID) -> Row:
    """A finding, for those who work in the region. Raises NotFound."""
    row = await repository.find(tx.connection, finding_id)
    if row is None or not rules.may_read(who, row.chain):
        raise problems.NotFound("没有这条渠道事项，请核对编号。", code="channel_finding_not_found")
    return row


async def _open(tx: Transaction, places: Sequence[tuple[UUID, UUID]], reason: str) -> None:
    _tell(tx, OPENED[reason], await repository.open_findings(tx.connection, places, reason, tx.now, LOOK_INTO))


def _tell(tx: Transaction, type_: str, rows: Sequence[Row]) -> None:
    """One event a list, so that the log of a list says how its channels followed."""
    for list_id, group in groupby(sorted(rows, key=lambda row: row.list_id), key=lambda row: row.list_id):
        found = list(group)
        refs = {
            "channel_findings": [str(row.id) for row in found],
            "channels": sorted({str(row.channel_id) for row in found}),
            "revision": max(row.revision for row in found),
        }
        tx.append(NewEvent(type=type_, region_code=found[0].region_code, list_id=list_id, refs=refs))

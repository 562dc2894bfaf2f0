"""Carrying out the withdrawal of a publication: all of its entries go back to what they said before, or none does.

History is never rewritten: what stood before is a new version, and it is published, checked and followed by other
lists as every change is.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.catalog.items import repository as items
from services.catalog.items.recoding import repository as recoding
from services.catalog.linkage import cascade, telling
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.tables import changed, rule_set_at
from services.catalog.linkage.telling import Root
from services.catalog.withdrawals import repository, rules
from shared import problems
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

APPLIED, REFUSED = "withdrawal.applied", "withdrawal.refused"


async def carry_out(tx: Transaction, events: Sequence[Event]) -> None:
    """Carry out the withdrawals that the events tell of; one that is done already changes nothing."""
    event_of = {UUID(event.refs["withdrawal"]): event for event in reversed(events)}
    for row in await repository.waiting(tx.connection, list(event_of)):  # bounded: decisions of one batch
        await _take_back(tx, row, event_of[row.id])


async def _take_back(tx: Transaction, row: Row, event: Event) -> None:
    locked = await repository.lock(tx.connection, row.id, row.publication_id)
    refusal = rules.refusal(await repository.in_the_way(tx.connection, row.id, row.publication_id))
    if refusal is None:
        given = {"withdrawal": row.id, "publication": row.publication_id, "at": tx.now}
        try:
            async with tx.savepoint():
                written = await items.write_selected(tx.connection, repository.RESTORED, given, order=locked)
        except problems.Conflict as conflict:
            refusal = conflict.detail
    if refusal is not None:
        tx.append(_outcome(REFUSED, row, event, reason=refusal))
        return
    direct = [changed(one, direct=True) for one in sorted(written, key=lambda one: one.item_id)]
    if direct:
        await _recode(tx, row.publication_id, direct)
        root = Root(row.id, event.id, tx.now)
        roots = {change.item_id: root for change in direct}
        version, linkage = await rule_set_at(tx, tx.now, entries=len(direct))
        for told in telling.of_items(direct, roots, reason=row.reason, legal_basis=row.legal_basis):
            tx.append(told)
        await cascade.follow(tx, version, linkage, direct, dict(roots), told=True)
    tx.append(_outcome(APPLIED, row, event, reason=row.reason))


async def _recode(tx: Transaction, publication: UUID, direct: Sequence[Changed]) -> None:
    """What the publication's adjustments noted of codes and successors goes back with the entries."""
    ids = [change.item_id for change in direct]
    await repository.leave_no_successors(tx.connection, publication, ids)
    coded = await repository.coded(tx.connection, ids)
    moved = [change for change in direct if change.item_id in coded]
    if moved:
        await recoding.record_materials(
            tx.connection, [change.item_id for change in moved], [change.version for change in moved]
        )


def _outcome(type_: str, row: Row, event: Event, *, reason: str) -> NewEvent:
    return NewEvent(
        type=type_, region_code=event.region_code, cause_id=event.id, reason=reason, legal_basis=row.legal_basis,
        refs={"withdrawal": str(row.id), "publication": event.refs["publication"]},
    )  # fmt: skip

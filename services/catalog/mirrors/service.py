"""Use cases of mirrors: a list follows a superior's catalogue as any list follows a change; rejections become findings.

Nothing here decides what a mirrored entry says: that is the platform's. What follows from it - findings of K20, entries
of other lists - is the linkage's, as for every change.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.catalog.items import repository as items
from services.catalog.items.reading import repository as reading
from services.catalog.kinds import service as kinds
from services.catalog.linkage import cascade, telling
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.tables import changed, rule_set_at
from services.catalog.linkage.telling import Root
from services.catalog.mirrors import repository, rules
from services.catalog.mirrors.rules import Received, Refusal
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def mark(tx: Transaction, event: Event) -> None:
    """A peer was registered or changed: its list is its mirror from now on, another is so no longer."""
    for row in await repository.mark(tx.connection, _peer(event)):
        tx.append(
            NewEvent(
                type="list.updated", region_code=row.region_code, list_kind=row.kind, list_id=row.id,
                elements=["mirrored_from"], cause_id=event.id, refs={"peer": event.refs["peer"]},
            )
        )  # fmt: skip


async def follow(tx: Transaction, event: Event) -> None:
    """Bring the entries an event names to what the catalogue says of them now.

    The newest version is looked up, so the same event twice, or an older one after a newer, changes nothing.
    """
    peer = _peer(event)
    found = await repository.received(tx.connection, peer, event.item_ids)
    if not found:
        return
    row = await repository.lock_list(tx.connection, event.list_id) if event.list_id else None
    if row is None or row.mirrored_from != peer:
        refused = [Refusal(one.item_id, one.version, "", "list_not_mirrored", rules.NO_MIRROR) for one in found]
        await repository.note_refusals(tx.connection, peer, refused, [], tx.now)
        return
    sound, refused = await _sifted(tx, row, found)
    written = await _write(tx, sound, event.id, row.id)
    await repository.note_refusals(tx.connection, peer, refused, [one.item_id for one in sound], tx.now)
    if written and row.state == "in_force":
        await _follow(tx, event, written)
    elif written:
        tx.append(_compiled(row, event, written))


async def _sifted(tx: Transaction, row: Row, found: Sequence[Received]) -> tuple[list[Received], list[Refusal]]:
    profiles = await kinds.profile_set(tx.connection, row.kind, row.chain)
    taken = await reading.taken_codes(
        tx.connection, kind=row.kind, list_id=row.id, whole=[], base=rules.codes_of(found)
    )
    return rules.sift(found, profiles.choose, taken)


async def _write(tx: Transaction, sound: Sequence[Received], root: UUID, list_id: UUID) -> list[Changed]:
    new = [one for one in sound if one.current is None]
    known = [one for one in sound if one.current is not None]
    written: list[Changed] = []
    if known:
        patches = items.Patches(
            item_ids=[one.item_id for one in known], patch=[one.patch for one in known],
            operation=[one.operation for one in known], adjustment_ids=[root] * len(known),
            effective_ats=[tx.now] * len(known),
        )  # fmt: skip
        written += [changed(row, direct=True) for row in await items.write_versions(tx.connection, patches)]
    if new:
        entries = items.Entries(
            item_ids=[one.item_id for one in new], list_ids=[list_id] * len(new),
            elements=[one.patch for one in new], adjustment_ids=[root] * len(new),
            effective_ats=[tx.now] * len(new),
        )  # fmt: skip
        written += [changed(row, direct=True, new=True) for row in await items.create_items(tx.connection, entries)]
    return written


async def _follow(tx: Transaction, event: Event, written: Sequence[Changed]) -> None:
    """Tell of the versions, and let every list follow that shows the same matter."""
    version, linkage = await rule_set_at(tx, tx.now, entries=len(written))
    root = Root(event.id, event.id, tx.now)
    roots = {change.item_id: root for change in written}
    for told in telling.of_items(written, roots, reason=event.reason, refs=_origin(event)):
        tx.append(told)
    await cascade.follow(tx, version, linkage, written, dict(roots), told=True)


def _compiled(row: Row, event: Event, written: Sequence[Changed]) -> NewEvent:
    """While the list is compiled its entries are told of as those of an import are."""
    return NewEvent(
        type="item.imported", region_code=row.region_code, list_kind=row.kind, list_id=row.id,
        item_ids=[change.item_id for change in written], versions=[change.version for change in written],
        elements=sorted({name for change in written for name in change.elements}), adjustment_id=event.id,
        cause_id=event.id, reason=event.reason, refs=_origin(event),
    )  # fmt: skip


def _origin(event: Event) -> dict[str, str]:
    return {"origin": "mirror", "peer": event.refs["peer"], "cursor": event.refs["cursor"]}


async def settle(tx: Transaction, events: Sequence[Event]) -> None:
    """Platforms have accepted or rejected entries: findings open and close with what each has said last."""
    concerned: dict[tuple[UUID, str], set[UUID]] = {}
    for event in events:
        concerned.setdefault((_peer(event), event.refs["peer"]), set()).update(event.item_ids)
    for (peer, code), ids in sorted(concerned.items()):  # bounded: by the number of platforms
        rows = await repository.settle_rejections(tx.connection, peer, code, sorted(ids), tx.now)
        for told in telling.of_outcomes("finding", rows, item="item_id", cause_id=events[-1].id):
            tx.append(told)


def _peer(event: Event) -> UUID:
    return UUID(event.refs["peer_id"])

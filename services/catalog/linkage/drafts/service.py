"""Use cases of the drafts: the people of a list accept what linkage prepared for them, or object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.catalog.items import repository as items
from services.catalog.linkage import cascade, rules, tables, telling
from services.catalog.linkage.drafts import choosing
from services.catalog.linkage.drafts import repository as drafts
from services.catalog.linkage.drafts.choosing import Refused
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.linkage.telling import Root
from services.catalog.supervision import service as supervision
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of an acceptance: the entries of the drafts accepted, those not needed any more, those refused."""

    accepted: Mapping[UUID, UUID]
    superseded: Sequence[UUID]
    refused: Sequence[Refused]


async def accept(
    tx: Transaction,
    who: Principal,
    *,
    ids: Sequence[UUID] | None,
    list_id: UUID | None,
    limit: int,
    reason: str,
    atomic: bool = True,
) -> Accepted:
    """Turn open drafts into entries and changes of their lists: all of them, or those that can be.

    Raises
    ------
    Forbidden
        A list among them is not led by the caller.
    Conflict
        A draft is closed already, or a code is in use.
    """
    rows, refused = await choosing.choose(tx, who, ids=ids, list_id=list_id, limit=limit, atomic=atomic)
    if not rows:
        return Accepted({}, [], refused)
    await supervision.refuse_locked_drafts(tx, [row.id for row in rows])
    superseded = await _overtaken(tx, rows)
    gone = [row for row in rows if row.id in superseded]
    rows = [row for row in rows if row.id not in superseded]
    if not atomic and len(rows) > 1:
        rows, taken = await choosing.without_taken(tx, rows)
        refused += taken
        if not rows and not gone:
            raise choosing.problem_of(taken)
    await _close(tx, [row.id for row in gone], state="superseded", items={}, by=who.actor, opinion="对应事项已存在")
    written, of_draft = await _write(tx, [row.id for row in rows])
    await _close(tx, [row.id for row in rows], state="accepted", items=of_draft, by=who.actor, opinion=reason)
    settled = [row | {"touched": -row["waiting"]} for row in _settled(rows)]
    await ledger.add_to_ledger(tx.connection, cascade.summed([*settled, *_settled(gone)]), tx.now)
    _tell(tx, rows, written, of_draft, reason)
    for part in rules.chunks(gone, 1):
        tx.append(_news("draft.closed", part, "对应事项已存在"))
    return Accepted(of_draft, [row.id for row in gone], refused)


async def object_to(
    tx: Transaction, who: Principal, ids: Sequence[UUID], opinion: str, *, atomic: bool = True
) -> tuple[list[UUID], list[Refused]]:
    """Refuse what drafts propose; the same will not be proposed again. Returns those objected to, and the others.

    Raises
    ------
    NotFound, IllegalTransition, Forbidden
    """
    rows, refused = await choosing.choose(tx, who, ids=ids, list_id=None, limit=len(ids), atomic=atomic)
    await _close(tx, [row.id for row in rows], state="objected", items={}, by=who.actor, opinion=opinion)
    await ledger.add_to_ledger(tx.connection, _settled(rows), tx.now)
    for event in _news_by_list("draft.objected", rows, opinion):
        tx.append(event)
    return [row.id for row in rows], refused


async def _overtaken(tx: Transaction, rows: Sequence[Any]) -> set[UUID]:
    """Drafts of entries that somebody has added meanwhile."""
    _, linkage = await tables.rule_set_at(tx, tx.now, entries=len(rows))
    keys = {rule.id: [pair.target for pair in rule.match] for rule in linkage}
    found = await drafts.overtaken(tx.connection, [row.id for row in rows if row.item_id is None], keys)
    return set(found)


async def _write(tx: Transaction, ids: Sequence[UUID]) -> tuple[list[Changed], dict[UUID, UUID]]:
    """Versions of what drafts propose: new entries and changes of existing ones; draft -> item."""
    rows = await drafts.proposals(tx.connection, ids)
    version, _ = await tables.rule_set_at(tx, tx.now)
    added = [row for row in rows if row.item_id is None]
    altered, later = _once_an_item([row for row in rows if row.item_id is not None])
    of_draft = {row.id: new_id() for row in added} | {row.id: row.item_id for row in rows if row.item_id is not None}
    written: list[Changed] = []
    if added:
        entries = items.Entries(
            item_ids=[of_draft[row.id] for row in added],
            list_ids=[row.list_id for row in added],
            **_common(added, tx, version),
            elements=[row.elements for row in added],
        )
        made = await items.create_items(tx.connection, entries)
        written += [tables.changed(row, direct=True, new=True) for row in made]
    for part in filter(None, (altered, *later)):  # bounded: rules that propose something for the same entry
        patches = items.Patches(
            item_ids=[row.item_id for row in part], patch=[row.elements for row in part], **_common(part, tx, version)
        )
        written += [tables.changed(row, direct=True) for row in await items.write_versions(tx.connection, patches)]
    return written, of_draft


def _once_an_item(rows: Sequence[Any]) -> tuple[list[Any], list[list[Any]]]:
    """Drafts such that no round touches an item twice."""
    rounds: list[dict[UUID, Any]] = [{}]
    for row in rows:
        free = next((one for one in rounds if row.item_id not in one), None)
        if free is None:
            free = {}
            rounds.append(free)
        free[row.item_id] = row
    return list(rounds[0].values()), [list(one.values()) for one in rounds[1:]]


def _common(rows: Sequence[Any], tx: Transaction, version: int) -> dict[str, Any]:
    return {
        "provenance": [row.provenance for row in rows],
        "adjustment_ids": [row.adjustment_id for row in rows],
        "effective_ats": [tx.now] * len(rows),
        "operation": "accept",
        "rule_set": version,
    }


async def _close(
    tx: Transaction, ids: Sequence[UUID], *, state: str, items: dict[UUID, UUID], by: str, opinion: str
) -> None:
    if ids:
        made = [items.get(one) for one in ids]
        await drafts.close(tx.connection, ids, state=state, items=made, by=by, opinion=opinion, at=tx.now)


def _settled(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Ledger rows: these no longer wait."""
    counts: dict[tuple[Any, ...], int] = defaultdict(int)
    for row in rows:
        if row.adjustment_id is not None:
            counts[row.adjustment_id, row.list_id, row.rule] -= 1
    return [rules.ledger_row(*key, waiting=count) for key, count in counts.items()]


def _tell(
    tx: Transaction, rows: Sequence[Any], written: Sequence[Changed], of_draft: Mapping[UUID, UUID], reason: str
) -> None:
    """`item.*` for readers of lists, `draft.accepted` for the next lists: what was accepted is itself a source."""
    states = {row.list_id: row.list_state for row in rows}
    roots = {of_draft[row.id]: Root(row.adjustment_id, None, tx.now) for row in rows}
    for list_id, state in states.items():
        mine = [row for row in written if row.list_id == list_id]
        for event in telling.of_items(mine, roots, reason=reason, refs={"origin": "draft", "list_state": state}):
            tx.append(event)
    before: dict[UUID, int] = {}
    for change in written:  # several drafts of an entry: what it was before the first one
        before.setdefault(change.item_id, change.before)
    for event in _news_by_list("draft.accepted", rows, reason):
        made = {of_draft[UUID(one)] for one in event.refs["drafts"]}
        versions = {str(item): before[item] for item in made if item in before}
        tx.append(replace(event, refs={**event.refs, "before": versions}))


def _news_by_list(kind: str, rows: Sequence[Any], reason: str) -> Iterator[NewEvent]:
    """An event for each list and root adjustment."""
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.list_id, row.adjustment_id].append(row)
    for members in groups.values():
        for part in rules.chunks(members):
            yield _news(kind, part, reason)


def _news(kind: str, rows: Sequence[Any], reason: str) -> NewEvent:
    first = rows[0]
    return NewEvent(
        type=kind,
        region_code=first.region_code,
        list_kind=first.list_kind,
        list_id=first.list_id,
        item_ids=list(dict.fromkeys(row.source_item_id for row in rows)),
        adjustment_id=first.adjustment_id,
        reason=reason,
        refs={"drafts": [str(row.id) for row in rows], "list_state": first.list_state},
    )

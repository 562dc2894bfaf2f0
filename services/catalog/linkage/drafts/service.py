"""Use cases of the drafts: the people of a list accept what linkage prepared for them, or object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.catalog.items import repository as items
from services.catalog.linkage import cascade, rules, tables, telling
from services.catalog.linkage.drafts import repository as drafts
from services.catalog.linkage.judgement import Changed
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.linkage.telling import Root
from shared import problems
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction

_STATE_TITLES = {"accepted": "已被采纳", "objected": "已有异议", "superseded": "已被新的草稿取代"}


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of an acceptance."""

    accepted: int
    superseded: int
    item_ids: list[UUID]


async def accept(
    tx: Transaction, who: Principal, *, ids: Sequence[UUID] | None, list_id: UUID | None, limit: int, reason: str
) -> Accepted:
    """Turn open drafts into entries and changes of their lists.

    Raises
    ------
    Forbidden
        A list among them is not led by the caller.
    Conflict
        A draft is closed already, or a code is in use.
    """
    rows = await drafts.lock_open(tx.connection, ids=ids, list_id=list_id, limit=limit)
    if ids is not None and len(rows) < len(set(ids)):
        await _explain_missing(tx, ids, {row.id for row in rows})
    _authorise(who, rows)
    if not rows:
        return Accepted(0, 0, [])
    superseded = await _overtaken(tx, rows)
    gone = [row for row in rows if row.id in superseded]
    rows = [row for row in rows if row.id not in superseded]
    await _close(tx, [row.id for row in gone], state="superseded", items={}, by=who.actor, opinion="对应事项已存在")
    written, of_draft = await _write(tx, [row.id for row in rows])
    await _close(tx, [row.id for row in rows], state="accepted", items=of_draft, by=who.actor, opinion=reason)
    settled = [row | {"touched": -row["waiting"]} for row in _settled(rows)]
    await ledger.add_to_ledger(tx.connection, cascade.summed([*settled, *_settled(gone)]), tx.now)
    _tell(tx, rows, written, of_draft, reason)
    for part in rules.chunks(gone, 1):
        tx.append(_news("draft.closed", part, "对应事项已存在"))
    return Accepted(len(rows), len(gone), list(dict.fromkeys(of_draft.values())))


async def object_to(tx: Transaction, who: Principal, draft_id: UUID, opinion: str) -> None:
    """Refuse what a draft proposes; the same will not be proposed again.

    Raises
    ------
    NotFound, IllegalTransition, Forbidden
    """
    rows = await drafts.lock_open(tx.connection, ids=[draft_id], list_id=None, limit=1)
    if not rows:
        await _explain_missing(tx, [draft_id], set())
    _authorise(who, rows)
    await _close(tx, [draft_id], state="objected", items={}, by=who.actor, opinion=opinion)
    await ledger.add_to_ledger(tx.connection, _settled(rows), tx.now)
    tx.append(_news("draft.objected", rows, opinion))


async def _explain_missing(tx: Transaction, ids: Sequence[UUID], found: set[UUID]) -> None:
    absent = next(one for one in ids if one not in found)
    row = await drafts.find(tx.connection, absent)
    if row is None:
        raise problems.NotFound(f"没有草稿{absent}，请刷新后重试。", code="draft_not_found")
    raise problems.IllegalTransition(
        f"草稿{absent}{_STATE_TITLES.get(row.state, '刚被他人处理')}，请刷新后重试。", allowed=[], code="draft_closed"
    )


def _authorise(who: Principal, rows: Sequence[Any]) -> None:
    for region, ancestors, organ in {(row.region_code, tuple(row.ancestors), row.lead_organ_id) for row in rows}:
        who.require("list_authority", region=[region, *ancestors], organ_id=organ)


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
    groups: dict[tuple[Any, ...], list[Any]] = defaultdict(list)
    for row in rows:
        groups[row.list_id, row.adjustment_id].append(row)
    for members in groups.values():
        for part in rules.chunks(members):
            tx.append(_news("draft.accepted", part, reason))


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

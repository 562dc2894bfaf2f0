"""Compiling lists: what imported or accepted entries imply for other lists becomes drafts and findings, set-based."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.catalog.linkage import repository, rules, telling
from services.catalog.linkage.compiler import Part
from services.catalog.linkage.drafts import repository as drafts
from services.catalog.linkage.fragments import Look
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.linkage.ruleset import Rule
from services.catalog.linkage.tables import rule_set_at
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

# A list that is new may concern every entry of its region.
WHOLE_LIST = 10_000
# Events of links between entries.
LINKED = ("link.created", "link.removed")
_BOTH = Look(from_source=True, from_target=True)


async def compile_event(tx: Transaction, event: Event) -> None:
    """Compare what an event brought with its counterparts; open drafts and findings, write nothing into lists."""
    version, linkage = await rule_set_at(tx, tx.now, entries=len(event.item_ids) or WHOLE_LIST)
    if event.type == "list.created":
        parts = [
            Part(rule, Look(everything=True, one_list=True)) for rule in linkage if rule.target_kind == event.list_kind
        ]
        given: Mapping[str, Any] = {"list_id": event.list_id}
    elif event.type in LINKED:
        # What a target covers by a link has changed: both ends are looked at.
        parts = [Part(rule, _BOTH) for rule in linkage if rule.linked == event.refs["type"]]
        given = {"ids": [*event.item_ids, UUID(event.refs["to"])], "moved": [], "moved_from": []}
    else:
        ids = await _entries(tx, event)
        kind = event.list_kind
        parts = _around(linkage, kind) if ids and kind else []
        given = {"ids": ids, "moved": [], "moved_from": []}
    if parts:
        # The id an import goes by is no adjustment: it has no cascade ledger that could be complete.
        root = event.adjustment_id if event.type == "draft.accepted" else None
        await settle(tx, version, parts, given, adjustment_id=root, cause_id=event.id)


async def _entries(tx: Transaction, event: Event) -> list[UUID]:
    if event.type == "item.imported":
        return list(event.item_ids)
    rows = await drafts.accepted_items(tx.connection, [UUID(one) for one in event.refs["drafts"]])
    return [row.item_id for row in rows]


def _around(linkage: Sequence[Rule], kind: str) -> list[Part]:
    return [
        Part(rule, Look(from_source=rule.source_kind == kind, from_target=rule.target_kind == kind))
        for rule in linkage
        if kind in (rule.source_kind, rule.target_kind)
    ]


async def settle(
    tx: Transaction,
    version: int,
    parts: Sequence[Part],
    given: Mapping[str, Any],
    *,
    adjustment_id: UUID | None,
    cause_id: UUID | None,
    since: int | None = None,
) -> tuple[int, int]:
    """Drafts and findings follow from differences; returns how many of each were opened.

    `since`: the differences have been kept by the check in this transaction and know the log up to there.
    """
    drafted, found = await repository.settle_computed(
        tx.connection,
        parts,
        given,
        rule_set_version=version,
        adjustment_id=adjustment_id,
        cause_id=cause_id,
        now=tx.now,
        since=since,
    )
    await ledger.add_to_ledger(tx.connection, rules.waiting([*drafted, *found]), tx.now)
    for event in telling.of_outcomes("draft", drafted, item="item_id", cause_id=cause_id):
        tx.append(event)
    for event in telling.of_outcomes("finding", found, item="item_id", cause_id=cause_id):
        tx.append(event)
    return sum(row.change == "opened" for row in drafted), sum(row.change == "opened" for row in found)

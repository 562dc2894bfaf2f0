"""Use cases of the linkage for people: preview, ledger, why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from services.catalog.linkage import preview, validation
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.linkage.schemas import (
    CascadeLedger,
    Followed,
    LedgerRow,
    Left,
    NewPreview,
    Origin,
    PreviewResult,
    ProposedChange,
    Why,
)
from services.catalog.linkage.submissions import repository as submissions
from services.catalog.linkage.tables import parsed, rule_set_at
from shared import problems
from shared.identifiers import new_id
from shared.ledger.transaction import Transaction

# A preview is for reading; the rest is counted by the cascade.
MOST_SHOWN = 2_000


async def preview_of(tx: Transaction, asked: NewPreview) -> PreviewResult:
    """What would come of changes, on what is in force now.

    Raises
    ------
    NotFound
        The adjustment has no change to make, or a list or an entry does not exist.
    """
    if asked.adjustment_id is not None:
        rows = await submissions.of_adjustment(tx.connection, asked.adjustment_id)
        if not rows:
            raise problems.NotFound("该调整单不存在，或没有待生效的变更。", code="no_changes")
    else:
        rows = await _given(tx, asked.changes or [])
    version, linkage = await rule_set_at(tx, tx.now)
    proposals = [
        preview.Proposal(
            row.item_id, row.list_id, row.kind, row.region_code, orjson.loads(row.patch), row.new, row.state
        )
        for row in rows
    ]
    seen = await preview.preview(tx, linkage, proposals)
    verdicts = await validation.judge(tx, rows)
    return PreviewResult(
        rule_set=version,
        at=tx.now,
        followed=[Followed.model_validate(row) for row in seen.followed[:MOST_SHOWN]],
        left=[_left(row) for row in seen.left[:MOST_SHOWN]],
        verdicts=verdicts[:MOST_SHOWN],
        truncated=max(len(seen.followed), len(seen.left), len(verdicts)) > MOST_SHOWN,
    )


async def _given(tx: Transaction, changes: Sequence[ProposedChange]) -> Sequence[Any]:
    ids = [change.item_id or new_id() for change in changes]
    for index, item_id in enumerate(ids):
        if item_id in ids[:index]:
            place = problems.FieldError(f"/changes/{index}/item_id", "item_twice", "同一事项只能有一项变更")
            raise problems.Invalid("同一事项在预览中出现两次，请合并。", code="item_twice", errors=[place])
    rows = await submissions.given(
        tx.connection,
        item_ids=ids,
        list_ids=[change.list_id for change in changes],
        operations=[change.operation for change in changes],
        proposed=[orjson.dumps(change.elements).decode() for change in changes],
    )
    known = {row.item_id: row for row in rows}
    for index, change in enumerate(changes):
        row = known.get(ids[index])
        missing = "list_id" if row is None else "item_id" if row.new and change.operation != "add" else None
        if missing or row is None:
            place = problems.FieldError(f"/changes/{index}/{missing}", "not_found", "编号不存在，请核对")
            raise problems.NotFound("清单或事项不存在，请核对编号。", code="not_found", extra={"errors": [vars(place)]})
    return rows


def _left(row: Any) -> Left:
    return Left(
        rule=row.rule,
        action=row.action,
        list_id=row.target_list,
        item_id=row.target_id,
        source_item_id=row.source_id,
        elements=orjson.loads(row.expected),
        messages=orjson.loads(row.messages or "{}"),
    )


async def ledger_of(tx: Transaction, adjustment_id: UUID) -> CascadeLedger:
    """The cascade ledger of an adjustment. Raises NotFound while nothing of it has taken effect."""
    rows = await ledger.ledger_of(tx.connection, adjustment_id)
    if not rows:
        raise problems.NotFound("该调整单尚未生效，没有联动台账。", code="no_ledger")
    drafts, findings = await ledger.left_open(tx.connection, adjustment_id)
    shown = [LedgerRow.model_validate(dict(row._mapping)) for row in rows]
    complete = not drafts and not findings and not any(row.waiting or row.failed for row in shown)
    return CascadeLedger(
        adjustment_id=adjustment_id, complete=complete, open_drafts=drafts, open_findings=findings, rows=shown
    )


async def why(tx: Transaction, item_id: UUID, element: str) -> Why:
    """Where an element's value comes from. Raises NotFound when the entry never had it."""
    row = await ledger.provenance(tx.connection, item_id, element)
    if row is None:
        raise problems.NotFound("没有这个事项，或该事项从未有过这个要素。", code="element_not_found")
    rule = parsed(row.rules).rule(row.rule) if row.rules and row.rule else None
    return Why(
        item_id=item_id,
        element=element,
        value=row.value,
        version=row.number,
        effective_from=row.effective_from,
        operation=row.operation,
        adjustment_id=row.adjustment_id,
        rule=row.rule,
        rule_title=rule.title if rule else None,
        rule_set=row.rule_set if row.rule else None,
        source=_origin(row, rule, element) if row.source_id else None,
    )


def _origin(row: Any, rule: Any, element: str) -> Origin:
    pairs = [*rule.match, *(pair for group in rule.groups for pair in group.pairs)] if rule else []
    if rule and rule.missing:
        pairs += rule.missing.copies
    there = next((pair.source for pair in pairs if pair.target == element), None)
    elements = row.source_elements or {}
    return Origin(
        item_id=row.source_id,
        version=row.source_version,
        name=row.source_name,
        element=there,
        value=elements.get(there) if there else None,
        list_id=row.source_list,
        list_kind=row.source_kind,
        list_title=row.source_title,
        region_code=row.source_region,
    )

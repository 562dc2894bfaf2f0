"""What supervision has to say before a permit is published (V17), and of changes to what is in dispute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.catalog.records import Record
from services.catalog.supervision import repository, rules
from services.catalog.supervision.disputes import repository as disputes
from services.catalog.supervision.stated import V17
from shared import problems
from shared.ledger.transaction import Transaction

RULES = (V17,)
IDS = frozenset(rule.id for rule in RULES)


async def refuse_unsupervised(tx: Transaction, list_row: Record) -> None:
    """Keep a permit list from being enacted while a permit of it states no supervision, where the gate says so.

    Raises
    ------
    problems.Conflict
        Names the first of these permits and what each lacks (ZZ-08, ZZ-49).
    """
    if list_row["kind"] != V17.target_kind or not await repository.blocked(tx.connection, [list_row["region_code"]]):
        return
    rows = await repository.unsupervised(tx.connection, list_row["id"])
    if rows:
        raise problems.Conflict(
            f"有{rows[0].total}项许可未明确监管主体、监管事项或监管措施，不能公布；请先补充。",
            code="supervision_missing",
            errors=[
                problems.FieldError(f"/items/{row.item_id}/elements/{element}", "supervision_missing", message)
                for row in rows
                for element, message in sorted(row.messages.items())
            ],
        )


async def gated(tx: Transaction, changes: Sequence[Any]) -> set[UUID]:
    """Items of permit lists among proposed changes that are not published without supervision."""
    permits = [row for row in changes if row.kind == V17.target_kind]
    if not permits:
        return set()
    regions = await repository.blocked(tx.connection, sorted({row.region_code for row in permits}))
    return {row.item_id for row in permits if row.region_code in regions}


async def disputed(tx: Transaction, changes: Sequence[Any]) -> list[dict[str, Any]]:
    """Verdicts on proposed changes of what is in dispute: they block until the government has decided."""
    touching = {row.item_id: row for row in changes if not rules.LOCKED.isdisjoint(row.touched)}
    if not touching:
        return []
    found = await disputes.open_about(tx.connection, list(touching))
    return [
        {
            "rule": V17.id, "validator": V17.id, "severity": "block", "list_id": str(touching[item_id].list_id),
            "item_id": str(item_id), "element": element, "actual": None, "expected": None,
            "message": f"监管主体存在争议（{dispute['question'][:100]}），在政府审定之前不能变更",
            "place": f"/{element}", "source_item_id": None, "source_version": None, "dispute_id": str(dispute["id"]),
        }
        for item_id, dispute in found.items()
        for element in sorted(rules.LOCKED.intersection(touching[item_id].touched))
    ]  # fmt: skip

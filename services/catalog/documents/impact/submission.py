"""What a submission proposes to rest on, and is not in force (V04); asked by the validation of submissions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from services.catalog.documents.citations import citations
from services.catalog.documents.impact import repository
from shared import clock
from shared.ledger.transaction import Transaction

RULE = "V04"


async def verdicts(tx: Transaction, changes: Sequence[Any]) -> list[dict[str, Any]]:
    """Verdicts on the citations that proposed changes bring about; one statement, none where no citation changes.

    A document that is no longer in force blocks, one that is not yet in force is told.
    """
    proposed = [
        (row, one)
        for row in changes
        if row.operation not in ("suspend", "cancel")
        for one in citations(orjson.loads(row.elements))
        if row.operation in ("add", "resume") or one.element in row.touched
    ]
    if not proposed:
        return []
    given = [(row.item_id, row.region_code, one) for row, one in proposed]
    today = tx.now.astimezone(clock.ZONE).date()
    found = await repository.proposed(tx.connection, given, today, tx.now)
    of_item = {row.item_id: row for row, _ in proposed}
    return [_verdict(of_item[row.item_id], row) for row in found]


def _verdict(change: Any, row: Any) -> dict[str, Any]:
    return {
        "rule": RULE, "validator": RULE, "severity": "block" if row.wrong else "warn",
        "list_id": str(change.list_id), "item_id": str(row.item_id), "element": row.element, "actual": row.told,
        "expected": None, "message": f"依据{row.sentence}，请更换依据", "place": row.path, "source_item_id": None,
        "source_version": None,
    }  # fmt: skip

"""What must be so before a list in sections is published, and what a submission may not take out of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from services.catalog.kinds import service as kinds
from services.catalog.kinds.rules import Profile
from services.catalog.records import Record
from services.catalog.responsibility import repository, rules
from services.catalog.responsibility.coverage import repository as coverage
from shared import problems
from shared.ledger.transaction import Transaction


async def profile_of(tx: Transaction, row: Record, chain: Sequence[str]) -> Profile | None:
    """The profile that says which sections a list has; None when its kind has none for all item types."""
    profiles = await kinds.profile_set(tx.connection, row["kind"], chain)
    try:
        return profiles.choose(None)
    except problems.Conflict:
        return None


async def check_enactable(tx: Transaction, row: Record, chain: Sequence[str]) -> None:
    """A list in sections is enacted when each section holds something or is declared empty (TH-11), and the
    responsibility list when every power has a duty (V15, HB-02).

    Raises
    ------
    problems.Conflict
        Names every section and figure that is in the way.
    """
    profile = await profile_of(tx, row, chain)
    found = rules.sections(profile) if profile else ()
    if not found:
        return
    counts = await repository.counts(tx.connection, row["id"])
    lacking = rules.empty(found, counts, await repository.declared_sections(tx.connection, row["id"]))
    without = 0
    if row["kind"] == rules.RESPONSIBILITY:
        without = await coverage.powers_without_duty(tx.connection, row["region_code"])
    errors = rules.gaps(lacking, without)
    if errors:
        message = "清单尚不完整，不能公布：" + "；".join(error.message for error in errors)
        raise problems.Conflict(message, code="list_incomplete", errors=errors)


async def verdicts(tx: Transaction, changes: Sequence[Any]) -> list[dict[str, Any]]:
    """What a submission (rows of `linkage.submissions`) does to whole sections: one it leaves empty (V15)."""
    leaving: dict[tuple[UUID, str], list[Any]] = defaultdict(list)
    coming: set[tuple[UUID, str]] = set()
    for row in changes:
        section = orjson.loads(row.elements).get(rules.SECTION) if '"section"' in row.elements else None
        if isinstance(section, str):
            if row.operation == "cancel":
                leaving[row.list_id, section].append(row)
            elif row.operation in ("add", "resume"):
                coming.add((row.list_id, section))
    asked = [place for place in leaving if place not in coming]
    if not asked:
        return []
    emptied = await repository.left_without(
        tx.connection,
        list_ids=[list_id for list_id, _ in asked],
        sections=[section for _, section in asked],
        leaving=[row.item_id for place in asked for row in leaving[place]],
    )
    return [_emptied(leaving[place][0], place[1]) for place in asked if place in emptied]


def _emptied(row: Any, section: str) -> dict[str, Any]:
    message = "取消后该部分再无事项；清单各部分不得空缺，请保留、补充，或先声明该部分“无”并说明理由"
    return {
        "rule": "V15",
        "validator": "V15",
        "severity": "block",
        "list_id": str(row.list_id),
        "item_id": str(row.item_id),
        "element": rules.SECTION,
        "actual": section,
        "expected": None,
        "message": message,
        "place": f"/{rules.SECTION}",
        "source_item_id": None,
        "source_version": None,
    }

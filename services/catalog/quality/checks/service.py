"""Judging entries of lists in pages: what the check and the second look at changed entries have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from services.catalog.kinds import service as kinds
from services.catalog.kinds.service import ProfileSet
from services.catalog.linkage import telling
from services.catalog.linkage.submissions import repository as submissions
from services.catalog.quality.checks import repository
from services.catalog.quality.checks.rules import Tally, Wanted, wanted
from services.catalog.quality.entry import EntryContext, OrganFacts
from services.catalog.quality.levels import service as levels
from services.catalog.quality.rules import validate_entry
from shared.ledger.transaction import Transaction
from shared.statement import Row


class Standard:
    """What entries of one list are judged by: the profiles and levels of its region."""

    def __init__(self, profiles: ProfileSet, taken: Mapping[tuple[str, str], str]) -> None:
        self.profiles = profiles
        self.levels = taken

    @classmethod
    async def of(cls, tx: Transaction, row: Row) -> Standard:
        """For a list with its `kind`, `region_code` and `ancestors`."""
        chain = [row.region_code, *row.ancestors]
        taken = (await levels.in_force(tx.connection, [chain]))[row.region_code]
        return cls(await kinds.profile_set(tx.connection, row.kind, chain), taken)


async def judge_page(
    tx: Transaction, standard: Standard, page: Sequence[Row], tally: Tally, *, warnings: bool, record: bool, opens: bool
) -> tuple[int, int]:
    """Judge a page of entries and settle their findings; how many opened and closed.

    `warnings`: they become findings, too; `record`: not only counted; `opens`: also what was not found before.

    Raises
    ------
    problems.Conflict
        The kind has no profile in force.
    """
    elements = await asyncio.to_thread(lambda: [orjson.loads(row.elements) for row in page])
    organs = await _organs(tx, elements)
    # A thread: the signs of life of the operation go on while two thousand entries are judged.
    told = await asyncio.to_thread(_judge, standard, page, elements, organs, tally, warnings)
    if not record:
        return 0, 0
    rows = await repository.settle(tx.connection, {row.id: row.version for row in page}, told, tx.now, opens=opens)
    for event in telling.of_outcomes("finding", rows, item="item_id", cause_id=None):
        tx.append(event)
    opened = sum(row.change == "opened" for row in rows)
    return opened, len(rows) - opened


def _judge(
    standard: Standard,
    page: Sequence[Row],
    elements: Sequence[Mapping[str, Any]],
    organs: Mapping[str, OrganFacts],
    tally: Tally,
    warnings: bool,
) -> list[Wanted]:
    context = EntryContext(organs=organs, levels=standard.levels)
    told: list[Wanted] = []
    for row, said in zip(page, elements, strict=True):
        profile = standard.profiles.choose(said.get("item_type"))
        found = [] if said.get("state") == "cancelled" else validate_entry(profile, said, context)
        tally.count(row, profile, said, found)
        told += wanted(row, found, warnings=warnings)
    return told


async def _organs(tx: Transaction, entries: Sequence[Mapping[str, Any]]) -> dict[str, OrganFacts]:
    named = {body for said in entries for key in ("implementing_body", "supervising_body")
             if (body := _identity(said.get(key)))}  # fmt: skip
    rows = await submissions.organ_facts(tx.connection, sorted(named))
    return {
        str(row.id): OrganFacts(row.name, row.credit_code, administrative_subject=row.administrative_subject)
        for row in rows
    }


def _identity(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None

"""Judging entries of lists in pages: what the check and the second look at changed entries have in common.

Reading, judging and settling are apart: two thousand entries are a tenth of a second of work on a free machine and
seconds on a busy one, and no transaction waits for that. An entry that was changed meanwhile is left alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.kinds import service as kinds
from services.catalog.kinds.service import ProfileSet
from services.catalog.linkage import telling
from services.catalog.linkage.submissions import repository as submissions
from services.catalog.quality.checks import repository
from services.catalog.quality.checks.rules import Tally, Wanted, wanted
from services.catalog.quality.entry import EntryContext, OrganFacts
from services.catalog.quality.levels import service as levels
from services.catalog.quality.rules import validate_entry
from shared import settings
from shared.ledger.transaction import Transaction
from shared.statement import Row

Elements = Mapping[str, Any]


class Standard:
    """What entries of one list are judged by: the profiles and levels of its region."""

    def __init__(self, profiles: ProfileSet, taken: Mapping[tuple[str, str], str]) -> None:
        self.profiles = profiles
        self.levels = taken

    @classmethod
    async def of(cls, connection: AsyncConnection, row: Row) -> Standard:
        """For a list with its `kind`, `region_code` and `ancestors`."""
        chain = [row.region_code, *row.ancestors]
        taken = (await levels.in_force(connection, [chain]))[row.region_code]
        return cls(await kinds.profile_set(connection, row.kind, chain), taken)


class Page:
    """Entries that were read together, with the organs they name."""

    def __init__(self, rows: Sequence[Row], elements: Sequence[Elements], organs: Mapping[str, OrganFacts]) -> None:
        self.rows = rows
        self._elements = elements
        self._organs = organs

    @classmethod
    async def of(cls, connection: AsyncConnection, rows: Sequence[Row]) -> Page:
        """For rows with their elements as JSON text."""
        elements = [orjson.loads(row.elements) for row in rows]
        named = {body for said in elements for key in ("implementing_body", "supervising_body")
                 if (body := _identity(said.get(key)))}  # fmt: skip
        facts = await submissions.organ_facts(connection, sorted(named))
        organs = {
            str(row.id): OrganFacts(row.name, row.credit_code, administrative_subject=row.administrative_subject)
            for row in facts
        }
        return cls(rows, elements, organs)

    async def judge(self, standard: Standard, tally: Tally, *, warnings: bool) -> list[Wanted]:
        """What is to stand as findings; in a thread, so that the operation goes on showing signs of life.

        Raises
        ------
        problems.Conflict
            The kind has no profile in force.
        """
        return await asyncio.to_thread(self._judge, standard, tally, warnings)

    def _judge(self, standard: Standard, tally: Tally, warnings: bool) -> list[Wanted]:
        context = EntryContext(
            organs=self._organs, levels=standard.levels, internet_facing=settings.load().internet_facing
        )
        told: list[Wanted] = []
        for row, said in zip(self.rows, self._elements, strict=True):
            profile = standard.profiles.choose(said.get("item_type"))
            found = [] if said.get("state") == "cancelled" else validate_entry(profile, said, context)
            tally.count(row, profile, said, found)
            told += wanted(row, found, warnings=warnings)
        return told


async def settle(tx: Transaction, rows: Sequence[Row], told: Sequence[Wanted], *, opens: bool) -> tuple[int, int]:
    """Make the findings of judged entries agree with what was said of them; how many opened and closed.

    `opens`: also what was not found before.
    """
    judged = {row.id: row.version for row in rows}
    standing = {(row.item_id, row.rule, row.element): row for row in await repository.held(tx.connection, list(judged))}
    new, amended = [], {}
    for one in told:
        held = standing.pop((one.item_id, one.rule, one.element), None)
        if held is None:
            new.append(one)
        elif (held.severity, held.message, held.source_version) != (one.severity, one.message, one.version):
            amended[held.id] = one, held.state
    closing = {row.id: judged[row.item_id] for row in standing.values()}
    closed = await repository.close(tx.connection, closing, tx.now)
    opened = await repository.open_(tx.connection, new if opens else [], tx.now)
    said_anew = await repository.amend(tx.connection, {id_: one for id_, (one, _) in amended.items()})
    opened += [row for row in said_anew if row.state == "open" and amended[row.id][1] == "waived"]
    for event in telling.of_outcomes("finding", [*closed, *opened], item="item_id", cause_id=None):
        tx.append(event)
    return len(opened), len(closed)


def _identity(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None

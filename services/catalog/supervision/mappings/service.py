"""Use cases of the mapping sheet (映射关系梳理表): supervision items and permits belong together, many to many."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from services.catalog.matrix import reading
from services.catalog.organs import repository as organs
from services.catalog.regions import service as regions
from services.catalog.supervision.mappings import repository, sheet
from services.catalog.supervision.schemas import MappingResult, MappingRow, Mappings, NewMappings
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

KIND = "internet_supervision"
# As many pairs as a county has permits and supervision items, several times over.
_MOST_LINES = 20_000
# Most references an event carries.
_EVENT_ITEMS = 1_000


async def load(tx: Transaction, principal: Principal, request: NewMappings) -> Mappings:
    """Link what the lines name; lines that name nothing known do not stop the others.

    Raises
    ------
    problems.Invalid
        No such region.
    problems.NotFound
        The region keeps no list of supervision items.
    problems.Forbidden
        The account does not lead it.
    """
    chain = await regions.chain(tx.connection, request.region_code)
    row = await repository.list_of(tx.connection, KIND, chain[0])
    if row is None:
        raise problems.NotFound("该区划没有“互联网+监管”事项清单，请先建立清单。", code="list_not_found")
    principal.require("list_authority", region=chain, organ_id=row.lead_organ_id)
    if not request.rows:
        stated = await repository.link_stated(tx.connection, chain[0], at=tx.now, by=tx.actor)
        _tell(tx, row.id, chain[0], request, stated.linked or [])
        return Mappings(created=stated.made, present=stated.links, rows=[])
    lines = [(index, one.supervision_code, one.base_code, one.implementing_body)
             for index, one in enumerate(request.rows)]  # fmt: skip
    found = await repository.link_lines(tx.connection, chain[0], lines, at=tx.now, by=tx.actor)
    linked = {item for one in found for item in one.linked or ()}
    _tell(tx, row.id, chain[0], request, sorted(linked))
    return Mappings(
        created=found[0].made if found else 0, present=sum(one.links for one in found),
        rows=[_result(one) for one in found],
    )  # fmt: skip


async def as_sheet(tx: Transaction, region_text: str) -> bytes:
    """The mapping sheet of a region as a spreadsheet. Raises Invalid, TooLarge."""
    region = (await regions.chain(tx.connection, region_text, "query/region"))[0]
    rows = await repository.sheet(tx.connection, region, limit=_MOST_LINES + 1)
    if len(rows) > _MOST_LINES:
        raise problems.TooLarge(f"映射关系超过 {_MOST_LINES} 行，请按区划导出。", code="too_many_rows")
    return await asyncio.to_thread(sheet.written, [tuple(row) for row in rows])


async def load_sheet(
    tx: Transaction, principal: Principal, region_text: str, content: bytes, reason: str | None
) -> Mappings:
    """Link what an uploaded sheet says; a row that cannot be read, or names an unknown organ, stops no other.

    Raises
    ------
    problems.Invalid, problems.TooLarge
        No sheet, or too large a one.
    problems.NotFound, problems.Forbidden
        As `load`.
    """
    lines, bad = sheet.lines(await asyncio.to_thread(reading.rows_of, content))
    named = await organs.by_credit_codes(tx.connection, sorted({one.body for one in lines if one.body}))
    known = {row["credit_code"]: row["id"] for row in named}
    good = [one for one in lines if not one.body or one.body in known]
    rows = [MappingRow(supervision_code=one.code, base_code=one.base_code, implementing_body=known.get(one.body))
            for one in good]  # fmt: skip
    unknown = [one.number for one in lines if one.body and one.body not in known]
    refused = [MappingResult(row=number, state="unreadable", links=0) for number in bad]
    refused += [MappingResult(row=number, state="unknown_body", links=0) for number in unknown]
    if not rows:
        return Mappings(created=0, present=0, rows=refused)
    request = NewMappings.model_construct(region_code=region_text, rows=rows, reason=reason, legal_basis=None)
    told = await load(tx, principal, request)
    placed = [one.model_copy(update={"row": good[one.row].number}) for one in told.rows]
    return told.model_copy(update={"rows": sorted([*placed, *refused], key=lambda one: one.row)})


def _result(row: Row) -> MappingResult:
    if not row.known_items:
        return MappingResult(row=row.number, state="unknown_supervision_item", links=0)
    return MappingResult(row=row.number, state="linked" if row.known_permits else "unknown_permit", links=row.links)


def _tell(tx: Transaction, list_id: UUID, region: str, request: NewMappings, items: Sequence[UUID]) -> None:
    for start in range(0, len(items), _EVENT_ITEMS):
        tx.append(NewEvent(type="supervision.mapped", region_code=region, list_kind=KIND, list_id=list_id,
                           item_ids=list(items[start : start + _EVENT_ITEMS]), reason=request.reason,
                           legal_basis=request.legal_basis))  # fmt: skip

"""Use cases of the register of regions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog import fields
from services.catalog.records import Record
from services.catalog.regions import repository
from services.catalog.regions.rules import NATION, Place, check_tree, stored_code
from services.catalog.regions.schemas import LoadResult, NewRegion, RegionChange, RegionLoad, RowError
from services.catalog.succession.repository import of_region as successors
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError

# An event names what it is about: at most so many regions each.
_EVENT_ROWS = 1_000


async def get(connection: AsyncConnection, code: str, *, lock: bool = False) -> Record:
    """A region by its code in any of its lengths. Raises NotFound."""
    row = await repository.get(connection, fields.region(code, "path/code"), lock=lock)
    if row is None:
        raise problems.NotFound("区划库中没有这个区划，请核对代码或先登记。", code="region_not_found")
    return row


async def chain(connection: AsyncConnection, code: str, pointer: str = "/region_code") -> list[str]:
    """A region's code and those of all regions above it, nearest first; what roles are compared with.

    Raises
    ------
    problems.Invalid
        No such region; `pointer` names the place in the request.
    """
    stored = fields.region(code, pointer)
    row = await repository.get(connection, stored)
    if row is None:
        heirs = "、".join(f"{heir['successor_code']} {heir['name']}" for heir in await successors(connection, stored))
        remedy = f"该区划已调整，请改用：{heirs}" if heirs else "请核对代码或先登记"
        raise problems.Invalid(
            f"区划{code}不在区划库中，{remedy}。",
            code="region_unknown",
            errors=[FieldError(pointer, "region_unknown", "区划未登记")],
        )
    return [row["code"], *row["ancestors"]]


def require_administrator(principal: Principal, region_chain: Sequence[str]) -> None:
    """Refuse whoever does not administer the register there; the nation's administrator does everywhere.

    Raises
    ------
    problems.Forbidden
    """
    principal.require("administrator", region=[*region_chain, NATION])


async def put(tx: Transaction, principal: Principal, code: str, request: RegionChange) -> tuple[Record, bool]:
    """Register a region or change it; returns the row and whether it is new.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    """
    row = NewRegion(code=code, **request.model_dump(include=set(NewRegion.model_fields) - {"code"}))
    load = RegionLoad(items=[row], reason=request.reason, legal_basis=request.legal_basis)
    result = await load_many(tx, principal, load, atomic=True)
    return await get(tx.connection, code), result.created == 1


async def load_many(tx: Transaction, principal: Principal, request: RegionLoad, *, atomic: bool) -> LoadResult:
    """Register or change many regions; refused rows do not stop the others unless `atomic`.

    Raises
    ------
    problems.Forbidden
        Not an administrator of one of the regions or of where it is to hang.
    problems.Invalid
        `atomic` and a row is wrong.
    """
    rows, errors, warnings = _read(request.items)
    places = [Place(row["code"], row["level"], row["kind"], row["parent_code"]) for row in rows]
    parents = [place.parent_code for place in places if place.parent_code]
    around = await repository.surroundings(tx.connection, [place.code for place in places], parents)
    known = {row.code: Place(row.code, row.level, row.kind, row.parent_code) for row in around}
    await _authorise(tx, principal, places, known)
    for index, wrong in check_tree(places, known).items():
        errors.setdefault(index, []).extend(wrong)
    listed = [RowError(pointer=f"/items/{i}{e.pointer}", code=e.code, message=e.message) for i, e in _flat(errors)]
    if atomic and errors:
        raise problems.Invalid(
            f"有{len(errors)}个区划未通过检查，未登记任何区划。",
            code="regions_invalid",
            errors=[FieldError(error.pointer, error.code, error.message) for error in listed],
        )
    sound = [row for index, row in enumerate(rows) if index not in errors]
    written = await _write(tx, request, sound)
    created = sum(written.values())
    return LoadResult(
        created=created, updated=len(written) - created, unchanged=len(sound) - len(written), rejected=len(errors),
        errors=listed[:1_000], warnings=warnings[:1_000],
    )  # fmt: skip


def _read(
    items: Sequence[NewRegion],
) -> tuple[list[dict[str, Any]], dict[int, list[FieldError]], list[RowError]]:
    rows, errors, warnings = [], {}, []
    for index, item in enumerate(items):
        code, wrong, odd = stored_code(item.code, item.kind)
        row = item.model_dump() | {"code": code}
        if item.parent_code and item.parent_code.isdigit():
            row["parent_code"], wrong_parent, _ = stored_code(item.parent_code, "administrative")
            wrong = wrong + [FieldError("/parent_code", entry.code, entry.message) for entry in wrong_parent]
        rows.append(row)
        if wrong:
            errors[index] = list(wrong)
        warnings += [RowError(pointer=f"/items/{index}/code", code="implausible", message=text) for text in odd]
    return rows, errors, warnings


def _flat(errors: Mapping[int, list[FieldError]]) -> Iterator[tuple[int, FieldError]]:
    return ((index, error) for index in sorted(errors) for error in errors[index])


async def _authorise(
    tx: Transaction, principal: Principal, places: Sequence[Place], known: Mapping[str, Place]
) -> None:
    """An administrator acts in the own region and below; the nation's administrator need not be looked up."""
    if principal.holds("administrator", region=[NATION]):
        return
    given = {place.code: place for place in places}
    tops = {place.parent_code for place in places if place.parent_code not in given}
    tops |= {known[place.code].parent_code for place in places if place.code in known}
    if None in tops:
        require_administrator(principal, [])
    rows = await repository.search(tx.connection, filters={}, query=None, within=None, after=None, limit=100_000,
                                   codes=[code for code in tops if code])  # fmt: skip
    for row in rows:
        require_administrator(principal, [row["code"], *row["ancestors"]])


async def _write(tx: Transaction, request: RegionLoad, rows: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    if not rows:
        return {}
    written = await repository.upsert(tx.connection, rows)
    if written:
        await repository.restore_ancestors(tx.connection, list(written))
    for new in (True, False):
        codes = [code for code, created in written.items() if created is new]
        for start in range(0, len(codes), _EVENT_ROWS):
            part = codes[start : start + _EVENT_ROWS]
            tx.append(NewEvent(type="region.created" if new else "region.updated", reason=request.reason,
                               region_code=part[0] if len(part) == 1 else None,
                               legal_basis=request.legal_basis, refs={"regions": part}))  # fmt: skip
    return written

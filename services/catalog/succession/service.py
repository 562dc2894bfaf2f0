"""Use cases of succession: who took the place of an organ, which code took the place of a region's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.catalog import fields
from services.catalog.organs import repository as organs
from services.catalog.records import Record
from services.catalog.regions import repository as regions
from services.catalog.regions import service as register
from services.catalog.regions.schemas import RowError
from services.catalog.succession import repository
from services.catalog.succession.schemas import (
    OrganSuccession,
    RegionSuccession,
    RegionSuccessions,
    SuccessionResult,
)
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError


async def succeed(tx: Transaction, principal: Principal, row: Record, request: OrganSuccession) -> list[Record]:
    """Close an organ in favour of others; what it implemented has been transferred before.

    Raises
    ------
    problems.Forbidden
        Not an administrator of the organ's region.
    problems.Invalid
        A successor that is not registered, is abolished, or is the organ itself.
    problems.Conflict
        Entries still name it as implementing body: an adjustment with `reform` moves them (TH-44). Or it leads lists,
        which nobody could lead any more.
    """
    register.require_administrator(principal, await register.chain(tx.connection, row["region_code"]))
    known = {heir["id"]: heir for heir in await organs.by_ids(tx.connection, request.successors)}
    wrong = [
        error
        for index, heir in enumerate(request.successors)
        if (error := _unfit(row["id"], index, heir, known.get(heir)))
    ]
    if wrong:
        raise problems.Invalid(wrong[0].message, code=wrong[0].code, errors=wrong)
    await _check_idle(tx, row)
    values = {
        "kind": request.kind,
        "since": request.since,
        "legal_basis": request.legal_basis or "",
        "recorded_by": principal.actor,
    }
    await repository.record_organs(tx.connection, row["id"], request.successors, values)
    await repository.abolish(tx.connection, row["id"])
    tx.append(
        NewEvent(
            type="organ.succeeded",
            region_code=row["region_code"],
            reason=request.reason,
            legal_basis=request.legal_basis,
            refs={"organs": [str(row["id"])], "successors": [str(heir) for heir in request.successors]},
        )
    )
    return await repository.of_organ(tx.connection, row["id"])


async def _check_idle(tx: Transaction, row: Record) -> None:
    """Refuse to close an organ that implements entries or leads lists. Raises Conflict."""
    left = await repository.still_implements(tx.connection, row["id"])
    if left:
        message = (
            f"“{row['name']}”名下还有 {left} 项未取消的事项。请先提交动态调整，用“机构改革（reform）”"
            "一次划转全部清单中的事项，生效后再登记承接机构。"
        )
        raise problems.Conflict(message, code="organ_still_implements")
    led = await repository.still_leads(tx.connection, row["id"])
    if led:
        message = (
            f"“{row['name']}”仍牵头 {led} 种清单。请先在责任分工（/catalog/v1/matrix）中改由承接单位牵头，"
            "再登记承接机构。"
        )
        raise problems.Conflict(message, code="organ_still_leads")


def _unfit(organ_id: UUID, index: int, heir_id: UUID, heir: Record | None) -> FieldError | None:
    place = f"/successors/{index}"
    if heir_id == organ_id:
        return FieldError(place, "own_successor", "机构不能由自己承接")
    if heir is None:
        return FieldError(place, "organ_unknown", "承接机构不在机构库中，请先登记")
    if heir["state"] != "active":
        return FieldError(place, "organ_inactive", f"“{heir['name']}”已撤销，不能承接")
    return None


async def load_regions(tx: Transaction, principal: Principal, request: RegionSuccessions) -> SuccessionResult:
    """Keep announced changes of region codes; wrong rows are named, the others are kept.

    Raises
    ------
    problems.Forbidden
        Not an administrator of a successor's region.
    """
    chains = await organs.known_regions(tx.connection, [_stored(row.successor_code) or "" for row in request.items])
    for chain in chains.values():
        register.require_administrator(principal, chain)
    errors: list[RowError] = []
    sound: dict[tuple[str, str], tuple[str, str, str, date]] = {}
    for index, row in enumerate(request.items):
        found = list(_wrong(index, row, chains))
        errors += found
        if not found:
            code, successor = fields.region(row.code), fields.region(row.successor_code)
            sound[code, successor] = (code, successor, row.kind, row.since)
    rejected = len({error.pointer.split("/")[2] for error in errors})
    recorded = await _record(tx, principal, request, list(sound.values()))
    return SuccessionResult(
        recorded=recorded, unchanged=len(sound) - recorded, rejected=rejected, errors=errors[:1_000]
    )


async def _record(
    tx: Transaction, principal: Principal, request: RegionSuccessions, rows: Sequence[tuple[str, str, str, date]]
) -> int:
    if not rows:
        return 0
    values = {"legal_basis": request.legal_basis or "", "recorded_by": principal.actor}
    recorded = await repository.record_regions(tx.connection, rows, values)
    if recorded:
        tx.append(
            NewEvent(
                type="region.succeeded",
                region_code=rows[0][1] if len(rows) == 1 else None,
                reason=request.reason,
                legal_basis=request.legal_basis,
                refs={"regions": [row[0] for row in rows[:1_000]]},
            )
        )
    return recorded


def _stored(text: str) -> str | None:
    try:
        return fields.region(text)
    except problems.Invalid:
        return None


def _wrong(index: int, row: RegionSuccession, chains: dict[str, list[str]]) -> list[RowError]:
    place = f"/items/{index}"
    code, successor = _stored(row.code), _stored(row.successor_code)
    if code is None:
        return [RowError(pointer=f"{place}/code", code="region_code_length", message="区划代码应为6、9或12位数字")]
    if successor is None or successor not in chains:
        message = "承接的区划不在区划库中，请核对代码或先登记"
        return [RowError(pointer=f"{place}/successor_code", code="region_unknown", message=message)]
    if code == successor:
        return [RowError(pointer=f"{place}/successor_code", code="own_successor", message="区划不能由自己承接")]
    return []


async def of_region(tx: Transaction, code: str) -> list[Record]:
    """Successors of a region code; a code without any that is registered has none.

    Raises
    ------
    problems.NotFound
        Neither registered nor ever given up, as far as is known.
    """
    stored = fields.region(code, "path/code")
    found = await repository.of_region(tx.connection, stored)
    if not found and await regions.get(tx.connection, stored) is None:
        raise problems.NotFound("区划库中没有这个区划，也没有它的承接记录，请核对代码。", code="region_not_found")
    return found

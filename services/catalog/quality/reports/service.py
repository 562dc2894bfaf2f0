"""Use cases of the quality report: the figures, the gates, and the refusal to enact a list below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.catalog.quality.checks.rules import NOBODY
from services.catalog.quality.reports import repository, rules
from services.catalog.quality.reports.rules import FIGURES, Share
from services.catalog.quality.reports.schemas import FigureShare, HallRow, NewGates, OrganQuality, QualityReport
from services.catalog.records import Record
from services.catalog.regions import service as regions
from shared import problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Lists a report covers at most: a county keeps some thirty, a report is read by people.
MOST_LISTS = 200


async def report(
    connection: AsyncConnection, *, list_id: UUID | None, region: str | None, gates: Mapping[str, float]
) -> QualityReport:
    """The five figures of every organ in the lists asked for; three statements whatever their number."""
    lists = (await repository.lists(connection, list_id=list_id, region=region))[:MOST_LISTS]
    rows = await repository.counted(connection, lists, NOBODY)
    told = _shares(rows, await repository.faults(connection, lists, NOBODY))
    return QualityReport(
        together=_figures(rules.together(told), gates),
        items=[_organ(row, shares, gates) for row, shares in zip(rows, told, strict=True)],
    )


def _unchecked(row: Row) -> dict[str, Any]:
    return dict(row) | {"mandatory": None, "filled": None}


def _shares(rows: Sequence[Any], faults: Sequence[Row]) -> list[list[Share]]:
    at_fault = rules.by_figure([dict(row) for row in faults])
    told = []
    for row in rows:
        figures = at_fault.get((row["list_id"], row["organ_id"]), {})
        told.append(rules.shares(dict(row), {figure: len(items) for figure, items in figures.items()}))
    return told


def _organ(row: Row, shares: Sequence[Share], gates: Mapping[str, float]) -> OrganQuality:
    return OrganQuality(
        list_id=row.list_id, list_kind=row.list_kind, list_title=row.title, organ_name=row.organ_name,
        organ_id=None if row.organ_id == NOBODY else row.organ_id, entries=row.entries, warnings=row.warnings,
        checked_at=row.checked_at, figures=_figures(shares, gates),
    )  # fmt: skip


def _figures(shares: Sequence[Share], gates: Mapping[str, float]) -> list[FigureShare]:
    return [
        FigureShare(figure=one.figure, title=FIGURES[one.figure][0], definition=FIGURES[one.figure][1],
                    numerator=one.numerator, denominator=one.denominator, share=one.value,
                    minimum=gates.get(one.figure))
        for one in shares
    ]  # fmt: skip


async def gates_in_force(connection: AsyncConnection, chain: Sequence[str]) -> dict[str, float]:
    """The gates of a region: its own, else the nearest superior's."""
    rows = await repository.gates(connection, chain)
    order = {code: index for index, code in enumerate(chain)}
    return {row.figure: row.minimum for row in sorted(rows, key=lambda row: -order[row.region_code])}


async def set_gates(tx: Transaction, principal: Principal, request: NewGates) -> list[Record]:
    """Set gates of a region, or take them back. Raises Forbidden, Invalid."""
    chain = await regions.chain(tx.connection, request.region_code)
    regions.require_administrator(principal, chain)
    said: dict[str, Any] = {"region_code": chain[0], "reason": request.reason, "legal_basis": request.legal_basis,
                            "set_by": principal.actor, "set_at": tx.now}  # fmt: skip
    minimums = {gate.figure: gate.minimum for gate in request.gates}
    if given := {figure: minimum for figure, minimum in minimums.items() if minimum is not None}:
        rows = [said | {"figure": figure, "minimum": minimum} for figure, minimum in given.items()]
        await repository.save_gates(tx.connection, rows)
    if gone := [figure for figure in minimums if figure not in given]:
        await repository.remove_gates(tx.connection, chain[0], gone)
    tx.append(NewEvent(type="region.quality_gates_set", region_code=chain[0], reason=request.reason,
                       legal_basis=request.legal_basis, refs={"gates": dict(minimums)}))  # fmt: skip
    return await repository.told_gates(tx.connection, chain[0])


async def check_gates(connection: AsyncConnection, list_id: UUID, chain: Sequence[str]) -> None:
    """Refuse to put a list into force whose figures do not reach the gates of its region (ZL-05, ZL-08).

    Raises
    ------
    problems.Conflict
        Each figure that is too low, with its share and what it must reach.
    """
    gates = await gates_in_force(connection, chain)
    if not gates:
        return
    rows = await repository.counted(connection, [list_id], NOBODY)
    # What was counted before the last change says nothing of the list as it is to be enacted.
    current = [row for row in rows if row.checked_at is not None and row.checked_at >= row.changed_at]
    counted = rows if len(current) == len(rows) else [_unchecked(row) for row in rows]
    told = rules.together(_shares(counted, await repository.faults(connection, [list_id], NOBODY)))
    wanting = rules.below(told, gates) if rows else []
    if wanting:
        errors = [_too_low(share, gates[share.figure]) for share in wanting]
        raise problems.Conflict(
            "清单质量未达到本区划规定的门槛，请先整改并重新检查：" + "；".join(error.message for error in errors),
            code="quality_gate", errors=errors,
        )  # fmt: skip


def _too_low(share: Share, minimum: float) -> problems.FieldError:
    title = FIGURES[share.figure][0]
    reached = "尚未检查，请先运行质量检查" if share.value is None else f"{share.value:.2%}"
    message = f"{title}为{reached}（{share.numerator}/{share.denominator}），应不低于{minimum:.2%}"
    return problems.FieldError(f"/{share.figure}", "quality_gate", message)


async def hall(connection: AsyncConnection, list_id: UUID) -> list[HallRow]:
    """What each organ has not brought into the hall, online, to one office and its window (TH-16)."""
    told = []
    for row in await repository.hall(connection, list_id, NOBODY):
        counts = {name: row[name] for name in ("approval_office", "in_hall", "online", "window_authorised")}
        lacking = [name for name, count in counts.items() if count < row.entries]
        organ = None if row.organ_id == NOBODY else row.organ_id
        told.append(HallRow(organ_id=organ, organ_name=row.organ_name, entries=row.entries, lacking=lacking, **counts))
    return told

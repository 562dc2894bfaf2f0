"""Use cases of auditing. They read alone; an export leaves a row of its own in the audit."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from services.workflow.auditing import repository, rules
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction
from shared.seals import export
from shared.statement import Row

EXPORT = "workflow:log:export"


async def events(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, before: int | None, limit: int
) -> tuple[list[Row], int | None]:
    """Events of the regions somebody audits, the newest first, and where to go on; a page looks only so far.

    Raises
    ------
    problems.Forbidden
    """
    places = rules.places(who)
    everything = await repository.covers_all(tx.connection, places)
    start = before if before is not None else await repository.head(tx.connection) + 1
    floor = max(1, start - rules.WINDOW)
    rows = await repository.events(
        tx.connection, filters, places, everything=everything, before=start, floor=floor, limit=limit
    )
    if len(rows) == limit:
        return rows, int(rows[-1].position)
    return rows, floor if floor > 1 else None


async def acts(
    tx: Transaction, who: Principal, filters: Mapping[str, Any], *, after: tuple[datetime, UUID] | None, limit: int
) -> tuple[list[Row], tuple[datetime, UUID] | None]:
    """Acts without a change of state, for whoever audits everything here, and where to go on; a page looks only so far.

    Raises
    ------
    problems.Forbidden
    """
    rules.require_all(await repository.covers_all(tx.connection, rules.places(who)))
    rows = await repository.acts(tx.connection, filters, after=after, window=rules.WINDOW, limit=limit)
    if len(rows) == limit:
        return rows, (rows[-1].recorded_at, rows[-1].id)
    return rows, await repository.acts_end(tx.connection, after=after, window=rules.WINDOW)


async def export_log(tx: Transaction, who: Principal, first: int, last: int) -> bytes:
    """Seals with their events, as `docs/verify_log.py` verifies them; whoever exports leaves a trace.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.Invalid
    """
    rules.require_all(await repository.covers_all(tx.connection, rules.places(who)))
    seals = await repository.seals(tx.connection, first, last, rules.MOST_SEALS + 1)
    rules.check_size(seals)
    out = io.BytesIO()
    _, count = await export.write_from(tx.connection, out, seals[0][0], seals[-1][1])
    detail = {"first": first, "last": last, "seals": len(seals), "events": count}
    await tx.audit(EXPORT, "done", detail)
    return out.getvalue()

"""Use cases of the findings: the list's authority waives one for a time, and waivers come to an end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.linkage import rules, telling
from services.catalog.linkage.ledger import repository as ledger
from services.catalog.quality import repository
from shared import clock, problems
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction, begin

# A waiver is for a time; longer than this it would be a rule of its own.
LONGEST_WAIVER = timedelta(days=366 * 3)
_CHUNK = 1_000
_STATE_TITLES = {"waived": "已经豁免", "closed": "已经解决"}


async def waive(tx: Transaction, who: Principal, finding_id: UUID, *, reason: str, expires_on: date) -> Any:
    """Tolerate a finding until a day.

    Raises
    ------
    NotFound, Forbidden, IllegalTransition
    Invalid
        The day is over already, or too far away.
    """
    row = await repository.find(tx.connection, finding_id, lock=True)
    if row is None:
        raise problems.NotFound("没有这条问题。", code="finding_not_found")
    who.require("list_authority", region=[row.region_code, *row.ancestors], organ_id=row.lead_organ_id)
    if row.state != "open":
        raise problems.IllegalTransition(
            f"该问题{_STATE_TITLES[row.state]}，不能再豁免。", allowed=[], code="finding_not_open"
        )
    today = tx.now.astimezone(clock.ZONE).date()
    if not today <= expires_on <= today + LONGEST_WAIVER:
        place = problems.FieldError("/expires_on", "bad_expiry", "豁免截止日应在今天之后三年以内")
        raise problems.Invalid("豁免截止日应在今天之后三年以内。", code="bad_expiry", errors=[place])
    waiver = {"by": who.actor, "reason": reason, "expires_on": expires_on.isoformat()}
    await repository.waive(tx.connection, finding_id, waiver)
    if row.adjustment_id is not None:
        settled = rules.ledger_row(row.adjustment_id, row.list_id, row.rule, waiting=-1)
        await ledger.add_to_ledger(tx.connection, [settled], tx.now)
    tx.append(
        NewEvent(
            type="finding.waived",
            region_code=row.region_code,
            list_kind=row.list_kind,
            list_id=row.list_id,
            item_ids=[row.item_id],
            adjustment_id=row.adjustment_id,
            reason=reason,
            refs={"findings": [str(row.id)]},
        )
    )
    return await repository.find(tx.connection, finding_id)


async def expire_waivers(engine: AsyncEngine) -> None:
    """Reopen findings whose waiver is over; a scheduled tick."""
    while True:
        async with begin(engine, service="catalog", actor="system:waivers") as tx:
            today = tx.now.astimezone(clock.ZONE).date()
            rows = await repository.reopen_expired(tx.connection, today, _CHUNK)
            await ledger.add_to_ledger(tx.connection, rules.waiting(rows), tx.now)
            for event in telling.of_outcomes("finding", rows, item="item_id", cause_id=None):
                tx.append(event)
        if len(rows) < _CHUNK:
            return

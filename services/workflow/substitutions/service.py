"""Use cases of substitutions: arrange one, end one, look them up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.workflow.clocks.rules import day_of
from services.workflow.substitutions import repository, rules
from services.workflow.substitutions.schemas import NewSubstitution
from shared import problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row


async def add(tx: Transaction, principal: Principal, given: NewSubstitution) -> dict[str, Any]:
    """Arrange that somebody stands in for the caller, or, by an administrator, for somebody else.

    Raises
    ------
    problems.Forbidden
    problems.Invalid
        The days make no sense, or the substitute could do nothing.
    problems.Conflict
        Somebody stands in on one of the days already.
    """
    account_id = given.account_id or principal.account_id
    await _require_say(tx, principal, account_id)
    rules.check_days(given.valid_from, given.valid_to, day_of(tx.now))
    if given.substitute_id == account_id:
        place = problems.FieldError("/substitute_id", "oneself", "不能由本人代办")
        raise problems.Invalid("请选择其他人员代办。", code="oneself", errors=[place])
    rules.check_pair(await repository.pair(tx.connection, account_id, given.substitute_id))
    await repository.lock(tx.connection, account_id)
    other = await repository.overlapping(tx.connection, account_id, given.valid_from, given.valid_to)
    if other is not None:
        raise problems.Conflict(
            f"{other.valid_from} 至 {other.valid_to} 已有代办安排，请先终止或改期。", code="substitution_overlaps"
        )
    values = given.model_dump() | {
        "id": new_id(), "account_id": account_id, "created_by": tx.actor, "created_at": tx.now,
    }  # fmt: skip
    await repository.add(tx.connection, values)
    tx.append(_event("substitution.arranged", values, given.reason))
    return values


async def end(tx: Transaction, principal: Principal, id_: UUID, last_day: date) -> dict[str, Any]:
    """Let a substitution end earlier; yesterday at the earliest: what was done stays what it was.

    Raises
    ------
    problems.NotFound, problems.Forbidden
    problems.Invalid
        The day lies before yesterday or after the present last day.
    """
    row = await repository.find(tx.connection, id_)
    if row is None:
        raise problems.NotFound("没有这项代办安排，请核对标识。", code="substitution_not_found")
    await _require_say(tx, principal, row.account_id)
    if not day_of(tx.now) - timedelta(days=1) <= last_day <= row.valid_to:
        place = problems.FieldError("/last_day", "day_out_of_range", f"应为昨日至 {row.valid_to} 之间的日期")
        raise problems.Invalid("最后一日有误，请修改。", code="day_out_of_range", errors=[place])
    await repository.end(tx.connection, id_, last_day)
    ended = dict(row) | {"valid_to": last_day}
    tx.append(_event("substitution.ended", ended, None))
    return ended


async def page(
    tx: Transaction, principal: Principal, account_id: UUID | None, *, on: date | None, before: UUID | None, limit: int
) -> list[Row]:
    """Substitutions of the caller, or, for an administrator, of somebody else; the youngest first.

    Raises
    ------
    problems.Forbidden
    """
    about = account_id or principal.account_id
    await _require_say(tx, principal, about)
    return await repository.page(tx.connection, about, on=on, before=before, limit=limit)


async def _require_say(tx: Transaction, principal: Principal, account_id: UUID) -> None:
    """One's own substitution is arranged by oneself, another's by who administers every place of his."""
    if account_id == principal.account_id:
        return
    for chain in await repository.places(tx.connection, account_id) or [[NATION]]:
        principal.require("administrator", region=[*chain, NATION])


def _event(type_: str, row: dict[str, Any], reason: str | None) -> NewEvent:
    names = ("id", "account_id", "substitute_id", "valid_from", "valid_to")
    return NewEvent(type=type_, reason=reason, refs={name.removesuffix("_id"): str(row[name]) for name in names})

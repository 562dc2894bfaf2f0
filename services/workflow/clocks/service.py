"""Use cases of clocks: made for tasks that open, paused, resumed and extended by people, and told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.workflow.adjustments.states import RESTING
from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.clocks import repository, state
from services.workflow.clocks.rules import Limit, LimitUnit
from services.workflow.clocks.schemas import ClockView, view
from services.workflow.clocks.state import Clock
from services.workflow.register import service as register
from shared import problems
from shared.codes.region_code import NATION
from shared.http.etag import require_match
from shared.http.pages import decode_cursor, encode_cursor
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction

# As many as an event of tasks names.
MOST_IN_EVENT = 1_000
_BEGINNING = (datetime(1970, 1, 1, tzinfo=UTC), UUID(int=0))

due_for = calendars.due_for


async def begun(
    tx: Transaction, wanted: Sequence[tuple[Mapping[str, Any], Limit]], *, since: datetime | None = None
) -> list[Clock]:
    """Clocks for tasks that open now (or began `since`), by the calendar of their regions; not stored yet.

    Parameters
    ----------
    wanted
        A task as it is opened (id, subject, region_code, organ_id, role, adjustment_id) and its limit; it may say
        when it began (`started_at`) and how far it may be extended (`extension_most`).
    """
    regions = await calendars.of_regions(tx, {task["region_code"] for task, _ in wanted})
    names = ("id", "subject", "region_code", "organ_id", "role", "adjustment_id")
    # A campaign starts clocks by the thousand that differ in nothing but whose they are: what is due when, and the
    # days of the warnings, are worked out once.
    alike: dict[tuple[Any, ...], Clock] = {}
    found = []
    for task, limit in wanted:
        at = task.get("started_at") or since or tx.now
        own: dict[str, Any] = {name: task.get(name) for name in names}
        key = limit, at, task["region_code"], task.get("extension_most")
        if key not in alike:
            region = regions[task["region_code"]]
            most = task.get("extension_most")
            alike[key] = state.begun(limit, at, region.thresholds, calendar_of(region), extension_most=most, **own)
        found.append(replace(alike[key], **own))
    return found


async def start(tx: Transaction, clocks: Sequence[Clock]) -> None:
    """Store clocks and tell of them, where their tasks were opened by a statement of their own."""
    if clocks:
        await repository.start(tx.connection, clocks)
        tell(tx, "clock.started", [clock.id for clock in clocks])


def fixed(at: datetime) -> Limit:
    """The limit of something that is due at an instant somebody else has set."""
    return Limit(0, LimitUnit.FIXED_DATE, at)


def tell(tx: Transaction, type_: str, ids: Sequence[UUID]) -> None:
    """One event for clocks that were started or stopped together, a thousand at most each."""
    for first in range(0, len(ids), MOST_IN_EVENT):
        tx.append(NewEvent(type=type_, refs={"clocks": [str(id_) for id_ in ids[first : first + MOST_IN_EVENT]]}))


def news(clock: Clock, type_: str, *, reason: str | None = None, basis: str | None = None, **refs: Any) -> NewEvent:
    """What happened to one clock, with the due date as it is now."""
    return NewEvent(
        type=type_,
        region_code=clock.region_code,
        adjustment_id=clock.adjustment_id,
        reason=reason,
        legal_basis=basis,
        refs={"clock": str(clock.id), "subject": clock.subject, "due_at": clock.due_at.isoformat(), **refs},
    )


async def shown(tx: Transaction, found: Sequence[Clock]) -> list[ClockView]:
    """Clocks as the API tells them, with what is left by the calendars of their regions."""
    regions = await calendars.of_regions(tx, {clock.region_code for clock in found})
    return [view(clock, tx.now, calendar_of(regions[clock.region_code])) for clock in found]


async def find(tx: Transaction, principal: Principal, clock_id: UUID) -> Clock:
    """A clock of a place where the caller has a role.

    Raises
    ------
    problems.NotFound
        There is none, or it is elsewhere.
    """
    found = await repository.find(tx.connection, clock_id)
    chain = await register.chain_of(tx, found.region_code) if found else ()
    if found is None or not any(grant.region_code in (*chain, NATION) for grant in principal.grants):
        raise problems.NotFound("没有这项计时，请核对标识。", code="clock_not_found")
    return found


async def pause(
    tx: Transaction, principal: Principal, clock_id: UUID, *, reason: str, basis: str, if_match: str | None = None
) -> Clock:
    """Stop counting for a time that the law does not count (行政许可法 art. 45).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Conflict, problems.IllegalTransition
    """
    clock = await _lock(tx, principal, clock_id, if_match)
    paused = state.pause(clock, reason=reason, basis=basis, by=tx.actor, now=tx.now)
    return await _save(tx, paused, "clock.paused", reason=reason, basis=basis)


async def resume(
    tx: Transaction, principal: Principal, clock_id: UUID, *, reason: str, if_match: str | None = None
) -> Clock:
    """Go on counting with the time that was left.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Conflict, problems.IllegalTransition
    """
    clock = await _lock(tx, principal, clock_id, if_match)
    calendar = calendar_of((await calendars.of_regions(tx, [clock.region_code]))[clock.region_code])
    resumed = state.resume(clock, calendar, by=tx.actor, now=tx.now)
    return await _save(tx, resumed, "clock.resumed", reason=reason)


async def extend(
    tx: Transaction,
    principal: Principal,
    clock_id: UUID,
    *,
    amount: int,
    reason: str,
    basis: str | None = None,
    if_match: str | None = None,
) -> Clock:
    """Give a task more time, with the reason (行政许可法 art. 42: at most half of the limit again).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Conflict, problems.IllegalTransition
    problems.Invalid
        More than may be granted.
    """
    clock = await _lock(tx, principal, clock_id, if_match)
    calendar = calendar_of((await calendars.of_regions(tx, [clock.region_code]))[clock.region_code])
    extended = state.extend(clock, calendar, amount=amount, reason=reason, by=tx.actor, now=tx.now)
    return await _save(tx, extended, "clock.extended", reason=reason, basis=basis, amount=amount)


async def page(
    tx: Transaction,
    principal: Principal,
    *,
    region_code: str | None,
    state: str | None,
    adjustment_id: UUID | None,
    due_before: datetime | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[Clock], str | None]:
    """A page of the clocks of places where the caller has a role, the first due first, and the cursor of the next.

    Raises
    ------
    problems.Invalid
        The cursor is not one of ours.
    """
    found = await repository.page(
        tx.connection,
        [grant.region_code for grant in principal.grants],
        region_code=region_code,
        state=state,
        adjustment_id=adjustment_id,
        due_before=due_before,
        after=position_of(decode_cursor(cursor, 2)) if cursor else _BEGINNING,
        limit=limit + 1,
    )
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], encode_cursor([last.due_at.isoformat(), str(last.id)])


def position_of(values: Sequence[Any]) -> tuple[datetime, UUID]:
    """Where a page ended: an instant and an id.

    Raises
    ------
    problems.Invalid
        The values are not an instant with zone and a UUID.
    """
    place = problems.FieldError("query/cursor", "bad_cursor", "翻页标记无效")
    refusal = problems.Invalid("翻页标记无效，请从第一页重新开始。", code="bad_cursor", errors=[place])
    try:
        at, id_ = datetime.fromisoformat(values[0]), UUID(values[1])
    except (TypeError, ValueError, AttributeError) as error:
        raise refusal from error
    if at.tzinfo is None:
        raise refusal
    return at, id_


async def _lock(tx: Transaction, principal: Principal, clock_id: UUID, if_match: str | None) -> Clock:
    """The clock, locked, once the caller may act on it; held to the version he names, if he names one.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.PreconditionFailed
    problems.Conflict
        Its adjustment rests: code `adjustment_suspended`.
    """
    clock = await find(tx, principal, clock_id)
    chain = await register.chain_of(tx, clock.region_code)
    charged = clock.role is not None and principal.holds(clock.role, region=chain, organ_id=clock.organ_id)
    if not charged and not principal.holds("administrator", region=chain):
        principal.require("reviewer", region=chain)
    if clock.adjustment_id is not None:
        _require_going_on(clock.adjustment_id, await repository.lock_adjustments(tx.connection, [clock.adjustment_id]))
    locked = await repository.lock(tx.connection, clock_id) or clock
    if if_match is not None:
        require_match(if_match, locked.version)
    return locked


def _require_going_on(adjustment_id: UUID, found: Sequence[str]) -> None:
    """A limit that were set going by hand would run out while nobody may act on what it is the limit of."""
    if RESTING.isdisjoint(found):
        return
    place = problems.FieldError("path/clock_id", "adjustment_suspended", "所涉动态调整已中止，计时随其恢复办理而继续")
    raise problems.Conflict(
        "所涉动态调整已中止，不能单独调整其计时；请先恢复办理该动态调整。",
        code="adjustment_suspended",
        errors=[place],
        extra={"allowed": [], "adjustment_id": str(adjustment_id)},
    )


async def _save(
    tx: Transaction, clock: Clock, type_: str, *, reason: str, basis: str | None = None, **refs: Any
) -> Clock:
    await repository.save(tx.connection, [clock])
    tx.append(news(clock, type_, reason=reason, basis=basis, **refs))
    return replace(clock, version=clock.version + 1)

"""Use cases of deadline rules: keep them, and open the tasks with clocks that they make due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from services.workflow.clocks.rules import day_of
from services.workflow.deadlines import repository, rules
from services.workflow.deadlines.repository import Enacted
from services.workflow.deadlines.rules import DeadlineRule
from services.workflow.deadlines.schemas import NewDeadlineRule
from services.workflow.register import service as register
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.codes.region_code import NATION
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def find(tx: Transaction, code: str) -> DeadlineRule:
    """A rule.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, code)
    if found is None:
        raise problems.NotFound(f"没有代码为“{code}”的时限规则。", code="deadline_rule_not_found")
    return found


async def put(
    tx: Transaction, principal: Principal, code: str, given: NewDeadlineRule, if_match: str | None
) -> DeadlineRule:
    """Store a rule, or change one: by who administers the region it holds in, before and after.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.PreconditionRequired, problems.PreconditionFailed
    problems.Invalid
        The limit is none, or does not fit the trigger; or there is no such kind of list.
    """
    await _require_administrator(tx, principal, given.region_code)
    await repository.lock_code(tx.connection, code)
    current = await repository.find(tx.connection, code, lock=True)
    if current is not None:
        await _require_administrator(tx, principal, current.region_code)
    require_match(if_match, current.version if current else 0)
    await _check_kinds(tx, given.kinds)
    saved = await repository.put(tx.connection, replace(given.as_rule(code), set_by=tx.actor), tx.now)
    refs = {"code": code, "version": saved.version, "active": saved.active}
    tx.append(
        NewEvent(type="deadline_rule.changed", region_code=saved.region_code, legal_basis=saved.source, refs=refs)
    )
    return saved


async def _check_kinds(tx: Transaction, kinds: Sequence[str]) -> None:
    """A rule about a kind that there is not would never make anything due, and nobody would notice."""
    known = await repository.known_kinds(tx.connection, kinds)
    errors = [
        problems.FieldError(f"/kinds/{index}", "kind_unknown", f"没有清单类型“{kind}”，请核对代码")
        for index, kind in enumerate(kinds)
        if kind not in known
    ]
    if errors:
        raise problems.Invalid("所列清单类型未登记。", code="kind_unknown", errors=errors)


async def _require_administrator(tx: Transaction, principal: Principal, region_code: str | None) -> None:
    chain = (NATION,) if region_code in (None, NATION) else await register.chain_of(tx, str(region_code))
    principal.require("administrator", region=[*chain, NATION])


async def follow_lists(tx: Transaction, enacted: Sequence[Enacted]) -> None:
    """Lists were put into force: their own region has done its part, regions below have to follow."""
    done = await repository.subjects_of(tx.connection, enacted)
    if done:
        closed = await stored_tasks.close(tx.connection, "deadline", done, state="done", actor=tx.actor, now=tx.now)
        tasks.tell_closed(tx, "deadline", closed)
    affected = await repository.affected_by_lists(tx.connection, enacted)
    if not affected:
        return
    known = await repository.by_codes(tx.connection, {one["rule"] for one in affected})
    rows = [
        _row(known[one["rule"]], one["region_code"], started_at=one["at"])
        | {
            "title": f"{known[one['rule']].task_title}：{one['kind_title']}",
            "subject": rules.subject_of_list(one["rule"], one["region_code"], one["kind"]),
            "organ_id": one["organ_id"],
            "list_id": one["list_id"],
        }
        for one in affected
    ]
    limits = [known[one["rule"]].limit for one in affected]
    await tasks.open_tasks(tx, "deadline", rows, list(zip(rows, limits, strict=True)))


async def begin_month(tx: Transaction) -> bool:
    """Open the tasks of one monthly rule that has not opened this month's; False when all have.

    Months that passed while everything was down are opened as well, each once: their reports are late.
    """
    today = day_of(tx.now)
    rule = await repository.next_monthly(tx.connection, today)
    if rule is None:
        return False
    for month in rules.months_to_open(rule.begun_month, today):  # bounded: a year of months
        await _open_month(tx, rule, month)
    await repository.save_begun(tx.connection, rule.code, today.replace(day=1))
    return True


async def _open_month(tx: Transaction, rule: DeadlineRule, month: date) -> None:
    regions = await repository.affected_by_month(tx.connection, rule, month)
    rows = [
        _row(rule, region, started_at=rules.report_start(month))
        | {"title": rules.month_title(rule, month), "subject": rules.subject_of_month(rule.code, region, month)}
        for region in regions
    ]
    await tasks.open_tasks(tx, "deadline", rows, [(row, rule.limit) for row in rows])


def _row(rule: DeadlineRule, region_code: str, **more: Any) -> dict[str, Any]:
    task = {"id": new_id(), "kind": "deadline", "region_code": region_code, "role": rule.role}
    task["extension_most"] = rule.extension_most
    return task | {"organ_id": None, "list_id": None, "adjustment_id": None} | more

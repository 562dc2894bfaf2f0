"""Use cases of escalation: the ladder of a region, and late tasks that rise."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from services.workflow.calendars import service as calendars
from services.workflow.calendars.rules import calendar_of
from services.workflow.escalations import repository, rules
from services.workflow.escalations.rules import Risen
from services.workflow.escalations.schemas import EscalationStep, Ladder
from services.workflow.register import service as register
from shared import problems
from shared.codes.region_code import NATION
from shared.http.etag import require_match
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction


async def get(tx: Transaction, region_code: str) -> tuple[Ladder, int]:
    """The ladder that holds in a region, and the version of what the region itself has set (0: nothing).

    Raises
    ------
    problems.NotFound
    """
    chain = await register.chain_of(tx, region_code)
    held = rules.ladder_of((await repository.ladders(tx.connection, [chain[0]])).get(chain[0]))
    own = await repository.own(tx.connection, chain[0])
    return Ladder(steps=[EscalationStep(**step.as_data()) for step in held]), own.version if own else 0


async def put(
    tx: Transaction, principal: Principal, region_code: str, given: Ladder, if_match: str | None
) -> tuple[Ladder, int]:
    """Replace the ladder of a region; it holds for steps that are taken from now on.

    Raises
    ------
    problems.Forbidden, problems.NotFound, problems.PreconditionRequired, problems.PreconditionFailed
    problems.Invalid
        The steps lead in a circle.
    """
    chain = await register.chain_of(tx, region_code)
    principal.require("administrator", region=[*chain, NATION])
    steps = [step.model_dump() for step in given.steps]
    if found := rules.circle(rules.ladder_of(steps)):
        places = [
            problems.FieldError(f"/steps/{index}/to", "circle", f"形成循环：{' → '.join(found)}")
            for index, step in enumerate(steps)
            if step["role"] in found
        ]
        raise problems.Invalid("督办层级不能循环，请修改。", code="circle", errors=places)
    await repository.lock(tx.connection, chain[0])
    own = await repository.own(tx.connection, chain[0])
    require_match(if_match, own.version if own else 0)
    version = await repository.set_ladder(tx.connection, chain[0], steps, set_by=tx.actor, now=tx.now)
    tx.append(NewEvent(type="escalation_rule.changed", region_code=chain[0], refs={"version": version}))
    return given, version


async def escalate(tx: Transaction, limit: int) -> int:
    """Let late tasks rise that are due to; returns how many were looked at."""
    rows = await repository.late(tx.connection, tx.now, limit)
    if not rows:
        return 0
    codes = {row.region_code for row in rows}
    ladders = await repository.ladders(tx.connection, codes)
    regions = await calendars.of_regions(tx, codes)
    stand: list[dict[str, Any]] = []
    risen = defaultdict[tuple[str, str, str], list[UUID]](list)
    for row in rows:
        before = None if row.roles is None else Risen(tuple(row.roles), row.next_at)
        after = rules.look(
            rules.ladder_of(ladders.get(row.region_code)),
            row.role,
            row.overdue_at,
            before,
            tx.now,
            calendar_of(regions[row.region_code]),
        )
        stand.append(
            {"id": str(row.id), "overdue_at": row.overdue_at, "roles": list(after.roles), "next_at": after.next_at}
        )
        if len(after.roles) > len(row.roles or ()):
            risen[row.region_code, row.kind, after.roles[-1]].append(row.id)
    await repository.save(tx.connection, stand)
    for (region_code, kind, role), ids in risen.items():
        refs = {"kind": kind, "role": role, "tasks": [str(id_) for id_ in ids]}
        tx.append(NewEvent(type="task.escalated", region_code=region_code, refs=refs))
    return len(rows)

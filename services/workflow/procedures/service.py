"""Use cases of procedures: templates, and the steps of a submission from the first to the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.clocks.rules import due_at
from services.workflow.procedures import repository, rules
from services.workflow.procedures.rules import PlannedStep, ReviewStep, Step, StoredTemplate
from services.workflow.register import service as register
from services.workflow.tasks import service as tasks
from shared import problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def create_template(
    tx: Transaction,
    principal: Principal,
    *,
    code: str,
    title: str,
    region_code: str,
    kinds: Sequence[str],
    steps: Sequence[Step],
    source: str,
) -> StoredTemplate:
    """Store a template, or the next version of one; running adjustments keep the version they began with.

    Raises
    ------
    problems.Forbidden
        The caller does not administer the region.
    problems.Invalid
        The steps cannot be walked to the decision, or name unknown roles or acts.
    problems.Conflict
        The code belongs to a procedure of the product or of another region.
    """
    chain = await register.chain_of(tx, region_code)
    # Who administers the nation administers all, whether or not the register names the nation.
    principal.require("administrator", region=[*chain, NATION])
    rules.check_steps(steps)
    await repository.lock_code(tx.connection, code)
    earlier = await repository.template(tx.connection, code)
    if earlier is not None and earlier.region_code != region_code:
        owner = "系统内置程序" if earlier.region_code is None else f"区划 {earlier.region_code}"
        raise problems.Conflict(f"程序代码“{code}”已由{owner}使用，请另取代码。", code="procedure_code_taken")
    stored = await repository.add_template(
        tx.connection, code=code, title=title, region_code=region_code, kinds=kinds, steps=steps, source=source
    )
    await tx.audit("workflow:procedure_template:add", "done", {"code": code, "version": stored.version})
    return stored


async def get_template(tx: Transaction, code: str, version: int | None) -> StoredTemplate:
    """A version of a template, the latest unless told.

    Raises
    ------
    problems.NotFound
        There is none.
    """
    found = await repository.template(tx.connection, code, version)
    if found is None:
        raise problems.NotFound(f"没有代码为“{code}”的审核程序（或没有该版本）。", code="procedure_not_found")
    return found


async def template_for(tx: Transaction, code: str, chain: Sequence[str]) -> StoredTemplate:
    """The latest version of the template an adjustment of a region is to follow.

    Raises
    ------
    problems.Invalid
        Unknown, or made for another region; pointer `/procedure`.
    """
    found = await repository.template(tx.connection, code)
    if found is None or (found.region_code is not None and found.region_code not in chain):
        raise problems.Invalid(
            "审核程序不可用。",
            errors=[problems.FieldError("/procedure", "unknown_procedure", f"本区划没有代码为“{code}”的审核程序")],
        )
    return found


async def begin(tx: Transaction, adjustments: Sequence[Adjustment]) -> None:
    """Plan the steps of submissions that passed the check, and open the first of each."""
    wanted = {(adjustment.procedure_code, adjustment.procedure_version) for adjustment in adjustments}
    templates = await repository.templates_of(tx.connection, wanted)
    planned = [
        (adjustment, _row(tx, adjustment, step))
        for adjustment in adjustments
        for step in rules.plan(
            templates[adjustment.procedure_code, adjustment.procedure_version].steps, adjustment.organs
        )
    ]
    await repository.insert_steps(tx.connection, [row for _, row in planned])
    opened = [(adjustment, _step(row)) for adjustment, row in planned if row["state"] == "open"]
    await tasks.open_for_steps(tx, opened)


def _row(tx: Transaction, adjustment: Adjustment, step: PlannedStep) -> dict[str, Any]:
    first = step.number == 1
    return {
        "id": new_id(),
        "adjustment_id": adjustment.id,
        "submission": adjustment.submission,
        "number": step.number,
        "code": step.code,
        "title": step.title,
        "act": step.act,
        "role": step.role,
        "region_code": adjustment.region_code,
        "organ_id": step.organ_id,
        "state": "open" if first else "waiting",
        "limit_working_days": step.limit_working_days,
        "opened_at": tx.now if first else None,
        "due_at": due_at(tx.now, step.limit_working_days) if first else None,
    }


def _step(row: dict[str, Any]) -> ReviewStep:
    return ReviewStep(**row, opinion=None, element_opinions=[], record=None, decided_by=None, decided_at=None)


async def current_steps(tx: Transaction, adjustment: Adjustment) -> list[ReviewStep]:
    """The steps of the submission that is running."""
    return await repository.steps(tx.connection, adjustment.id, adjustment.submission)


async def close(
    tx: Transaction,
    step: ReviewStep,
    *,
    passed: bool,
    opinion: str | None,
    element_opinions: Sequence[dict[str, Any]] = (),
    record: dict[str, Any] | None = None,
) -> None:
    """Write down how a step ended and close its task."""
    await repository.close_step(
        tx.connection,
        step.id,
        state="passed" if passed else "returned",
        opinion=opinion,
        element_opinions=element_opinions,
        record=record,
        decided_by=tx.actor,
        now=tx.now,
    )
    await tasks.close_for_steps(tx, [step.id])


async def advance(tx: Transaction, adjustment: Adjustment, done: ReviewStep) -> bool:
    """Open what follows a passed step once nobody else has to act beside it; True when something followed."""
    steps = await current_steps(tx, adjustment)
    if any(step.number == done.number and step.state == "open" for step in steps):
        return False
    following = [step for step in steps if step.number == done.number + 1]
    if not following:
        return False
    due = due_at(tx.now, following[0].limit_working_days)
    await repository.open_steps(tx.connection, [step.id for step in following], now=tx.now, due_at=due)
    opened = [replace(step, state="open", opened_at=tx.now, due_at=due) for step in following]
    await tasks.open_for_steps(tx, [(adjustment, step) for step in opened])
    return True


async def stop(tx: Transaction, adjustment_id: UUID) -> None:
    """Steps not yet walked will not be: returned, withdrawn, or in conflict."""
    await repository.void_steps(tx.connection, adjustment_id)
    await tasks.void_of_adjustment(tx, adjustment_id)

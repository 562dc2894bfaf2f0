"""Use cases of procedures: templates, and the steps of a submission from the first to the last receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.workflow.adjustments.rules import Adjustment
from services.workflow.bindings import service as bindings
from services.workflow.clocks.rules import day_of
from services.workflow.disputes import repository as disputes
from services.workflow.procedures import checks, repository, rules
from services.workflow.procedures.due import due
from services.workflow.procedures.rules import Charged, PlannedStep, ReviewStep, Step, StoredTemplate
from services.workflow.procedures.templates import repository as stored_templates
from services.workflow.register import service as register
from services.workflow.register.repository import organs
from services.workflow.register.repository import places as places_of
from services.workflow.submissions.rules import departments_of
from services.workflow.tasks import service as tasks
from shared import problems
from shared.codes.region_code import NATION
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
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
    source_document_id: UUID | None = None,
    verified: bool,
) -> tuple[StoredTemplate, list[str]]:
    """Store a template, or the next version of one; running adjustments keep the version they were submitted under.

    Parameters
    ----------
    verified : somebody has held it against the text of its source.

    Returns
    -------
    The template, and the roles it needs that nobody has in the region or below: to be bound before it is used.

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
    checks.check_steps(steps, kinds, today=day_of(tx.now))
    await register.require_document(tx, source_document_id)
    await stored_templates.lock_code(tx.connection, code)
    earlier = await stored_templates.template(tx.connection, code)
    if earlier is not None and earlier.region_code != region_code:
        owner = "系统内置程序" if earlier.region_code is None else f"区划 {earlier.region_code}"
        raise problems.Conflict(f"程序代码“{code}”已由{owner}使用，请另取代码。", code="procedure_code_taken")
    stored = await stored_templates.add_template(
        tx.connection,
        code=code,
        title=title,
        region_code=region_code,
        kinds=kinds,
        steps=steps,
        source=source,
        source_document_id=source_document_id,
        verified=verified,
    )
    refs = {"code": code, "version": stored.version}
    tx.append(NewEvent(type="procedure_template.added", region_code=region_code, refs=refs))
    await tx.audit("workflow:procedure_template:add", "done", refs)
    roles = sorted({step.role for step in steps} - {"system"})
    return stored, await stored_templates.unbound(tx.connection, chain[0], chain, roles, bindings.today(tx))


async def get_template(tx: Transaction, code: str, version: int | None) -> StoredTemplate:
    """A version of a template, the latest unless told.

    Raises
    ------
    problems.NotFound
        There is none.
    """
    found = await stored_templates.template(tx.connection, code, version)
    if found is None:
        raise problems.NotFound(f"没有代码为“{code}”的审核程序（或没有该版本）。", code="procedure_not_found")
    return found


async def begin(tx: Transaction, adjustments: Sequence[Adjustment]) -> None:
    """Plan the steps of submissions that passed the check, and open the first of each.

    For a subordinate body its supervising department signs (ZL-45).
    """
    wanted = {
        (each.procedure_code, each.procedure_version)
        for each in adjustments
        if each.procedure_code is not None and each.procedure_version is not None
    }
    templates = await stored_templates.templates_of(tx.connection, wanted)
    charged = await bindings.charged(tx, {each.region_code for each in adjustments})
    known = await organs(tx.connection, {organ for each in adjustments for organ in each.organs})
    led = any(rules.of_leads(step) for template in templates.values() for step in template.steps)
    leads = await repository.leads(tx.connection, [each.id for each in adjustments]) if led else {}
    planned = [
        (adjustment, step)
        for adjustment in adjustments
        for step in rules.plan(
            templates[adjustment.procedure_code or "", adjustment.procedure_version or 0].steps,
            departments_of(adjustment.organs, known),
            charged[adjustment.region_code],
            leads.get(adjustment.id, ()),
        )
    ]
    taking_part = [(each.region_code, step.organ_id) for each, step in planned if step.organ_id]
    places = await places_of(tx.connection, taking_part)
    steps = [(adjustment, _step(tx, adjustment, step, places)) for adjustment, step in planned]
    await repository.insert_steps(tx.connection, [step for _, step in steps])
    await tasks.open_for_steps(tx, [(adjustment, step) for adjustment, step in steps if step.state == "open"])


def _step(
    tx: Transaction, adjustment: Adjustment, step: PlannedStep, places: Mapping[tuple[str, UUID], str]
) -> ReviewStep:
    region_code = adjustment.region_code
    first = step.number == 1
    return ReviewStep(
        **vars(step),
        id=new_id(),
        adjustment_id=adjustment.id,
        submission=adjustment.submission,
        region_code=places[region_code, step.organ_id] if step.organ_id else region_code,
        state="open" if first else "waiting",
        opened_at=tx.now if first else None,
        due_at=due(tx.now, step.limit) if first else None,
    )


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
    following = [(adjustment, step) for step in rules.following(steps, done.number)]
    await _open(tx, following)
    return bool(following)


async def go_on(tx: Transaction, adjustments: Sequence[Adjustment]) -> None:
    """Open what comes next of submissions whose decision holds everywhere, or is published everywhere."""
    by_id = {adjustment.id: adjustment for adjustment in adjustments}
    submissions = [(adjustment.id, adjustment.submission) for adjustment in adjustments]
    following = await repository.next_steps(tx.connection, submissions) if submissions else []
    await _open(tx, [(by_id[step.adjustment_id], step) for step in following])


async def _open(tx: Transaction, following: Sequence[tuple[Adjustment, ReviewStep]]) -> None:
    if not following:
        return
    charged = await bindings.charged(tx, {adjustment.region_code for adjustment, _ in following})
    opened = [(adjustment, _opened(tx, step, charged[adjustment.region_code])) for adjustment, step in following]
    await repository.open_steps(tx.connection, [step for _, step in opened], tx.now)
    for adjustment, step in opened:
        if step.act == "file":
            tx.append(_copied(adjustment, step))
    await tasks.open_for_steps(tx, [(adjustment, step) for adjustment, step in opened if step.role != "system"])


def _copied(adjustment: Adjustment, step: ReviewStep) -> NewEvent:
    """It is public: the recipient of a filing has its copy (抄送, ZZ-11), and gives a receipt."""
    refs = {"step": step.code, "recipient": step.recipient, "decision": adjustment.decision}
    if step.recipient_organ_id is not None:
        refs["organ"] = str(step.recipient_organ_id)
    return NewEvent(
        type="adjustment.copied",
        region_code=adjustment.region_code,
        adjustment_id=adjustment.id,
        effective_at=adjustment.effective_at,
        reason=adjustment.reason,
        legal_basis=adjustment.legal_basis,
        refs=refs,
    )


def _opened(tx: Transaction, step: ReviewStep, charged: Sequence[Charged]) -> ReviewStep:
    """The step as it opens now: with the organ that has its role today, unless it was planned for a certain one."""
    certain = step.role == "joint_reviewer" or step.act in rules.OF_EACH_ORGAN or rules.of_leads(step)
    organ_id = step.organ_id if certain and step.organ_id else rules.office(step.role, charged)
    return replace(step, state="open", organ_id=organ_id, opened_at=tx.now, due_at=due(tx.now, step.limit))


async def note_publication(tx: Transaction, published: Sequence[tuple[Adjustment, Sequence[str]]]) -> None:
    """Close the publication steps of adjustments that every one of their lists (ids) shows now, and go on."""
    given = [
        {"adjustment_id": adjustment.id, "submission": adjustment.submission, "lists": list(lists)}
        for adjustment, lists in published
    ]
    closed = await repository.close_published(tx.connection, given, actor=tx.actor, now=tx.now)
    await go_on(tx, [adjustment for adjustment, _ in published if adjustment.id in closed])


async def stop(tx: Transaction, adjustment_id: UUID) -> None:
    """Steps not yet walked will not be, disputes not be settled: returned, withdrawn, or in conflict."""
    await repository.void_steps(tx.connection, adjustment_id)
    await disputes.void(tx.connection, adjustment_id)
    await tasks.void_of_adjustment(tx, adjustment_id)

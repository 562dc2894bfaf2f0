"""Use cases of attachments: attach a file to an adjustment, give it out again."""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID

from services.workflow.adjustments import rules as life
from services.workflow.adjustments.reading import find as find_readable
from services.workflow.adjustments.rules import Adjustment
from services.workflow.adjustments.service import event, find, note_edit
from services.workflow.attachments import repository, rules
from services.workflow.attachments.rules import Attachment
from services.workflow.procedures import service as procedures
from services.workflow.procedures.rules import ReviewStep
from services.workflow.register import repository as register
from services.workflow.register.service import chains_of, may_compile
from shared import file_formats, problems
from shared.http import uploads
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.transaction import Transaction


async def attach(
    tx: Transaction,
    principal: Principal,
    adjustment_id: UUID,
    *,
    step_id: UUID | None,
    title: str | None,
    file_name: str,
    content: bytes,
) -> Attachment:
    """Attach a file; the same content again is the file that is there already.

    Raises
    ------
    problems.NotFound
        No such adjustment, or one the caller may not read.
    problems.Forbidden
        Nothing of it lies with the caller.
    problems.Invalid
        The file is empty, of a format that is not taken, or not what its name says; the step is not his.
    problems.TooLarge, problems.Conflict
        The file is too large, or the adjustment has too many.
    """
    await find_readable(tx, principal, adjustment_id)
    adjustment = await find(tx, adjustment_id, lock=True)
    compiles, step = await _place(tx, principal, adjustment, step_id)
    rules.check_size(len(content))
    shown = uploads.plain_name(file_name)
    media_type, digest = await asyncio.to_thread(_inspected, shown, content)
    there = await repository.same(tx.connection, adjustment.id, digest)
    if there is not None:
        return there
    rules.check_room(*await repository.room(tx.connection, adjustment.id), len(content))
    added = Attachment(
        id=new_id(), adjustment_id=adjustment.id, step_id=step, title=title or shown, file_name=shown,
        media_type=media_type, size=len(content), sha256=digest, uploaded_by=tx.actor, uploaded_at=tx.now,
    )  # fmt: skip
    await repository.add(tx.connection, added, content)
    refs = {"attachment": str(added.id), "sha256": digest} | ({"step_id": str(step)} if step else {})
    tx.append(event(adjustment, "adjustment.attached", refs=refs))
    if compiles:
        await note_edit(tx, principal, adjustment, [])
    return added


def _inspected(file_name: str, content: bytes) -> tuple[str, str]:
    try:
        return file_formats.format_of(file_name, content), hashlib.sha256(content).hexdigest()
    except file_formats.Refused as refused:
        place = problems.FieldError("/file", refused.code, refused.message)
        raise problems.Invalid(f"附件不能上传：{refused.message}。", code=refused.code, errors=[place]) from None


async def _place(
    tx: Transaction, principal: Principal, adjustment: Adjustment, wanted: UUID | None
) -> tuple[bool, UUID | None]:
    """Whether the caller compiles it now, and the open step of his that the file belongs to."""
    steps = [step for step in await procedures.current_steps(tx, adjustment) if step.state == "open"]
    charged = [step.organ_id for step in steps if step.organ_id is not None]
    organs = await register.organs(tx.connection, [*adjustment.organs, *charged])
    chains = await chains_of(tx, {step.region_code for step in steps})

    def mine(step: ReviewStep) -> bool:
        organ = organs.get(step.organ_id) if step.organ_id else None
        # A department signs where it is; everybody else acts where the step lies.
        place = organ.region_chain if organ is not None and step.role == "principal" else chains[step.region_code]
        return principal.holds(step.role, region=place, organ_id=step.organ_id)

    compiles = adjustment.state in life.EDITABLE and any(
        may_compile(principal, organs[organ]) for organ in adjustment.organs if organ in organs
    )
    return compiles, rules.step_of(steps, mine, wanted, compiles=compiles)


async def readable(tx: Transaction, principal: Principal, attachment_id: UUID) -> Attachment:
    """A file of an adjustment that the person may read.

    Raises
    ------
    problems.NotFound
        There is none, or it is of an adjustment he may not read.
    """
    found = await repository.find(tx.connection, attachment_id)
    if found is not None:
        try:
            await find_readable(tx, principal, found.adjustment_id)
        except problems.NotFound:
            found = None
    if found is None:
        raise problems.NotFound("没有这个附件，或不在您的权限范围内，请核对标识。", code="attachment_not_found")
    return found

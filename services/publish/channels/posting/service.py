"""Use cases of posting: keep evidence, confirm that a copy was posted, give the evidence out again."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any
from uuid import UUID

from services.publish.channels import rules as channels
from services.publish.channels.copies import service as copies
from services.publish.channels.copies.service import Setting
from services.publish.channels.findings import service as findings
from services.publish.channels.posting import repository, rules
from services.publish.channels.posting.schemas import NewPosting
from services.publish.channels.repository import Record
from services.publish.channels.states import repository as states
from shared import clock, file_formats, problems
from shared.http import uploads
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.problems import FieldError
from shared.statement import Row


async def keep_evidence(
    tx: Transaction, who: Principal, channel: Record, *, file_name: str, content: bytes
) -> dict[str, Any]:
    """Keep a photo or scan, checked by its content as attachments are.

    Raises
    ------
    problems.Forbidden
    problems.Invalid, problems.TooLarge
        Empty, too large, of a format that is not taken, or not what its name says.
    problems.Conflict
        Too many files lie there already that nothing was confirmed with.
    """
    _require(who, channel)
    rules.check_size(len(content))
    shown = uploads.plain_name(file_name)
    media_type, digest = await asyncio.to_thread(_inspected, shown, content)
    rules.check_room(await repository.unused(tx.connection, channel["id"]))
    values = {
        "id": new_id(), "channel_id": channel["id"], "file_name": shown, "media_type": media_type,
        "size": len(content), "sha256": digest, "content": content, "uploaded_by": tx.actor, "uploaded_at": tx.now,
    }  # fmt: skip
    await repository.add_evidence(tx.connection, values)
    refs = {"channel": channel["code"], "evidence": str(values["id"]), "sha256": digest.hex()}
    tx.append(NewEvent(type="channel_evidence.uploaded", region_code=channel["region_code"], refs=refs))
    return values


def _inspected(file_name: str, content: bytes) -> tuple[str, bytes]:
    try:
        return file_formats.format_of(file_name, content), hashlib.sha256(content).digest()
    except file_formats.Refused as refused:
        place = FieldError("/file", refused.code, refused.message)
        raise problems.Invalid(f"凭证不能上传：{refused.message}。", code=refused.code, errors=[place]) from None


async def evidence(tx: Transaction, channel: Record, evidence_id: UUID) -> Row:
    """A file of a channel with its content. Raises NotFound."""
    row = await repository.evidence(tx.connection, channel["id"], evidence_id)
    if row is None:
        raise problems.NotFound("没有这份凭证，请核对标识。", code="evidence_not_found")
    return row


async def confirm(tx: Transaction, who: Principal, channel: Record, list_id: UUID, given: NewPosting) -> dict[str, Any]:
    """Say that the copy that is due was posted, with date and evidence; its task is done.

    Raises
    ------
    problems.Forbidden, problems.Invalid
    problems.NotFound
        The channel does not show the list.
    problems.Conflict
        Another revision is due, or nobody posts on this channel.
    """
    _require(who, channel)
    rules.check_posting(channel, given.model_dump(), tx.now.astimezone(clock.ZONE).date())
    due = await states.lock(tx.connection, channel["id"], list_id)
    if due is None:
        raise problems.NotFound("该渠道不展示这份清单，请核对清单标识。", code="not_on_channel")
    rules.check_revision(given.revision, due.due_revision)
    await _check_evidence(tx, channel, given.evidence_id)
    copy = await copies.make(
        tx.connection, list_id, channel["format"], revision=due.due_revision, base=due.base_revision,
        setting=Setting.of(channel),
    )  # fmt: skip
    posting = given.model_dump() | {
        "id": new_id(), "channel_id": channel["id"], "list_id": list_id, "digest": copy.digest,
        "confirmed_by": tx.actor, "confirmed_at": tx.now,
    }  # fmt: skip
    await repository.add(tx.connection, posting)
    found = {"digest": copy.digest, "size": len(copy.content), "now": tx.now}
    state = await repository.confirm(tx.connection, channel["id"], list_id, found)
    await findings.close(tx, channel["id"], list_id=list_id, reason=None if state == "current" else "to_post")
    refs = {"channel": channel["code"], "posting": str(posting["id"]), "revision": given.revision,
            "sha256": copy.digest.hex()}  # fmt: skip
    tx.append(
        NewEvent(type="publication.channel_posted", region_code=channel["region_code"], list_id=list_id, refs=refs)
    )
    (row,) = await repository.page(tx.connection, channel["id"], before=None, limit=1)
    return dict(row)


async def _check_evidence(tx: Transaction, channel: Record, evidence_id: UUID | None) -> None:
    if evidence_id and await repository.evidence_digest(tx.connection, channel["id"], evidence_id) is None:
        place = FieldError("/evidence_id", "evidence_not_found", "该渠道没有这份凭证，请先上传")
        raise problems.Invalid("所引用的凭证不存在。", code="evidence_not_found", errors=[place])


def _require(who: Principal, channel: Record) -> None:
    if not channels.may_tend(who, channel["chain"], channel["role"], channel["organ_id"]):
        raise problems.Forbidden("只有负责该渠道的人员可以操作。", code="not_yours", extra={"role": channel["role"]})

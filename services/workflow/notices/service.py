"""Use cases of notices: draft from standings, write the text, approve with number and hash, discard."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.workflow.campaigns import access
from services.workflow.clocks.rules import day_of
from services.workflow.notices import repository, rules
from services.workflow.notices.rules import KIND
from services.workflow.notices.schemas import Approval, NewNotice, NoticeChange
from services.workflow.register import service as register
from services.workflow.standings import service as standings
from services.workflow.standings.rules import Fact, Standing
from services.workflow.standings.schemas import line
from services.workflow.standings.service import Counted
from services.workflow.tasks import repository as stored_tasks
from services.workflow.tasks import service as tasks
from shared import problems
from shared.annex import letter
from shared.http.etag import require_match
from shared.identifiers import new_id
from shared.identity.principal import Principal
from shared.ledger.envelope import NewEvent
from shared.ledger.transaction import Transaction
from shared.statement import Row

# Who signs what the government tells everybody under.
APPROVING = "decider"


async def draft(tx: Transaction, principal: Principal, campaign_id: UUID, given: NewNotice) -> Row:
    """Draft a notice: by who runs the campaign, naming whom the figures name (QX-63, ZL-56, HB-40).

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.Invalid
    problems.Conflict
        The figures name nobody, or too many.
    """
    campaign = await standings.overseen(tx, principal, campaign_id)
    access.require_coordinator(principal, await register.chain_of(tx, campaign.region_code))
    found = await standings.standings(tx, campaign, given.by, given.first_day, given.last_day)
    rules.check_last_day(found.last_day, day_of(tx.now))
    chosen = rules.chosen(found.standings, given.kind, best=given.best, reasons=given.reasons)
    names, evidence_ids = await _told(tx, chosen, given.kind, given.reasons, found)
    about = (given.kind, campaign.title, found.first_day, found.last_day)
    id_ = new_id()
    values = {
        "id": id_, "campaign_id": campaign_id, "region_code": campaign.region_code, "kind": given.kind,
        "grouping": given.by, "first_day": found.first_day, "last_day": found.last_day, "counted_at": found.at,
        "title": given.title or rules.title_of(*about), "preamble": rules.preamble_of(*about, given.by),
        "names": names, "evidence_ids": evidence_ids, "actor": tx.actor, "now": tx.now,
    }  # fmt: skip
    await repository.insert(tx.connection, values)
    task = {
        "id": id_, "kind": KIND, "region_code": campaign.region_code, "organ_id": None,
        "role": APPROVING, "title": f"签发{rules.KIND_TITLES[given.kind]}：{campaign.title}",
        "subject": f"{KIND}/{id_}", "list_id": None, "adjustment_id": None, "due_at": None,
    }  # fmt: skip
    await tasks.open_tasks(tx, KIND, [task], [])
    row = await find(tx, principal, id_)
    _tell(tx, row, "notice.drafted", named=len(names))
    return row


async def find(tx: Transaction, principal: Principal, notice_id: UUID) -> Row:
    """A notice the caller may read.

    Raises
    ------
    problems.NotFound
    """
    found = await repository.find(tx.connection, notice_id, reader_of(principal))
    if found is None:
        raise problems.NotFound("没有这份通报，或不在您的职责范围内。", code="notice_not_found")
    return found


def reader_of(principal: Principal) -> dict[str, Any]:
    """What of notices somebody may read: drafts where he oversees, others where he has a role."""
    places = {grant.region_code for grant in principal.grants}
    overseen = {
        grant.region_code for grant in principal.grants if grant.role in access.OVERSEEING and grant.organ_id is None
    }
    return repository.reader(sorted(places), sorted(overseen))


async def change(
    tx: Transaction, principal: Principal, notice_id: UUID, given: NoticeChange, if_match: str | None
) -> Row:
    """Write the text of a draft, and leave out units for a reason; figures and evidence are not anybody's to write.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionRequired,
    problems.PreconditionFailed, problems.Invalid
    """
    row = await _hold(tx, principal, notice_id, access.COORDINATING)
    require_match(if_match, row.version)
    rules.require_draft(row.state)
    rules.check_omitted(row.names, [each.unit for each in given.omitted])
    kept = {each["unit"]: each for each in row.omitted}
    omitted = [
        kept[each.unit]
        if kept.get(each.unit, {}).get("reason") == each.reason
        else each.model_dump() | {"by": tx.actor, "at": tx.now.isoformat()}
        for each in given.omitted
    ]
    await repository.update(
        tx.connection, notice_id, title=given.title, preamble=given.preamble, omitted=omitted
    )  # fmt: skip
    _tell(tx, row, "notice.updated", omitted=len(omitted))
    return await find(tx, principal, notice_id)


async def approve(tx: Transaction, principal: Principal, notice_id: UUID, given: Approval, if_match: str | None) -> Row:
    """Approve a draft: by another person than who drafted it, as long as what it says is still so.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionRequired,
    problems.PreconditionFailed
    problems.Conflict
        Code `evidence_changed`: something named was waived, returned or moved since.
    problems.Invalid
        It is issued before the counting, or in the future.
    """
    row = await _hold(tx, principal, notice_id, (APPROVING,))
    require_match(if_match, row.version)
    rules.require_draft(row.state)
    rules.require_other_person(row.drafted_by, row.omitted, tx.actor)
    if not day_of(row.counted_at) <= given.issued_on <= day_of(tx.now):
        place = problems.FieldError("/issued_on", "date_out_of_range", "签发日期应在统计截止日与今天之间")
        raise problems.Invalid("签发日期有误。", errors=[place])
    names, evidence_ids = await _recounted(tx, row)
    content = rules.content_of(dict(row) | {"names": names, "number": given.number, "issued_on": given.issued_on})
    file = await asyncio.to_thread(letter.written, rules.letter_of(content))
    said = rules.canonical(content)
    hashes = {"content_hash": hashlib.sha256(said).hexdigest(), "file_hash": hashlib.sha256(file).hexdigest()}
    values = hashes | {
        "number": given.number, "issued_on": given.issued_on, "names": names, "content": said, "file": file,
        "evidence_ids": evidence_ids, "actor": tx.actor, "now": tx.now,
    }  # fmt: skip
    await repository.approve(tx.connection, notice_id, values)
    await _close_task(tx, notice_id, "done")
    _tell(tx, row, "notice.approved", number=given.number, **hashes)
    return await find(tx, principal, notice_id)


async def discard(tx: Transaction, principal: Principal, notice_id: UUID, reason: str, if_match: str | None) -> Row:
    """A draft will not be issued: by who runs the campaign, or who was to approve it.

    Raises
    ------
    problems.NotFound, problems.Forbidden, problems.IllegalTransition, problems.PreconditionFailed
    """
    row = await _hold(tx, principal, notice_id, (*access.COORDINATING, APPROVING))
    if if_match is not None:
        require_match(if_match, row.version)
    rules.require_draft(row.state)
    await repository.discard(tx.connection, notice_id, reason)
    await _close_task(tx, notice_id, "void")
    _tell(tx, row, "notice.discarded", reason=reason)
    return await find(tx, principal, notice_id)


async def file_of(tx: Transaction, row: Row) -> bytes:
    """The notice as a text document: of an approved one the file that was approved."""
    if row.state == rules.APPROVED:
        return (await repository.files(tx.connection, row.id))[1]
    names = [_timed(each) for each in row.names]
    return await asyncio.to_thread(letter.written, rules.letter_of(rules.content_of(dict(row) | {"names": names})))


async def content_of(tx: Transaction, row: Row) -> bytes:
    """What the notice says as canonical JSON: of an approved one the bytes that its hash is of."""
    if row.state == rules.APPROVED:
        return (await repository.files(tx.connection, row.id))[0]
    return rules.canonical(rules.content_of(dict(row)))


async def _recounted(tx: Transaction, row: Row) -> tuple[list[dict[str, Any]], list[UUID]]:
    """The names as they are now, with all their events, and what is behind those that stay; held until the end.

    Raises
    ------
    problems.Conflict
        They are not what was drafted.
    """
    await repository.hold(tx.connection, row.evidence_ids)
    period = (row.first_day, row.last_day, row.counted_at)
    found = await standings.counted(tx, row.campaign_id, row.grouping, *period)
    places = {each["unit"]: place for place, each in enumerate(row.names)}
    named = sorted((each for each in found.standings if each.unit.key in places), key=lambda it: places[it.unit.key])
    reasons = row.names[0]["chosen_for"]
    after, _ = await _told(tx, named, row.kind, reasons, found)
    if differing := rules.changed(row.names, after, row.kind):
        raise problems.Conflict(
            f"起草后情况有变化（{'、'.join(differing[:10])}），请作废本稿后重新起草。", code="evidence_changed",
            extra={"units": differing},
        )  # fmt: skip
    left_out = {each["unit"] for each in row.omitted}
    kept = [each for each in named if each.unit.key not in left_out]
    return after, _ids(rules.evidence_of(each, row.kind, reasons, found.at) for each in kept)


async def _told(
    tx: Transaction, chosen: Sequence[Standing], kind: str, reasons: Sequence[str], found: Counted
) -> tuple[list[dict[str, Any]], list[UUID]]:
    """Names with their figures and as much evidence as people read, and the ids of all that is behind them."""
    behind = [rules.evidence_of(each, kind, reasons, found.at) for each in chosen]
    named = [facts[: rules.MOST_EVIDENCE] for facts in behind]
    # The events of all of them in one question.
    told = iter(await standings.told(tx, [fact for facts in named for fact in facts], found.at))
    names = [
        line(each)
        | {"chosen_for": list(reasons), "evidence": [next(told) for _ in facts], "evidence_total": len(whole)}
        for each, facts, whole in zip(chosen, named, behind, strict=True)
    ]
    return names, _ids(behind)


def _ids(behind: Iterable[Sequence[Fact]]) -> list[UUID]:
    return sorted({fact.id for facts in behind for fact in facts})


def _timed(each: Mapping[str, Any]) -> dict[str, Any]:
    evidence = [
        one | {name: datetime.fromisoformat(one[name]) for name in ("due_at", "met_at") if one[name]}
        for one in each["evidence"]
    ]
    return dict(each) | {"evidence": evidence}


async def _hold(tx: Transaction, principal: Principal, notice_id: UUID, roles: Sequence[str]) -> Row:
    await repository.lock(tx.connection, notice_id)
    row = await find(tx, principal, notice_id)
    chain = await register.chain_of(tx, row.region_code)
    if not any(principal.holds(role, region=chain) for role in roles):
        principal.require(roles[0], region=chain)
    return row


async def _close_task(tx: Transaction, notice_id: UUID, state: str) -> None:
    subjects = [f"{KIND}/{notice_id}"]
    closed = await stored_tasks.close(tx.connection, KIND, subjects, state=state, actor=tx.actor, now=tx.now)
    tasks.tell_closed(tx, KIND, closed)


def _tell(tx: Transaction, row: Row, type_: str, *, reason: str | None = None, **refs: Any) -> None:
    known = {"campaign": str(row.campaign_id), "notice": str(row.id), "kind": row.kind}
    tx.append(NewEvent(type=type_, region_code=row.region_code, reason=reason, refs=known | refs))

"""One round of the exchange with a platform: send what is due, take its feedback, pull its catalogue.

Each step with an effect is one transaction under the peer's lock; nothing is held while the platform is spoken to.
Killed anywhere, the next round goes on: a batch without a saved answer goes out again under its number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.platform import rules, telling
from services.publish.platform.batches import repository as batches
from services.publish.platform.catalogue import repository as catalogue
from services.publish.platform.comparisons import service as comparisons
from services.publish.platform.feedback import repository as feedback
from services.publish.platform.links import service as links
from services.publish.platform.peers import repository as peers
from services.publish.platform.peers.partner import Partner
from services.publish.platform.pushes import service as pushes
from services.publish.platform.rows import repository as rows
from services.publish.platform.rules import Verdict
from services.publish.platform.translation import Untranslatable, inward
from services.publish.platform.transports.contract import Batch, BatchRefused, Capability, PeerFailure, Transport
from shared import clock, telemetry
from shared.identifiers import new_id
from shared.ledger.transaction import Transaction, begin

# Beyond the time an answer is waited for, before another worker takes a batch for abandoned.
GRACE_SECONDS = 1.0


@dataclass
class Conversation:
    """What one task of this process talks about with one platform.

    `size` : rows the next batch has at most; halved while the platform refuses batches, to find the row it means.
    """

    engine: AsyncEngine
    partner: Partner
    platform: Transport
    timeout: float
    size: int

    @property
    def actor(self) -> str:
        """Who acts, as the log shows it."""
        return f"system:platform:{self.partner.code}"


async def push(talk: Conversation) -> bool | None:
    """Follow the feed and send one batch; False when there is nothing to do, None when it is not for this worker to
    say: somebody else is at it, or the platform is to be asked later.

    Raises
    ------
    PeerFailure, BadAnswer
        The batch stays open and goes out again under its number.
    """
    due = await _due(talk)
    if due.rests:
        await asyncio.sleep(due.rests)
        due = await _due(talk)  # it may rest again: then somebody else was faster
    if (number := due.number) is None:
        return due.more
    async with talk.engine.connect() as connection:
        queued = await batches.queued(connection, talk.partner.id, number)
        queued = await links.completed(connection, queued, talk.partner.mapping)
    sent, verdicts = rules.wire(queued, talk.partner.mapping, clock.now().astimezone(clock.ZONE))
    telemetry.crash_point("platform-before-send")
    try:
        if sent:
            answer = await talk.platform.send(Batch(number, sent, due.undecided))
            if answer.pending is not None:
                await _wait(talk, number, answer.pending)
                return False
            verdicts += answer.verdicts
    except BatchRefused as refused:
        await _refused(talk, number, [row["ROW_GUID"] for row in sent], verdicts, refused)
        return True
    except (PeerFailure, rules.BadAnswer):
        await _free(talk, number)
        raise
    telemetry.crash_point("platform-after-answer")
    await _save(talk, number, verdicts, tables={row["ROW_GUID"]: row["TABLE"] for row in sent})
    if len(verdicts) < len(queued):
        # About none of them: the number was used before a restore, and this is the answer to another batch.
        raise rules.BadAnswer("应答没有提到所发的全部行，未提到的将另编批次重发")
    talk.size = min(talk.size * 2, talk.partner.batch_size)
    return True


@dataclass(frozen=True)
class _Due:
    """The number of the batch to send now; `more`: whether there may be more to do, None as of `push`.

    `rests` : seconds in which the platform is sent nothing; 0 when a batch may go out.
    """

    number: str | None = None
    more: bool | None = None
    undecided: bool = False
    rests: float = 0.0


async def _due(talk: Conversation) -> _Due:
    partner = talk.partner
    async with begin(talk.engine, service="publish", actor=talk.actor) as tx:
        progress = await peers.lock_progress(tx.connection, partner.id, partner.version)
        if progress is None:
            return _Due()
        if progress.epoch != progress.log_epoch:
            await _after_restore(tx, talk)
            return _Due(more=True)
        read, position = await rows.follow(
            tx.connection, partner.id, position=progress.position, kinds=partner.kinds, regions=partner.regions,
            mirror=partner.mirror,
        )  # fmt: skip
        if position != progress.position:
            await links.follow(tx.connection, partner.id, partner.mapping, after=progress.position, until=position)
            await peers.move(tx.connection, partner.id, position=position)
        batch = await batches.open_batch(tx.connection, partner.id)
        if batch is not None and not batch.due:
            return _Due()
        if progress.rests > 0:
            return _Due(rests=progress.rests)
        number = batch.number if batch is not None else await _new_batch(tx, talk, progress.last_batch)
        if number is not None:
            await batches.note_attempt(tx.connection, partner.id, number, talk.timeout + GRACE_SECONDS)
            if partner.rows_per_second is not None:
                await peers.rest_after(tx.connection, partner.id, number, partner.rows_per_second)
        undecided = batch is not None and batch.undecided
        return _Due(number, read == rows.FEED_CHUNK, undecided)


async def _new_batch(tx: Transaction, talk: Conversation, last: str | None) -> str | None:
    number = rules.next_batch_number(tx.now.astimezone(clock.ZONE).date(), last)
    if not await batches.make_batch(
        tx.connection, talk.partner.id, number, rules.batch_size(talk.size, talk.partner.rows_per_second)
    ):
        return None
    await peers.move(tx.connection, talk.partner.id, last_batch=number)
    return number


async def _after_restore(tx: Transaction, talk: Conversation) -> None:
    """The log was restored to an earlier point: what the platform holds may be newer, so everything is compared; where
    nothing tells what it holds, everything is sent again."""
    await peers.begin_epoch(tx.connection, talk.partner.id)
    if Capability.INVENTORY in talk.platform.capabilities:
        await comparisons.start(tx, talk.partner, repair=True, include_rejected=False)
    else:
        await pushes.start(tx, talk.partner)


async def _save(
    talk: Conversation,
    number: str,
    verdicts: list[Verdict],
    *,
    whole: bool = True,
    tables: Mapping[str, str] = MappingProxyType({}),
) -> None:
    async with begin(talk.engine, service="publish", actor=talk.actor) as tx:
        await peers.wait_for_progress(tx.connection, talk.partner.id)
        answered = await rows.answer(
            tx.connection, talk.partner.id, number, verdicts, now=tx.now, whole=whole, tables=tables
        )
        await peers.note_success(tx.connection, talk.partner.id, tx.now)
        for event in telling.of_answers(talk.partner, answered, batch=number):
            tx.append(event)
        telemetry.crash_point("platform-before-save")


async def _refused(
    talk: Conversation, number: str, sent: list[str], verdicts: list[Verdict], refused: BatchRefused
) -> None:
    """The batch is taken apart until the row the platform means is alone: that one is rejected, the others go on."""
    if len(sent) == 1:
        verdicts = [*verdicts, Verdict(sent[0], refused.code, str(refused)[: rules.LONGEST_REMARK])]
    else:
        talk.size = max(1, len(sent) // 2)
    await _save(talk, number, verdicts, whole=len(sent) == 1)


async def _wait(talk: Conversation, number: str, seconds: float) -> None:
    """The platform has the batch and will say later what it thinks: until it is asked again nothing else goes out."""
    async with talk.engine.begin() as connection:
        await peers.wait_for_progress(connection, talk.partner.id)  # first, as whoever calls with verdicts takes it
        await batches.postpone_batch(connection, talk.partner.id, number, seconds)
        await peers.note_success(connection, talk.partner.id, clock.now())


async def _free(talk: Conversation, number: str) -> None:
    async with talk.engine.begin() as connection:
        await batches.free_batch(connection, talk.partner.id, number)


async def take_feedback(talk: Conversation) -> bool:
    """Take one page of feedback; True when there may be more."""
    async with talk.engine.connect() as connection:
        seen = await peers.progress_of(connection, talk.partner.id)
    page = await talk.platform.feedback(seen.feedback_cursor)
    messages, cursor = page.messages, page.cursor
    telemetry.crash_point("platform-after-feedback")
    async with begin(talk.engine, service="publish", actor=talk.actor) as tx:
        progress = await peers.lock_progress(tx.connection, talk.partner.id, talk.partner.version)
        if progress is None or progress.feedback_cursor != seen.feedback_cursor:
            return False
        answered = await feedback.save(tx.connection, talk.partner.id, messages, tx.now)
        for event in telling.of_answers(talk.partner, answered, batch=None):
            tx.append(event)
        if cursor != seen.feedback_cursor:
            await peers.move(tx.connection, talk.partner.id, feedback_cursor=cursor)
        await peers.note_answer(tx.connection, talk.partner.id, tx.now)
    return bool(messages) and cursor != seen.feedback_cursor


async def pull_catalogue(talk: Conversation) -> bool:
    """Pull one page of the superior's catalogue; True when there may be more."""
    half = talk.partner.mapping.catalogue
    if talk.partner.mirror is None or half is None:
        return False
    async with talk.engine.connect() as connection:
        seen = await peers.progress_of(connection, talk.partner.id)
    page = await talk.platform.catalogue(seen.catalogue_cursor)
    cursor = page.cursor
    pulled = [_read(talk.partner, one) for one in page.entries]
    telemetry.crash_point("platform-after-pull")
    async with begin(talk.engine, service="publish", actor=talk.actor) as tx:
        progress = await peers.lock_progress(tx.connection, talk.partner.id, talk.partner.version)
        if progress is None or progress.catalogue_cursor != seen.catalogue_cursor:
            return False
        items = await catalogue.save(tx.connection, talk.partner.id, pulled, tx.now) if pulled else []
        for event in telling.of_catalogue(talk.partner, items, cursor=cursor):
            tx.append(event)
        if cursor != seen.catalogue_cursor:
            await peers.move(tx.connection, talk.partner.id, catalogue_cursor=cursor)
        await peers.note_answer(tx.connection, talk.partner.id, tx.now)
    return bool(pulled) and cursor != seen.catalogue_cursor


def _read(partner: Partner, entry: rules.Aggregate) -> catalogue.Pulled:
    """An entry with what it says in our elements, or why it cannot be read: a bad one never stops the pull."""
    assert partner.mapping.catalogue is not None
    elements, remark = None, None
    if entry.gone:
        return catalogue.Pulled(entry.external_id, entry.version, new_id(), {}, None, None, gone=True)
    try:
        elements = inward(partner.mapping.catalogue, entry.payload)
    except Untranslatable as error:
        remark = str(error)[: rules.LONGEST_REMARK]
    payload = rules.storable(entry.payload)
    return catalogue.Pulled(entry.external_id, entry.version, new_id(), payload, elements, remark)

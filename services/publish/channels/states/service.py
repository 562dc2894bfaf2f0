"""One look at a channel: make the copy, send it, read back what is shown, compare, keep and tell.

Everything that waits for the channel happens outside of transactions; what was found counts only if the channel is
still due to show the same revision.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.publish.channels import rules as channels
from services.publish.channels.client import ChannelFailure, Channels
from services.publish.channels.copies import marker
from services.publish.channels.copies import service as copies
from services.publish.channels.copies.formats import FORMATS
from services.publish.channels.copies.marker import Marker
from services.publish.channels.copies.service import Copy, Setting
from services.publish.channels.findings import service as findings
from services.publish.channels.states import repository, rules
from services.publish.channels.states.rules import Sight
from shared import clock, problems
from shared.ledger.transaction import Transaction, begin
from shared.statement import Row

ACTOR = "system:channels"
LONGEST_ERROR = 300


@dataclass(frozen=True)
class Looking:
    """What looks are made with.

    Attributes
    ----------
    seconds : as long as a channel may take for one exchange.
    rest : seconds that a channel which is level is left alone.
    """

    engine: AsyncEngine
    ways: Channels
    seconds: float
    rest: float


async def look(looking: Looking, channel: UUID) -> bool:
    """Look at the next list of a channel; False when nothing is left to look at now."""
    # Longer than sending and reading can take: another worker takes it over only from one that died.
    lease = timedelta(seconds=4 * looking.seconds + 60)
    async with begin(looking.engine, service="publish", actor=ACTOR) as tx:
        taken = await repository.take(tx.connection, channel, tx.now, tx.now + lease)
    if taken is None:
        return False
    if taken.delivery == "post" and taken.posted_revision != taken.due_revision:
        await _keep(looking, taken, Sight())
        return True
    try:
        await _send(looking, taken)
        sight = await _sight(looking, taken)
    except ChannelFailure as failure:
        sight = Sight(error=str(failure)[:LONGEST_ERROR])
    except problems.Problem as problem:
        # No copy can be made, as of a list that has grown too long for the format: people are told of it.
        sight = Sight(error=problem.detail[:LONGEST_ERROR])
    await _keep(looking, taken, sight)
    return True


async def _send(looking: Looking, taken: Row) -> None:
    """Make the copy where it was not made yet, and send it where it is ours to send. Raises ChannelFailure."""
    # What was sent and is not there may have been lost on their side, or overtaken by an older one: it is sent again.
    lost = taken.state in ("differs", "late")
    sends = taken.delivery == "put" and (taken.put_revision != taken.due_revision or lost)
    if taken.digest is not None and not sends:
        return
    copy = await copy_of(looking.engine, taken)
    async with begin(looking.engine, service="publish", actor=ACTOR) as tx:
        kept = await repository.made(tx.connection, taken, copy.revision, copy.digest, len(copy.content))
    # Changed meanwhile, it is due anew: what was made is of yesterday's address or form.
    if sends and kept:
        url = channels.address_of(taken.put_url, taken.list_id)
        await looking.ways.put(url, copy.content, headers_of(copy), taken.credential)
        async with begin(looking.engine, service="publish", actor=ACTOR) as tx:
            await repository.put(tx.connection, taken, copy.revision)


async def copy_of(engine: AsyncEngine, taken: Row) -> Copy:
    """The copy a channel is due to show."""
    async with engine.connect() as connection:
        found = await copies.material(
            connection, taken.list_id, taken.format, revision=taken.due_revision, base=taken.base_revision,
            setting=Setting.of(dict(taken)),
        )  # fmt: skip
    return await found.made()


def headers_of(copy: Copy) -> dict[str, str]:
    """What goes along with a copy."""
    return {
        "Content-Type": copy.media_type,
        "Qingdan-Revision": str(copy.revision),
        "Qingdan-List-Hash": copy.list_hash,
        "Qingdan-Sha256": copy.digest.hex(),
    }


async def _sight(looking: Looking, taken: Row) -> Sight:
    """What the channel shows. Raises ChannelFailure."""
    if taken.read_url is None:
        # Of what people have posted and nobody can read back, their word with its evidence is what there is.
        return Sight(marker=due_marker(taken))
    content = await looking.ways.read(channels.address_of(taken.read_url, taken.list_id))
    return await asyncio.to_thread(_read, FORMATS[taken.format].media_type, content)


def _read(media_type: str, content: bytes) -> Sight:
    """As long as it takes beside the others: what is shown may be tens of megabytes of anything."""
    return Sight(marker=marker.read(media_type, content), digest=hashlib.sha256(content).digest())


def due_marker(taken: Row) -> Marker:
    """The mark a channel is due to show."""
    return Marker(taken.list_id, taken.due_revision, taken.due_hash.hex())


async def _keep(looking: Looking, taken: Row, sight: Sight) -> None:
    async with begin(looking.engine, service="publish", actor=ACTOR) as tx:
        due = await repository.lock(tx.connection, taken.channel_id, taken.list_id)
        same = due is not None and (due.due_revision, due.since) == (taken.due_revision, taken.since)
        if due is None or not same or due.channel_state != "active":
            return  # a newer revision is due, or nothing any more
        await _judge(tx, looking, taken, due, sight)


async def _judge(tx: Transaction, looking: Looking, taken: Row, due: Row, sight: Sight) -> None:
    whole = taken.compares == "content" and taken.read_url is not None
    state = rules.judge(due, sight, tx.now, whole=whole)
    failures = 0 if state == "current" else due.failures + 1
    seen = sight.error is None and (sight.marker is not None or sight.digest is not None)
    mark = sight.marker if state != "current" else due_marker(taken)
    await repository.save(tx.connection, taken.channel_id, taken.list_id, {
        "state": state,
        "shown_revision": mark.revision if mark else due.shown_revision,
        "shown_hash": bytes.fromhex(mark.hash) if mark else due.shown_hash,
        "shown_digest": sight.digest if seen else due.shown_digest,
        "switched_at": due.switched_at or (tx.now if state == "current" else None),
        "checked_at": tx.now if seen else due.checked_at,
        "look_at": _next(looking, taken, due, state, failures, tx),
        "failures": failures,
        "error": sight.error,
    })  # fmt: skip
    if state == "current":
        await findings.close(tx, taken.channel_id, list_id=taken.list_id)
    elif matter := rules.matter_of(state, failures):
        await findings.open_one(tx, taken.channel_id, taken.list_id, matter)


def _next(looking: Looking, taken: Row, due: Row, state: str, failures: int, tx: Transaction) -> datetime | None:
    """When to look again; None: never by itself."""
    if taken.delivery == "post" and due.posted_revision != due.due_revision:
        return due.until + timedelta(seconds=1) if tx.now <= due.until else None
    if taken.read_url is None and state == "current":
        return None
    wait = rules.look_in(state, failures, spread=random.uniform(0.5, 1.0), rest=looking.rest)
    return clock.now() + timedelta(seconds=wait)

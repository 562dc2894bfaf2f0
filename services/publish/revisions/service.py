"""Publishing: one batch of events becomes at most one new revision of every list it touches, all in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.publish.candidates import repository as candidates
from services.publish.publications import making
from services.publish.revisions import bodies, repository
from services.publish.revisions.rules import (
    APPLIED,
    Candidate,
    Cause,
    Extent,
    Gone,
    PublishedList,
    Segment,
    Shown,
    chunked,
    decide,
    renamed_organs,
    segments,
)
from services.publish.withdrawals import repository as withdrawals
from services.publish.withdrawals.service import withdraw_from_earlier
from shared import clock, problems, telemetry
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction

Decided = tuple[Shown | Gone, PublishedList, Cause]


@dataclass
class Publication:
    """What one segment of a batch has published so far."""

    lists: dict[UUID, PublishedList]
    sequence: int
    extents: dict[UUID, Extent] = field(default_factory=dict)
    causes: dict[UUID, Cause] = field(default_factory=dict)
    buckets: set[tuple[UUID, int]] = field(default_factory=set)

    def touch(self, list_id: UUID, cause: Cause) -> None:
        """Remember that a list gets a revision, and the last event that led to it."""
        known = self.causes.get(list_id)
        if known is None or known.position < cause.position:
            self.causes[list_id] = cause
        self.extents.setdefault(list_id, Extent())

    def numbered(self, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Lines of the feed with the numbers that follow."""
        first = self.sequence + 1
        self.sequence += len(rows)
        return [row | {"sequence": first + number} for number, row in enumerate(rows)]


async def publish(tx: Transaction, events: Sequence[Event]) -> None:
    """Publish what a batch of events means.

    Taking the same events again changes nothing: a version is published once.

    Raises
    ------
    problems.Invalid
        An event names a version that does not exist, or no list: its items are parked, never dropped.
    """
    for segment in segments([event for event in events if event.type != APPLIED]):
        if segment.edition is not None:
            await _name_edition(tx, segment.edition)
        elif segment.notice is not None:
            await _pass_on(tx, segment.notice)
        elif segment.refresh is not None:
            await _refresh(tx, segment.refresh)
        else:
            await _publish_segment(tx, segment)
    for event in events:
        if event.type == APPLIED:
            _tell_published(tx, event)


def _tell_published(tx: Transaction, applied: Event) -> None:
    """Everything an adjustment changed is public now: what it changed was told before it was said to be applied."""
    tx.append(
        NewEvent(
            type="adjustment.published",
            region_code=applied.region_code,
            item_ids=applied.item_ids,
            adjustment_id=applied.adjustment_id,
            cause_id=applied.id,
            effective_at=applied.effective_at,
            refs={"lists": sorted(applied.refs.get("lists", ()))},
        )
    )


async def _publication(tx: Transaction, list_ids: Iterable[UUID]) -> Publication:
    """A publication that is about to begin on the lists among these that are in force."""
    in_force, sequence = await candidates.lists(tx.connection, list_ids, today=tx.now.astimezone(clock.ZONE).date())
    return Publication(in_force, sequence)


async def _publish_segment(tx: Transaction, segment: Segment) -> None:
    publication = await _publication(tx, segment.lists | segment.enacted.keys())
    in_force = publication.lists
    for list_id, cause in segment.enacted.items():
        in_list = in_force.get(list_id)
        if in_list is not None and in_list.revision is None:
            await _enact(tx, publication, in_list, cause)
    published = {list_id for list_id, in_list in in_force.items() if in_list.revision is not None}
    if published:
        await _publish_named(tx, publication, segment, published)
    await _finish(tx, publication)


async def _publish_named(tx: Transaction, publication: Publication, segment: Segment, published: set[UUID]) -> None:
    """Publish the versions the events name, a bounded number at a time."""
    causes = {item: cause for item, (_, cause) in segment.newest.items()}
    for items in chunked(sorted(segment.newest), candidates.CHUNK):
        read = await candidates.named(tx.connection, {item: segment.newest[item][0] for item in items})
        if len(read) != len(items):
            raise problems.Invalid("事件所指的事项版本不存在，无法公布。", code="unknown_version")
        read = [one for one in read if one.row["list_id"] in published]
        await _write(tx, publication, _decided(publication, await _named(tx, publication, read), causes))


async def _enact(tx: Transaction, publication: Publication, in_list: PublishedList, cause: Cause) -> None:
    """Publish everything of a list as its first revision, chunk by chunk."""
    list_id = in_list.facts.id
    publication.touch(list_id, cause)
    await repository.make_buckets(tx.connection, list_id, bodies.BUCKETS)
    feed = publication.numbered([bodies.list_feed_row("list.enacted", in_list, cause)])
    await repository.publish(tx.connection, feed=feed)
    async for read in _chunks(tx, publication, list_id):
        causes = {candidate.entry.item_id: cause for candidate in read}
        await _write(tx, publication, _decided(publication, read, causes))


async def _chunks(tx: Transaction, publication: Publication, list_id: UUID) -> AsyncIterator[list[Candidate]]:
    after = candidates.FIRST
    while read := await candidates.of_list(tx.connection, list_id, after=after):
        yield await _named(tx, publication, read)
        after = read[-1].row["item_id"]


async def _refresh(tx: Transaction, event: Event) -> None:
    """What may be seen, or how an organ is called, has changed: publish what is shown anew."""
    organs = renamed_organs(event)
    if organs is not None and not organs:
        return
    affected = await candidates.lists_of_kind(tx.connection, event.list_kind)
    publication = await _publication(tx, affected)
    in_force = publication.lists
    cause = Cause.of(event, several=True)
    after = candidates.FIRST
    while read := await candidates.shown(
        tx.connection, in_force, organs=organs, position=event.position, after=after
    ):  # fmt: skip
        found = await _named(tx, publication, read)
        causes = {candidate.entry.item_id: cause for candidate in found}
        await _write(tx, publication, _decided(publication, found, causes, refresh=True), refresh=True)
        after = read[-1].row["item_id"]
    await _finish(tx, publication)
    if event.type == "profile.versioned":
        await withdraw_from_earlier(tx.connection, in_force)


async def _named(tx: Transaction, publication: Publication, read: Sequence[candidates.Read]) -> list[Candidate]:
    """The candidates of a chunk, with the organs they name."""
    ids = {organ for one in read for organ in candidates.organs_of(one, publication.lists[one.row["list_id"]])}
    organs = await candidates.organs(tx.connection, ids)
    return [candidates.candidate(one, organs) for one in read]


def _decided(
    publication: Publication, found: Sequence[Candidate], causes: dict[UUID, Cause], *, refresh: bool = False
) -> list[Decided]:
    decided: list[Decided] = []
    for candidate in found:
        in_list = publication.lists[candidate.list_id]
        outcome = decide(candidate, in_list, refresh=refresh)
        if outcome is not None:
            decided.append((outcome, in_list, causes[candidate.entry.item_id]))
    return decided


async def _write(
    tx: Transaction, publication: Publication, decided: Sequence[Decided], *, refresh: bool = False
) -> None:
    purged = [
        outcome.candidate.entry.item_id
        for outcome, _, _ in decided
        if isinstance(outcome, Gone) or outcome.candidate.secret_between
    ]
    if purged:
        await withdrawals.purge(tx.connection, purged)
    gone = set(purged)
    replaced, rows = [], []
    for outcome, in_list, cause in decided:
        list_id, item_id = in_list.facts.id, outcome.candidate.entry.item_id
        publication.touch(list_id, cause)
        publication.extents[list_id].add(outcome.candidate, refresh=refresh)
        publication.buckets.add((list_id, bodies.bucket_of(item_id)))
        if outcome.candidate.shown is not None and item_id not in gone:
            replaced.append((list_id, item_id, in_list.next_revision))
        rows.append(
            bodies.item_row(outcome, in_list) if isinstance(outcome, Shown) else bodies.tombstone(outcome, in_list)
        )
    ordered = sorted(decided, key=lambda one: one[2].position)
    feed = publication.numbered([bodies.feed_row(*one) for one in ordered])
    await repository.publish(tx.connection, closed=replaced, shown=rows, feed=feed)


async def _finish(tx: Transaction, publication: Publication) -> None:
    """Hash what changed, give each list its revision, and tell."""
    if not publication.causes:
        return
    wanted = [
        repository.NewRevision(
            list_id=list_id,
            revision=publication.lists[list_id].next_revision,
            adjustment_id=publication.extents[list_id].adjustment_id,
            effective_at=publication.extents[list_id].effective_at(publication.lists[list_id], cause),
        )
        for list_id, cause in sorted(publication.causes.items(), key=lambda pair: pair[0])
    ]
    acts = making.acts(publication.lists, publication.extents, publication.causes)
    made = await repository.make_revisions(tx.connection, wanted, publication.buckets, acts)
    telemetry.crash_point("after-revisions")
    effective = {one.list_id: one for one in wanted}
    for one in sorted(made, key=lambda each: each.list_id):
        in_list, cause = publication.lists[one.list_id], publication.causes[one.list_id]
        tx.append(
            NewEvent(
                type="list.published",
                region_code=in_list.facts.region_code,
                list_kind=in_list.facts.kind,
                list_id=one.list_id,
                adjustment_id=effective[one.list_id].adjustment_id,
                cause_id=cause.id,
                effective_at=effective[one.list_id].effective_at,
                refs={
                    "revision": one.revision,
                    "hash": one.hash.hex(),
                    "entries": one.entries,
                    "publication": one.publication,
                },
            )
        )
    for told in making.told(acts, made, publication.lists):
        tx.append(told)


async def _name_edition(tx: Transaction, event: Event) -> None:
    """Pin the revision that stood then, else the present one, under the edition's name; a name is given once."""
    name = event.refs.get("edition")
    if event.list_id is None or not isinstance(name, str):
        raise problems.Invalid(f"事件 {event.id} 没有说明清单或版本名称。", code="event_without_edition")
    publication = await _publication(tx, [event.list_id])
    at = event.refs.get("in_force_at")
    stood = datetime.fromisoformat(at) if isinstance(at, str) else None
    revision = await repository.name_edition(tx.connection, event.list_id, name, stood)
    if revision is not None and event.list_id in publication.lists:
        row = bodies.list_feed_row("list.edition_named", publication.lists[event.list_id], Cause.of(event))
        await repository.publish(tx.connection, feed=publication.numbered([row | {"revision": revision}]))


async def _pass_on(tx: Transaction, event: Event) -> None:
    """Tell the feed of a list what is said of its publication; it names the revision that was published then."""
    if event.list_id is None:
        raise problems.Invalid(f"事件 {event.id} 没有说明清单。", code="event_without_list")
    publication = await _publication(tx, [event.list_id])
    if event.list_id in publication.lists:
        row = bodies.list_feed_row(event.type, publication.lists[event.list_id], Cause.of(event))
        told = publication.numbered([row | {"revision": int(event.refs["revision"])}])
        await repository.publish(tx.connection, feed=told)

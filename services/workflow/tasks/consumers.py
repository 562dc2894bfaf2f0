"""Reactions to drafts, findings, feedback, channels: a task for each that waits for a person, none for what is done."""

from __future__ import annotations

from collections.abc import Sequence

from services.workflow.tasks import repository, rules, service
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

TYPES = frozenset({*rules.OPENING, *rules.CLOSING})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Open and close the tasks that a batch of events speaks of.

    Opening looks at them as they are now, so a batch that opens and closes one leaves nothing.
    """
    drafts = rules.named(events, "draft.opened", "drafts")
    if drafts:
        opened = await repository.open_from_drafts(tx.connection, drafts, tx.now)
        service.tell(tx, "task.opened", "linkage_draft", [row.id for row in opened])
        await service.time_due(tx, opened)
    findings = rules.named(events, "finding.opened", "findings")
    if findings:
        found = await repository.open_from_findings(tx.connection, findings, tx.now)
        service.tell(tx, "task.opened", "finding", [row.id for row in found])
        await service.time_due(tx, found)
    feedback = rules.named(events, "feedback.received", "feedback")
    if feedback:
        waiting = await repository.open_from_feedback(tx.connection, feedback, tx.now)
        service.tell(tx, "task.opened", "feedback", [row.id for row in waiting])
        await service.time_due(tx, waiting)
    await _of_channels(tx, events)
    for type_ in rules.CLOSING:
        await _close(tx, events, type_)


async def _of_channels(tx: Transaction, events: Sequence[Event]) -> None:
    """A task for each copy that people have to post, and each channel they have to look into."""
    opening = (type_ for type_, key in rules.OPENING.items() if key == "channel_findings")
    ids = [id_ for type_ in opening for id_ in rules.named(events, type_, "channel_findings")]
    if ids:
        opened = await repository.open_from_channels(tx.connection, ids, tx.now)
        service.tell(tx, "task.opened", "channel", [row.id for row in opened])
        await service.time_due(tx, opened)


async def _close(tx: Transaction, events: Sequence[Event], type_: str) -> None:
    key, kind, state = rules.CLOSING[type_]
    ids = rules.named(events, type_, key)
    if not ids:
        return
    actors = {event.actor for event in events if event.type == type_ and event.actor}
    subjects = [f"{rules.SUBJECTS[kind]}/{id_}" for id_ in ids]
    actor = actors.pop() if len(actors) == 1 else tx.actor
    closed = await repository.close(tx.connection, kind, subjects, state=state, actor=actor, now=tx.now)
    service.tell_closed(tx, kind, closed)

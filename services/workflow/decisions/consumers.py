"""Reactions to the other services: a submission was checked, an adjustment was applied, is in conflict, is public."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.workflow.adjustments import repository as adjustments
from services.workflow.adjustments.rules import Act, State, next_state
from services.workflow.adjustments.service import event as adjustment_event
from services.workflow.decisions import repository
from services.workflow.minor import service as minor
from services.workflow.procedures import service as procedures
from services.workflow.tasks import service as tasks
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

TYPES = frozenset({"adjustment.validated", "adjustment.applied", "adjustment.conflicted", "adjustment.published"})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Move the adjustments a batch of events speaks of; each step set-based.

    Conflicts come before what was applied: the catalog tells of both in one transaction, and entries in conflict
    must not be noted as applied.
    """
    await _validated(tx, [event for event in events if event.type == "adjustment.validated"])
    await _conflicted(tx, [event for event in events if event.type == "adjustment.conflicted"])
    await _applied(tx, [event for event in events if event.type == "adjustment.applied"])
    await _published(tx, [event for event in events if event.type == "adjustment.published"])


async def _validated(tx: Transaction, events: Sequence[Event]) -> None:
    """To the principals when nothing blocks; back to the compilers otherwise. Answers to older submissions lapse."""
    answers = {
        (event.adjustment_id, int(event.refs["submission"])): int(event.refs["blocking"])
        for event in events
        if event.adjustment_id
    }
    if not answers:
        return
    waiting = await adjustments.lock_in_state(tx.connection, [id_ for id_, _ in answers if id_], State.CHECKING)
    answered = [each for each in waiting if (each.id, each.submission) in answers]
    passed = [each for each in answered if answers[each.id, each.submission] == 0 and not each.minor]
    await minor.take_effect(tx, [each for each in answered if answers[each.id, each.submission] == 0 and each.minor])
    refused = [each for each in answered if answers[each.id, each.submission] > 0]
    if passed:
        state = next_state(State.CHECKING, Act.ACCEPT_CHECK)
        await adjustments.save_state(tx.connection, [each.id for each in passed], state, now=tx.now)
        await procedures.begin(tx, passed)
    if refused:
        state = next_state(State.CHECKING, Act.REFUSE_CHECK)
        await adjustments.save_state(tx.connection, [each.id for each in refused], state, now=tx.now)
        await tasks.open_correction(tx, refused)
    for each in refused:
        refs = {"step": "check", "blocking": answers[each.id, each.submission], "submission": each.submission}
        tx.append(adjustment_event(each, "adjustment.returned", refs=refs))


async def _conflicted(tx: Transaction, events: Sequence[Event]) -> None:
    """What the catalog refused at effect: the three values, and a task for the decider."""
    at_effect = [event for event in events if event.adjustment_id and event.refs.get("at") != "decision"]
    ids = _adjustments_of(at_effect)
    if not ids:
        return
    found = [
        *await adjustments.lock_in_state(tx.connection, ids, State.DECIDED),
        *await adjustments.lock_in_state(tx.connection, ids, State.EFFECTIVE),
    ]
    known = {each.id for each in found}
    pairs = [
        (event.adjustment_id, item_id)
        for event in at_effect
        for item_id in event.item_ids
        if event.adjustment_id in known
    ]
    await repository.save_found_conflicts(tx.connection, [(id_, item_id) for id_, item_id in pairs if id_])
    await adjustments.save_state(tx.connection, list(known), State.CONFLICT, now=tx.now)
    reasons = {event.adjustment_id: event.reason for event in at_effect if event.adjustment_id and event.reason}
    await tasks.open_for_conflicts(tx, found, reasons)


async def _applied(tx: Transaction, events: Sequence[Event]) -> None:
    """Note what became of each change; in effect unless part of it is in conflict."""
    ids = _adjustments_of(events)
    if not ids:
        return
    await repository.save_outcomes(tx.connection, ids)
    partly = {event.adjustment_id for event in events if int(event.refs.get("conflicts", 0))}
    decided = await adjustments.lock_in_state(tx.connection, [id_ for id_ in ids if id_ not in partly], State.DECIDED)
    state = next_state(State.DECIDED, Act.APPLY)
    await adjustments.save_state(tx.connection, [each.id for each in decided], state, now=tx.now, applied_at=tx.now)
    await procedures.go_on(tx, decided)


async def _published(tx: Transaction, events: Sequence[Event]) -> None:
    """Every list shows what the adjustment changed: its publication step is done, and the filings begin.

    One that is in conflict meanwhile is published for all of it once the rest is decided.
    """
    lists = {event.adjustment_id: event.refs.get("lists", ()) for event in events if event.adjustment_id}
    if not lists:
        return
    found = await adjustments.save_published(tx.connection, [id_ for id_ in lists if id_], tx.now)
    if found:
        await procedures.note_publication(tx, [(each, lists[each.id]) for each in found])


def _adjustments_of(events: Sequence[Event]) -> list[UUID]:
    return list(dict.fromkeys(event.adjustment_id for event in events if event.adjustment_id))

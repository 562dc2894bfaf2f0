"""Feedback of the portal that complains is a complaint as well; its words and its answer stay where they were given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.workflow.complaints import repository, rules
from shared.identifiers import new_id
from shared.ledger.envelope import Event, NewEvent
from shared.ledger.transaction import Transaction

# A complaint that somebody has just made of feedback is looked at again: the feedback may have been answered meanwhile.
TYPES = frozenset({"feedback.received", "feedback.answered", "complaint.received"})


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Complaints for what a batch of feedback complains of, and the outcomes of their answers.

    Raises
    ------
    ValueError
        A reference is not a UUID: bad data, the event is parked.
    """
    received = [
        {"id": new_id(), "feedback_id": feedback, "subject": event.refs["subject"]}
        for event in events
        if event.type == "feedback.received" and event.refs.get("subject") in rules.OF_FEEDBACK
        for feedback in _feedback(event)
    ]
    if received:
        _tell(tx, "complaint.received", await repository.from_feedback(tx.connection, received))
    answered = [id_ for event in events if event.type == "feedback.answered" for id_ in _feedback(event)]
    made = [
        id_ for event in events
        if event.type == "complaint.received" and event.refs.get("source") == "portal"
        for id_ in _ids(event, "complaints")
    ]  # fmt: skip
    if answered or made:
        settled = await repository.settle(
            tx.connection, feedback=answered, complaints=made, outcomes=rules.FEEDBACK_OUTCOMES
        )
        _tell(tx, "complaint.answered", settled)


def _feedback(event: Event) -> list[UUID]:
    return _ids(event, "feedback")


def _ids(event: Event, key: str) -> list[UUID]:
    return [UUID(str(id_)) for id_ in event.refs.get(key, ())]


def _tell(tx: Transaction, type_: str, rows: Sequence[Any]) -> None:
    for row in rows:
        refs = {"complaints": [str(row.id)], "source": "portal"}
        tx.append(NewEvent(type=type_, region_code=row.region_code, refs=refs))

"""Which events speak of which obligations and reports: kept as they come, so that a figure can name its events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from services.workflow.standings import repository
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction

# Event -> where its references name what it is about: one id, or a list of them.
_NAMED = {
    "obligation.completed": "obligations",
    "obligation.submitted": "obligation",
    "obligation.filed": "obligation",
    "obligation.returned": "obligation",
    "obligation.waived": "obligation",
    "monthly_report.submitted": "report",
}
_OVERDUE = "clock.overdue"
_TIMED = ("obligation/", "report/")


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """Note what a batch of events is about.

    Raises
    ------
    KeyError, ValueError
        A reference is missing or no id: bad data, the event is parked.
    """
    named = [(subject, event) for event in events for subject in _subjects(event)]
    if named:
        await repository.note(tx.connection, named)


def _subjects(event: Event) -> Iterator[UUID]:
    if event.type == _OVERDUE:
        subject = str(event.refs["subject"])
        if subject.startswith(_TIMED):
            # Organs that organise an obligation have tasks of their own: `obligation/<id>/<organ>`.
            yield UUID(subject.split("/")[1])
        return
    given = event.refs[_NAMED[event.type]]
    for id_ in given if isinstance(given, list) else [given]:
        yield UUID(str(id_))


CONSUMERS = [
    Consumer(name="standings", service="workflow", types=frozenset({*_NAMED, _OVERDUE}), effect=follow, leisurely=True)
]

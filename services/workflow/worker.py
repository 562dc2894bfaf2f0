"""The worker of the workflow service: its consumers, and the tickers of effects, clocks, reports and messages."""

from __future__ import annotations

from collections.abc import Sequence

from services.workflow.claims import consumers as claims
from services.workflow.clocks import jobs as clocks
from services.workflow.complaints import consumers as complaints
from services.workflow.deadlines import consumers as deadlines
from services.workflow.deadlines.jobs import begin_months
from services.workflow.decisions import consumers as decisions
from services.workflow.decisions.jobs import announce_due
from services.workflow.disputes import consumers as disputes
from services.workflow.escalations import jobs as escalations
from services.workflow.handling import consumers as handling_records
from services.workflow.handling import jobs as handling
from services.workflow.messages import jobs as messages
from services.workflow.messages.consumers import MESSAGES
from services.workflow.obligations import consumers as obligations
from services.workflow.rectification import consumers as rectification
from services.workflow.related import consumers as related
from services.workflow.reports.jobs import begin_months as begin_reports
from services.workflow.standings import consumers as standings
from services.workflow.surveys import jobs as surveys
from services.workflow.tasks import consumers as tasks
from services.workflow.tasks.departures import jobs as departures
from services.workflow.tasks.subtasks.consumers import SUBTASKS
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.operations import OperationKind
from shared.ledger.transaction import Transaction
from shared.tick import Ticker
from shared.worker import Work, main

SERVICE = "workflow"


async def follow(tx: Transaction, events: Sequence[Event]) -> None:
    """The catalog's answers move adjustments; what it leaves for people, or a new list makes due, becomes tasks."""
    await decisions.follow(tx, [event for event in events if event.type in decisions.TYPES])
    await related.follow(tx, [event for event in events if event.type in related.TYPES])
    await tasks.follow(tx, [event for event in events if event.type in tasks.TYPES])
    await deadlines.follow(tx, [event for event in events if event.type in deadlines.TYPES])
    await claims.follow(tx, [event for event in events if event.type in claims.TYPES])
    await disputes.follow(tx, [event for event in events if event.type in disputes.TYPES])
    await complaints.follow(tx, [event for event in events if event.type in complaints.TYPES])
    await rectification.follow(tx, [event for event in events if event.type in rectification.TYPES])
    await handling_records.follow(tx, [event for event in events if event.type in handling_records.TYPES])


# An import leaves drafts by the thousand in one event: fifty events keep a transaction to some seconds.
TYPES = (
    decisions.TYPES | tasks.TYPES | deadlines.TYPES | claims.TYPES | complaints.TYPES | rectification.TYPES
    | handling_records.TYPES | disputes.TYPES
)  # fmt: skip
CONSUMERS = [
    Consumer(name="workflow", service=SERVICE, types=TYPES, effect=follow, batch=50),
    *obligations.CONSUMERS,
    *standings.CONSUMERS,
    SUBTASKS,
    MESSAGES,
]
# Half a second: an effect is never announced before its instant and hardly later.
TICKERS = [
    Ticker(name="effective_scheduler", service=SERVICE, every_seconds=0.5, tick=announce_due),
    # Warnings are counted in days; a clock that somebody has just extended should show it within seconds.
    Ticker(name="clock_ticker", service=SERVICE, every_seconds=2.0, tick=clocks.tick),
    Ticker(name="deadline_months", service=SERVICE, every_seconds=60.0, tick=begin_months),
    Ticker(name="report_months", service=SERVICE, every_seconds=60.0, tick=begin_reports),
    # The holidays of a year come with a new release: once after a start would do.
    Ticker(name="clock_announcements", service=SERVICE, every_seconds=3600.0, tick=clocks.follow_announcements),
    *surveys.TICKERS,
    *handling.TICKERS,
    *departures.TICKERS,
    *escalations.TICKERS,
    *messages.TICKERS,
]
OPERATIONS: list[OperationKind] = []

WORK = Work(
    service=SERVICE,
    module="services.workflow.worker",
    consumers=CONSUMERS,
    tickers=TICKERS,
    operations=OPERATIONS,
)

if __name__ == "__main__":
    main(WORK)

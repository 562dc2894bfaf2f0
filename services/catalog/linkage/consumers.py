"""Reactions of the linkage to events: the cascade, the compilation of lists, the validation of submissions."""

from __future__ import annotations

from collections.abc import Sequence

from services.catalog.linkage import cascade, compilation, rules, validation
from shared.ledger.consume import Consumer
from shared.ledger.envelope import Event
from shared.ledger.transaction import Transaction


async def _cascade(tx: Transaction, events: Sequence[Event]) -> None:
    for batch in rules.batches(events):
        if batch[0].type == "adjustment.effective":
            await cascade.apply_adjustments(tx, batch)
        elif batch[0].refs.get("list_state") != "compiling":
            await cascade.follow_drafts(tx, batch[0])


async def _compile(tx: Transaction, events: Sequence[Event]) -> None:
    for event in events:
        if event.type == "draft.accepted" and event.refs.get("list_state") != "compiling":
            continue
        await compilation.compile_event(tx, event)


async def _validate(tx: Transaction, events: Sequence[Event]) -> None:
    for event in events:
        await validation.validate_submission(tx, event)


# Decided changes first: nothing bulky shares this consumer, so a large import never delays a decision.
CASCADE = Consumer(
    name="cascade", service="catalog", types=frozenset({"adjustment.effective", "draft.accepted"}), effect=_cascade
)
COMPILE = Consumer(
    name="compile",
    service="catalog",
    types=frozenset({"item.imported", "draft.accepted", "list.created", *compilation.LINKED}),
    effect=_compile,
    batch=10,  # an event carries up to 2,000 entries
)
VALIDATION = Consumer(
    name="validation", service="catalog", types=frozenset({"adjustment.submitted"}), effect=_validate, batch=20
)
CONSUMERS = [CASCADE, COMPILE, VALIDATION]

"""`qingdan doctor`: what an operator needs to know at 3 a.m., from the database alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from shared import clock
from shared.ledger import diagnosis, partitions

# A consumer behind by more than this many positions for a healthy system means that nobody consumes.
LAG_ALARM = 1_000
OLD_TRANSACTION_SECONDS = 5
# Sealed each minute: this late, nobody seals.
UNSEALED_SECONDS = 300
# An endpoint that fails is tried at least this often: longer means that nobody sends, or that its owner must act.
UNDELIVERED_SECONDS = 12 * 3600
# Matched within a second: this late, nobody does it.
UNMATCHED_SECONDS = 120
# About five minutes of trying in vain.
BACKBONE_FAILURES = 20


@dataclass(frozen=True)
class Report:
    """The findings, ready to be printed; `healthy` decides the exit code."""

    head: int
    epoch: str
    consumers: list[dict[str, Any]]
    oldest_transaction: dict[str, Any] | None
    parked: list[dict[str, Any]]
    parked_items: int
    incomplete: list[dict[str, Any]]
    partitions: list[tuple[str, int]]
    operations: list[dict[str, Any]]
    unsealed: dict[str, Any]
    subscriptions: dict[str, Any]
    backbone: list[dict[str, Any]]
    templates: int
    problems: list[str]

    @property
    def healthy(self) -> bool:
        """True when nothing needs a hand."""
        return not self.problems


async def examine(connection: AsyncConnection, *, confined: bool = True) -> Report:
    """Look at the ledger, its readers and what waits; `confined` : this machine can cut templates off."""
    head, epoch = await diagnosis.head(connection)
    consumers = await diagnosis.consumers(connection, head)
    oldest = await diagnosis.oldest_transaction(connection)
    parked = await diagnosis.count_parked(connection)
    incomplete = await diagnosis.incomplete_adjustments(connection)
    unsealed = await diagnosis.unsealed(connection)
    subscriptions = await diagnosis.subscriptions(connection)
    backbone = await diagnosis.backbone(connection)
    templates = await diagnosis.templates(connection)
    absent = await partitions.missing(connection, clock.machine().astimezone(clock.ZONE).date())
    return Report(
        head=head,
        epoch=epoch,
        consumers=consumers,
        oldest_transaction=oldest,
        parked=await diagnosis.parked_items(connection) if parked else [],
        parked_items=parked,
        incomplete=incomplete,
        partitions=await partitions.overview(connection),
        operations=await diagnosis.open_operations(connection),
        unsealed=unsealed,
        subscriptions=subscriptions,
        backbone=backbone,
        templates=templates,
        problems=[
            *_of_consumers(consumers),
            *_of_transactions(oldest),
            *_of_work(parked, incomplete),
            *_of_partitions(absent),
            *_of_seals(unsealed),
            *_of_subscriptions(subscriptions),
            *of_backbone(backbone),
            *of_templates(templates, confined=confined),
        ],
    )


def _of_consumers(consumers: list[dict[str, Any]]) -> list[str]:
    found = [
        f"{c['name']} is stopped: {c['stopped_because']}. Remedy: fix the cause, then"
        f" `qingdan resume-consumer {c['name']}`."
        for c in consumers
        if c["state"] != "running"
    ]
    found += [
        f"{c['name']} is {c['lag']} positions behind. Remedy: look whether its worker runs (`<service>.worker`)."
        for c in consumers
        if c["state"] == "running" and c["lag"] > LAG_ALARM
    ]
    return found


def _of_transactions(oldest: dict[str, Any] | None) -> list[str]:
    if not oldest or oldest["seconds"] <= OLD_TRANSACTION_SECONDS:
        return []
    return [
        f"transaction of {oldest['application']} (pid {oldest['pid']}) has been open for {oldest['seconds']} s."
        f" Remedy: end it with `SELECT pg_terminate_backend({oldest['pid']})`."
    ]


def _of_work(parked: int, incomplete: list[dict[str, Any]]) -> list[str]:
    found = []
    if parked:
        found.append(f"{parked} items are parked. Remedy: see each cause; then `qingdan release CONSUMER ITEM`.")
    found += [
        f"adjustment {row['number']} has {row['failed']} failed entries in its cascade ledger. Remedy: read the causes"
        " in its ledger (`GET /catalog/v1/cascades/<adjustment>`), correct them by an adjustment, then run a check."
        for row in incomplete
        if row["failed"]
    ]
    return found


def _of_partitions(absent: list[str]) -> list[str]:
    if not absent:
        return []
    return [f"partitions {', '.join(absent)} are missing. Remedy: start a worker, or run `qingdan migrate`."]


def _of_seals(unsealed: dict[str, Any]) -> list[str]:
    if unsealed["seconds"] <= UNSEALED_SECONDS:
        return []
    return [
        f"{unsealed['events']} events are not sealed, the oldest for {unsealed['seconds']} s. Remedy: look whether the"
        " worker of publish runs and has `seal.private.pem` among its secrets."
    ]


def _of_subscriptions(found: dict[str, Any]) -> list[str]:
    problems = []
    if found["stopped"]:
        problems.append(
            f"{found['stopped']} subscriptions are disabled or need a resync. Remedy: see `state_reason` in"
            " `GET /publish/v1/subscriptions`, tell their owners, then `POST .../resume`."
        )
    if found["unmatched"] > UNMATCHED_SECONDS:
        problems.append(
            f"what was published {found['unmatched']} s ago has no number for subscribers yet. Remedy: look whether the"
            " child `senders` of the worker of publish runs, and for `round will be tried again` in its log."
        )
    if found["seconds"] > UNDELIVERED_SECONDS:
        problems.append(
            f"the oldest delivery has waited for {found['seconds']} s. Remedy: look whether the child `senders` of the"
            " worker of publish runs, and what `GET /publish/v1/subscriptions/<id>/attempts` says."
        )
    return problems


def of_backbone(streams: list[dict[str, Any]]) -> list[str]:
    """What is wrong with streams of the message backbone."""
    found = [
        f"stream {row['stream']} of the backbone could not be written {row['failures']} times in a row:"
        f" {row['last_error']}. Remedy: see docs/backbone.md; what is to be written waits, {row['lag']} entries so far."
        for row in streams
        if row["failures"] > BACKBONE_FAILURES
    ]
    found += [
        f"stream {row['stream']} of the backbone: {problem}. Remedy: change the stream, or the settings QINGDAN_NATS_*."
        for row in streams
        for problem in row["problems"]
    ]
    return found


def of_templates(templates: int, *, confined: bool) -> list[str]:
    """Templates of administrations in use on a machine that cannot cut them off."""
    if confined or not templates:
        return []
    return [
        f"{templates} templates of administrations are in use, and this machine cannot cut them off from the network"
        " (no seccomp filter). Remedy: run publish on Linux with seccomp (docs/operations.md, Security);"
        " QINGDAN_TEMPLATES_CONFINED=true prints the shipped form in their place until then."
    ]

"""Logs, metrics and the crash points that fault tests name."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "qingdan_request_seconds",
    "Time to answer a request",
    ["service", "method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
CONSUMED = Counter("qingdan_events_consumed_total", "Events a consumer has taken", ["consumer"])
PARKED = Counter("qingdan_events_parked_total", "Items a consumer has parked", ["consumer"])
RETRIES = Counter("qingdan_consumer_retries_total", "Batches tried again after a passing error", ["consumer"])
POSITION = Gauge("qingdan_consumer_position", "Last position a consumer has handled", ["consumer"])
LAG = Gauge("qingdan_consumer_lag", "Positions a consumer is behind the head of the log", ["consumer"])
ATTEMPTS = Counter("qingdan_webhook_attempts_total", "Attempts to deliver an event to a subscriber", ["outcome"])
RECEIPT = Histogram(
    "qingdan_webhook_receipt_seconds",
    "From the publication of a change to its acknowledgement by a subscriber",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 15, 60, 600, 3600, 86400),
)
SUBSCRIPTIONS = Gauge("qingdan_subscriptions", "Subscriptions by state", ["state"])
UNDELIVERED = Gauge("qingdan_webhook_undelivered", "Numbered events that are not acknowledged yet", ["state"])
OLDEST = Gauge("qingdan_webhook_oldest_undelivered_seconds", "Age of the oldest of them", ["state"])
UNMATCHED = Gauge(
    "qingdan_subscription_unmatched_seconds",
    "Age of the first entry of the feed not numbered for a subscription that could take it",
)
# Read from the database by each worker for its own service (`shared/ledger/vitals.py`): what alarms watch.
STOPPED = Gauge("qingdan_consumer_stopped", "1 when a consumer is stopped and waits for an operator", ["consumer"])
BEHIND = Gauge("qingdan_consumer_behind", "Positions between a consumer's stored position and the head", ["consumer"])
DELAY = Gauge("qingdan_consumer_delay_seconds", "Age of the first event a consumer has not handled", ["consumer"])
HELD = Gauge("qingdan_parked_items", "Items a consumer holds back until an operator releases them", ["consumer"])
OPERATION_WAITING = Gauge("qingdan_operation_waiting_seconds", "Age of the oldest operation in the queue", ["service"])
OPERATION_SILENT = Gauge("qingdan_operation_silent_seconds", "Longest silence of a running operation", ["service"])
TRANSACTION_OPEN = Gauge("qingdan_transaction_open_seconds", "Age of a service's oldest open transaction", ["service"])
UNSEALED = Gauge("qingdan_unsealed_seconds", "Age of the oldest event that no seal covers")
PARTITIONS_MISSING = Gauge("qingdan_partitions_missing", "Partitions that will soon be needed and are not there")
ADJUSTMENTS_FAILED = Gauge("qingdan_adjustments_failed", "Adjustments with failed entries in their cascade ledger")
ADJUSTMENTS_IN_CONFLICT = Gauge("qingdan_adjustments_in_conflict", "Adjustments that wait for a decider's choice")
MESSAGES = Counter("qingdan_messages_total", "Attempts to send messages to people", ["channel", "outcome"])
MESSAGE_OLDEST = Gauge(
    "qingdan_message_oldest_waiting_seconds", "Age of the oldest message that waits for a way out", ["channel"]
)
TICKED = Gauge("qingdan_ticker_last_success_seconds", "When a ticker last succeeded, since 1970", ["ticker"])
TICKS_FAILED = Counter("qingdan_ticker_failures_total", "Ticks that ended in an error", ["ticker"])
TICKER_FAILING = Gauge("qingdan_ticker_failing", "1 when the last tick of a ticker ended in an error", ["ticker"])

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


def known_method(method: str) -> str:
    """The method, or `other`: what a client invents must not become a time series of its own."""
    return method if method in _METHODS else "other"


def configure(service: str, level: str = "INFO") -> None:
    """Log JSON lines to stderr; values named like secrets never appear."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_secrets,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)


def get_logger(name: str) -> Any:
    """Logger of a module."""
    return structlog.get_logger(module=name)


def crash_point(name: str) -> None:
    """Die here, as if the machine had, when a fault test asks for it.

    QINGDAN_CRASH_POINT holds `name` or `name:n` (the n-th passage, counted from 1).
    """
    wanted = os.environ.get("QINGDAN_CRASH_POINT")
    if not wanted:
        return
    point, _, passage = wanted.partition(":")
    if point != name:
        return
    _passages[name] = _passages.get(name, 0) + 1
    if _passages[name] >= int(passage or 1):
        os.kill(os.getpid(), signal.SIGKILL)


_passages: dict[str, int] = {}
_SECRET = ("password", "secret", "token", "authorization")


def _without_secrets(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    return {key: "***" if any(word in key.lower() for word in _SECRET) else value for key, value in entry.items()}

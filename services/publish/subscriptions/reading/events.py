"""The events of a subscription as CloudEvents, built from what may be seen when they are sent or read. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from services.publish.portal import cloud_events
from services.publish.subscriptions import registry

ADDRESS = "/publish/v1/subscriptions/"


def of_entry(row: cloud_events.Row, sequence: int) -> bytes:
    """A change of the feed under a number of the subscription."""
    return cloud_events.event(row, sequence)


def of_notice(row: Any) -> bytes:
    """A notice of the subscription itself."""
    return _event(row.subscription_id, row.id, row.type, row.recorded_at, orjson.Fragment(row.data), row.sequence)


def test(subscription_id: UUID, attempt_id: UUID, at: datetime) -> bytes:
    """A test, outside of the sequence."""
    return _event(subscription_id, attempt_id, registry.TEST, at, {"at": at.isoformat()}, None)


def _event(
    subscription_id: UUID, event_id: UUID, name: str, at: datetime, data: object, sequence: int | None
) -> bytes:  # fmt: skip
    told: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"{ADDRESS}{subscription_id}",
        "type": registry.outward(name),
        "subject": f"subscription/{subscription_id}",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": data,
    }
    if sequence is not None:
        told["sequence"] = f"{sequence:020d}"
    return orjson.dumps(told)

"""Events as they are read and received: CloudEvents 1.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """A change of what is published.

    Attributes
    ----------
    id : the same on every repetition: drop what you have seen.
    subject : `<list kind>/<item id>`; events of one subject come in order.
    sequence : number in the subscription or in the feed; None: a test.
    data : the visible state; None where the entry is not public any more.
    """

    id: str
    type: str
    source: str
    subject: str | None
    time: datetime
    sequence: int | None
    data: Mapping[str, Any] | None

    @property
    def is_withdrawal(self) -> bool:
        """Whether what you hold of the subject is to be deleted."""
        return self.type == "cn.qingdan.item.withdrawn.v1"

    @property
    def version(self) -> int | None:
        """Of the entry: drop what is older than what you hold."""
        return None if self.data is None or "version" not in self.data else int(self.data["version"])


def event_of(told: Mapping[str, Any]) -> Event:
    """An event from its JSON.

    Raises
    ------
    ValueError
        It is no CloudEvent 1.0 of ours.
    """
    try:
        if told["specversion"] != "1.0":
            raise ValueError("not a CloudEvent 1.0")
        number = told.get("sequence")
        return Event(
            id=str(told["id"]),
            type=str(told["type"]),
            source=str(told["source"]),
            subject=told.get("subject"),
            time=datetime.fromisoformat(told["time"]),
            sequence=None if number is None else int(number),
            data=told.get("data"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a CloudEvent of Qingdan") from error

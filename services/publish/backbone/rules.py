"""What is written to the backbone's stream, where to begin, and how the stream must be set up. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import orjson

from services.publish.portal import cloud_events
from services.publish.subscriptions import registry

# Say in each message what it is in our feed: what the last one says is where to go on.
SEQUENCE, EPOCH = "Qingdan-Sequence", "Qingdan-Epoch"
MEDIA_TYPE = "application/cloudevents+json"
# Headers and subject count towards the server's largest message as well.
FOR_HEADERS = 4_096
LISTS = "/publish/v1/lists"
FEED = "/publish/v1/feed"
# A resync tells about the stream, not about an item: no region has this name.
CONTROL = "control"
# Separates what ids are made of from everybody else's.
_OURS = UUID("5d3d2f0e-6d3c-5b55-9a0e-6b1f3d8f6a11")
_TOKEN = re.compile(r"[^0-9A-Za-z_-]")

BACK_OFF_FIRST, BACK_OFF_MOST = 0.2, 30.0


@dataclass(frozen=True)
class Message:
    """What is written to the stream.

    Attributes
    ----------
    sequence : of the feed.
    purges : subjects (with wildcards) of which nothing older than this message may stay.
    """

    sequence: int
    subject: str
    headers: Mapping[str, str]
    body: bytes
    purges: str | None = None


@dataclass(frozen=True)
class Known:
    """What our database knows of the stream.

    Attributes
    ----------
    epoch, log_epoch : of the log when the position was kept, and now; they differ after a restore.
    begun_epoch : of the log when the stream was begun.
    position : last feed sequence that was written and committed.
    """

    position: int
    epoch: UUID
    begun_epoch: UUID
    log_epoch: UUID


@dataclass(frozen=True)
class Mark:
    """What the last message of the stream says of our feed."""

    epoch: UUID
    sequence: int


@dataclass(frozen=True)
class Start:
    """Where to go on.

    Attributes
    ----------
    position : last feed sequence the stream holds.
    begun_epoch : of the log when the stream was begun.
    voided : the epoch whose messages after `position` no longer hold, when the readers must be told.
    """

    position: int
    begun_epoch: UUID
    voided: UUID | None = None


def start(known: Known, last: int, mark: Mark | None) -> Start:
    """Where to go on; the stream itself decides, since it may have got what we did not live to commit, or lost what
    it had acknowledged.

    Parameters
    ----------
    last : number of the stream's last message; 0 for a stream that never had one.
    mark : None when that message cannot be read any more, or is not ours.
    """
    if last == 0:
        return Start(0, known.log_epoch)
    written = mark or Mark(known.epoch, known.position)
    if written.epoch == known.log_epoch:
        return Start(written.sequence, known.begun_epoch)
    # The log was restored to an earlier point. The position came with the copy, so up to it both agree.
    begun = known.begun_epoch if known.begun_epoch != known.log_epoch else written.epoch
    return Start(min(known.position, written.sequence), begun, voided=written.epoch)


def mark_of(headers: Mapping[str, str] | None) -> Mark | None:
    """What a message says of our feed; None when it is none of ours."""
    try:
        return Mark(UUID((headers or {})[EPOCH]), int((headers or {})[SEQUENCE]))
    except (KeyError, ValueError):
        return None


def subject_of(prefix: str, region: str, kind: str, about: object) -> str:
    """`<prefix>.<region>.<kind of list>.<item or list id>`; what a token cannot hold becomes `_`."""
    return ".".join((prefix, _TOKEN.sub("_", region) or "_", _TOKEN.sub("_", kind) or "_", str(about)))


def message(
    row: cloud_events.Row, *, prefix: str, known: Known, largest: int, purged: Collection[UUID] = frozenset()
) -> Message:
    """An entry of the feed, as what may be seen of it now.

    Parameters
    ----------
    largest : bytes the server takes.
    purged : lists of which something was taken out of earlier revisions.
    """
    about = row["item_id"] or row["list_id"]
    sequence = int(row["sequence"])
    # After a restore the server may still remember an id of the lost time that was given again.
    suffix = "" if known.log_epoch == known.begun_epoch else f".{known.log_epoch}"
    headers = _headers(f"{row['id']}{suffix}", sequence, known.log_epoch)
    return Message(
        sequence,
        subject_of(prefix, row["region_code"], row["list_kind"], about),
        headers,
        _within(cloud_events.event(row), row, largest - FOR_HEADERS),
        f"{prefix}.*.*.{about}" if _withdraws(row, purged) else None,
    )


def resync(prefix: str, found: Start, known: Known, at: datetime) -> Message:
    """Tells readers that the log was restored: what they have after `found.position` is void and comes anew."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(uuid5(_OURS, f"{found.voided}/{known.log_epoch}")),
        "source": FEED,
        "type": registry.outward(registry.RESYNC),
        "subject": "feed",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "reason": "restored",
            "last_valid_sequence": found.position,
            "epoch": str(known.log_epoch),
            "previous_epoch": str(found.voided),
            "lists": LISTS,
        },
    }
    headers = _headers(event["id"], found.position, known.log_epoch)
    return Message(found.position, f"{prefix}.{CONTROL}.feed.resync", headers, orjson.dumps(event))


def _headers(message_id: str, sequence: int, epoch: UUID) -> dict[str, str]:
    return {"Nats-Msg-Id": message_id, "Content-Type": MEDIA_TYPE, SEQUENCE: str(sequence), EPOCH: str(epoch)}


def _within(event: bytes, row: cloud_events.Row, largest: int) -> bytes:
    """The event; one the server would refuse says where its content is read (CloudEvents extension `dataref`)."""
    if len(event) <= largest:
        return event
    bare = {key: value for key, value in orjson.loads(event).items() if key != "data"}
    place = f"/publish/v1/items/{row['item_id']}" if row["item_id"] else f"{LISTS}/{row['list_id']}"
    return orjson.dumps(bare | {"dataref": place})


def _withdraws(row: cloud_events.Row, purged: Collection[UUID]) -> bool:
    """Whether what the stream holds of the entry may no longer be read: it was withdrawn, or an element of it was."""
    if row["item_id"] is None:
        return False
    if row["body"] is None:
        return True
    if row["list_id"] not in purged:
        return False
    shown = orjson.loads(row["body"])["elements"]
    return any(name not in shown for name in row["changed"])


@dataclass(frozen=True)
class Wanted:
    """How the stream must be set up."""

    name: str
    prefix: str
    replicas: int
    storage: str
    duplicate_seconds: float

    @property
    def subjects(self) -> list[str]:
        """What the stream listens to."""
        return [f"{self.prefix}.>"]


@dataclass(frozen=True)
class Found:
    """How a stream is set up."""

    subjects: Sequence[str]
    replicas: int
    storage: str
    duplicate_seconds: float
    retention: str = "limits"
    discard: str = "old"
    deny_purge: bool = False
    flags: Mapping[str, bool] = field(default_factory=dict)


def problems(wanted: Wanted, found: Found) -> list[str]:
    """What of a stream is not as the settings say, in words for an operator; nothing of it is changed by us."""
    told = []
    if list(found.subjects) != wanted.subjects:
        told.append(f"it listens to {', '.join(found.subjects) or 'nothing'} and not to {wanted.subjects[0]} alone")
    if found.replicas != wanted.replicas:
        told.append(f"it has {found.replicas} replicas and not {wanted.replicas}")
    if found.storage != wanted.storage:
        told.append(f"it is kept in {found.storage} and not in {wanted.storage}")
    if found.duplicate_seconds < wanted.duplicate_seconds:
        told.append(f"its duplicate window is {found.duplicate_seconds:g} s and not {wanted.duplicate_seconds:g} s")
    if found.retention != "limits":
        told.append(f"its retention is {found.retention}: what one reader has read is gone for the others")
    if found.deny_purge:
        told.append("it cannot be purged: nothing is written behind the first content that is withdrawn")
    told += [f"it is {name}" for name, is_so in found.flags.items() if is_so]
    return told


def back_off(failures: int, spread: float) -> float:
    """Seconds to wait after so many failures in a row; `spread` between 0.5 and 1."""
    return float(min(BACK_OFF_FIRST * 2 ** min(failures - 1, 12), BACK_OFF_MOST) * spread)

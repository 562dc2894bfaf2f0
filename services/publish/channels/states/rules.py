"""Whether a channel shows what it is to show, when to look again, and what people have to be told. Pure.

due          within its window, not there yet
current      shows the revision with the list's hash, and byte for byte the copy that was made
late         not there, and the window is over
differs      says it shows the revision and does not, or no longer shows what it showed (V21)
unreachable  what it shows could not be read
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.publish.channels.copies.marker import Marker

STATES = ("due", "current", "late", "differs", "unreachable")
# While a revision is due somebody measures how fast it arrives; later on a broken channel is not worth more.
_FIRST, _MOST_DUE, _MOST = 1.0, 30.0, 300.0
# Looks in a row that found nothing: whoever takes a page away must not be safer than whoever changes it.
UNREACHABLE_LOOKS = 5
# A day for people to look into it. A figure of ours.
LOOK_INTO = timedelta(days=1)


class Due(Protocol):
    """What is known of a channel and a list."""

    list_id: UUID
    due_revision: int
    due_hash: bytes
    digest: bytes | None
    until: datetime
    switched_at: datetime | None


@dataclass(frozen=True)
class Sight:
    """What was found at a channel; an error in its place when nothing could be read."""

    marker: Marker | None = None
    digest: bytes | None = None
    error: str | None = None


def judge(due: Due, sight: Sight, now: datetime, *, whole: bool) -> str:
    """The state a look leads to.

    Parameters
    ----------
    whole : the channel shows the copy as it is; else only its page's mark is compared.
    """
    overdue = due.switched_at is None and now > due.until
    if sight.error is not None:
        return "late" if overdue else "unreachable"
    if whole and sight.digest is not None and sight.digest == due.digest:
        return "current"  # the mark is in it, also where no program reads it, as in a PDF
    mark = sight.marker
    if mark is not None and mark.list_id == due.list_id and mark.revision == due.due_revision:
        same = mark.hash == due.due_hash.hex() and (not whole or sight.digest == due.digest)
        return "current" if same else "differs"
    if due.switched_at is not None:
        return "differs"
    return "late" if overdue else "due"


def matter_of(state: str, failures: int) -> str | None:
    """What people have to look into: lagging, differs, or nothing."""
    if state == "late" or (state == "unreachable" and failures >= UNREACHABLE_LOOKS):
        return "lagging"
    return "differs" if state == "differs" else None


def look_in(state: str, failures: int, *, spread: float, rest: float) -> float:
    """Seconds until the next look.

    Parameters
    ----------
    spread : a random factor from 0.5 to 1, so that many channels are not looked at in step.
    rest : how long what is level is left alone.
    """
    if state == "current":
        return rest * spread
    most = _MOST_DUE if state == "due" else _MOST
    return min(_FIRST * 2.0 ** min(max(failures - 1, 0), 20), most) * spread

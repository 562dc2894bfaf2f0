"""What of a subscription is sent next: in parallel over items, strictly in order within one. Pure.

The clock is given as seconds on any scale that only rises.
"""

from __future__ import annotations

import heapq
from bisect import insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class Outstanding:
    """A delivery that was not acknowledged yet.

    Attributes
    ----------
    feed_sequence : the entry of the feed; 0: a notice of the subscription itself.
    key : what the order is kept for.
    due : not to be sent before.
    queued_at : when it was put into the window, or asked for again last; None: by whoever does not save.
    """

    sequence: int
    feed_sequence: int
    key: UUID
    attempts: int = 0
    due: float = 0.0
    queued_at: datetime | None = None


class Window:
    """The outstanding deliveries of one subscription, and how its endpoint behaves.

    Of each item only the oldest may be on its way. A notice holds back everything behind it until it has arrived: after
    a restore the numbers behind it are used a second time, and the receiver must know that first.

    Attributes
    ----------
    failures : of the endpoint in a row; with any, one probe at a time is sent, from `opens_at` on.
    faults : answers in a row that may be the endpoint's fault, or one event's.
    """

    def __init__(self, failures: int = 0, opens_at: float = 0.0) -> None:
        self.failures = failures
        self.faults = 0
        self.opens_at = opens_at
        self.sent: dict[int, Outstanding] = {}
        self._known: set[int] = set()
        # Most items have one delivery outstanding: a queue of its own, 800 bytes, is for those with more.
        self._oldest: dict[UUID, Outstanding] = {}
        self._behind: dict[UUID, deque[Outstanding]] = {}
        self._busy: set[UUID] = set()
        self._heads: list[tuple[float, int, UUID]] = []
        self._held: list[tuple[float, int, UUID]] = []
        self._notices: list[int] = []

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, sequence: object) -> bool:
        return sequence in self._known

    @property
    def idle_items(self) -> int:
        """Items with something outstanding of which nothing is on its way."""
        return len(self._oldest) - len(self._busy)

    def add(self, deliveries: Iterable[Outstanding]) -> None:
        """Take in deliveries that are not known yet, in order of their sequence."""
        for one in deliveries:
            if one.sequence in self._known:
                continue
            self._known.add(one.sequence)
            if not one.feed_sequence:
                insort(self._notices, one.sequence)
            if self._join(one) and one.key not in self._busy:
                heapq.heappush(self._heads, (one.due, one.sequence, one.key))

    def _join(self, one: Outstanding) -> bool:
        """Put a delivery among those of its item; True when it is the oldest of them."""
        oldest = self._oldest.setdefault(one.key, one)
        if oldest is one:
            return True
        behind = self._behind.setdefault(one.key, deque())
        if one.sequence < oldest.sequence:  # sent again on request, as in the next case
            self._oldest[one.key] = one
            behind.appendleft(oldest)
            return True
        behind.append(one)
        if len(behind) > 1 and behind[-2].sequence > one.sequence:
            self._behind[one.key] = deque(sorted(behind, key=lambda each: each.sequence))
        return False

    def take(self, now: float) -> Outstanding | None:
        """The next delivery to send, which is then on its way; None when nothing may be sent now."""
        if self.failures:
            return None if self.sent or now < self.opens_at else self._probe(now)
        while self._heads and self._heads[0][0] <= now:
            head = heapq.heappop(self._heads)
            if not self._is_head(head):
                continue
            if self._notices and head[1] > self._notices[0]:
                self._held.append(head)
                continue
            return self._send(head[2])
        return None

    def next_at(self) -> float | None:
        """When something may be sent that may not be sent now; None when only an answer can change that."""
        if self.failures:
            heads = [] if self.sent else self._probes()
            return max(self.opens_at, min(heads)[0]) if heads else None
        return self._heads[0][0] if self._heads else None

    def delivered(self, sequence: int) -> None:
        """It was acknowledged: the next of its item may be sent, and the endpoint is well."""
        one = self.sent.pop(sequence)
        self._known.discard(sequence)
        self.failures = self.faults = 0
        self._leave(one)
        self._free(one.key)
        if not one.feed_sequence:
            self._notices.remove(sequence)
            held, self._held = self._held, []
            for head in held:
                heapq.heappush(self._heads, head)

    def failed(self, sequence: int, due: float) -> None:
        """It was not acknowledged: not before `due` again."""
        self.sent[sequence].attempts += 1
        self.put_back(sequence, due)

    def put_back(self, sequence: int, due: float) -> None:
        """It was not sent after all: not before `due`."""
        one = self.sent.pop(sequence)
        one.due = due
        self._free(one.key)

    def close(self, failures: int, until: float) -> None:
        """The endpoint as such fails: nothing before `until`, then one probe at a time."""
        self.failures, self.opens_at = failures, until

    def _probe(self, now: float) -> Outstanding | None:
        """The delivery tried least often: one event that an endpoint cannot digest must not hide that it is well."""
        heads = [head for head in self._probes() if head[0] <= now]
        if not heads:
            return None
        chosen = min(heads, key=lambda head: (self._oldest[head[2]].attempts, head[1]))
        return self._send(chosen[2])

    def _probes(self) -> list[tuple[float, int, UUID]]:
        """All that could be sent, were it due and the endpoint open."""
        last = self._notices[0] if self._notices else None
        heads = {head for head in (*self._heads, *self._held) if self._is_head(head)}
        return [head for head in heads if last is None or head[1] <= last]

    def _send(self, key: UUID) -> Outstanding:
        one = self._oldest[key]
        self._busy.add(key)
        self.sent[one.sequence] = one
        return one

    def _is_head(self, head: tuple[float, int, UUID]) -> bool:
        """Heads that were overtaken stay in the heap until they are met."""
        due, sequence, key = head
        oldest = self._oldest.get(key)
        if oldest is None or key in self._busy:
            return False
        return (oldest.due, oldest.sequence) == (due, sequence)

    def _leave(self, one: Outstanding) -> None:
        """Take a delivery from among those of its item."""
        behind = self._behind.get(one.key)
        if self._oldest[one.key] is not one:
            self._behind[one.key].remove(one)
        elif behind:
            self._oldest[one.key] = behind.popleft()
        else:
            del self._oldest[one.key]
        if behind is not None and not behind:
            del self._behind[one.key]

    def _free(self, key: UUID) -> None:
        self._busy.discard(key)
        oldest = self._oldest.get(key)
        if oldest is not None:
            heapq.heappush(self._heads, (oldest.due, oldest.sequence, key))

"""Pages that were put together a moment ago, kept while the list they show stands as it did."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

Key = tuple[UUID, bytes]
# Some 250 pages of 50 lines: the first ones of the lists people read, in every process of the API.
MOST_BYTES = 4 << 20
# One page of 200 long lines shall not drive out all others.
LARGEST = MOST_BYTES // 16


class KeptPages:
    """Bodies by list and tag, those asked for longest ago given up first.

    A tag names the list's present state and the query, so a page under it is right for as long as it is asked for: one
    of a state that is over is never found again. The same holds the 304 that a reader with that tag is given.
    """

    def __init__(self, most: int = MOST_BYTES, largest: int = LARGEST) -> None:
        self._most, self._largest = most, largest
        self._bodies: OrderedDict[Key, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, key: Key) -> bytes | None:
        """The page, if it was kept."""
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def keep(self, key: Key, body: bytes) -> None:
        """Keep a page, unless it is too large."""
        if len(body) > self._largest:
            return
        self._bytes += len(body) - len(self._bodies.pop(key, b""))
        self._bodies[key] = body
        while self._bytes > self._most:
            self._bytes -= len(self._bodies.popitem(last=False)[1])

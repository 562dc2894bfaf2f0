"""Copies that were just made, kept in memory within a bound: what many ask for is made once.

A key says everything a copy is made of, with how much has been withdrawn from the list's revisions so far: what becomes
secret leaves this memory with the next question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

# Of one process; a list of 500 entries has copies of 0.1 to 1 MB.
MOST_BYTES = 32 * 1024 * 1024


class Kept:
    """The copies asked for last."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._size = 0
        self._copies: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        """A copy, if it is still kept."""
        content = self._copies.get(key)
        if content is not None:
            self._copies.move_to_end(key)
        return content

    def put(self, key: Hashable, content: bytes) -> None:
        """Keep a copy; those asked for longest ago go. One larger than a quarter of the bound is not kept."""
        if len(content) * 4 > self._most or key in self._copies:
            return
        self._copies[key] = content
        self._size += len(content)
        while self._size > self._most:
            _, gone = self._copies.popitem(last=False)
            self._size -= len(gone)

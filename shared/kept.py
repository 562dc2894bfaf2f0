"""Answers that were just made, kept in memory within a bound: what many ask for is made once.

A key says everything an answer is made of, and in what state: what becomes secret or changes is asked for under another
key, so it leaves this memory with the next question.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class Kept:
    """The answers asked for last; `most` bytes of them, in one process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._answers: OrderedDict[Hashable, bytes] = OrderedDict()

    def get(self, key: Hashable) -> bytes | None:
        """An answer, if it is still kept."""
        content = self._answers.get(key)
        if content is not None:
            self._answers.move_to_end(key)
        return content

    def put(self, key: Hashable, content: bytes) -> None:
        """Keep an answer; those asked for longest ago go. One larger than a quarter of the bound is not kept."""
        if len(content) * 4 > self._most or key in self._answers:
            return
        self._answers[key] = content
        self._size += len(content)
        while self._size > self._most:
            _, gone = self._answers.popitem(last=False)
            self._size -= len(gone)

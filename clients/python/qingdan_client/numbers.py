"""Which numbers of a subscription have come, and which are missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable


class Numbers:
    """Keep this beside what you received: it is two values, `complete_up_to` and `beyond`.

    Across items events come in parallel, so a number that is missing for a moment is none to worry about; one that is
    missing for long can be asked for again (`Subscriptions.fill_gaps`).

    Attributes
    ----------
    complete_up_to : everything from 1 to this number has come.
    beyond : what has come behind the first missing number.
    """

    def __init__(self, complete_up_to: int = 0, beyond: Iterable[int] = ()) -> None:
        self.complete_up_to = complete_up_to
        self.beyond: set[int] = set()
        for number in beyond:
            self.note(number)

    def note(self, number: int) -> bool:
        """A number has come; False when it had come before."""
        if number <= self.complete_up_to or number in self.beyond:
            return False
        self.beyond.add(number)
        while self.complete_up_to + 1 in self.beyond:
            self.complete_up_to += 1
            self.beyond.remove(self.complete_up_to)
        return True

    def forget_after(self, number: int) -> None:
        """Numbers behind this one are void: a `resync` event says so after a restore of the sender's database."""
        self.complete_up_to = min(self.complete_up_to, number)
        self.beyond = {one for one in self.beyond if one <= number}

    def missing(self) -> list[tuple[int, int]]:
        """What is missing before the last number that has come: ranges, both ends included."""
        found, at = [], self.complete_up_to + 1
        for number in sorted(self.beyond):
            if number > at:
                found.append((at, number - 1))
            at = number + 1
        return found

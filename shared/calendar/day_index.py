"""Counting working days in constant time: the n-th working day, and how many there are up to a day."""

from array import array
from collections.abc import Mapping
from datetime import date

_SATURDAY = 5


class DayIndex:
    """All working days between two days, by ordinal (``date.toordinal``). Immutable after construction.

    Parameters
    ----------
    first, last : the days covered, both included.
    exceptions : days that differ from the five-day week: day -> is it a working day.
    """

    def __init__(self, first: date, last: date, exceptions: Mapping[date, bool]) -> None:
        self.first = first.toordinal()
        self.last = last.toordinal()
        self._working = array("l")
        self._until = array("l")
        working = {day.toordinal(): is_working for day, is_working in exceptions.items()}
        for ordinal in range(self.first, self.last + 1):
            # Ordinal 1 was a Monday, so (ordinal - 1) % 7 is the weekday counted from Monday = 0.
            if working.get(ordinal, (ordinal - 1) % 7 < _SATURDAY):
                self._working.append(ordinal)
            self._until.append(len(self._working))

    def count_until(self, ordinal: int) -> int:
        """Working days from the first covered day to `ordinal`, included. Raises IndexError outside the index."""
        if not self.first - 1 <= ordinal <= self.last:
            raise IndexError(ordinal)
        return self._until[ordinal - self.first] if ordinal >= self.first else 0

    def working_day(self, number: int) -> int:
        """The ordinal of the `number`-th covered working day, counted from 1. Raises IndexError outside the index."""
        if number < 1:
            raise IndexError(number)
        return self._working[number - 1]

    def is_working(self, ordinal: int) -> bool:
        """Whether `ordinal` is a working day. Raises IndexError outside the index."""
        return self.count_until(ordinal) > self.count_until(ordinal - 1)

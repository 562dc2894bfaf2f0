"""Working-day equivalents of all usual time limits, so that limits in different units are compared in one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from operator import sub
from statistics import median

from shared.calendar.working_days import Unit, national

# Longest limit that is compared in a query; no law gives a permit more days.
MOST_DAYS = 1_000


# Amounts whose equivalents tell whether the table was filled with the calendar of today.
SAMPLES = (0, 91, 365, 730, MOST_DAYS)


def day_equivalents(amounts: Iterable[int]) -> Iterator[tuple[str, int, float]]:
    """(unit, amount, working days) of time limits.

    The same as `working_day_equivalent` of each (the median over all start days of the announced calendar), but
    milliseconds for each instead of tens: they are computed inside the transaction of a migration.
    """
    until = _working_days_until()
    for amount in amounts:
        yield Unit.WORKING_DAY.value, amount, float(amount)
        yield Unit.NATURAL_DAY.value, amount, float(median(map(sub, until[amount:], until)))


@cache
def _working_days_until() -> list[int]:
    """Working days up to each announced day."""
    calendar = national()
    first, last = (day.toordinal() for day in calendar.known_span())
    return [calendar.index.count_until(day) for day in range(first, last + 1)]

"""Time limits in different units, compared through the working-day calendar (rules V05, V06, V13).

Real lists say 90 工作日 in one row and 91 自然日 in another for the same matter. Which is longer depends on the
holidays on the way, so two limits are compared over every start day of the announced calendar, and the answer
may be that it depends on the start day.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from statistics import median

from shared.calendar.working_days import CalendarNotAnnounced, Unit, WorkingCalendar, add_months, national

# Ten years: longer than any handling limit in law, and short enough that more than ten years of start days of
# the announced calendar (2004 on) remain to compare over.
_HIGHEST = {Unit.WORKING_DAY: 2500, Unit.NATURAL_DAY: 3653, Unit.CALENDAR_MONTH: 120}

# One limit's lengths take 33 KB (8,400 start days); a list uses a few dozen different limits.
_KEPT_LIMITS = 512
_KEPT_PAIRS = 65_536

_TENTH = Decimal("0.1")  # a median of whole days is whole or a half


class LimitError(ValueError):
    """A time limit that cannot be one. `code` is English and stable, the message Chinese."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


UNIT_LABELS = {Unit.WORKING_DAY: "工作日", Unit.NATURAL_DAY: "自然日", Unit.CALENDAR_MONTH: "个月"}

_BY_LABEL = {
    "工作日": Unit.WORKING_DAY,
    "个工作日": Unit.WORKING_DAY,
    "自然日": Unit.NATURAL_DAY,
    "个自然日": Unit.NATURAL_DAY,
    "日历日": Unit.NATURAL_DAY,
    "月": Unit.CALENDAR_MONTH,
    "个月": Unit.CALENDAR_MONTH,
}


def parse_unit(label: str) -> Unit:
    """The unit of a published list (``工作日``, ``自然日``, ``月``), or our own identifier of it.

    ``天`` and ``日`` are refused: in the 行政许可法 they mean working days, in everyday use they do not.

    Raises
    ------
    LimitError
        ``limit_unit_unknown`` or, for ``天`` and ``日``, ``limit_unit_ambiguous``.
    """
    text = "".join(label.split())
    if text in UNIT_LABELS:
        return Unit(text)
    if text in _BY_LABEL:
        return _BY_LABEL[text]
    if text in {"天", "日"}:
        raise LimitError("limit_unit_ambiguous", f"时限单位“{label}”含义不明，请写明“工作日”或“自然日”")
    raise LimitError("limit_unit_unknown", f"时限单位“{label}”无法识别，可用：工作日、自然日、个月")


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A length of time such as 20 working days; 0 = on the spot (即办).

    Equality is literal (20 working days is not 28 natural days); use ``compare`` for length.

    Raises
    ------
    LimitError
        ``limit_amount`` outside 0 to ten years, ``limit_unit`` for a unit that is no length.
    """

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        highest = _HIGHEST.get(self.unit)
        if highest is None:
            raise LimitError("limit_unit", f"“{self.unit}”是期限日而不是时长，不能作为办理时限")
        if not 0 <= self.amount <= highest:
            label = UNIT_LABELS[self.unit]
            raise LimitError("limit_amount", f"办理时限{self.amount}{label}超出范围，应为0至{highest}{label}")

    def __str__(self) -> str:
        return f"{self.amount}{UNIT_LABELS[self.unit]}"


class Comparison(StrEnum):
    """How the first limit relates to the second, over all start days of the announced calendar."""

    CERTAINLY_LONGER = "certainly_longer"
    CERTAINLY_SHORTER = "certainly_shorter"
    EQUAL = "equal"
    DEPENDS = "depends"  # longer, shorter or the same, according to the start day


class LimitScale:
    """Measures limits against one calendar. Results are cached, so keep one scale for each calendar.

    Immutable apart from its caches; safe to share between threads.
    """

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._calendar = calendar
        first, last = calendar.known_span()
        self._first, self._last = first.toordinal(), last.toordinal()
        self._lengths = lru_cache(_KEPT_LIMITS)(self._measure)
        self._bounds = lru_cache(_KEPT_LIMITS * 16)(self._measure_bounds)
        self._compared = lru_cache(_KEPT_PAIRS)(self._compare)
        self._exceeds = lru_cache(_KEPT_PAIRS)(self._may_exceed)
        self._equivalents = lru_cache(_KEPT_LIMITS * 16)(self._equivalent)

    def compare(self, left: TimeLimit, right: TimeLimit) -> Comparison:
        """How `left` relates to `right`. Raises CalendarNotAnnounced when the calendar is too short for them."""
        if left.unit is right.unit:
            return _order(left.amount, right.amount)
        return self._compared(left, right)

    def may_exceed(self, left: TimeLimit, right: TimeLimit) -> bool:
        """Whether there is a start day from which `left` ends later than `right`.

        The question of V05: a promised limit must not exceed the statutory one from any start day.
        """
        return left.amount > right.amount if left.unit is right.unit else self._exceeds(left, right)

    def working_day_equivalent(self, limit: TimeLimit) -> Decimal:
        """How many working days the limit usually contains: the median over all start days, to sort and filter by.

        Two limits with the same equivalent need not be equal; ``compare`` decides. Raises CalendarNotAnnounced.
        """
        return self._equivalents(limit)

    def _measure(self, limit: TimeLimit) -> "array[int]":
        """Natural days the limit lasts, by start day, for all starts whose end the calendar knows.

        Ends never move back as the start moves on, so these starts are a prefix of the announced days.
        """
        if limit.unit is Unit.NATURAL_DAY or not limit.amount:
            lengths = array("i", [limit.amount]) * max(0, self._last - self._first + 1 - limit.amount)
        else:
            lengths = array("i", self._varying_lengths(limit))
        if not lengths:
            raise CalendarNotAnnounced(date.fromordinal(self._last).year + 1)
        return lengths

    def _varying_lengths(self, limit: TimeLimit) -> Iterator[int]:
        count_until, working_day = self._calendar.index.count_until, self._calendar.index.working_day
        for start in range(self._first, self._last + 1):
            if limit.unit is Unit.WORKING_DAY:
                end = working_day(count_until(start) + limit.amount)
            else:
                end = add_months(date.fromordinal(start), limit.amount).toordinal()
            if end > self._last:
                return
            yield end - start

    def _measure_bounds(self, limit: TimeLimit) -> tuple[int, int]:
        lengths = self._lengths(limit)
        return min(lengths), max(lengths)

    def _compare(self, left: TimeLimit, right: TimeLimit) -> Comparison:
        (left_least, left_most), (right_least, right_most) = self._bounds(left), self._bounds(right)
        if left_least > right_most:
            return Comparison.CERTAINLY_LONGER
        if left_most < right_least:
            return Comparison.CERTAINLY_SHORTER
        seen = None
        for a, b in zip(self._lengths(left), self._lengths(right), strict=False):
            here = _order(a, b)
            if seen not in (None, here):
                return Comparison.DEPENDS
            seen = here
        return seen or Comparison.EQUAL

    def _may_exceed(self, left: TimeLimit, right: TimeLimit) -> bool:
        if (certain := self._compared(left, right)) is not Comparison.DEPENDS:
            return certain is Comparison.CERTAINLY_LONGER
        return any(a > b for a, b in zip(self._lengths(left), self._lengths(right), strict=False))

    def _equivalent(self, limit: TimeLimit) -> Decimal:
        if limit.unit is Unit.WORKING_DAY:
            return Decimal(limit.amount).quantize(_TENTH)
        until = self._calendar.index.count_until
        starts = enumerate(self._lengths(limit), self._first)
        usual = median(until(start + length) - until(start) for start, length in starts)
        return Decimal(usual).quantize(_TENTH)


def _order(left: int, right: int) -> Comparison:
    if left == right:
        return Comparison.EQUAL
    return Comparison.CERTAINLY_LONGER if left > right else Comparison.CERTAINLY_SHORTER


@cache
def national_scale() -> LimitScale:
    """The scale of the national calendar; one shared instance."""
    return LimitScale(national())


def compare(left: TimeLimit, right: TimeLimit) -> Comparison:
    """How `left` relates to `right` by the national calendar."""
    return national_scale().compare(left, right)


def may_exceed(left: TimeLimit, right: TimeLimit) -> bool:
    """Whether `left` can end later than `right` by the national calendar."""
    return national_scale().may_exceed(left, right)


def working_day_equivalent(limit: TimeLimit) -> Decimal:
    """The usual number of working days in `limit` by the national calendar."""
    return national_scale().working_day_equivalent(limit)

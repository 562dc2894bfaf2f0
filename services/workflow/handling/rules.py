"""What a handling record shows against the list that was in force at its acceptance, and its limits. Pure.

TH-29 (graded warnings of the progress of handling), TH-49 (outside the list: who answers for it), ZZ-47.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from services.workflow.clocks import rules as engine
from services.workflow.clocks.rules import Limit, LimitUnit, Notice, Pause, Threshold
from shared.calendar.working_days import WorkingCalendar

# TH-29 asks for grades and names no numbers: parameters of a region, as in most places' 预警 rules.
DEFAULT_THRESHOLDS = (
    Threshold("share_50", share_percent=50),
    Threshold("share_80", share_percent=80),
    Threshold("share_100", share_percent=100),
)
OVERDUE, STATUTORY_OVERDUE = engine.OVERDUE, "statutory_overdue"

# Violation -> what people read. Handling outside the list is the gravest (国办发〔2022〕2号; TH-49).
KIND_TITLES = {
    "unlisted": "清单之外实施",
    "not_yet": "列入清单前实施",
    "cancelled": "取消后仍实施",
    "suspended": "暂停期间实施",
    "replaced": "使用已失效编码",
    "extra_material": "索要清单以外的材料",
    "extra_fee": "收取清单以外的费用",
    "excess_fee": "超标准收费",
    "limit_exceeded": "超过承诺办结时限",
    "statutory_limit_exceeded": "超过法定办结时限",
}
SERIOUS = frozenset({"unlisted", "cancelled", "extra_fee", "excess_fee", "statutory_limit_exceeded"})
# Standings of a code that allow no handling; only an entry in use, or a former code of one, has limits to keep.
_FORBIDDEN = frozenset({"unlisted", "not_yet", "cancelled", "suspended"})

_UNITS = {
    "working_day": LimitUnit.WORKING_DAY,
    "natural_day": LimitUnit.NATURAL_DAY,
    "calendar_month": LimitUnit.CALENDAR_MONTH,
}
_SECOND = timedelta(seconds=1)
# Clocks of platforms are not ours: what lies this far ahead is a clock that is fast, what lies farther is a mistake.
_LEEWAY = timedelta(minutes=10)
# Names of materials come again and again; a region has some thousands.
_KEPT_NAMES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What the list said of a code at an instant.

    Attributes
    ----------
    standing
        `unlisted`, `not_yet`, `in_use`, `suspended`, `cancelled`, `replaced`.
    materials, fees
        Rows of the entry; None where it does not say.
    charged
        Whether the entry says that fees are charged; None where it does not say.
    """

    standing: str
    version: int | None = None
    promised: Any = None
    statutory: Any = None
    materials: Sequence[Any] | None = None
    fees: Sequence[Any] | None = None
    charged: bool | None = None


UNLISTED = Listed(standing="unlisted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """A handling record as it was told; `pauses` with an open end are still going on."""

    accepted_at: datetime
    completed_at: datetime | None = None
    pauses: Sequence[tuple[datetime, datetime | None]] = ()
    materials: Sequence[str] = ()
    fees: Sequence[tuple[str, Decimal]] = ()

    @property
    def state(self) -> str:
        """`open`, `paused` or `completed`."""
        if self.completed_at is not None:
            return "completed"
        return "paused" if any(ended is None for _, ended in self.pauses) else "open"

    @property
    def waited(self) -> list[Pause]:
        """The times that the limits do not count; what still waited when it was done waited until then."""
        ends = ((began, ended or self.completed_at) for began, ended in self.pauses)
        return [Pause(began, ended) for began, ended in ends if ended is not None]

    def counted_until(self, now: datetime) -> datetime:
        """Up to when its limits have run: its end, the beginning of the pause that goes on, or now."""
        if self.completed_at is not None:
            return self.completed_at
        return next((began for began, ended in self.pauses if ended is None), now)


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that the list does not allow, and what proves it."""

    kind: str
    proof: Mapping[str, Any]

    @property
    def severity(self) -> str:
        """`serious` or `ordinary`."""
        return "serious" if self.kind in SERIOUS else "ordinary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The limits of a record: when they run out, what will be said, and when there is something to say next."""

    due_at: datetime | None = None
    statutory_due_at: datetime | None = None
    provisional: bool = False
    warnings: list[Notice] = field(default_factory=list)
    next_at: datetime | None = None


def course(
    handled: Handled,
    listed: Listed,
    thresholds: Sequence[Threshold],
    calendar: WorkingCalendar,
    told: Sequence[Notice],
    now: datetime,
) -> Course:
    """The limits of a record by the entry in force at acceptance: the promise, and the law's where it is longer.

    What was told already and lies behind is not told again; a record that is done or waits is warned of no more.
    """
    promised, statutory = limit_of(listed.promised), limit_of(listed.statutory)
    measured = promised or statutory
    if listed.standing in _FORBIDDEN or measured is None:
        return Course()
    pauses = _counted(handled, measured, calendar)
    first = engine.due(measured, handled.accepted_at, pauses, 0, calendar)
    last = None
    if statutory:
        last = engine.due(statutory, handled.accepted_at, _counted(handled, statutory, calendar), 0, calendar)
    wanted = engine.warnings(thresholds, handled.accepted_at, first.at, pauses, calendar)
    if last is not None and last.at > first.at:
        wanted.append(Notice(STATUTORY_OVERDUE, last.at + _SECOND))
    planned = engine.rescheduled(told, wanted, now)
    return Course(
        due_at=first.at,
        statutory_due_at=last.at if last else None,
        provisional=first.provisional or bool(last and last.provisional),
        warnings=planned,
        next_at=engine.next_at(planned) if handled.state == "open" else None,
    )


def _counted(handled: Handled, limit: Limit, calendar: WorkingCalendar) -> list[Pause]:
    """The pauses that move a limit: whoever waits after it has run out is late all the same (行政许可法 art. 45)."""
    found: list[Pause] = []
    for pause in handled.waited:
        if pause.began > engine.due(limit, handled.accepted_at, found, 0, calendar).at:
            break
        found.append(pause)
    return found


def limit_of(value: Any) -> Limit | None:
    """The limit of an entry's element {"amount", "unit"}; None when there is none, or none that can be counted."""
    if not isinstance(value, Mapping):
        return None
    amount, unit = value.get("amount"), value.get("unit")
    if not isinstance(amount, int) or isinstance(amount, bool) or unit not in _UNITS:
        return None
    try:
        return Limit(amount, _UNITS[unit])
    except ValueError:
        return None


def violations(handled: Handled, listed: Listed, known: Course, now: datetime) -> list[Violation]:
    """Everything that a record shows against the list by now."""
    found = [] if listed.standing == "in_use" else [Violation(listed.standing, {"standing": listed.standing})]
    if listed.standing not in _FORBIDDEN:
        found += [*_materials(handled, listed), *_fees(handled, listed)]
    return found + overruns(handled.counted_until(now), known.due_at, known.statutory_due_at)


def in_future(handled: Handled, now: datetime) -> str | None:
    """Where a record tells of what has not happened yet: a pointer into it, or None.

    A pause that ends in years to come would put off its limits until then.
    """
    latest = now + _LEEWAY
    if handled.accepted_at > latest:
        return "/accepted_at"
    if handled.completed_at is not None and handled.completed_at > latest:
        return "/completed_at"
    instants = (
        (f"/pauses/{n}/{name}", told)
        for n, pause in enumerate(handled.pauses)
        for name, told in zip(("began", "ended"), pause, strict=True)
    )
    return next((place for place, told in instants if told is not None and told > latest), None)


def overruns(until: datetime, due_at: datetime | None, statutory_due_at: datetime | None) -> list[Violation]:
    """Limits that had run out at an instant: the end of the handling, or now. One that is the law's is told as that."""
    promised = None if due_at == statutory_due_at else due_at
    found = []
    for kind, due in (("limit_exceeded", promised), ("statutory_limit_exceeded", statutory_due_at)):
        if due is not None and until > due:
            days = (engine.day_of(until) - engine.day_of(due)).days
            found.append(Violation(kind, {"due_at": due.isoformat(), "until": until.isoformat(), "days_late": days}))
    return found


def _materials(handled: Handled, listed: Listed) -> Iterator[Violation]:
    if listed.materials is None:
        return
    allowed = {folded(row["name"]) for row in _rows(listed.materials)}
    extra = [name for name in dict.fromkeys(handled.materials) if folded(name) not in allowed]
    if extra:
        yield Violation("extra_material", {"extra": extra, "listed": len(listed.materials)})


def _fees(handled: Handled, listed: Listed) -> Iterator[Violation]:
    if listed.fees is None and listed.charged is not False:
        return
    standards = _standards(listed.fees or ())
    charged = [(name, amount) for name, amount in handled.fees if amount > 0]
    extra = [{"name": name, "amount": str(amount)} for name, amount in charged if folded(name) not in standards]
    if extra:
        yield Violation("extra_fee", {"extra": extra})
    excess = [
        {"name": name, "amount": str(amount), "standard": str(standard)}
        for name, amount in charged
        if (standard := standards.get(folded(name))) is not None and amount > standard
    ]
    if excess:
        yield Violation("excess_fee", {"excess": excess})


def _standards(fees: Sequence[Any]) -> dict[str, Decimal | None]:
    """What may be charged under each name at most; None where that cannot be compared.

    A fee has several rows where it differs by case, and a record does not say which case it is.
    """
    found: dict[str, Decimal | None] = {}
    for row in _rows(fees):
        name, amount = folded(row["name"]), _amount(row.get("amount"))
        known = found.get(name, amount)
        found[name] = None if known is None or amount is None else max(known, amount)
    return found


def _rows(rows: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
    return (row for row in rows if isinstance(row, Mapping) and isinstance(row.get("name"), str))


def _amount(value: Any) -> Decimal | None:
    """An amount that can be compared; `按件计收` and the like cannot."""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


@lru_cache(_KEPT_NAMES)
def folded(name: str) -> str:
    """A name of a material or a fee without what writers differ in: width, blanks, marks around titles."""
    plain = unicodedata.normalize("NFKC", name)
    return "".join(character for character in plain if character.isalnum()).casefold()


def told(found: Sequence[Notice], now: datetime) -> tuple[str | None, list[Notice]]:
    """The grade that has come by now, the gravest of several, and the warnings afterwards."""
    latest, _, after = engine.tell(found, now)
    return (None if latest is None else latest.grade), after


def as_thresholds(rows: Sequence[Mapping[str, Any]] | None) -> list[Threshold]:
    """Thresholds as a region keeps them; the product's where it keeps none."""
    if rows is None:
        return list(DEFAULT_THRESHOLDS)
    return [Threshold(row["grade"], share_percent=row["share_percent"]) for row in rows]

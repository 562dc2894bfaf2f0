"""Materials, steps, visits, days and fees of an entry, and the difference of two (ZL-28). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from services.catalog.quality.shapes import as_limit
from shared.calendar.limits import LimitError, working_day_equivalent
from shared.calendar.working_days import CalendarNotAnnounced


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """What an applicant meets with. A figure is None where the entry does not say.

    Attributes
    ----------
    materials : materials that are required; what may be left out or handed in later does not count.
    steps : steps of handling.
    visits : times the applicant must appear.
    days : working days the promise usually contains, else the statutory limit.
    fees : kinds of fees.
    amount : yuan of all fees whose amount is a number.
    """

    materials: int | None
    steps: int | None
    visits: int | None
    days: float | None
    fees: int | None
    amount: float | None


def burden(elements: Mapping[str, Any]) -> Burden:
    """The burden of an entry."""
    fees = _rows(elements.get("fees"))
    if fees is None and elements.get("charged") is False:
        fees = []
    materials, steps = _rows(elements.get("materials")), _rows(elements.get("process_steps"))
    visits = elements.get("visits")
    amounts = [amount for row in fees or () if (amount := _amount(row.get("amount"))) is not None]
    return Burden(
        materials=None if materials is None else sum(map(_is_required, materials)),
        steps=None if steps is None else len(steps),
        visits=visits if isinstance(visits, int) and not isinstance(visits, bool) else None,
        days=_first(_days(elements.get("promised_limit")), _days(elements.get("statutory_limit"))),
        fees=None if fees is None else len(fees),
        amount=float(sum(amounts)) if amounts else 0.0 if fees == [] else None,
    )


def _is_required(row: Mapping[str, Any]) -> bool:
    return bool(row.get("necessity", "required") == "required")


def difference(before: Burden, after: Burden) -> dict[str, float | None]:
    """How much more each figure is afterwards; None where one of the two does not say."""
    old, new = asdict(before), asdict(after)
    return {name: None if old[name] is None or new[name] is None else round(new[name] - old[name], 4) for name in old}


def _rows(value: Any) -> list[Mapping[str, Any]] | None:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else None


def _days(value: Any) -> float | None:
    try:
        return float(working_day_equivalent(as_limit(value)))
    except (LimitError, CalendarNotAnnounced):
        return None


def _first(promised: float | None, statutory: float | None) -> float | None:
    """The promise, also that of nothing (当场办结)."""
    return statutory if promised is None else promised


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None

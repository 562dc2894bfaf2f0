"""Instants as callers may name them: with an offset, and within what can be computed with everywhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

# Nothing here is older or later; nearer to the ends of the calendar an offset leads out of it.
_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def _within(instant: datetime) -> datetime:
    if not _FIRST <= instant < _LAST:
        raise ValueError("时刻应在 1900 年至 2999 年之间")
    return instant


Instant = Annotated[AwareDatetime, AfterValidator(_within)]
"""An instant with its offset, as RFC 3339 writes it."""

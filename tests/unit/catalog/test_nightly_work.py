"""When the night begins, in which the catalog looks through all lists."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.catalog.reconciliation.jobs import last_night


@pytest.mark.parametrize(
    ("now", "began"),
    [
        ("2026-03-02T01:59:59+08:00", "2026-03-01T02:00:00+08:00"),
        ("2026-03-02T02:00:00+08:00", "2026-03-02T02:00:00+08:00"),
        ("2026-01-01T00:30:00+00:00", "2026-01-01T02:00:00+08:00"),
    ],
)
def test_the_night_begins_at_two_by_the_clock_of_the_domain(now: str, began: str) -> None:
    assert last_night(datetime.fromisoformat(now)) == datetime.fromisoformat(began)

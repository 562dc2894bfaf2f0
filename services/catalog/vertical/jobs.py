"""Scheduled work of the levels: delegations that begin or expire."""

from __future__ import annotations

from services.catalog.vertical.service import recheck_delegations
from shared.tick import Ticker

# Once an hour is often enough for dates.
TICKERS = [Ticker(name="delegations", service="catalog", every_seconds=3600, tick=recheck_delegations)]

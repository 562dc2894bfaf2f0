"""Long and scheduled work of the register: indexes of documents, days on which documents begin or cease to hold."""

from __future__ import annotations

from services.catalog.documents.impact import check
from services.catalog.documents.impact.service import settle_days
from services.catalog.documents.index import jobs as index
from shared.tick import Ticker

OPERATIONS = [*index.OPERATIONS, *check.OPERATIONS]
# Days change once a day; an hour after midnight at the latest it is told.
TICKERS = [
    Ticker(name="documents", service="catalog", every_seconds=3600, tick=settle_days),
    Ticker(name="document_files", service="catalog", every_seconds=3600, tick=index.clear_away),
]

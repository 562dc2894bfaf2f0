"""Worker of the publish service: what it consumes; it has no scheduled work and no long operations of its own."""

from __future__ import annotations

from services.publish.revisions.consumers import PUBLICATION
from shared.ledger.consume import Consumer
from shared.ledger.operations import OperationKind
from shared.tick import Ticker

CONSUMERS: list[Consumer] = [PUBLICATION]
TICKERS: list[Ticker] = []
OPERATIONS: list[OperationKind] = []

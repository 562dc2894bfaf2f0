"""The worker of the catalog service: cascade, compilation, validation, imports, mirrors of catalogues."""

from __future__ import annotations

from services.catalog.exchange import jobs as exchange
from services.catalog.linkage import consumers as linkage_consumers
from services.catalog.linkage import jobs as linkage
from services.catalog.mirrors import consumers as mirrors
from services.catalog.reconciliation import jobs as reconciliation
from services.catalog.search import consumers as search
from services.catalog.uniformity import jobs as uniformity
from shared.ledger.operations import OperationKind
from shared.tick import Ticker
from shared.worker import Work, main

SERVICE = "catalog"

TICKERS = [
    Ticker(name="exchange_sweep", service=SERVICE, every_seconds=exchange.SWEEP_SECONDS, tick=exchange.clear_away),
    *linkage.TICKERS,
    *search.TICKERS,
    *reconciliation.TICKERS,
]
OPERATIONS: list[OperationKind] = [
    *exchange.OPERATIONS,
    *linkage.OPERATIONS,
    *reconciliation.OPERATIONS,
    *uniformity.OPERATIONS,
]

WORK = Work(
    service=SERVICE,
    module="services.catalog.worker",
    consumers=[*linkage_consumers.CONSUMERS, *mirrors.CONSUMERS, *search.CONSUMERS],
    tickers=TICKERS,
    operations=OPERATIONS,
)

if __name__ == "__main__":
    main(WORK)

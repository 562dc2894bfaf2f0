"""The worker of the catalog service: what follows from events, long work, and what is looked at again and again."""

from __future__ import annotations

from services.catalog.annexes import jobs as annexes
from services.catalog.claims import consumers as claims
from services.catalog.claims import jobs as claim_jobs
from services.catalog.disguised import jobs as disguised
from services.catalog.documents import consumers as documents
from services.catalog.documents import jobs as document_jobs
from services.catalog.exchange import jobs as exchange
from services.catalog.kinds import jobs as kinds
from services.catalog.linkage import consumers as linkage
from services.catalog.linkage import jobs as linkage_jobs
from services.catalog.mirrors import consumers as mirrors
from services.catalog.quality.checks import jobs as quality_checks
from services.catalog.reconciliation import jobs as reconciliation
from services.catalog.responsibility import jobs as responsibility
from services.catalog.search import consumers as search
from services.catalog.supervision import jobs as supervision
from services.catalog.uniformity import jobs as uniformity
from services.catalog.vertical import jobs as vertical
from services.catalog.withdrawals import consumers as withdrawals
from shared.ledger.operations import OperationKind
from shared.tick import Ticker
from shared.worker import Work, main

SERVICE = "catalog"

TICKERS = [
    Ticker(name="exchange_sweep", service=SERVICE, every_seconds=exchange.SWEEP_SECONDS, tick=exchange.clear_away),
    Ticker(name="annex_sweep", service=SERVICE, every_seconds=annexes.SWEEP_SECONDS, tick=annexes.clear_away),
    *kinds.TICKERS,
    *linkage_jobs.TICKERS,
    *document_jobs.TICKERS,
    *claim_jobs.TICKERS,
    *vertical.TICKERS,
    *search.TICKERS,
    *reconciliation.TICKERS,
    *quality_checks.TICKERS,
]
OPERATIONS: list[OperationKind] = [
    *exchange.OPERATIONS,
    *annexes.OPERATIONS,
    *linkage_jobs.OPERATIONS,
    *document_jobs.OPERATIONS,
    *disguised.OPERATIONS,
    *reconciliation.OPERATIONS,
    *responsibility.OPERATIONS,
    *supervision.OPERATIONS,
    *quality_checks.OPERATIONS,
    *uniformity.OPERATIONS,
]

WORK = Work(
    service=SERVICE,
    module="services.catalog.worker",
    consumers=[
        *linkage.CONSUMERS,
        *mirrors.CONSUMERS,
        *documents.CONSUMERS,
        *claims.CONSUMERS,
        *search.CONSUMERS,
        *withdrawals.CONSUMERS,
    ],
    tickers=TICKERS,
    operations=OPERATIONS,
)

if __name__ == "__main__":
    main(WORK)

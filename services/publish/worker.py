"""Worker of the publish service: the publication, the seals of the log, the exchange with platforms."""

from __future__ import annotations

from services.publish.platform import jobs as platform
from services.publish.revisions.consumers import PUBLICATION
from shared.seals import sealer
from shared.tick import Ticker
from shared.worker import Work, main

TICKERS = [
    Ticker(name="sealer", service="publish", every_seconds=sealer.EVERY_SECONDS, tick=sealer.seal_all),
    platform.ticker(),
]

WORK = Work(
    service="publish",
    module="services.publish.worker",
    consumers=[PUBLICATION],
    tickers=TICKERS,
    operations=platform.OPERATIONS,
)

if __name__ == "__main__":
    main(WORK)

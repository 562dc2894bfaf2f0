"""Worker of the publish service: the publication, and the seals of the log; it has no long operations of its own."""

from __future__ import annotations

from services.publish.revisions.consumers import PUBLICATION
from shared.seals import sealer
from shared.tick import Ticker
from shared.worker import Work, main

TICKERS = [Ticker(name="sealer", service="publish", every_seconds=sealer.EVERY_SECONDS, tick=sealer.seal_all)]

WORK = Work(service="publish", module="services.publish.worker", consumers=[PUBLICATION], tickers=TICKERS)

if __name__ == "__main__":
    main(WORK)

"""Worker of the publish service: publication, seals of the log, senders of subscriptions, exchange with platforms."""

from __future__ import annotations

from services.publish.platform import jobs as platform
from services.publish.revisions.consumers import PUBLICATION
from services.publish.search import consumers as search
from services.publish.subscriptions import upkeep
from services.publish.subscriptions.sending import process as sending
from shared.seals import sealer
from shared.tick import Ticker
from shared.worker import Work, main

TICKERS = [
    Ticker(name="sealer", service="publish", every_seconds=sealer.EVERY_SECONDS, tick=sealer.seal_all),
    Ticker(name="subscription_upkeep", service="publish", every_seconds=upkeep.EVERY_SECONDS, tick=upkeep.tidy),
    platform.ticker(),
    *search.TICKERS,
]

WORK = Work(
    service="publish",
    module="services.publish.worker",
    consumers=[PUBLICATION, *search.CONSUMERS],
    tickers=TICKERS,
    # A process of its own: an endpoint's TLS or a thousand signatures never stand between a decision and its list.
    companions={"senders": sending.run},
    operations=platform.OPERATIONS,
)

if __name__ == "__main__":
    main(WORK)

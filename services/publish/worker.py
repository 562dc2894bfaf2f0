"""Worker of the publish service: publication, seals, subscriptions, platforms, channels, message backbone."""

from __future__ import annotations

from services.publish.backbone import process as backbone
from services.publish.channels import consumers as channels
from services.publish.channels import jobs as channel_jobs
from services.publish.documents.bundles import jobs as documents
from services.publish.offline import jobs as offline
from services.publish.platform import jobs as platform
from services.publish.platform.library import jobs as library
from services.publish.platform.links.consumers import LINKS
from services.publish.publications import consumers as publications
from services.publish.revisions.consumers import PUBLICATION
from services.publish.search import consumers as search
from services.publish.subscriptions import upkeep
from services.publish.subscriptions.sending import process as sending
from services.publish.units import consumers as units
from shared.seals import sealer
from shared.tick import Ticker
from shared.worker import Work, main

TICKERS = [
    Ticker(name="sealer", service="publish", every_seconds=sealer.EVERY_SECONDS, tick=sealer.seal_all),
    Ticker(name="subscription_warnings", service="publish", every_seconds=upkeep.WARNING_SECONDS, tick=upkeep.warn),
    Ticker(name="subscription_upkeep", service="publish", every_seconds=upkeep.EVERY_SECONDS, tick=upkeep.tidy),
    platform.ticker(),
    library.ticker(),
    documents.TICKER,
    *search.TICKERS,
    *channel_jobs.tickers(),
]

WORK = Work(
    service="publish",
    module="services.publish.worker",
    consumers=[PUBLICATION, LINKS, *publications.CONSUMERS, *search.CONSUMERS, *channels.CONSUMERS, *units.CONSUMERS],
    tickers=TICKERS,
    # A process of its own: an endpoint's TLS or a thousand signatures never stand between a decision and its list.
    companions={"senders": sending.run, "backbone": backbone.run},
    asked_for={"backbone": backbone.is_wanted},
    operations=[*platform.OPERATIONS, *documents.OPERATIONS, *offline.OPERATIONS],
)

if __name__ == "__main__":
    main(WORK)

"""Worker of the publish service: what it consumes; it has no scheduled work and no long operations of its own."""

from __future__ import annotations

from services.publish.revisions.consumers import PUBLICATION
from shared.worker import Work, main

WORK = Work(service="publish", module="services.publish.worker", consumers=[PUBLICATION])

if __name__ == "__main__":
    main(WORK)

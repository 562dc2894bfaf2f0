"""The ticker that gives entries of the feed their moments."""

from __future__ import annotations

from services.publish.platform.library import service
from shared.tick import Ticker

# A platform asks every few minutes; an entry without its moment is read with the next answer.
EVERY_SECONDS = 1.0


def ticker() -> Ticker:
    """Beside the exchange, whether a platform reads or not: moments are made while they pass."""
    return Ticker(
        name="library_instants", service="publish", every_seconds=EVERY_SECONDS, tick=service.advance, leisurely=True
    )

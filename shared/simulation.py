"""Trial installations in which a file tells the time, so that a year with all its limits can be watched in minutes."""

from __future__ import annotations

from shared import clock, telemetry, tick
from shared.settings import Settings

log = telemetry.get_logger(__name__)


def begin(configured: Settings) -> None:
    """Take the time from the configured file, and say so at every start; without a file nothing changes.

    Raises
    ------
    ValueError
        When the file holds no instant with a zone: a trial does not go on with the machine's time unnoticed.
    """
    if configured.simulated_clock is None:
        return
    clock.simulate(configured.simulated_clock)
    tick.hurry()
    log.warning("the time is simulated: nothing recorded here is evidence", now=clock.now().isoformat())

"""The worker of the workflow, with tickers that look again at once: their periods are for offices, not for tests."""

from dataclasses import replace

from services.workflow import worker

EVERY_SECONDS = 0.2
WORK = replace(
    worker.WORK,
    tickers=[replace(ticker, every_seconds=min(ticker.every_seconds, EVERY_SECONDS)) for ticker in worker.WORK.tickers],
)

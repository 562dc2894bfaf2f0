"""A reader of the public feed as a process: writes down what it saw, is killed, and goes on after its last line."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import httpx

from tests.faults import journal

PAUSE = 0.2  # between attempts while publish is away
PATIENCE = 2  # seconds the feed may hold an answer back


def main(url: str, path: Path) -> None:
    """Read until the starter is gone; each line is an entry and, by its number, the cursor."""
    last = journal.repair(path)
    after = int(last["sequence"]) if last else 0
    saw = journal.Journal(path)
    supervisor = int(os.environ.get("QINGDAN_SUPERVISOR_PID") or os.getppid())
    with httpx.Client(base_url=url, timeout=15, trust_env=False) as client:
        while os.getppid() == supervisor:  # its starter is gone: nobody would end it
            try:
                answer = client.get("/publish/v1/feed", params={"after": after, "limit": 200, "wait": PATIENCE})
                answer.raise_for_status()
                events = answer.json()
            except (httpx.HTTPError, ValueError):
                time.sleep(PAUSE)
                continue
            for event in events:
                after = int(event["sequence"])
                saw.write(sequence=after, id=event["id"], type=event["type"], subject=event["subject"])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

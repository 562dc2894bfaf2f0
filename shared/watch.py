"""A process whose starter was killed must not go on unseen."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK_SECONDS = 1.0
# Time to end in an orderly way; a process that waits for a database that is gone would never.
GRACE_SECONDS = 10.0


def over_starter() -> None:
    """End this process soon after the one that started it (QINGDAN_SUPERVISOR_PID); nothing when none is named."""
    starter = int(os.environ.get("QINGDAN_SUPERVISOR_PID", "0"))
    if starter:
        threading.Thread(target=_watch, args=(starter,), name="watch-starter", daemon=True).start()


def _watch(starter: int) -> None:
    while os.getppid() == starter:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)

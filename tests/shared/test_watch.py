"""A process whose starter was killed ends by itself."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from shared.server_process import wait_until

ROOT = Path(__file__).resolve().parents[2]
CHILD = "import time; from shared import watch; watch.over_starter(); time.sleep(60)"
STARTER = f"""
import os, subprocess, sys, time
environment = {{**os.environ, "QINGDAN_SUPERVISOR_PID": str(os.getpid())}}
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], env=environment)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_process_ends_soon_after_its_starter_was_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    starter = subprocess.Popen([sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True, env=environment)
    assert starter.stdout is not None
    child = psutil.Process(int(starter.stdout.readline()))
    assert child.is_running()

    os.kill(starter.pid, signal.SIGKILL)
    starter.wait()

    assert wait_until(lambda: not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE, 10)

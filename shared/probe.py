"""The command `python -m shared.probe`, which containers are asked by whether they live; standard library only.

    python -m shared.probe pulse        every process of this worker turned lately (files in QINGDAN_PULSE_DIR)
    python -m shared.probe http URL     an API answers 200
    python -m shared.probe self         one of these, by what runs as the first process of this container

It starts in a twentieth of a second, which the commands of `qingdan` do not: it runs every few seconds.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

# Twelve beats: a machine that is busy for half a minute is not a reason to restart anything.
STALE_SECONDS = 60.0
ANSWER_SECONDS = 5.0
FIRST_PROCESS = Path("/proc/1/cmdline")


def stale(folder: Path, now: float) -> list[str]:
    """What is wrong with the pulse of a worker; `now` in seconds since 1970."""
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    if not files:
        return [f"nothing beats in {folder}"]
    ages = {file.name: now - file.stat().st_mtime for file in files}
    return [f"{name} has not beaten for {age:.0f} s" for name, age in ages.items() if age > STALE_SECONDS]


def unanswered(url: str) -> list[str]:
    """What is wrong with an API's answer."""
    # No proxy of the environment: a container asks itself.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_SECONDS) as answer:
            return [] if answer.status == 200 else [f"{url} answers {answer.status}"]
    except (urllib.error.URLError, OSError) as error:
        return [f"{url}: {error}"]


def of_command(command: list[str]) -> list[str]:
    """The question to ask of a process with this command line; an empty one: nothing needs to be asked."""
    if "uvicorn" in command and "--port" in command:
        return ["http", f"http://127.0.0.1:{command[command.index('--port') + 1]}/healthz"]
    if any(word.startswith("services.") and word.endswith(".worker") for word in command):
        return ["pulse"]
    return []


def main(arguments: list[str]) -> int:
    """Exit code 0 when all is well, 1 with the reason on stderr when not, 2 when asked wrongly."""
    match arguments:
        case ["self"]:
            question = of_command(FIRST_PROCESS.read_text().split("\0"))
            return main(question) if question else 0
        case ["pulse"]:
            found = stale(Path(os.environ.get("QINGDAN_PULSE_DIR", "")), time.time())
        case ["http", url]:
            found = unanswered(url)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    for reason in found:
        print(reason, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

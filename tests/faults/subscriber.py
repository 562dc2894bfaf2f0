"""A subscriber as a process: the receiver of the demo, which knows its secret again after it was killed.

`python -m tests.faults.subscriber PORT JOURNAL KNOWN`: the file KNOWN holds its hooks as JSON, secret and all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from deploy.demo.receiver import Hook, Receiver, serve
from shared import watch
from tests.faults import journal


def main(port: int, path: Path, known: Path) -> None:
    """Receive until killed; what a kill cut off at the end of the journal was never answered, so it goes."""
    watch.over_starter()
    journal.repair(path)
    hooks = {name: Hook(**told) for name, told in json.loads(known.read_text()).items()}
    with path.open("a", encoding="utf-8") as written:
        serve(Receiver(written, hooks), port)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))

"""`make test`: the parts of the tests, two at a time, each part with its seconds beside its budget.

A part has servers of its own and keeps little more than one core busy, so two run side by side: the longest begin, and
whoever is free takes the next. What kills processes and waits for them runs alone, at the end. Servers that were named
are shared by all parts: then one follows the other.
A budget that is overrun is printed, never an error: a busy machine is not a bug. pytest's closing lines come last.
"""

import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests import trace_plugin

ROOT = Path(__file__).resolve().parent.parent
NO_TESTS_COLLECTED = 5
CLOSING_LINE = re.compile(r"^=+ .* in [\d.]+s.*=+$")
COLOUR = re.compile(r"\x1b\[[\d;]*m")


@dataclass(frozen=True)
class Part:
    name: str
    folders: tuple[str, ...]
    budget: int  # seconds on two cores, beside another part
    alone: bool = False


SIDE_BY_SIDE = 2
# The longest first: with two at a time, all but the last to end have then the least to wait for.
PARTS = (
    Part("database", ("workflow", "publish", "shared"), 580),
    Part("journeys", ("journeys",), 480),
    Part("catalog", ("catalog",), 380),
    Part("contract", ("contract",), 300),  # schemathesis against the OpenAPI documents
    Part("restore", ("restore",), 150),
    Part("unit", ("unit",), 110),
    Part("deploy", ("deploy",), 90),
    Part("faults", ("faults",), 150, alone=True),
)


@dataclass
class Result:
    part: Part
    seconds: float
    code: int
    closing: str

    def line(self) -> str:
        name, budget = self.part.name, self.part.budget
        if self.code == NO_TESTS_COLLECTED:
            return f"{name:<10} skipped: no tests in tests/{' tests/'.join(self.part.folders)}"
        verdict = "within budget" if self.seconds <= budget else f"OVER BUDGET by {self.seconds - budget:.0f} s"
        return f"{name:<10} {self.seconds:6.1f} s of {budget} s  {verdict}  {'ok' if self.code == 0 else 'FAILED'}"


_printing = threading.Lock()


def run(part: Part, *, at_once: bool = True) -> Result:
    """Run one part, passing on what it prints, except for its closing line: at once, or when it is over."""
    folders = [f"tests/{name}" for name in part.folders if any((ROOT / "tests" / name).rglob("test_*.py"))]
    if not folders:
        return Result(part, 0.0, NO_TESTS_COLLECTED, "")
    said = [f"\n---- {part.name}: {' '.join(folders)}\n"]
    if at_once:
        print(said.pop(), end="", flush=True)
    colour = "yes" if sys.stdout.isatty() else "no"
    command = [sys.executable, "-m", "pytest", "--color", colour, "--durations=5", "--durations-min=1", *folders]
    started, closing = time.monotonic(), ""
    # Every process of a part loads the same modules; what was compiled is to be compiled once.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, errors="replace", env=environment
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            plain = COLOUR.sub("", line).strip()
            if CLOSING_LINE.match(plain):
                closing = plain
            elif at_once:
                print(line, end="", flush=True)
            else:
                said.append(line)
    with _printing:
        print("".join(said), end="", flush=True)
    return Result(part, time.monotonic() - started, process.returncode, closing)


def run_all(parts: list[Part]) -> list[Result]:
    """Run parts, two at a time where each has servers of its own; the results in the order of the parts."""
    shared = any(os.environ.get(name) for name in ("QINGDAN_DATABASE_URL", "QINGDAN_REDIS_URL"))
    together = [part for part in parts if not part.alone]
    if shared or len(together) < SIDE_BY_SIDE:
        return [run(part) for part in parts]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as side_by_side:
        results = list(side_by_side.map(lambda part: run(part, at_once=False), together))
    return results + [run(part) for part in parts if part.alone]


def main(names: list[str]) -> int:
    unknown = set(names) - {part.name for part in PARTS}
    if unknown:
        print(f"no part {', '.join(sorted(unknown))}; there are: {' '.join(part.name for part in PARTS)}")
        return 2
    if not names:
        trace_plugin.trace_file().unlink(missing_ok=True)
    results = run_all([part for part in PARTS if not names or part.name in names])
    print()
    for result in results:
        print(result.line())
    ran = [result for result in results if result.code != NO_TESTS_COLLECTED]
    for result in ran:
        print(result.closing)
    return 0 if ran and all(result.code == 0 for result in ran) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make test`: the parts of the tests one after the other, each with its seconds beside its budget.

A budget that is overrun is printed, never an error: a busy machine is not a bug. pytest's closing lines come last.
"""

import re
import subprocess
import sys
import time
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
    budget: int  # seconds on two cores; together 17 minutes of the 20 that a whole check may take


PARTS = (
    Part("unit", ("unit",), 60),
    Part("database", ("catalog", "workflow", "publish", "shared"), 400),
    Part("journeys", ("journeys",), 130),
    Part("faults", ("faults",), 200),
    Part("deploy", ("deploy",), 80),
    Part("contract", ("contract",), 150),  # schemathesis against the OpenAPI documents
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


def run(part: Part) -> Result:
    """Run one part, passing on what it prints, except for its closing line."""
    folders = [f"tests/{name}" for name in part.folders if any((ROOT / "tests" / name).rglob("test_*.py"))]
    if not folders:
        return Result(part, 0.0, NO_TESTS_COLLECTED, "")
    print(f"\n---- {part.name}: {' '.join(folders)}", flush=True)
    colour = "yes" if sys.stdout.isatty() else "no"
    command = [sys.executable, "-m", "pytest", "--color", colour, "--durations=5", "--durations-min=1", *folders]
    started, closing = time.monotonic(), ""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        assert process.stdout is not None
        for line in process.stdout:
            plain = COLOUR.sub("", line).strip()
            if CLOSING_LINE.match(plain):
                closing = plain
            else:
                print(line, end="", flush=True)
    return Result(part, time.monotonic() - started, process.returncode, closing)


def main(names: list[str]) -> int:
    unknown = set(names) - {part.name for part in PARTS}
    if unknown:
        print(f"no part {', '.join(sorted(unknown))}; there are: {' '.join(part.name for part in PARTS)}")
        return 2
    if not names:
        trace_plugin.trace_file().unlink(missing_ok=True)
    results = [run(part) for part in PARTS if not names or part.name in names]
    print()
    for result in results:
        print(result.line())
    ran = [result for result in results if result.code != NO_TESTS_COLLECTED]
    for result in ran:
        print(result.closing)
    return 0 if ran and all(result.code == 0 for result in ran) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

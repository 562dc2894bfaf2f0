"""`python -m benchmarks.run [--only NAME ...] [--small] [--write]`: measure everything and report; nothing is asserted.

The exit code is 0 unless something crashed: a figure that misses its target is told, and explained by a profile in
docs/performance.md, but noise never fails anything.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks import (
    annexes,
    appends,
    bulk,
    changes,
    check,
    claims,
    growth,
    guides,
    handling,
    imports,
    machine,
    memory,
    platform,
    reads,
    report,
    search,
    stage,
    webhooks,
)
from benchmarks.bulk import Editions
from benchmarks.measure import Figure, Pairs
from benchmarks.stage import Stage
from shared import clock
from shared.installation import Place
from shared.system import System

NAMES = (
    "reads", "changes", "webhooks", "bulk", "claims", "appends", "import", "annexes", "growth", "check", "search",
    "memory", "platform", "handling", "guides",
)  # fmt: skip
MATTERS = 1_000
PER_COUNTY = MATTERS * 7
# Entries of other counties, reached step by step.
GROWTH = ((100_000, 1.3), (1_000_000, 1.5))
SMALL_GROWTH = ((14_000, 1.3), (56_000, 1.5))


@dataclass
class Run:
    """What was asked for and what was measured so far."""

    stage: Stage
    only: set[str]
    figures: list[Figure] = field(default_factory=list)
    editions: Editions = field(default_factory=lambda: Editions(1_000))
    bulk: Pairs | None = None
    failed: bool = False

    async def part(self, name: str, measure: Callable[[], Awaitable[list[Figure]]]) -> None:
        """Measure one part unless others were asked for; a crash is told and does not stop the rest."""
        if name not in self.only:
            return
        print(f"{name} ...", file=sys.stderr, flush=True)
        started = time.perf_counter()
        try:
            self.figures += await measure()
            await bulk.settled(self.stage)
        except Exception:
            self.failed = True
            traceback.print_exc()
        print(f"{name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)


async def measure(run: Run) -> None:
    """All parts: first among the corpus alone, then growing."""
    small = run.stage.small
    await run.part("reads", lambda: reads.measure(run.stage))
    await run.part("changes", lambda: changes.measure(run.stage))
    await run.part("webhooks", lambda: webhooks.measure(run.stage))
    await run.part("bulk", lambda: _bulk(run))
    await run.part("platform", lambda: platform.measure(run.stage))
    await run.part("handling", lambda: _one(handling.measure(run.stage)))
    await run.part("claims", lambda: _one(claims.measure(run.stage)))
    await run.part("appends", lambda: _one(appends.measure(run.stage)))
    await run.part("import", lambda: _imports(run.stage))
    await run.part("annexes", lambda: annexes.measure(run.stage))
    await run.part("guides", lambda: guides.measure(run.stage))
    entries = 0
    if run.only & {"growth", "check", "search"}:
        for goal, most in SMALL_GROWTH if small else GROWTH:
            missing = -(-(goal - entries) // PER_COUNTY)
            await bulk.settled(run.stage)  # what is cloned must be there: search follows publication
            print(f"growing to {goal:,} other entries ...", file=sys.stderr, flush=True)
            entries += await growth.grow(
                run.stage.engine, run.stage.url, run.stage.corpus, first=entries // PER_COUNTY, count=missing
            )
            await run.part("growth", partial(_grown, run, entries, most))
        await run.part("check", lambda: _one(check.measure(run.stage, entries)))
        await run.part("search", lambda: _one(search.measure(run.stage, entries)))
    await run.part("memory", lambda: _one(memory.measure(run.stage)))


async def _one(figure: Awaitable[Figure]) -> list[Figure]:
    return [await figure]


async def _bulk(run: Run) -> list[Figure]:
    run.bulk = await bulk.measure(run.stage, run.editions)
    return [bulk.figure(run.stage, run.bulk)]


async def _imports(on: Stage) -> list[Figure]:
    return [await imports.small_import(on), *await imports.big_import(on)]


async def _grown(run: Run, entries: int, most: float) -> list[Figure]:
    if run.bulk is None:
        raise RuntimeError("growth is compared with the small corpus: ask for `bulk` as well")
    return [bulk.growth_figure(run.bulk, await bulk.measure(run.stage, run.editions), entries, most)]


async def _whole(arguments: argparse.Namespace, system: System, place: Place) -> bool:
    started = clock.now()
    facts = await machine.facts(stage.dsn(place.database_url))
    async with stage.furnished(system, place, small=arguments.small, matters=MATTERS) as on:
        run = Run(on, set(arguments.only or NAMES))
        await measure(run)
    ended = clock.now()
    facts["took"] = f"{(ended - started).total_seconds() / 60:.1f} minutes"
    facts["load after the run"] = " ".join(f"{value:.2f}" for value in os.getloadavg())
    report.show(run.figures, facts)
    if arguments.write:
        command = "make bench" if not (arguments.small or arguments.only) else _command(arguments)
        print(report.write(run.figures, facts, command, ended.astimezone(clock.ZONE).strftime("%Y-%m-%d %H:%M")))
    return run.failed


def _command(arguments: argparse.Namespace) -> str:
    only = f" --only {' '.join(arguments.only)}" if arguments.only else ""
    return f"python -m benchmarks.run{only}{' --small' if arguments.small else ''}"


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=NAMES, help="only these parts")
    parser.add_argument("--small", action="store_true", help="a look in a few minutes: fewer rounds, little growth")
    parser.add_argument("--write", action="store_true", help="keep the run in docs/performance.md")
    arguments = parser.parse_args()
    # Told to end, it ends as by Ctrl-C: with its servers and folders.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Always on servers of its own: a million entries have no business in a configured database.
    for name in [name for name in os.environ if name.startswith("QINGDAN_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="qingdan-bench-") as folder, stage.running(Path(folder)) as (system, place):
        return int(asyncio.run(_whole(arguments, system, place)))


if __name__ == "__main__":
    sys.exit(main())

"""The command `python -m tests.faults.run --seed S --minutes M`: exit code 1 when a promise was not kept."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter

from tests.faults import cases, exchanged, governed, place, subscribed, tamper
from tests.faults.outcome import Outcome
from tests.faults.storm import Storm, check_rows, raised, read_facts

# Long enough for everything to be killed, short enough that a failure is found near its cause.
ROUND_SECONDS = 60.0
MOST_EVIDENCE = 20


async def rounds(storm: Storm, seed: str, minutes: float) -> list[Outcome]:
    """Storms until the time is used up; stops after the first that broke a promise."""
    outcomes: list[Outcome] = []
    left = minutes * 60
    while left > 0 and not (outcomes and outcomes[-1].violations):
        outcome = await storm.round(f"{seed}/{len(outcomes) + 1}", min(ROUND_SECONDS, left))
        report(outcome)
        outcomes.append(outcome)
        left -= ROUND_SECONDS
    return outcomes


def report(outcome: Outcome) -> None:
    """Print the round's line and what speaks against it."""
    print(outcome.line(), flush=True)
    for violation in outcome.violations[:MOST_EVIDENCE]:
        print(f"  VIOLATION of {violation}")
    if len(outcome.violations) > MOST_EVIDENCE:
        print(f"  and {len(outcome.violations) - MOST_EVIDENCE} more")
    for text, times in Counter(outcome.broken).most_common(5):
        print(f"  answered 500 ({times} times): {text}")


async def control(storm: Storm) -> list[str]:
    """Tamper with the database, and with what subscribers wrote down: which misdeeds does the checker not notice?"""
    told, streams = cases.collect(storm.journals), storm.receivers.streams()
    asked, letters = governed.collect(storm.office.journal.path), storm.post.letters()
    missed = await tamper.unnoticed(
        storm.place.database_url, lambda rows: check_rows(storm.world, told, asked, rows, storm.place.seen)
    )
    rows, held = await read_facts(storm.place), await storm.province.holding()
    missed += tamper.unnoticed_on_paper(streams, lambda forged: subscribed.check(forged, rows, storm.restores))
    missed += tamper.unnoticed_in_the_post(letters, lambda forged: governed.post(storm.world, forged, rows, since=0.0))
    return missed + tamper.unnoticed_at_the_platform(held, lambda forged: exchanged.check(forged, rows))


async def work(seed: str, minutes: float, keep: bool) -> int:
    """Everything, in a folder that is kept when a promise was not."""
    with place.folder(keep) as folder:
        installation = place.Installation(folder)
        try:
            storm = await raised(installation)
            outcomes = await rounds(storm, seed, minutes)
            kept = not any(outcome.violations for outcome in outcomes)
            missed = await control(storm) if kept else []
            await storm.close()
        finally:
            await asyncio.to_thread(installation.stop)
        total = f"{len(outcomes)} runs, {sum(sum(each.kills.values()) for each in outcomes)} kills"
        for what in ("acknowledged", "lost", "duplicated"):
            total += f", {sum(getattr(each, what) for each in outcomes)} {what}"
        if not kept:
            print(f"{total}: PROMISES BROKEN; again with --seed {seed}")
            raise SystemExit(1)
        print(f"{total}: promises 1, 2, 3, 6, 7 and 8 held (9: the restore drill)")
        misdeeds = len(tamper.MISDEEDS) + len(tamper.FORGERIES) + len(tamper.FALSIFICATIONS) + len(tamper.LETTERS)
        noticed = misdeeds - len(missed)
        print(f"the checker notices {noticed} of {misdeeds} misdeeds" + f"; not {missed}" * bool(missed))
        return 1 if missed else 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Kill processes and servers by seed and prove that nothing is lost.")
    parser.add_argument("--seed", default="1", help="one seed is one sequence of misfortunes")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long, in rounds of a minute")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs, journals and the database")
    given = parser.parse_args()
    try:
        return asyncio.run(work(given.seed, given.minutes, given.keep))
    except place.Refused as refused:
        print(refused, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

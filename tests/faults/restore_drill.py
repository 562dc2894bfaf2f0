"""The command `python -m tests.faults.restore_drill`: dump under load, lose everything, restore, go on, nothing lost.

1. Clients stream; in the middle `pg_dump` copies one snapshot, while they go on.
2. All processes and servers are killed: the machine is gone, with what was acknowledged after the snapshot.
3. A fresh cluster gets the dump and a new ledger epoch. What was acknowledged before the snapshot is all there,
   positions are gapless, and nothing that came later is half there.
4. The services start on it, the same clients go on, and all promises are checked; the subscribers are told their last
   valid number and end complete.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from shared.database import create_engine
from shared.encryption import WEBHOOK_KEY_FILE
from shared.ledger import epoch
from shared.server_process import launched
from tests.faults import acknowledged, cases, delivery, place
from tests.faults.cases import Case
from tests.faults.facts import Facts, Violation
from tests.faults.outcome import Outcome
from tests.faults.place import Installation
from tests.faults.run import report
from tests.faults.storm import Storm, raised, read_facts
from tests.faults.subscribed import Restore

# Decisions acknowledged before the copy is taken, between it and the end of the machine, and after the restore.
DECISIONS = 12
LOAD_SECONDS = 90.0
RESTORE_SECONDS = 120.0


@dataclass(frozen=True)
class Dump:
    """A copy of the database at one instant of its own."""

    file: Path
    position: int
    epoch: str
    # What was acknowledged until then is in it, whatever the clocks of the servers say.
    certain_until: float
    seconds: float


async def dump(source: Installation, file: Path) -> Dump:
    """Copy the database with pg_dump, from a snapshot we know the log's head of."""
    certain_until = time.time()
    connection: asyncpg.Connection[Any] = await asyncpg.connect(source.database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            head = await connection.fetchrow("SELECT position, epoch::text FROM qingdan.log_head")
            assert head is not None
            started = time.monotonic()
            program = source.postgres.runtime.program("pg_dump")
            arguments = ["--format=custom", f"--snapshot={snapshot}", f"--file={file}", *_address(source)]
            await asyncio.to_thread(_run, source, program, arguments)
            return Dump(file, head["position"], head["epoch"], certain_until, time.monotonic() - started)
    finally:
        await connection.close()


async def restore(target: Installation, copy: Dump) -> None:
    """Fill a fresh cluster from a dump and begin a new epoch: positions from here on are others than before."""
    await asyncio.to_thread(_start_empty, target)
    program = target.postgres.runtime.program("pg_restore")
    arguments = ["--exit-on-error", "--no-owner", "--single-transaction", *_address(target), str(copy.file)]
    await asyncio.to_thread(_run, target, program, arguments)
    engine = create_engine(target.database_url, role="owner")
    try:
        async with engine.begin() as connection:
            await epoch.begin(connection, actor="drill")
    finally:
        await engine.dispose()


def _start_empty(target: Installation) -> None:
    """Servers and roles, no schema: it comes with the dump."""
    target.start_servers(migrate=False)


def _address(server: Installation) -> list[str]:
    database, owner = "qingdan", "qingdan_owner"
    return ["--host=127.0.0.1", f"--port={server.postgres.port}", f"--username={owner}", f"--dbname={database}"]


def _run(server: Installation, program: str, arguments: Sequence[str]) -> None:
    environment = {**os.environ, "PGPASSWORD": server.postgres.password_file.read_text()}
    command = launched("plain", [program, *arguments])
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=RESTORE_SECONDS)
    if done.returncode:
        raise RuntimeError(f"{Path(program).name} failed: {done.stderr[-3000:]}")


def half_there(told: Sequence[Case], rows: Facts, copy: Dump) -> list[Violation]:
    """What speaks against a restored database before anything runs on it."""
    # Effects that were still under way when the copy was taken follow as soon as the consumers run.
    found = [*acknowledged.steps_kept(told, rows), *delivery.log_is_whole(rows)]
    last = max((event["position"] for event in rows.events), default=0)
    if not last == rows.position == copy.position:
        found.append(Violation(2, "the restored log does not end where the copy was taken",
                               f"{last}, head {rows.position}, copy {copy.position}"))  # fmt: skip
    if str(rows.head[0]["epoch"]) == copy.epoch:
        found.append(Violation(2, "the restored ledger carries the epoch of the lost one", copy.epoch))
    return found


async def drill(folder: Path, seed: str, decisions: int = DECISIONS) -> Outcome:
    """The whole drill; prints what was found on the way."""
    first, second = Installation(folder / "first"), Installation(folder / "second")
    try:
        storm = await raised(first)
        copy = await _lost(storm, first, folder / "qingdan.dump", seed, decisions)
        told = cases.collect(storm.journals, lost_between=(copy.certain_until, float("inf")))
        everything = cases.collect(storm.journals)
        before, after = acknowledged.acknowledged(told)[0], acknowledged.acknowledged(everything)[0]
        await restore(second, copy)
        rows = await read_facts(second)
        found = half_there(told, rows, copy)
        print(f"restored {len(rows.events)} events and {len(rows.versions)} versions; all {before} decisions "
              f"acknowledged before the copy must be there, {after - before} came later and are gone with the machine; "
              f"{len(found)} contradictions", flush=True)  # fmt: skip
        outcome = await _go_on(storm, second, copy, seed, decisions)
        outcome.violations += found
        await storm.close()
        return outcome
    finally:
        await asyncio.to_thread(first.stop)
        await asyncio.to_thread(second.stop)


async def _lost(storm: Storm, first: Installation, file: Path, seed: str, decisions: int) -> Dump:
    """Load, a copy in the middle of it, then everything is killed."""
    load = storm.streaming(f"{seed}/before", LOAD_SECONDS)
    await storm.more_decided(load, decisions)
    copy = await dump(first, file)
    print(f"copied under load in {copy.seconds:.1f} s, with the log at position {copy.position}", flush=True)
    await storm.more_decided(load, decisions)
    await storm.stop(load)
    for name in first.system.processes:
        first.system.kill(name)
    await asyncio.to_thread(first.postgres.kill)
    await asyncio.to_thread(first.valkey.kill)
    return copy


async def _go_on(storm: Storm, second: Installation, copy: Dump, seed: str, decisions: int) -> Outcome:
    """The same clients and subscribers, with the services on the restored database.

    The key that the subscribers' secrets are encrypted with is no part of a dump: it is kept apart, like the dump.
    """
    shutil.copyfile(storm.place.secrets / WEBHOOK_KEY_FILE, second.secrets / WEBHOOK_KEY_FILE)
    for outside in (storm.receivers, storm.province, storm.post):
        outside.join(second.system)
    second.system.start()
    await asyncio.to_thread(second.system.wait_ready)
    storm.move(second)
    epoch = str((await read_facts(second)).head[0]["epoch"])
    storm.restores.append(Restore(copy.epoch, epoch, (copy.certain_until, storm.moved_at)))
    started = time.monotonic()
    load = storm.streaming(f"{seed}/after", LOAD_SECONDS)
    await storm.more_decided(load, decisions)
    await storm.stop(load)
    outcome = Outcome(f"{seed} (restore drill)", 0)
    outcome.violations += await storm.settle()
    await storm.check(outcome, lost_between=(copy.certain_until, storm.moved_at))
    outcome.seconds = time.monotonic() - started
    return outcome


async def work(seed: str, keep: bool) -> int:
    """The drill in a folder of its own."""
    with place.folder(keep) as folder:
        outcome = await drill(folder, seed)
        report(outcome)
        if outcome.violations:
            raise SystemExit(1)
        print(
            "restore drill: nothing acknowledged before the copy was lost, nothing was half there, work went on; "
            "subscribers were told their last valid number and are complete: promises 1, 2, 3, 6, 7, 8 and 9 held"
        )
        return 0


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Dump under load, restore into a fresh cluster, go on.")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs, journals and both databases")
    given = parser.parse_args()
    try:
        return asyncio.run(work(given.seed, given.keep))
    except place.Refused as refused:
        print(refused, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

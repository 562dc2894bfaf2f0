"""Promise 8: the log is sealed through it all, and the chain is verified by the script that needs nothing of ours."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from shared.database import create_engine
from shared.seals import export, sealer
from shared.seals.keys import PUBLIC_FILE, Signer
from tests.faults.facts import Violation
from tests.faults.place import Installation

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "verify_log.py"


async def check(place: Installation, *, earlier: Sequence[Installation] = ()) -> AsyncIterator[Violation]:
    """Seal what the minute has not yet, export everything, let the script judge.

    `earlier`: installations whose log this one was restored from; they sealed with keys of their own.
    """
    secrets = place.secrets
    path, keys = place.folder / "log.jsonl", place.folder / "keys.pem"
    keys.write_bytes(b"".join((each.secrets / PUBLIC_FILE).read_bytes() for each in (*earlier, place)))
    engine = create_engine(place.database_url, role="owner")
    try:
        while await sealer.seal_next(engine, Signer(secrets)):
            pass
        with path.open("wb") as out:
            _, events = await export.write(engine, out, 1, 2**62)
    finally:
        await engine.dispose()
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(path), str(keys)]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    if done.returncode or f"{events} events: as sealed" not in done.stdout:
        yield Violation(8, "the seals do not verify", f"{done.stdout}{done.stderr}"[:2000])

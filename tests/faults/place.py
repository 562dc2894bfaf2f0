"""Servers and processes of our own, in a folder of their own: what is killed here belongs to nobody else."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from shared import installation
from shared.embedded import EmbeddedPostgres, EmbeddedValkey
from shared.system import Process, System

READER = "reader"
CONFIGURED = ("QINGDAN_DATABASE_URL", "QINGDAN_REDIS_URL")
# A kill takes nothing away from what was handed to the operating system; only a power cut needs more. Without fsync a
# recovery takes a second instead of half a minute on a busy disk, and the storm has time for more kills.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
# Subscribers and the platform are processes beside ours; the platform is asked more often than is usual.
OUTSIDE = {
    "QINGDAN_WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8", "QINGDAN_PEER_ALLOWED_NETWORKS": "127.0.0.0/8",
    "QINGDAN_PEER_SECONDS": "5", "QINGDAN_PEER_PULL_SECONDS": "2",
}  # fmt: skip
START_ATTEMPTS = 3  # a postmaster killed a moment ago may still be letting go of its shared memory


class Refused(RuntimeError):
    """The fault tests cannot run here; the text says why and what to do."""


def refuse_foreign_servers() -> None:
    """Raise Refused when a database or a Redis is configured: this program kills servers."""
    configured = [name for name in CONFIGURED if os.environ.get(name)]
    if configured:
        raise Refused(
            f"{' and '.join(configured)} must not be set: this kills and restarts the database and the queue, "
            "so it runs on servers of its own only. Unset it and try again; the embedded servers need no set-up."
        )


class Installation:
    """Postgres, Valkey, the schema, the processes of all services, and a reader of the feed."""

    def __init__(self, folder: Path) -> None:
        refuse_foreign_servers()
        self.folder = folder
        self.state = folder / "state"
        self.state.mkdir(parents=True, exist_ok=True)
        self.postgres = EmbeddedPostgres(self.state / "postgres", settings=SETTINGS)
        self.valkey = EmbeddedValkey(self.state / "valkey")
        self.seen = folder / "seen.jsonl"
        self._system: System | None = None

    @property
    def database_url(self) -> str:
        """The owner's address of the database."""
        return self.postgres.url

    @property
    def secrets(self) -> Path:
        """Where its keys and passwords lie."""
        return installation.Place(self.state, self.postgres.url, self.valkey.url).secrets

    @property
    def system(self) -> System:
        """The processes; there once the servers run."""
        if self._system is None:
            place = installation.Place(self.state, self.postgres.url, self.valkey.url)
            self._system = System({**place.environment, **OUTSIDE}, logs=self.folder / "logs")
            command = [sys.executable, "-m", "tests.faults.reader", self._system.url("publish"), str(self.seen)]
            self._system.processes[READER] = Process(READER, command)
        return self._system

    def start_servers(self, *, migrate: bool = True) -> None:
        """Postgres and Valkey, roles, keys and schema."""
        self.start_postgres()
        self.valkey.start()
        place = installation.Place(self.state, self.postgres.url, self.valkey.url)
        installation.install(place) if migrate else installation.prepare(place)

    def start_postgres(self) -> None:
        """Start the cluster; once more when it is not quite gone."""
        for attempt in range(1, START_ATTEMPTS + 1):
            try:
                self.postgres.start()
                return
            except RuntimeError:
                if attempt == START_ATTEMPTS:
                    raise
                time.sleep(1)

    def stop(self) -> None:
        """End everything we started."""
        if self._system is not None:
            self._system.stop()
        self.valkey.stop()
        self.postgres.stop()


@contextlib.contextmanager
def folder(keep: bool = False) -> Iterator[Path]:
    """A temporary folder, removed unless it is to be kept or something went wrong in it."""
    refuse_foreign_servers()
    path = Path(tempfile.mkdtemp(prefix="qingdan-faults-"))
    try:
        yield path
    except BaseException:
        print(f"logs, journals and the database are kept in {path}", flush=True)
        raise
    if not keep:
        shutil.rmtree(path, ignore_errors=True)

"""The mail server: a process that is killed, ends connections and puts people off, and what it has taken.

`python -m tests.faults.post PORT JOURNAL`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from shared import watch
from shared.server_process import free_port
from shared.system import Process, System
from tests.faults import journal
from tests.faults.journal import Journal
from tests.smtp import MailServer

PROCESS = "post"
# Every so many messages the connection ends instead of the answer, though the message was taken.
DROPS_EVERY = 9
SENDER = "lists@faults.test"


@dataclass(frozen=True)
class Letter:
    """An e-mail the server has taken: when (seconds), to whom, under which identifier."""

    at: float
    to: str
    identifier: str


class Keeping(MailServer):
    """Writes down what it takes before it says so."""

    written: Journal

    def keep(self, message: EmailMessage) -> None:
        """One line a message; some are not acknowledged."""
        self.written.write(to=message["To"], identifier=message["Message-ID"])
        if len(self.taken) % DROPS_EVERY == 0:
            self.drop_after = len(self.taken)


@dataclass
class Post:
    """The server among the processes of a system, and its journal."""

    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def journal(self) -> Path:
        """What it wrote down."""
        return self.folder / f"{PROCESS}.jsonl"

    def join(self, system: System) -> None:
        """Be among the processes of a system, whose messages go through it."""
        command = [sys.executable, "-m", "tests.faults.post", str(self.port), str(self.journal)]
        system.processes[PROCESS] = Process(PROCESS, command)
        system.environment |= {
            "QINGDAN_SMTP_HOST": "127.0.0.1", "QINGDAN_SMTP_PORT": str(self.port), "QINGDAN_SMTP_SECURITY": "none",
            "QINGDAN_MAIL_FROM": SENDER,
        }  # fmt: skip

    def letters(self) -> list[Letter]:
        """What it has taken so far, in order."""
        lines: Sequence[dict[str, object]] = list(journal.read(self.journal)) if self.journal.exists() else []
        return [Letter(float(str(line["at"])), str(line["to"]), str(line["identifier"])) for line in lines]


async def serve(port: int, path: Path) -> None:
    """Take messages until killed."""
    server = Keeping()
    server.written = Journal(path)
    async with await asyncio.start_server(server.accept, "127.0.0.1", port) as listening:
        await listening.serve_forever()


if __name__ == "__main__":
    watch.over_starter()
    journal.repair(Path(sys.argv[2]))
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))

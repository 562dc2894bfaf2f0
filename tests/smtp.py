"""A mail server for tests (RFC 5321, as much of it as a client needs): it keeps what it takes, and can be difficult."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class MailServer:
    """What it has taken, and how it answers.

    Attributes
    ----------
    answers : answer to RCPT by address, such as `550 unknown`; others are taken.
    drop_after : the connection ends instead of the answer to the n-th message, which was taken all the same.
    """

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    drop_after: int | None = None
    credentials: str | None = None
    connections: int = 0

    def to(self, address: str) -> list[EmailMessage]:
        """What was taken for somebody, in order."""
        return [message for message in self.taken if message["To"] == address]

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            await self._say(writer, "220 mail.test")
            while line := (await reader.readline()).decode().strip():
                if await self._answer(line, reader, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer a command; whether the connection is over."""
        verb = line.partition(" ")[0].upper()
        if verb == "DATA":
            await self._say(writer, "354 go on")
            raw = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
            message = message_from_bytes(raw.replace(b"\r\n..", b"\r\n."), policy=policy.default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
            if self.drop_after is not None and len(self.taken) >= self.drop_after:
                self.drop_after = None
                return True
            await self._say(writer, "250 taken")
        elif verb == "EHLO":
            await self._say(writer, "250-mail.test\r\n250 AUTH PLAIN")
        elif verb == "AUTH":
            self.credentials = base64.b64decode(line.split()[2]).decode().replace("\0", " ").strip()
            await self._say(writer, "235 welcome")
        elif verb == "RCPT":
            await self._say(writer, self.answers.get(line.partition("<")[2].partition(">")[0], "250 ok"))
        elif verb == "QUIT":
            await self._say(writer, "221 bye")
            return True
        else:
            await self._say(writer, "250 ok")
        return False

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, line: str) -> None:
        writer.write(f"{line}\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def mail_server(context: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[MailServer]:
    """A mail server on the loopback while the block runs."""
    made = MailServer()
    server = await asyncio.start_server(made.accept, "127.0.0.1", port, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()

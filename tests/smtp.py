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
    silent_to : it never answers when told of these addresses.
    upgrade : STARTTLS is offered with this, and nobody may sign in before.
    sign_in : answer to who signs in.
    verbs : what it was told, in order; what came encrypted begins with `tls `.
    """

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    silent_to: set[str] = field(default_factory=set)
    upgrade: ssl.SSLContext | None = None
    sign_in: str = "235 welcome"
    verbs: list[str] = field(default_factory=list)
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
        encrypted = writer.get_extra_info("ssl_object") is not None
        self.verbs.append(f"tls {verb}" if encrypted else verb)
        if verb == "DATA":
            await self._say(writer, "354 go on")
            return await self._take((await reader.readuntil(b"\r\n.\r\n"))[:-3], writer)
        if verb == "RCPT":
            address = line.partition("<")[2].partition(">")[0]
            if address in self.silent_to:
                await reader.read()  # until the other side has enough
                return True
            await self._say(writer, self.answers.get(address, "250 ok"))
        elif verb == "QUIT":
            await self._say(writer, "221 bye")
            return True
        else:
            await self._greet(verb, line, writer, encrypted=encrypted)
        return False

    async def _greet(self, verb: str, line: str, writer: asyncio.StreamWriter, *, encrypted: bool) -> None:
        """What comes before any message: who it is, encryption, sign-in."""
        wants_tls = self.upgrade is not None and not encrypted
        if verb == "EHLO":
            await self._say(writer, f"250-mail.test\r\n250 {'STARTTLS' if wants_tls else 'AUTH PLAIN'}")
        elif verb == "STARTTLS" and self.upgrade is not None:
            await self._say(writer, "220 go ahead")
            await writer.start_tls(self.upgrade)
        elif verb == "AUTH" and wants_tls:
            await self._say(writer, "538 encryption required")
        elif verb == "AUTH":
            self.credentials = base64.b64decode(line.split()[2]).decode().replace("\0", " ").strip()
            await self._say(writer, self.sign_in)
        else:
            await self._say(writer, "250 ok")

    async def _take(self, raw: bytes, writer: asyncio.StreamWriter) -> bool:
        """Keep a message; whether the connection is over."""
        message = message_from_bytes(raw.replace(b"\r\n..", b"\r\n."), policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.raw.append(raw)
        self.taken.append(message)
        self.keep(message)
        if self.drop_after is not None and len(self.taken) >= self.drop_after:
            self.drop_after = None
            return True
        await self._say(writer, "250 taken")
        return False

    def keep(self, message: EmailMessage) -> None:
        """Whoever keeps messages elsewhere as well does it here, before they are acknowledged."""

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

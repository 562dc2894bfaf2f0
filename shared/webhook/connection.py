"""One HTTP/1.1 connection to an endpoint: checked when it is made, one request at a time, nothing followed.

httptools parses; this sends and bounds. A general client spends some forty times the processor time on what is not
needed here: redirects, cookies, proxies, pools for many hosts (docs/adr/0011).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, cast

import httptools

from shared.webhook import addresses
from shared.webhook.addresses import Network
from shared.webhook.target import Target

# An answer says yes or no; a little of it is kept for people who look for a fault.
MOST_BYTES = 64 * 1024
MOST_KEPT = 500
MOST_HEADERS = 12
MOST_VALUE = 100
CONNECT_SECONDS = 5.0
# A name that nobody answers for takes a thread for long: enough of them that others need not wait.
_RESOLVING = ThreadPoolExecutor(max_workers=64, thread_name_prefix="resolve")


class NotDelivered(Exception):
    """No answer; the message says why, and names nothing of the inside."""


class Refused(NotDelivered):
    """The address may not be connected to."""


@dataclass
class Answer:
    """What an endpoint answered."""

    status: int
    retry_after: str | None = None
    beginning: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Reading:
    """An answer while it arrives."""

    done: asyncio.Future[Answer]
    answer: Answer = field(default_factory=lambda: Answer(0))
    received: int = 0


class Connection(asyncio.Protocol):
    """A connection that is open; `post` is called by one at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._reading: _Reading | None = None
        self.usable = True
        self.used = False

    async def post(self, target: Target, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Answer:
        """Send a request and wait for its answer.

        Raises
        ------
        NotDelivered
            The connection ended before an answer came.
        """
        assert self._transport is not None
        reading = _Reading(asyncio.get_running_loop().create_future())
        self._reading, self._parser = reading, httptools.HttpResponseParser(self)
        lines = [b"POST %b HTTP/1.1" % target.path.encode(), b"host: " + target.authority.encode()]
        lines += [b"%b: %b" % header for header in headers]
        lines.append(b"content-length: %d\r\n\r\n" % len(body))
        self._transport.write(b"\r\n".join(lines) + body)
        try:
            return await reading.done
        finally:
            if not self.usable or not reading.done.done():
                self.close()
            self._reading, self.used = None, True

    def close(self) -> None:
        """End it."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        reading = self._reading
        if reading is None or reading.done.done():
            self.close()  # nothing was asked
            return
        reading.received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("the answer is not HTTP")
            return
        if reading.received > MOST_BYTES and not reading.done.done():
            if reading.answer.status:
                self._finish(keep=False)
            else:
                self._fail("the answer has no end")

    def connection_lost(self, error: Exception | None) -> None:
        """Called by the loop."""
        self.usable = False
        reading = self._reading
        if reading is None or reading.done.done():
            return
        # The status was read: what ended early is the body, which nobody needs.
        if reading.answer.status:
            self._finish(keep=False)
        elif isinstance(error, ssl.SSLError):
            # In TLS 1.3 a client certificate is refused only after the handshake.
            self._fail(f"the other side ended TLS: {error.reason or 'no reason'}")
        else:
            self._fail("the connection was closed without an answer")

    def on_status(self, _status: bytes) -> None:
        """Called by the parser."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        if self._reading is None:
            return
        answer, lower = self._reading.answer, name.lower()
        if lower == b"retry-after":
            answer.retry_after = value.decode("latin-1")[:100]
        if len(answer.headers) < MOST_HEADERS:
            answer.headers[lower.decode("latin-1")[:MOST_VALUE]] = value.decode("latin-1")[:MOST_VALUE]

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        status = int(self._parser.get_status_code())
        if self._reading is not None and status >= 200:
            self._reading.answer.status = status

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self._reading is not None:
            answer = self._reading.answer
            answer.beginning += body[: MOST_KEPT - len(answer.beginning)]

    def on_message_complete(self) -> None:
        """Called by the parser; an interim answer (1xx) is none, the next one follows."""
        reading = self._reading
        if reading is not None and reading.answer.status and not reading.done.done():
            self._finish(keep=bool(self._parser.should_keep_alive()))

    def _finish(self, *, keep: bool) -> None:
        assert self._reading is not None
        self.usable = self.usable and keep
        self._reading.done.set_result(self._reading.answer)

    def _fail(self, why: str) -> None:
        assert self._reading is not None
        self.usable = False
        self._reading.done.set_exception(NotDelivered(why))


async def connect(target: Target, allowed: Sequence[Network], context: ssl.SSLContext) -> Connection:
    """Resolve, check, and connect to exactly what was checked: a second look-up could answer something else.

    Raises
    ------
    Refused
        None of the addresses may be connected to.
    NotDelivered
        The name is unknown, or nothing accepts there, or the certificate is not the host's.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(
            _RESOLVING, socket.getaddrinfo, target.host, target.port, 0, socket.SOCK_STREAM
        )
    except (OSError, UnicodeError) as error:
        raise NotDelivered("the host name is unknown") from error
    usable = list(
        dict.fromkeys(str(entry[4][0]) for entry in found if addresses.may_connect(str(entry[4][0]), allowed))
    )
    if not usable:
        raise Refused("the address is private or reserved, and not in the allow-list")
    why = "nothing accepts connections there"
    for address in usable[:4]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, made = await loop.create_connection(
                    Connection,
                    address,
                    target.port,
                    ssl=context if target.secure else None,
                    server_hostname=target.host.rstrip(".") if target.secure else None,
                )
            return made
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered(f"the certificate is not accepted: {error.verify_message}") from error
        except ssl.SSLError as error:
            raise NotDelivered("no TLS connection could be agreed on") from error
        except TimeoutError:
            why = "connecting took too long"
        except OSError:
            continue
    raise NotDelivered(why)

"""One connection to the backbone and the stream on it: set up, read at its end, written, purged."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from services.publish.backbone import rules
from services.publish.backbone.rules import Found, Mark, Message, Wanted

# Files among the secrets: whom to trust, who we are. All optional; read with every connection.
CA_FILE, CERTIFICATE_FILE, KEY_FILE, PASSWORD_FILE = (
    "nats.ca.pem",
    "nats.client.pem",
    "nats.client.key",
    "nats.password",
)
# Messages on their way at once: bounds memory, and hides the round trip of a commit among three servers.
OUTSTANDING = 256
CONNECT_SECONDS = 3


class NotTaken(Exception):
    """The stream did not take a message, or not at the place it was meant for; how much it holds must be read anew."""


@dataclass(frozen=True)
class Server:
    """How one server of the backbone is reached."""

    url: str
    user: str | None
    secrets: Path


class Stream:
    """The stream, over one connection."""

    def __init__(self, client: Client, wanted: Wanted, seconds: float) -> None:
        self._jetstream: JetStreamContext = client.jetstream(timeout=seconds, publish_async_max_pending=OUTSTANDING)
        self._wanted = wanted
        self._seconds = seconds
        self.largest: int = client.max_payload

    async def ensure(self) -> tuple[int, list[str]]:
        """The number of the stream's last message, and what is wrong with how it is set up; made when it is not there.

        Raises
        ------
        Exception
            It cannot be made, such as with more replicas than there are servers.
        """
        try:
            info = await self._jetstream.stream_info(self._wanted.name)
        except NotFoundError:
            info = await self._jetstream.add_stream(
                api.StreamConfig(
                    name=self._wanted.name, subjects=self._wanted.subjects, num_replicas=self._wanted.replicas,
                    storage=api.StorageType(self._wanted.storage), retention=api.RetentionPolicy.LIMITS,
                    discard=api.DiscardPolicy.OLD, duplicate_window=self._wanted.duplicate_seconds,
                    description="Changes of published lists: CloudEvents of the public feed",
                )
            )  # fmt: skip
        return info.state.last_seq, rules.problems(self._wanted, _found(info.config))

    async def mark(self, last: int) -> Mark | None:
        """What the last message says of our feed; None when there is none, or it is not ours.

        Asked of the leader, never of a replica that may be behind.
        """
        if last == 0:
            return None
        try:
            found = await self._jetstream.get_msg(self._wanted.name, seq=last)
        except NotFoundError:
            return None
        return rules.mark_of(found.headers)

    async def write(self, messages: Sequence[Message], last: int) -> int:
        """Write messages behind number `last`, pipelined; the number of the last one.

        Each names the number it follows: when one is lost on the way those behind it are refused, so what the stream
        holds is always the beginning of what was meant for it, in order, and never anything twice.

        Raises
        ------
        NotTaken
            Some of them may have been taken.
        """
        futures: list[asyncio.Future[api.PubAck]] = []
        try:
            async with asyncio.timeout(self._seconds):
                for number, message in enumerate(messages, start=last):
                    headers = {**message.headers, api.Header.EXPECTED_LAST_SEQUENCE.value: str(number)}
                    futures.append(
                        await self._jetstream.publish_async(
                            message.subject, message.body, stream=self._wanted.name, headers=headers
                        )
                    )
                acknowledged = await asyncio.gather(*futures)
        except Exception as error:
            await _abandon(futures)
            raise NotTaken(f"{type(error).__name__}: {error}") from error
        places = [one.seq for one in acknowledged]
        if places != list(range(last + 1, last + 1 + len(messages))):
            raise NotTaken(f"messages meant to follow {last} are at {places[0]} to {places[-1]}")
        return places[-1]

    async def purge(self, subject: str, *, before: int | None = None) -> None:
        """Take out what is older than a message; without one, everything but the newest."""
        await self._jetstream.purge_stream(self._wanted.name, subject=subject, seq=before, keep=None if before else 1)


@contextlib.asynccontextmanager
async def connected(server: Server, wanted: Wanted, seconds: float) -> AsyncIterator[Stream]:
    """A connection that is not mended: what is on its way when it breaks is looked for in the stream first."""
    options: dict[str, Any] = {}
    if server.url.startswith("tls://"):
        options["tls"] = _tls(server.secrets)
    if server.user:
        options |= {"user": server.user, "password": (server.secrets / PASSWORD_FILE).read_text().strip()}
    async with asyncio.timeout(2 * CONNECT_SECONDS):
        client = await nats.connect(
            server.url, name="qingdan publish", allow_reconnect=False, max_reconnect_attempts=1,
            reconnect_time_wait=0, connect_timeout=CONNECT_SECONDS, ping_interval=10, error_cb=_unheard, **options,
        )  # fmt: skip
    try:
        yield Stream(client, wanted, seconds)
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(client.close(), CONNECT_SECONDS)


def _tls(secrets: Path) -> ssl.SSLContext:
    ca, certificate, key = secrets / CA_FILE, secrets / CERTIFICATE_FILE, secrets / KEY_FILE
    context = ssl.create_default_context(cafile=str(ca) if ca.exists() else None)
    if certificate.exists():
        context.load_cert_chain(certificate, key)
    return context


async def _unheard(_error: Exception) -> None:
    """What goes wrong is raised where it is waited for; the library would print it a second time."""


async def _abandon(futures: Sequence[asyncio.Future[api.PubAck]]) -> None:
    for future in futures:
        future.cancel()
    await asyncio.gather(*futures, return_exceptions=True)


def _found(config: api.StreamConfig) -> Found:
    return Found(
        subjects=config.subjects or [],
        replicas=config.num_replicas or 1,
        storage=str(getattr(config.storage, "value", config.storage)),
        duplicate_seconds=config.duplicate_window,
        retention=str(getattr(config.retention, "value", config.retention)),
        discard=str(getattr(config.discard, "value", config.discard)),
        deny_purge=config.deny_purge,
        flags={"sealed": config.sealed, "a mirror": config.mirror is not None,
               "fed from other streams": bool(config.sources)},
    )  # fmt: skip

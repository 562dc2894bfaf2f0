"""The way to a platform: bounded in time and size, whatever the other side does with the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.publish.platform.transports.contract import Address, Options, PeerFailure
from services.publish.platform.transports.item_exchange import ItemExchange
from shared.webhook.addresses import Network, networks

LOOPBACK = networks("127.0.0.0/8")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answering) -> AsyncIterator[str]:
    """A server that answers each connection in its own way; its address."""
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def to(
    url: str, secret: Path | None = None, timeout: float = 1, *, allowed: Sequence[Network] = LOOPBACK
) -> ItemExchange:
    return ItemExchange(Address(url, "1", secret, timeout, Options(), allowed=allowed))


async def test_an_answer_that_drips_is_given_up_when_its_time_is_over() -> None:
    ended = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD)
        try:
            for _ in range(100):  # each piece is in time, all of them would take twenty seconds
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.2)
        except ConnectionError:
            ended.set()
        finally:
            writer.close()

    async with serving(drip) as url, to(url, timeout=0.5) as platform, asyncio.timeout(15):
        with pytest.raises(PeerFailure, match="未及时应答"):
            await platform.feedback("")
        await ended.wait()


async def test_a_name_is_looked_up_once_and_connected_to_is_only_what_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere with the second look-up, or by a mapped address, leads nowhere."""
    asked: list[bytes] = []
    found = ["::ffff:10.0.0.1", "169.254.169.254", "127.0.0.1"]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        body = b'{"STATUS": {"CODE": "00", "TEXT": ""}, "data": {"list": [], "CURSOR": "5"}}'
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body))
        writer.close()

    async def look_up(_host: str, port: int, **_options: object) -> list[object]:
        return [(0, 0, 0, "", (address, port)) for address in found]

    async with serving(answer) as url:
        named = url.replace("127.0.0.1", "platform.test")
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
        async with to(named) as platform:
            assert (await platform.feedback("")).cursor == "5"
        for wide in ((), networks("169.254.0.0/16")):
            async with to(named, allowed=wide) as platform:
                with pytest.raises(PeerFailure, match="不在放行范围"):
                    await platform.feedback("")
    (head,) = asked
    assert f"host: {named.removeprefix('http://')}".encode() in head.lower()


async def test_a_credential_that_cannot_be_read_is_named_by_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "peer.hebei"
    async with to("http://127.0.0.1:9", secret) as platform:
        for content in (None, b"\xff\xfe"):
            if content is not None:
                secret.write_bytes(content)
            with pytest.raises(PeerFailure, match=r"凭证文件 peer\.hebei 无法读取"):
                await platform.feedback("")

"""The way to a platform: bounded in time and size, whatever the other side does with the connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.publish.platform.client import PeerFailure, Platform

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

    async with serving(drip) as url, Platform(url, secret=None, timeout=0.5) as platform, asyncio.timeout(5):
        with pytest.raises(PeerFailure, match="未及时应答"):
            await platform.feedback("1", "")
        await ended.wait()


async def test_a_credential_that_cannot_be_read_is_named_by_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "peer.hebei"
    async with Platform("http://127.0.0.1:9", secret=secret, timeout=1) as platform:
        for content in (None, b"\xff\xfe"):
            if content is not None:
                secret.write_bytes(content)
            with pytest.raises(PeerFailure, match=r"凭证文件 peer\.hebei 无法读取"):
                await platform.feedback("1", "")

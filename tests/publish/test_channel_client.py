"""The way to a channel: whom it connects to and believes, how much and how long it listens."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.publish.channels import client
from services.publish.channels.client import ChannelFailure, Channels
from tests.publish.test_webhook_connection import LOOPBACK, Serve, certified

HEAD = b"HTTP/1.1 200 OK\r\n"


def told(raw: bytes, *, drip: float = 0) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _head: bytes) -> None:
        for piece in [raw[place : place + 40] for place in range(0, len(raw), 40)] if drip else [raw]:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(drip)
        writer.close()

    return serve


async def read(raw: bytes, host: str = "127.0.0.1", *, secure: bool = False, **options: Any) -> bytes:
    async with serving_gets(told(raw, drip=options.get("drip", 0)), options.get("context")) as port:
        ways = Channels(
            options.get("allowed", LOOPBACK), secrets=Path("nowhere"), timeout=options.get("timeout", 5),
            context=options.get("trusts"),
        )  # fmt: skip
        return await ways.read(f"http{'s' if secure else ''}://{host}:{port}/copy")


@asynccontextmanager
async def serving_gets(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that answers requests, also those without a body; its port."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer, await reader.readuntil(b"\r\n\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


OK = HEAD + b"content-length: 2\r\nconnection: close\r\n\r\nok"


async def test_a_name_that_leads_inside_is_refused_when_connecting_unless_that_is_allowed() -> None:
    assert await read(OK, "localhost") == b"ok"
    with pytest.raises(ChannelFailure, match="内部或保留网段"):
        await read(OK, "localhost", allowed=())
    with pytest.raises(ChannelFailure, match="内部或保留网段"):
        await read(OK, "127.0.0.1", allowed=())


async def test_a_certificate_is_for_the_name_and_not_for_whoever_answers_there(tmp_path: Path) -> None:
    server, trusts = certified(tmp_path, "localhost")
    assert await read(OK, "localhost", secure=True, context=server, trusts=trusts) == b"ok"
    with pytest.raises(ChannelFailure, match="无法连接"):
        await read(OK, "127.0.0.1", secure=True, context=server, trusts=trusts)
    with pytest.raises(ChannelFailure, match="无法连接"):
        await read(OK, "localhost", secure=True, context=server)


async def test_redirects_and_refusals_are_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert await read(OK) == b"ok"
    moved = b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n"
    with pytest.raises(ChannelFailure, match="HTTP 302"):
        await read(moved)
    with pytest.raises(ChannelFailure, match="无法连接"):
        await read(b"no http at all\r\n\r\n")


async def test_what_drips_or_has_no_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ChannelFailure, match="未及时应答"):
        await read(HEAD + b"content-length: 400\r\n\r\n" + b"x" * 400, drip=0.1, timeout=0.3)
    monkeypatch.setattr(client, "MOST_BYTES", 1_000)
    with pytest.raises(ChannelFailure, match="内容过大"):
        await read(HEAD + b"connection: close\r\n\r\n" + b"x" * 5_000)


async def test_a_credential_that_is_not_there_is_said_without_its_place(tmp_path: Path) -> None:
    ways = Channels(LOOPBACK, secrets=tmp_path, timeout=5)
    with pytest.raises(ChannelFailure) as failed:
        await ways.put("http://127.0.0.1:9/x", b"", {}, "channel.portal")
    assert str(failed.value) == "凭证文件 channel.portal 无法读取"

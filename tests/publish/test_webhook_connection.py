"""The HTTP connection of the senders: what it connects to, whom it believes, and how much of an answer it reads."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.webhook import addresses
from shared.webhook import endpoint as endpoints
from shared.webhook.certificates import tls
from shared.webhook.connection import MOST_BYTES, NotDelivered, Refused
from shared.webhook.endpoint import Endpoint
from shared.webhook.target import Target

LOOPBACK = addresses.networks("127.0.0.0/8")
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on the loopback that answers each request in some way; its port."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.split(b":")[1]))
                await serve(reader, writer, head)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def answering(raw: bytes, *, close: bool = False) -> Serve:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.write(raw)
        if close:
            await writer.drain()
            writer.close()

    return serve


def to(port: int, host: str = "127.0.0.1", **options: Any) -> Endpoint:
    target = Target(options.get("secure", False), host, port, "/hook?x=1")
    context = options.get("context") or tls()
    return Endpoint(target, options.get("allowed", LOOPBACK), lambda: context)


async def post(endpoint: Endpoint) -> tuple[int, bytes]:
    answer = await endpoint.post([(b"webhook-id", b"1")], b"{}")
    return answer.status, answer.beginning


async def test_a_private_address_behind_a_public_name_is_refused_when_connecting() -> None:
    async with serving(answering(OK)) as port:
        with pytest.raises(Refused):
            await post(to(port, "localhost", allowed=()))
        assert (await post(to(port, "localhost")))[0] == 200


async def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def resolve(host: str, port: int, *_: object) -> list[Any]:
        """Public at the first look, of the inside at every later one."""
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    async with serving(answering(OK)) as port:
        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        found = to(port, "rebinding.example.test")
        assert (await post(found))[0] == 200
        assert asked == ["rebinding.example.test"]
        found.close()
        with pytest.raises(Refused):
            await post(found)


PORT = 44_300


@pytest.mark.parametrize(
    "inside",
    ["::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "::1", "fe80::1%lo", "fd00::1", "0.0.0.0",
     "169.254.169.254", "100.64.0.1", "::", "::127.0.0.1"],
)  # fmt: skip
async def test_whatever_a_name_stands_for_is_refused_in_every_form_of_an_inner_address(
    monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    tried: list[object] = []

    async def connect(*given: object, **_: object) -> None:
        if given[2] == PORT:  # whatever else this process connects to meanwhile is none of it
            tried.append(given[1])
        raise OSError

    family = socket.AF_INET6 if ":" in inside else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (inside, PORT))]
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", PORT))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", connect, raising=False)
    with pytest.raises(Refused):
        await post(to(PORT, "hooks.example.test", allowed=()))
    found.append(public)  # beside a public one only that is tried
    with pytest.raises(NotDelivered, match="nothing accepts"):
        await post(to(PORT, "hooks.example.test", allowed=()))
    assert tried == ["93.184.215.14"]


async def test_requests_share_a_connection_and_name_the_host() -> None:
    heads: list[bytes] = []
    made: set[Any] = set()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        heads.append(head)
        made.add(writer.get_extra_info("peername"))
        writer.write(OK)

    async with serving(serve) as port:
        found = to(port, "localhost")
        for _ in range(3):
            assert await post(found) == (200, b"ok")
        found.close()
    assert len(made) == 1
    assert heads[0].startswith(b"POST /hook?x=1 HTTP/1.1\r\nhost: localhost:%d\r\nwebhook-id: 1\r\n" % port)


async def test_a_kept_connection_the_other_side_has_ended_is_no_failure() -> None:
    async with serving(answering(OK, close=True)) as port:
        found = to(port)
        for _ in range(3):
            assert (await post(found))[0] == 200


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200),
        (b"HTTP/1.0 503 Busy\r\n\r\nbusy", 503),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", 200),
    ],
)
async def test_answers_of_every_shape_are_understood(raw: bytes, status: int) -> None:
    async with serving(answering(raw, close=True)) as port:
        assert (await post(to(port)))[0] == status


@pytest.mark.parametrize("raw", [b"SSH-2.0-OpenSSH_9.6\r\n", b"\0\1\2\3", b"", b"HTTP/1.1 abc\r\n\r\n"])
async def test_what_is_no_http_is_no_answer(raw: bytes) -> None:
    async with serving(answering(raw, close=True)) as port:
        with pytest.raises(NotDelivered):
            await post(to(port))


async def test_an_answer_without_end_is_read_to_a_bound() -> None:
    sent = 0

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _head: bytes) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            sent += 65_536
            await writer.drain()

    async with serving(serve) as port:
        status, beginning = await post(to(port))
    assert (status, beginning) == (200, b"x" * 500)
    assert sent < 200 * MOST_BYTES


async def test_a_header_without_end_is_no_answer() -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-more: %b\r\n" % (b"x" * 8_000))
            await writer.drain()

    async with serving(serve) as port:
        with pytest.raises(NotDelivered):
            await post(to(port))


async def test_an_attempt_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "ATTEMPT_SECONDS", 0.2)

    async def serve(*_: object) -> None:
        await asyncio.Event().wait()

    async with serving(serve) as port:
        with pytest.raises(NotDelivered, match="no answer"):
            await post(to(port))


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server with a certificate for a name, and a client that trusts its issuer."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, private)
    client = tls()
    client.load_verify_locations(certificate)
    return server, client


async def test_a_certificate_is_for_the_name_and_not_for_whoever_answers_there(tmp_path: Path) -> None:
    server, client = certified(tmp_path, "localhost")
    async with serving(answering(OK), server) as port:
        assert (await post(to(port, "localhost", secure=True, context=client)))[0] == 200
        with pytest.raises(NotDelivered, match="certificate"):
            await post(to(port, "127.0.0.1", secure=True, context=client))
        with pytest.raises(NotDelivered, match="certificate"):
            await post(to(port, "localhost", secure=True))

"""One keep-alive connection to an API: a client so small that it does not weigh in what is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import orjson


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as a document."""
        return orjson.loads(self.body)

    def expect(self, *statuses: int) -> Answer:
        """Itself, when the status is one of these.

        Raises
        ------
        RuntimeError
            It is another; the text of the answer is in the message.
        """
        if self.status not in statuses:
            raise RuntimeError(f"answered {self.status}: {self.body[:2000].decode(errors='replace')}")
        return self


class Line:
    """Ask one thing after the other."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._port = port
        self._token = f"Authorization: Bearer {token}\r\n" if token else ""

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None):
        self._writer.close()

    async def get(self, path: str) -> Answer:
        """GET a path."""
        return await self._ask(f"GET {path} HTTP/1.1\r\nHost: bench\r\n{self._token}\r\n".encode())

    async def post(self, path: str, document: Any = None) -> Answer:
        """POST a document."""
        body = b"" if document is None else orjson.dumps(document)
        return await self.send(path, body, "application/json")

    async def send(self, path: str, body: bytes, media_type: str) -> Answer:
        """POST a body."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: bench\r\n{self._token}Content-Type: {media_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return await self._ask(head.encode() + body)

    async def _ask(self, raw: bytes) -> Answer:
        self._writer.write(raw)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        if headers.get("transfer-encoding") == "chunked":
            return Answer(int(head[0].split()[1]), headers, await self._chunks())
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(head[0].split()[1]), headers, body)

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self._reader.readline(), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readline()
        return body

"""HTTP to a channel: to checked addresses only, bounded in time and size; no redirects, no proxies."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from shared.webhook import addresses
from shared.webhook.addresses import Network
from shared.webhook.certificates import tls

# A copy of a list with some ten thousand entries.
MOST_BYTES = 64 * 1024 * 1024
CONNECT_SECONDS = 5.0
_TAKEN = frozenset({200, 201, 202, 204})
# Read once: the certificates of the system are many.
_trusted = cache(tls)


class ChannelFailure(Exception):
    """The channel is away, slow, refuses or answers wrongly; the message is Chinese, for the state of the channel."""


class Channels:
    """The ways to channels.

    A name is looked up here, and connected to is exactly what was checked: a second look-up could answer something
    else. A credential is read from its file with every request and kept nowhere.

    Parameters
    ----------
    timeout : seconds a whole exchange may take.
    context : whose certificates are believed; what this system trusts, unless told otherwise.
    """

    def __init__(
        self, allowed: Sequence[Network], *, secrets: Path, timeout: float, context: ssl.SSLContext | None = None
    ) -> None:
        self._allowed, self._secrets, self._timeout = allowed, secrets, timeout
        self._context = context or _trusted()

    async def put(self, url: str, content: bytes, headers: Mapping[str, str], credential: str | None) -> None:
        """Send a copy; sending it again is the same. Raises ChannelFailure."""
        status, _ = await self._ask("PUT", url, dict(headers) | self._authorisation(credential), content)
        if status not in _TAKEN:
            raise ChannelFailure(f"渠道未接收（HTTP {status}）")

    async def read(self, url: str) -> bytes:
        """What the channel shows. Raises ChannelFailure."""
        status, body = await self._ask("GET", url, {"Cache-Control": "no-cache"}, None)
        if status != 200:
            raise ChannelFailure(f"读取渠道内容失败（HTTP {status}）")
        return body

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> tuple[int, bytes]:
        try:
            # In all: the client's own bound is one for each piece, and a channel may drip.
            async with asyncio.timeout(self._timeout):
                target, named, extensions = await self._checked(url)
                limits = httpx.Timeout(self._timeout, connect=min(CONNECT_SECONDS, self._timeout))
                async with httpx.AsyncClient(
                    timeout=limits, verify=self._context, follow_redirects=False, trust_env=False
                ) as http:
                    given = {**headers, "Host": named}
                    async with http.stream(
                        method, target, headers=given, content=content, extensions=extensions
                    ) as answer:
                        return answer.status_code, await _bounded(answer)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ValueError) as error:
            raise ChannelFailure(f"无法连接或未及时应答（{type(error).__name__}）") from error

    async def _checked(self, url: str) -> tuple[httpx.URL, str, dict[str, str]]:
        """The address to connect to in place of the name, the name for the request, and for the certificate."""
        parts = httpx.URL(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(parts.host, port, type=socket.SOCK_STREAM)
        usable = [str(entry[4][0]) for entry in found if addresses.may_connect(str(entry[4][0]), self._allowed)]
        if not usable:
            raise ChannelFailure("地址指向内部或保留网段，且不在放行范围内")
        extensions = {"sni_hostname": parts.host} if parts.scheme == "https" else {}
        return parts.copy_with(host=usable[0]), urlsplit(url).netloc, extensions

    def _authorisation(self, credential: str | None) -> dict[str, str]:
        if credential is None:
            return {}
        try:
            return {"Authorization": f"Bearer {(self._secrets / credential).read_text().strip()}"}
        except (OSError, UnicodeError) as error:
            raise ChannelFailure(f"凭证文件 {credential} 无法读取") from error


async def _bounded(answer: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in answer.aiter_bytes():
        size += len(piece)
        if size > MOST_BYTES:
            raise ChannelFailure("内容过大，已中止读取")
        pieces.append(piece)
    return b"".join(pieces)

"""Requests of a general HTTP client to checked addresses only: for exchanges that are more than a webhook."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import httpx

from shared.webhook import addresses
from shared.webhook.addresses import Network

# Addresses of one name that are tried in turn.
_MOST_ADDRESSES = 4
_PORTS = {"http": 80, "https": 443}


class NotAllowed(httpx.TransportError):
    """Every address of the name is private or reserved, and in no network that is allowed."""


class CheckedTransport(httpx.AsyncBaseTransport):
    """Looks a name up, checks what is found, and connects to exactly that: a second look-up could answer otherwise.

    The request goes on naming the host, and the certificate must be the host's.

    Parameters
    ----------
    inner : connects; its name resolution is never asked.
    """

    def __init__(self, allowed: Sequence[Network], inner: httpx.AsyncBaseTransport) -> None:
        self._allowed, self._inner = allowed, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Called by the client. Raises httpx.TransportError."""
        named = request.url
        if named.scheme == "https":
            request.extensions = {**request.extensions, "sni_hostname": named.host}
        failure: httpx.TransportError = httpx.ConnectError("the host name has no address", request=request)
        try:
            for address in await self._usable(named):
                request.url = named.copy_with(host=address)
                try:
                    return await self._inner.handle_async_request(request)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # nothing was sent: the next may accept
                    failure = error
        finally:
            request.url = named
        raise failure

    async def aclose(self) -> None:
        """End the connections."""
        await self._inner.aclose()

    async def _usable(self, url: httpx.URL) -> list[str]:
        port = url.port or _PORTS[url.scheme]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError("the host name is unknown") from error
        every = dict.fromkeys(str(entry[4][0]) for entry in found)
        usable = [address for address in every if addresses.may_connect(address, self._allowed)]
        if not usable:
            raise NotAllowed("the address is private or reserved, and not in the allow-list")
        return usable[:_MOST_ADDRESSES]

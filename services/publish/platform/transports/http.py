"""HTTP to a platform: to checked addresses only, bounded in time and size, no redirects, no proxies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from services.publish.platform.rules import WELL, BadAnswer
from services.publish.platform.transports.contract import Address, BatchRefused, PeerFailure
from shared.webhook.checked import CheckedTransport, NotAllowed

# Larger answers are none of the contracts': a page of an inventory of 1,000 entries is some 200 kB.
MOST_BYTES = 32 * 1024 * 1024
CONNECT_SECONDS = 5.0
# The batch itself is wrong or too large: sending it again would not help, sending less of it may.
REFUSALS = frozenset({400, 413, 422})
_LIMITS = httpx.Limits(max_connections=3, max_keepalive_connections=3)


@dataclass(frozen=True)
class Reply:
    """An answer as it came, its body whole; `asked` : seconds of Retry-After."""

    status: int
    body: bytes
    asked: float | None


class Connection:
    """Connections to one platform.

    The credential is read from its file with every request: it may be replaced while we work, and is kept nowhere.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._http = httpx.AsyncClient(
            base_url=address.base_url.rstrip("/"),
            timeout=httpx.Timeout(address.timeout, connect=min(CONNECT_SECONDS, address.timeout)),
            follow_redirects=False,
            trust_env=False,
            transport=CheckedTransport(address.allowed, httpx.AsyncHTTPTransport(trust_env=False, limits=_LIMITS)),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, **request: Any) -> Reply:
        """One request and its answer, whatever its status. Raises PeerFailure."""
        try:
            # In all: the client's own bound is one for each piece, and a platform may drip.
            async with asyncio.timeout(self._address.timeout):
                async with self._http.stream(method, path, **request) as response:
                    return Reply(response.status_code, await _bounded(response), _retry_after(response))
        except NotAllowed as error:
            raise PeerFailure("地址指向内部或保留网段，且不在放行范围（QINGDAN_PEER_ALLOWED_NETWORKS）内") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise PeerFailure(f"无法连接或未及时应答（{type(error).__name__}）") from error

    def secret(self) -> str | None:
        """The content of the credential's file; None when there is none to show. Raises PeerFailure."""
        return read_secret(self._address)

    async def ask_with_token(self, method: str, path: str, **request: Any) -> Mapping[str, Any]:
        """The `data` of the answer to a request with the credential as a bearer token, in an envelope of STATUS.

        Raises
        ------
        PeerFailure, BatchRefused, BadAnswer
        """
        secret = self.secret()
        headers = dict(request.pop("headers", {}))
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret}"
        reply = await self.ask(method, path, headers=headers, **request)
        if reply.status in REFUSALS:
            raise BatchRefused(f"平台拒收（HTTP {reply.status}）：{_said(reply.body)}", reply.status)
        if reply.status != 200:
            raise PeerFailure(f"平台应答 HTTP {reply.status}", asked=reply.asked)
        return data_of(reply.body)


def read_secret(address: Address) -> str | None:
    """The content of the credential's file; None when the peer has none. Raises PeerFailure."""
    if address.credential is None:
        return None
    try:
        return address.credential.read_text().strip()
    except (OSError, UnicodeError) as error:
        raise PeerFailure(f"凭证文件 {address.credential.name} 无法读取") from error


def data_of(body: bytes) -> Mapping[str, Any]:
    """What the envelope carries: {"STATUS": {"CODE": "00", "TEXT": ""}, "data": {...}}.

    Raises
    ------
    PeerFailure, BadAnswer
    """
    try:
        envelope = orjson.loads(body)
        status, data = envelope["STATUS"], envelope["data"]
        code, text = status["CODE"], str(status.get("TEXT", ""))[:200]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadAnswer("应答不符合接口约定（应为 STATUS 与 data）") from error
    if code != WELL:
        raise PeerFailure(f"平台应答代码 {str(code)[:50]}：{text}")
    if not isinstance(data, Mapping):
        raise BadAnswer("应答中的 data 应为对象")
    return data


async def _bounded(response: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MOST_BYTES:
            raise PeerFailure("应答过大，已中止接收")
        pieces.append(piece)
    return b"".join(pieces)


def _said(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["STATUS"]["TEXT"])[:200]
    except (ValueError, KeyError, TypeError):
        return "未说明原因"


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of Retry-After; dates are not looked at, our own back-off does for them."""
    given = response.headers.get("retry-after", "")
    return float(given) if given.isdecimal() and len(given) < 7 else None

"""HTTP to a platform: bounded in time and size, no redirects, no proxies of the environment.

PeerFailure              what ends one attempt and is tried again
└── BatchRefused         the platform will not take the batch as it is
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import orjson

from services.publish.platform.rules import WELL, BadAnswer

# Larger answers are none of the contract's: a page of an inventory of 1,000 entries is some 200 kB.
MOST_BYTES = 32 * 1024 * 1024
CONNECT_SECONDS = 5.0
PAGE = 500
INVENTORY_PAGE = 1_000
# The batch itself is wrong or too large: sending it again would not help, sending less of it may.
_REFUSALS = frozenset({400, 413, 422})


class PeerFailure(Exception):
    """The platform is away, slow, or answers wrongly; the message is Chinese, for the status of the peer.

    `asked` : seconds it wants to be left alone for (Retry-After).
    """

    def __init__(self, message: str, *, asked: float | None = None) -> None:
        super().__init__(message)
        self.asked = asked


class BatchRefused(PeerFailure):
    """The platform refuses the batch as a whole; `status` is the HTTP status it gave."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Platform:
    """A platform as this installation speaks to it.

    The credential is read from its file with every request: it may be replaced while we work, and is kept nowhere.

    Parameters
    ----------
    timeout : seconds a whole answer may take.
    """

    def __init__(self, base_url: str, *, secret: Path | None, timeout: float) -> None:
        self._secret = secret
        self._timeout = timeout
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=3, max_keepalive_connections=3),
        )

    async def __aenter__(self) -> Platform:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def send(self, source: str, number: str, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Send a batch; the data of the answer. Sending the same number again is answered as it was the first time.

        Raises
        ------
        PeerFailure, BatchRefused, BadAnswer
        """
        body = orjson.dumps({"DATA_SOURCE": source, "CD_BATCH": number, "list": rows})
        return await self._ask("POST", "/items:batch", content=body, headers={"Content-Type": "application/json"})

    async def feedback(self, source: str, since: str) -> Mapping[str, Any]:
        """A page of what quality control said. Raises PeerFailure, BadAnswer."""
        return await self._ask("GET", "/feedback", params={"source": source, "since": since, "limit": PAGE})

    async def catalogue(self, since: int, after: str) -> Mapping[str, Any]:
        """A page of the platform's own catalogue. Raises PeerFailure, BadAnswer."""
        return await self._ask("GET", "/catalogue", params={"since": since, "after": after, "limit": PAGE})

    async def inventory(self, source: str, cursor: str) -> Mapping[str, Any]:
        """A page of what the platform holds of ours. Raises PeerFailure, BadAnswer."""
        return await self._ask("GET", "/items", params={"source": source, "cursor": cursor, "limit": INVENTORY_PAGE})

    async def _ask(self, method: str, path: str, **request: Any) -> Mapping[str, Any]:
        headers = {**request.pop("headers", {}), **self._authorisation()}
        try:
            # In all: the client's own bound is one for each piece, and a platform may drip.
            async with asyncio.timeout(self._timeout):
                async with self._http.stream(method, path, headers=headers, **request) as response:
                    body = await _bounded(response)
                    status, asked = response.status_code, _retry_after(response)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise PeerFailure(f"无法连接或未及时应答（{type(error).__name__}）") from error
        if status in _REFUSALS:
            raise BatchRefused(f"平台拒收（HTTP {status}）：{_said(body)}", status)
        if status != 200:
            raise PeerFailure(f"平台应答 HTTP {status}", asked=asked)
        return _data(body)

    def _authorisation(self) -> dict[str, str]:
        if self._secret is None:
            return {}
        try:
            return {"Authorization": f"Bearer {self._secret.read_text().strip()}"}
        except (OSError, UnicodeError) as error:
            raise PeerFailure(f"凭证文件 {self._secret.name} 无法读取") from error


async def _bounded(response: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MOST_BYTES:
            raise PeerFailure("应答过大，已中止接收")
        pieces.append(piece)
    return b"".join(pieces)


def _data(body: bytes) -> Mapping[str, Any]:
    """What the envelope carries: {"STATUS": {"CODE": "00", "TEXT": ""}, "data": {...}}."""
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


def _said(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["STATUS"]["TEXT"])[:200]
    except (ValueError, KeyError, TypeError):
        return "未说明原因"


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds of Retry-After; dates are not looked at, our own back-off does for them."""
    given = response.headers.get("retry-after", "")
    return float(given) if given.isdecimal() and len(given) < 7 else None

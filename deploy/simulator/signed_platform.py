"""A platform with a signed API: `python -m deploy.simulator.signed_platform --storage FILE --token SECRET`.

Keeps what the platform of `deploy.simulator.platform` keeps, behind the signature of docs/signed-api.md, which it
computes from that page alone, and in envelopes of `{code, msg, data}`. Beside `fail`, `lose`, `lie`, `down` and `delay`
its user may let it say that it is asked too often (`throttle`), that a request has expired (`expire`), that it decides
later (`defer`), and choose the hash (`algorithm`).
"""

from __future__ import annotations

import hashlib
import time
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from deploy.simulator import platform
from deploy.simulator.platform import Gone, Handler
from deploy.simulator.repository import Storage
from deploy.simulator.sm3 import hmac, sm3

APP_KEY = "qdk_simulated"
TOLERANCE_MS = 5 * 60 * 1000
_PLACES = {"/items/push": "/items:batch", "/items/query": "/items", "/feedback/query": "/feedback"}
_DIGESTS = {"HMAC-SHA256": lambda text: hashlib.sha256(text).digest(), "HMAC-SM3": sm3}


class SignedHandler(Handler):
    """One connection."""

    nonces: ClassVar[set[str]] = set()

    def _contract(self, method: str, path: str, asked: dict[str, str], body: bytes) -> tuple[int, Any]:
        storage = self.server.storage
        with self.server.lock:
            wrong = storage.control()
        time.sleep(float(wrong.get("delay") or 0))
        if wrong.get("down"):
            raise Gone
        with self.server.lock:
            if storage.use_up("fail"):
                return int(wrong.get("fail_with") or 503), _envelope(500, "系统繁忙", None)
            refused = self._refused(method, body, str(wrong.get("algorithm") or "HMAC-SHA256"))
            if refused is not None:
                return 200, refused
            if storage.use_up("throttle"):
                return 200, _envelope(429, "访问过于频繁", {"retry_after": 0.05})
            told = self._told(method, _PLACES.get(path.removeprefix("/api"), ""), asked, body)
            if told is None:
                return 404, _envelope(404, "没有这个接口", None)
            if method == "POST" and storage.use_up("lose"):
                raise Gone
            if method == "POST" and storage.use_up("defer"):
                return 200, _envelope(202, "已接收，审核中", {"retry_after": 0.05})
        return 200, _envelope(200, "ok", told)

    def _refused(self, method: str, body: bytes, algorithm: str) -> dict[str, Any] | None:
        """What is wrong with the signature; a request that was good once is good no more."""
        key, stamp, nonce, sign = (self.headers.get(name, "") for name in ("appKey", "timestamp", "nonce", "sign"))
        if self.server.storage.use_up("expire") or abs(int(stamp or 0) - time.time() * 1000) > TOLERANCE_MS:
            return _envelope(40102, "timestamp 已过期", None)
        if key != APP_KEY or sign != signature(
            _DIGESTS[algorithm], self.server.token or "", method, self.path, body, (key, stamp, nonce)
        ):
            return _envelope(40101, "签名不正确", None)
        if nonce in self.nonces:
            return _envelope(40103, "nonce 重复", None)
        self.nonces.add(nonce)
        return None


def signature(digest: Any, secret: str, method: str, target: str, body: bytes, named: tuple[str, str, str]) -> str:
    """`sign` as docs/signed-api.md tells it, from the request line as it came."""
    url = urlsplit(target)
    path = "/".join(quote(unquote(part), safe="-._~") for part in url.path.split("/"))
    pairs = sorted(
        (quote(name, safe="-._~"), quote(value, safe="-._~"))
        for name, value in parse_qsl(url.query, keep_blank_values=True)
    )
    query = "&".join(f"{name}={value}" for name, value in pairs)
    lines = [method, path, query, digest(body).hex(), *named]
    return hmac(digest, secret.encode(), "\n".join(lines).encode()).hex()


def _envelope(code: int, text: str, data: Any) -> dict[str, Any]:
    return {"code": code, "msg": text, "data": data}


if __name__ == "__main__":
    platform.main("deploy.simulator.signed_platform", Storage, SignedHandler)

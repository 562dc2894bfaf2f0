"""What a signed request must carry, and why one is refused. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared import problems
from shared.appkey import signature
from shared.appkey.signature import Signed
from shared.problems import FieldError

CODE_PREFIX = "qdk_"
SECRET_PREFIX = "qds_"
# What a platform that pulls page by page needs at most; it also bounds the nonces kept of a key to two tolerances.
USUAL_PER_MINUTE = 600
MOST_PER_MINUTE = 6_000
# A request is found timely by one process and its nonce swept by another: their clocks may differ, and a request may
# wait for others of its key in between.
NONCE_MARGIN = timedelta(minutes=1)
_SHAPES = {
    "appKey": (re.compile(r"[0-9A-Za-z_-]{1,64}"), "应为登记时发放的 appKey"),
    "timestamp": (re.compile(r"[0-9]{13}"), "应为 13 位毫秒时间戳"),
    "nonce": (re.compile(r"[0-9A-Za-z_-]{8,64}"), "应为 8 至 64 位字母、数字、连字符或下划线，每次请求不同"),
    "sign": (re.compile(r"[0-9a-fA-F]{64}"), "应为 64 位十六进制签名"),
}


@dataclass(frozen=True)
class Given:
    """What the headers of a request say."""

    signed: Signed
    sign: str

    @property
    def expires_at(self) -> datetime:
        """From when on the timestamp alone keeps the request from being taken again, by the clock of any process."""
        signed_at = datetime.fromtimestamp(int(self.signed.timestamp) / 1000, UTC)
        return signed_at + signature.TOLERANCE + NONCE_MARGIN


def read(headers: Mapping[str, str]) -> Given:
    """The four headers.

    Raises
    ------
    problems.BadRequest
        One is missing or cannot be one; names it.
    """
    wrong = [
        FieldError(f"header/{name}", "missing" if headers.get(name) is None else "format", remedy)
        for name, (shape, remedy) in _SHAPES.items()
        if shape.fullmatch(headers.get(name) or "") is None
    ]
    if wrong:
        told = "；".join(f"{one.pointer.removeprefix('header/')} {one.message}" for one in wrong)
        raise problems.BadRequest(f"签名请求头有误：{told}。", code="bad_signature_headers", errors=wrong)
    signed = Signed(headers["appKey"], headers["timestamp"], headers["nonce"])
    return Given(signed, headers["sign"].lower())


def check_timely(given: Given, now: datetime) -> None:
    """Refuse what was signed too long ago, or in the future. Raises problems.Unauthenticated."""
    if not signature.is_timely(given.signed.timestamp, now):
        raise problems.Unauthenticated(
            "timestamp 与服务器时间相差超过 5 分钟，请校准时钟后重新签名。",
            code="timestamp_out_of_tolerance",
            extra={"server_time": signature.milliseconds(now)},
        )


def wrong_signature() -> problems.Unauthenticated:
    """One answer for an unknown key, one that has ended and a wrong signature: guessing learns nothing."""
    return problems.Unauthenticated("appKey 无效或签名不正确，请核对密钥、签名算法和待签名文本。", code="bad_signature")


def replayed() -> problems.Unauthenticated:
    """The nonce was used before."""
    return problems.Unauthenticated("nonce 已使用过，请为每次请求生成新的 nonce 并重新签名。", code="nonce_replayed")


def throttled(seconds: int) -> problems.TooMany:
    """More requests in a minute than were agreed."""
    return problems.TooMany(
        f"请求过于频繁，请 {seconds} 秒后再试。", code="too_many_requests",
        headers={"Retry-After": str(seconds)}, extra={"retry_after": seconds},
    )  # fmt: skip

"""When an attempt is repeated, what an answer means, and what an endpoint's address must look like. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from shared.problems import FieldError
from shared.webhook import addresses
from shared.webhook.addresses import Network

# Outstanding deliveries of a subscription; the design's bound.
WINDOW = 1_000
# Of them kept free for notices: a change of filter finds its place in a full window too.
FOR_NOTICES = 16
# Asked for again one by one in one request: as much as ten windows.
MOST_NUMBERS = 10_000
# An endpoint that has failed for so long: its owner is told, and after that it is disabled.
WARNED_AFTER = timedelta(days=1)
DISABLED_AFTER = timedelta(days=3)
# How long sequences can be read and sent again.
RETENTION_DAYS = 30

# Seconds between attempts, about three days in all: short faults are over soon, and a weekend is survived.
SCHEDULE = (5, 15, 45, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, *(36_000,) * 6)
# Each pause is spread by this share, so that many subscribers of one host do not come back in step.
JITTER = 0.2
# What an endpoint may ask for; no longer than our own longest pause.
MOST_RETRY_AFTER = SCHEDULE[-1]
# So many refusals in a row are the endpoint's fault, not one event's.
ENDPOINT_FAULTS = 3

# What every request says beside its signature.
HEADERS = ((b"content-type", b"application/cloudevents+json"), (b"user-agent", b"Qingdan-Webhooks/1"))

State = Literal["active", "paused", "disabled", "resync_required"]
Ordering = Literal["item", "none"]
STATES: tuple[State, ...] = ("active", "paused", "disabled", "resync_required")


def pause(failures: int, random: float) -> float | None:
    """Seconds to wait after so many failures in a row; None when that was the last attempt.

    Parameters
    ----------
    random : between 0 and 1.
    """
    if failures > len(SCHEDULE):
        return None
    return SCHEDULE[failures - 1] * (1 - JITTER + 2 * JITTER * random)


class Verdict(Enum):
    """What an answer says."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # this event; the endpoint itself is well
    UNWELL = "unwell"  # the endpoint answers, but not as it should
    AWAY = "away"  # nothing answers, or it asks to be left alone
    GONE = "gone"


def judge(status: int | None, retry_after: float | None) -> Verdict:
    """What a status means; None when there was no answer. Only 2xx is success; a redirect is none."""
    if status is None:
        return Verdict.AWAY
    if 200 <= status < 300:
        return Verdict.DELIVERED
    if status == 410:
        return Verdict.GONE
    if status == 429 or retry_after is not None:
        return Verdict.AWAY
    # Not found, not allowed, too slow, moved: every event would be answered alike.
    if status >= 500 or status < 400 or status in (401, 403, 404, 405, 408):
        return Verdict.UNWELL
    return Verdict.REFUSED


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110: seconds or a date), capped; None when it does not."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:10]), MOST_RETRY_AFTER))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), float(MOST_RETRY_AFTER))


_SECRETIVE = re.compile(r"cookie|auth|token|secret|key|session|passw", re.IGNORECASE)


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of an answer as they may be written down: values that could be secrets of the receiver are left out."""
    plain = {name.replace("\0", "␀"): value.replace("\0", "␀") for name, value in headers.items()}
    return {name: "…" if _SECRETIVE.search(name) else value for name, value in plain.items()}


def shown_answer(raw: bytes) -> str:
    """The beginning of an answer as text that can be stored."""
    return raw.decode(errors="replace").replace("\0", "␀")


def wrong_limits(**limits: tuple[int | None, int]) -> list[FieldError]:
    """What is wrong with limits that an owner sets: (what is wanted, the most that the operator allows) by name."""
    return [
        FieldError(f"/{name}", "limit_exceeded", f"超过本平台允许的上限 {most}，请改小或留空使用上限")
        for name, (wanted, most) in limits.items()
        if wanted is not None and wanted > most
    ]


_VISIBLE = re.compile(r"[!-~]{1,2000}")
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?")
# Ports where a request of ours could be taken for something else: mail, files, shells, databases, queues.
_FORBIDDEN_PORTS = frozenset({*range(1, 80), *range(81, 443), *range(444, 1024), 3306, 5432, 6379, 9200, 11211, 27017})


def wrong_with(url: str, allowed: tuple[Network, ...]) -> str | None:
    """What is wrong with an endpoint, in Chinese; None when it can be saved.

    The address behind a host name is looked at when connecting: it may be another one then.
    """
    if _VISIBLE.fullmatch(url) is None:
        return "地址只能由可见的 ASCII 字符组成，最长 2000 个字符；中文域名请用 Punycode 形式"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "不是有效的网址"
    return _wrong_parts(parts, port, allowed)


def _wrong_parts(parts: SplitResult, port: int | None, allowed: tuple[Network, ...]) -> str | None:
    host = parts.hostname or ""
    address = addresses.literal(host)
    if parts.scheme not in ("http", "https") or not host:
        return "应为以 https:// 开头的完整网址"
    if parts.username is not None or parts.password is not None:
        return "网址中不能带用户名或密码，请用签名验证来源"
    if parts.fragment:
        return "网址中不能带 # 片段"
    if address is None and (_HOST.fullmatch(host) is None or host.rstrip(".").rsplit(".", 1)[-1].isdigit()):
        return "主机名格式不正确"
    if address is not None and not addresses.may_connect(str(address), allowed):
        return "该地址属于内部或保留网段，不允许推送；确需使用请由运维人员加入允许网段"
    if parts.scheme == "http" and (address is None or not addresses.is_listed(address, allowed)):
        return "必须使用 https；仅允许网段内的地址可用 http"
    if port is not None and (port == 0 or (port in _FORBIDDEN_PORTS)):
        return "不允许使用该端口，请用 443、80 或 1024 以上的常规端口"
    return None


def may_show(certificate: str, owner: str) -> bool:
    """Whether a subscription may show a stored certificate: of a system, only one that bears its own identifier.

    Whoever names a certificate has us sign with its key at an address of his choice, so it must be his.
    """
    kind, _, identifier = owner.partition(":")
    return kind != "client" or certificate == identifier or certificate.startswith(f"{identifier}-")

"""Errors that are part of the product; each is also an RFC 9457 problem document.

    Problem
    ├── BadRequest 400           ├── PreconditionFailed 412
    ├── Unauthenticated 401      ├── TooLarge 413
    ├── Forbidden 403            ├── Invalid 422
    ├── NotFound 404             ├── PreconditionRequired 428
    ├── Conflict 409             ├── TooMany 429
    │   └── IllegalTransition    └── Unavailable 503
    └── Gone 410

`detail` is Chinese and says what is wrong and what to do; `code` is stable English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True)
class FieldError:
    """One place in the request that is wrong.

    `pointer` is a JSON pointer into the body (`/changes/3/elements/name`), or `query/<name>`, `path/<name>`,
    `header/<name>`.
    """

    pointer: str
    code: str
    message: str


class Problem(Exception):
    """Base of all errors the product reports on purpose."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "服务内部错误"
    default_code: ClassVar[str] = "internal_error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        decided: bool = False,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.default_code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})
        # True: the request had an effect that must be kept although the answer is an error.
        self.decided = decided


class BadRequest(Problem):
    """The request cannot be read."""

    status, title, default_code = 400, "请求无法识别", "bad_request"


class Unauthenticated(Problem):
    """Nobody is signed in, or the token is no longer good."""

    status, title, default_code = 401, "请先登录", "unauthenticated"


class Forbidden(Problem):
    """Signed in, but not allowed."""

    status, title, default_code = 403, "无权操作", "forbidden"


class NotFound(Problem):
    """There is no such thing, or the caller may not know of it."""

    status, title, default_code = 404, "未找到", "not_found"


class Conflict(Problem):
    """The state of things does not allow it."""

    status, title, default_code = 409, "与当前状态冲突", "conflict"


class IllegalTransition(Conflict):
    """The step is not possible from the present state; `allowed` names those that are."""

    default_code = "illegal_transition"

    def __init__(self, detail: str, *, allowed: Sequence[str], code: str | None = None) -> None:
        super().__init__(detail, code=code, extra={"allowed": list(allowed)})


class Gone(Problem):
    """It was there, and is past retention."""

    status, title, default_code = 410, "已超出保留期限", "gone"


class PreconditionFailed(Problem):
    """If-Match names a version that is no longer current."""

    status, title, default_code = 412, "内容已被他人修改", "stale_version"


class TooLarge(Problem):
    """More than can be taken at once."""

    status, title, default_code = 413, "内容过大", "too_large"


class Invalid(Problem):
    """Readable, but wrong in the places named."""

    status, title, default_code = 422, "内容有误", "invalid"


class PreconditionRequired(Problem):
    """A change needs If-Match."""

    status, title, default_code = 428, "缺少版本条件", "if_match_required"


class TooMany(Problem):
    """Too many attempts."""

    status, title, default_code = 429, "请求过于频繁", "too_many_requests"


class Unavailable(Problem):
    """Something needed is away for the moment."""

    status, title, default_code = 503, "服务暂不可用", "unavailable"

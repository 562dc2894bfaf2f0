"""What can go wrong: answers of the API as typed errors (RFC 9457), and no answer at all.

QingdanError
├── Unreachable                  no answer, after all retries
└── Problem                      the API answered with a problem
    ├── Unauthenticated 401      ├── Gone 410
    ├── Forbidden 403            ├── PreconditionFailed 412
    ├── NotFound 404             ├── Invalid 422
    ├── Conflict 409             ├── TooMany 429
    └── Unavailable 500-599
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


class QingdanError(Exception):
    """Base of everything this package raises."""


class Unreachable(QingdanError):
    """There was no answer."""


@dataclass(frozen=True)
class FieldError:
    """A place in the request that is wrong: a JSON pointer, a stable code, and what to do, in Chinese."""

    pointer: str
    code: str
    message: str


class Problem(QingdanError):
    """The API refused.

    Attributes
    ----------
    status : of HTTP.
    code : stable and English: what programs decide by.
    detail : Chinese, for people.
    errors : the places that are wrong.
    document : the whole problem, with members of its own such as `first_sequence`.
    retry_after : the header, when there was one: seconds, or a date.
    """

    def __init__(self, status: int, document: Mapping[str, Any], retry_after: str | None = None) -> None:
        self.status = status
        self.retry_after = retry_after
        self.document = document
        self.code = str(document.get("code", "unknown"))
        self.detail = str(document.get("detail") or document.get("title") or status)
        self.errors = tuple(
            FieldError(str(one.get("pointer", "")), str(one.get("code", "")), str(one.get("message", "")))
            for one in document.get("errors") or ()
        )
        super().__init__(f"{status} {self.code}: {self.detail}")


class Unauthenticated(Problem):
    """401: the credentials or the token are not accepted."""


class Forbidden(Problem):
    """403: a scope is missing."""


class NotFound(Problem):
    """404: there is no such thing, or it is not yours."""


class Conflict(Problem):
    """409: not in the present state."""


class Gone(Problem):
    """410: past retention; `document` says from where to go on."""


class PreconditionFailed(Problem):
    """412: somebody has changed it meanwhile."""


class Invalid(Problem):
    """422: see `errors`."""


class TooMany(Problem):
    """429: slow down."""


class Unavailable(Problem):
    """5xx: not now."""


_BY_STATUS: Mapping[int, type[Problem]] = {
    401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 410: Gone, 412: PreconditionFailed,
    422: Invalid, 429: TooMany,
}  # fmt: skip


def problem_of(answer: httpx.Response) -> Problem:
    """The error that an answer stands for; what is no problem document (a proxy's page) is told by its status."""
    try:
        document = answer.json()
    except ValueError:
        document = {}
    kind = _BY_STATUS.get(answer.status_code, Unavailable if answer.status_code >= 500 else Problem)
    told = document if isinstance(document, dict) else {}
    return kind(answer.status_code, told, answer.headers.get("Retry-After"))

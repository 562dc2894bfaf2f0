"""Idempotency-Key: a request that is sent twice has its effect once and gets the same answer.

Keys are scoped to client and operation and kept for seven days. Only 2xx and decided 409 answers are stored, in the
transaction of the effect. An answer that shows a secret is stored without it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, insert, select, text
from starlette.requests import Request
from starlette.responses import Response

from shared import clock, problems
from shared.ledger.partitions import IDEMPOTENCY_DAYS
from shared.ledger.transaction import Transaction
from shared.schema.ledger import idempotency

LARGEST_BODY = 16 * 1024
LONGEST_KEY = 200


class ShownOnce(Response):
    """An answer that shows a secret: whoever repeats the request gets `kept`, the same without the secret."""

    def __init__(self, content: bytes, *, kept: bytes, status_code: int, headers: Mapping[str, str]) -> None:
        super().__init__(
            content, status_code, headers=dict(headers) | {"Cache-Control": "no-store"}, media_type="application/json"
        )
        self.kept = kept


@dataclass(frozen=True)
class Key:
    """One client's key for one operation, and the fingerprint of what was asked."""

    client: str
    operation: str
    value: str
    fingerprint: bytes


def fingerprint(request: Request, body: bytes) -> bytes:
    """What was asked: address with parameters and body; the boundary a form is sent with is chosen anew each time."""
    boundary = request.headers.get("content-type", "").partition("boundary=")[2].partition(";")[0].strip(' "')
    same = body.replace(boundary.encode("latin-1"), b"") if boundary else body
    asked = (request.url.path.encode("utf-8", "replace"), request.url.query.encode("utf-8", "replace"), same)
    return hashlib.sha256(b"\0".join(asked)).digest()


def key_of(client: str, operation: str, value: str, asked: bytes) -> Key:
    """Read the header.

    Raises
    ------
    problems.Invalid
        Empty, too long or not printable ASCII.
    """
    if not value or len(value) > LONGEST_KEY or not value.isascii() or not value.isprintable():
        raise problems.Invalid(
            f"Idempotency-Key 须为 1 至 {LONGEST_KEY} 个可打印 ASCII 字符。",
            code="bad_idempotency_key",
            errors=[problems.FieldError("header/Idempotency-Key", "bad_idempotency_key", "格式不符")],
        )
    return Key(client, operation, value, asked)


async def earlier_answer(tx: Transaction, key: Key) -> Response | None:
    """The stored answer, or None when the key is new; holds the key until the transaction ends.

    Raises
    ------
    problems.Conflict
        The same request is being worked on at this moment.
    problems.Invalid
        The key was used for a different request.
    """
    held = await tx.connection.execute(
        text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))"),
        {"name": f"{key.client}\n{key.operation}\n{key.value}"},
    )
    if not held.scalar_one():
        raise problems.Conflict("相同的请求正在处理，请稍后重试。", code="in_progress", headers={"Retry-After": "1"})
    found = await tx.connection.execute(
        select(idempotency)
        .where(
            idempotency.c.client == key.client,
            idempotency.c.operation == key.operation,
            idempotency.c.key == key.value,
            idempotency.c.day >= func.current_date() - IDEMPOTENCY_DAYS,
        )
        .limit(1)
    )
    row = found.one_or_none()
    if row is None:
        return None
    if row.fingerprint != key.fingerprint:
        raise problems.Invalid("该 Idempotency-Key 已用于另一个请求，请更换。", code="idempotency_key_reused")
    return Response(row.body, status_code=row.status, headers=row.headers | {"Idempotency-Replayed": "true"})


async def remember(tx: Transaction, key: Key, response: Response) -> None:
    """Store the answer with the effect; a body over 16 KB is replaced by its Location."""
    body = response.kept if isinstance(response, ShownOnce) else bytes(response.body)
    kept = {name: value for name, value in response.headers.items() if name in ("location", "etag", "content-type")}
    if len(body) > LARGEST_BODY:
        body = b""
        kept.pop("content-type", None)
    await tx.connection.execute(
        insert(idempotency).values(
            day=clock.machine().astimezone(clock.ZONE).date(),
            client=key.client,
            operation=key.operation,
            key=key.value,
            fingerprint=key.fingerprint,
            status=response.status_code,
            headers=kept,
            body=body,
        )
    )

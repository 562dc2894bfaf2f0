"""Limits on what comes in, and what is noted of every request."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import problems, settings, telemetry
from shared.http.documents import problem_response
from shared.identifiers import new_id

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._:-]{1,100}$")


class Limits:
    """Refuses bodies that are too large (413) and addresses with NUL (422) before any work is done.

    The sizes are looked up with each request: an application may be loaded before it is settled for whom.
    """

    def __init__(self, app: ASGIApp, *, uploads: Sequence[str]) -> None:
        self.app = app
        self._uploads = re.compile("|".join(_pattern(path) for path in uploads)) if uploads else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        configured = settings.load()
        large = self._uploads and self._uploads.match(path)
        limit = configured.upload_limit if large else configured.body_limit
        problem = _refusal(scope, limit)
        if problem:
            await problem_response(problem, path)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise _too_large(limit)
            return message

        await self.app(scope, counted, send)


def _pattern(path: str) -> str:
    """What a path begins with, as an expression: `{name}` stands for one part of it."""
    return "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path))


def _refusal(scope: Scope, limit: int) -> problems.Problem | None:
    if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
        return problems.Invalid("地址中含有空字符。", code="bad_character")
    for name, value in scope["headers"]:
        if name == b"content-length" and not value.isdigit():
            return problems.BadRequest("Content-Length 无效。", code="bad_content_length")
        if name == b"content-length" and (len(value) > 18 or int(value) > limit):
            return _too_large(limit)
    return None


def _too_large(limit: int) -> problems.TooLarge:
    return problems.TooLarge(f"请求内容超过 {limit // 1000} KB，请分批提交或使用文件导入。")


class Observed:
    """Gives every request an id, measures it and notes it in the metrics."""

    def __init__(self, app: ASGIApp, *, service: str) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _given_id(scope) or str(new_id())
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, noted)
            finally:
                route: Any = scope.get("route")
                method = telemetry.known_method(scope["method"])
                telemetry.REQUESTS.labels(
                    self._service, method, getattr(route, "path", "unmatched"), str(status)
                ).observe(time.perf_counter() - started)


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text = value.decode("latin-1")
            return text if _REQUEST_ID.match(text) else None
    return None
